"""Charts of one's halls: the tables behind them, what is asked for, whose they are. # C35"""

import csv
from datetime import date, time, timedelta

import pytest
from django.test import Client

from appointments.charting import charts_of
from appointments.charting_counts import Chart
from appointments.models import Booking, UnmetDemand
from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session, make_staff, slot_at
from tests.pages.reading import files_of, signed_in, words_of
from windows.models import Hall, StaffRole

pytestmark = pytest.mark.django_db

CHARTS = "/supervise/charts/"
LAST_WEEK = DAY - timedelta(days=7)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture
def boss(supervisor) -> Client:
    return signed_in(supervisor)


@pytest.fixture
def admin(db) -> Client:
    return signed_in(make_staff("admin", None, "admin"))


def chart(key: str, *halls: Hall, first: date = DAY, last: date = DAY) -> Chart:
    charts = charts_of(halls=[hall.pk for hall in halls], first=first, last=last)
    return next(one for one in charts if one.key == key)


class TestFill:
    def test_by_day_and_hour_as_the_slots_say(self, hall, session):
        slot = slot_at(session, 10)
        slot.online_taken = 45
        slot.save()

        told = chart("fill_by_hour", hall)

        assert [column.text for column in told.columns][:3] == ["09:00", "10:00", "11:00"]
        assert told.rows == [("Thu 4 Mar", [0, 25, 0, 0, 0, 0, 0, 0])]
        assert told.finding == "Fullest: Thu 4 Mar at 10:00, 25% booked."

    def test_over_more_than_two_weeks_by_weekday(self, hall, windows, session):
        make_session(hall, windows, day=LAST_WEEK).slots.update(online_taken=90)

        rows = chart("fill_by_hour", hall, first=DAY - timedelta(days=20)).rows

        assert rows == [("Thu", [50] * 8)]

    def test_the_hours_after_midnight_stand_last(self, hall, windows):
        make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

        columns = [column.text for column in chart("fill_by_hour", hall).columns]

        assert columns == ["18:00", "19:00", "20:00", "21:00", "22:00", "23:00", "00:00"]

    def test_hours_without_any_place_are_missing_numbers(self, hall, windows, session):
        make_session(hall, windows, day=LAST_WEEK, closes=time(10))

        told = chart("fill_by_hour", hall, first=LAST_WEEK)

        assert told.rows[0] == ("Thu 25 Feb", [0, *[None] * 7])

    def test_by_day_in_window_hours(self, hall, session):
        session.slots.update(online_taken=30)

        assert chart("fill_by_day", hall).rows == [("Thu 4 Mar", [8, 16, 33])]

    def test_closed_and_cancelled_times_do_not_count(self, hall, session):
        session.slots.update(is_open=False)

        assert chart("fill_by_day", hall).is_empty


class TestWaits:
    def test_from_the_number_to_the_first_call(self, hall, session, renewal, at_window_3, clerk):
        issue_walk_in(hall=hall, matter=renewal, now=NOON - timedelta(minutes=75))
        call_next(window=at_window_3, staff=clerk, now=NOON - timedelta(minutes=15))

        by_hour = chart("waits_by_hour", hall)

        assert by_hour.rows == [("10:00", [1, 60, 60, 60])]
        assert "between 10:00 and the next hour" in by_hour.finding
        assert chart("waits_by_day", hall).rows == [("Thu 4 Mar", [1, 60, 60, 60])]

    def test_of_the_halls_asked_for(self, hall, other_hall, session, renewal, at_window_3, clerk):
        issue_walk_in(hall=hall, matter=renewal, now=NOON - timedelta(minutes=5))
        call_next(window=at_window_3, staff=clerk, now=NOON)

        assert chart("waits_by_hour", other_hall).is_empty
        assert not chart("waits_by_hour", hall, other_hall).is_empty


class TestCounts:
    def test_sessions_by_week_and_kind(self, hall, windows, session):
        make_session(hall, windows, opens=time(18, 30), closes=time(21, 30), kind="night")
        make_session(hall, windows, day=LAST_WEEK).state = "open"

        told = chart("sessions", hall, first=LAST_WEEK)

        assert [column.text for column in told.columns] == ["Regular", "Night session"]
        assert told.rows == [("22 Feb to 28 Feb", [1, 0]), ("1 Mar to 7 Mar", [1, 1])]
        assert told.finding == "3 sessions in all."

    def test_visits_that_were_kept_and_that_were_not(self, hall, session, book):
        came, stayed_away, _coming = (book(slot_at(session, 13), person=n) for n in (1, 2, 3))
        ticket = issue_walk_in(hall=hall, matter=came.matter, now=NOON)
        for state in ("arrived", "served"):
            Booking.objects.filter(pk=came.pk).update(
                state=state, ticket=ticket, arrived_at=NOON, ended_at=NOON
            )
        Booking.objects.filter(pk=stayed_away.pk).update(state="no_show", ended_at=NOON)

        told = chart("visits", hall)

        assert told.rows == [("Thu 4 Mar", [1, 1])]
        assert told.finding == "1 did not come: 50%."

    def test_searches_in_vain(self, hall, renewal):
        UnmetDemand.objects.create(
            hall=hall, matter=renewal, service_day=DAY, asked_on=LAST_WEEK, count=7
        )

        assert chart("in_vain", hall).rows == [("Thu 4 Mar", [7])]


class TestPage:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_answers_with_tables_from_few_queries(
        self, supervisor, session, django_assert_max_num_queries, language
    ):
        boss = signed_in(supervisor, language)

        with django_assert_max_num_queries(11):
            page = boss.get(CHARTS).content.decode()

        assert page.count("data-chart=") == 7
        assert "<table" in page
        assert "<canvas" not in page  # drawn by the browser, if it can

    def test_nothing_to_show_is_said(self, boss):
        assert words_of(boss.get(CHARTS)).count("Nothing to show for these halls and days.") == 7

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"first": "2027-03-05", "last": "2027-03-01"}, "lies before the first"),
            ({"first": "2020-01-01", "last": "2027-03-01"}, "at most 400 days"),
            ({"first": "yesterday"}, "Write the day like this"),
            ({"last": "\x00"}, ""),
            ({"first": ""}, "Enter the day"),
            ({"of": "H02"}, "Choose one of these"),
            ({"of": "d:桂澜区"}, "Choose one of these"),
            ({"of": "'"}, "Choose one of these"),
        ],
    )
    def test_what_cannot_be_shown_is_said_at_its_field(self, boss, other_hall, asked, said):
        answer = boss.get(CHARTS, asked)

        assert answer.status_code == 400
        assert said in words_of(answer)
        for name, value in asked.items():
            if name != "of" and value.isprintable():
                assert f'value="{value}"' in answer.content.decode()

    def test_a_hall_from_its_own_pages(self, admin, hall, other_hall):
        answer = admin.get(f"{CHARTS}?hall=H02")

        assert "Guilan Hall" in words_of(answer)
        assert 'value="H02" selected' in answer.content.decode()

    def test_a_district_sees_and_names_its_own(self, hall, other_hall, session):
        Hall.objects.create(
            code="H03", name_zh="第三", name_en="Third Hall", district_zh="禾塘区",
            district_en="Hetang", address_zh="路",
        )  # fmt: skip
        staff = make_staff("district", None, "supervisor")
        StaffRole.objects.filter(staff=staff).update(district="禾塘区")
        client = signed_in(staff)

        page = client.get(CHARTS).content.decode()

        assert "<h1>Hetang</h1>" in page
        assert ("Third Hall" in page, "Guilan" in page) == (True, False)
        assert client.get(f"{CHARTS}?of=H02").status_code == 400

    @pytest.mark.parametrize(("role", "status"), [("clerk", 403), ("guide", 403), ("auditor", 200)])
    def test_each_role(self, hall, role, status):
        client = signed_in(make_staff(role, hall, role))

        assert client.get(CHARTS).status_code == status


class TestTable:
    def test_holds_the_charts_numbers(self, boss, session):
        answer = boss.get(f"{CHARTS}?first={DAY}&last={DAY}&of=H01&format=csv&chart=fill_by_day")

        lines = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
        assert lines == [
            ["Day", "Booked", "Free", "Booked, in percent"], ["Thu 4 Mar", "0", "24", "0"]
        ]  # fmt: skip
        assert answer["Content-Disposition"] == (
            'attachment; filename="fill_by_day-2027-03-04-2027-03-04.csv"'
        )

    def test_leaves_in_both_kinds_of_file(self, boss, session):
        told = files_of(boss, f"{CHARTS}?first={DAY}&last={DAY}&of=H01")

        assert told[f"fill_by_day-{DAY}-{DAY}"][1] == ["Thu 4 Mar", "0", "24", "0"]

    @pytest.mark.parametrize("key", ["", "nothing", "\x00"])
    def test_of_no_chart_is_not_found(self, boss, session, key):
        assert boss.get(CHARTS, {"format": "csv", "chart": key}).status_code == 404
