"""The page of all one's halls: six queries, own halls only, waits, advice, map. # C1 C4 C5 C35"""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from appointments.advising import advise
from appointments.models import UnmetDemand
from appointments.overseeing import City, city_now
from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Rating, Ticket
from tests.conftest import DAY, NOON, make_session, make_staff
from windows.models import Hall, KindDefault, Rule, StaffRole, Window

pytestmark = pytest.mark.django_db

CITY = "/supervise/city/"
TOMORROW = DAY + timedelta(days=1)  # a Friday
SATURDAY = DAY + timedelta(days=2)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    class Clock:
        now = NOON

    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


def signed_in(staff) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(staff)
    return client


@pytest.fixture
def boss(supervisor) -> Client:
    return signed_in(supervisor)


@pytest.fixture
def admin(db) -> Client:
    return signed_in(make_staff("admin", None, "admin"))


def text_of(answer) -> str:
    return answer.content.decode()


def words_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text_of(answer)).split())


def many_halls(matter, count: int = 33) -> list[Hall]:
    """As many as a big city has, in eight districts, each with a week and its evenings."""
    halls = Hall.objects.bulk_create(
        Hall(
            code=f"X{n:02d}", name_zh=f"第{n}办证大厅", name_en=f"Number {n} Hall",
            district_zh=f"第{n % 8}区", district_en=f"District {n % 8}", address_zh="路",
            latitude=Decimal(n * 7 % 33) / 100 + 22, longitude=Decimal(n * 5 % 33) / 100 + 113,
        )
        for n in range(count)
    )  # fmt: skip
    for hall in halls:
        windows = [Window.objects.create(hall=hall, number=n) for n in (1, 2)]
        for window in windows:
            window.matters.add(matter)
        for ahead in (0, 1, 4):
            day = DAY + timedelta(days=ahead)
            make_session(hall, windows, day=day, online=30)
    return halls


def searched(hall, matter, count: int, *, day=DAY, on=DAY) -> None:
    UnmetDemand.objects.create(hall=hall, matter=matter, service_day=day, asked_on=on, count=count)


def city_of(*halls: Hall, now: datetime = NOON) -> City:
    return city_now(halls=halls, now=now)


class TestQueries:
    def test_the_whole_city_takes_six(self, admin, renewal, django_assert_max_num_queries):
        halls = many_halls(renewal)
        searched(halls[3], renewal, 24)
        issue_walk_in(hall=halls[0], matter=renewal, now=NOON)

        with django_assert_max_num_queries(6):  # session, person, right, halls, days, lines
            answer = admin.get(CITY)

        assert text_of(answer).count('<th scope="row"') >= 33
        assert "33 halls" in words_of(answer)

    @pytest.mark.parametrize("asked", ["district=第1区", "order=full", "order=wait&map=wait"])
    def test_so_does_every_way_to_look_at_it(
        self, admin, renewal, django_assert_max_num_queries, asked
    ):
        many_halls(renewal, 9)

        with django_assert_max_num_queries(6):
            assert admin.get(f"{CITY}?{asked}").status_code == 200


class TestWhoSeesWhat:
    @pytest.fixture
    def three(self, hall, other_hall, windows):
        """Two halls of one district and one of another."""
        third = Hall.objects.create(
            code="H03", name_zh="第三办证大厅", name_en="Third Hall", district_zh="禾塘区",
            district_en="Hetang", address_zh="路",
        )  # fmt: skip
        return hall, other_hall, third

    def seen(self, client) -> set[str]:
        page = text_of(client.get(CITY))
        return {name for name in ("Hetang", "Guilan", "Third") if f"{name} Hall" in page}

    def test_a_supervisor_sees_the_own_hall_only(self, boss, three):
        assert self.seen(boss) == {"Hetang"}

    def test_a_district_its_own_halls(self, three):
        staff = make_staff("district", None, "supervisor")
        StaffRole.objects.filter(staff=staff).update(district="禾塘区")

        assert self.seen(signed_in(staff)) == {"Hetang", "Third"}

    def test_so_does_a_viewer_who_is_led_to_the_hours_of_a_day(self, three, session):
        staff = make_staff("viewer", None, "viewer")
        StaffRole.objects.filter(staff=staff).update(district="禾塘区")
        viewer = signed_in(staff)

        assert self.seen(viewer) == {"Hetang", "Third"}
        page = text_of(viewer.get(CITY))
        assert "/supervise/open/" not in page
        assert "/supervise/charts/?hall=H01&amp;first=2027-03-04&amp;last=2027-03-04" in page

    def test_the_city_all(self, admin, three):
        assert self.seen(admin) == {"Hetang", "Guilan", "Third"}

    def test_a_closed_hall_is_left_out(self, admin, three):
        Hall.objects.filter(code="H03").update(is_open=False)

        assert self.seen(admin) == {"Hetang", "Guilan"}

    def test_who_only_reads_has_no_way_to_open(self, three, session, renewal):
        searched(three[0], renewal, 24)
        reader = signed_in(make_staff("reader", None, "auditor"))

        page = text_of(reader.get(CITY))

        assert "24 searches in vain" in page
        assert "/supervise/open/" not in page

    def test_of_two_halls_one_is_mine(self, three, session):
        staff = make_staff("both", None, "auditor")
        StaffRole.objects.create(staff=staff, hall=three[0], role="supervisor")

        page = text_of(signed_in(staff).get(CITY))

        assert "/supervise/open/?hall=H01" in page
        assert "/supervise/open/?hall=H02" not in page

    @pytest.mark.parametrize("role", ["clerk", "guide", "agent"])
    def test_others_see_nothing(self, hall, role):
        assert signed_in(make_staff(role, hall, role)).get(CITY).status_code == 403

    @pytest.mark.parametrize("district", ["桂澜区", "%00", "nothing", "'; DROP TABLE"])
    def test_a_district_of_others_shows_the_own_halls(self, boss, three, district):
        answer = boss.get(CITY, {"district": district})

        assert answer.status_code == 200
        assert "Hetang Hall" in text_of(answer)
        assert "Guilan" not in text_of(answer)


class TestHeat:
    def test_a_full_day_that_is_searched_for_is_red_and_says_how_many(
        self, boss, hall, session, renewal
    ):
        session.slots.update(online_taken=90)
        searched(hall, renewal, 24)

        page = boss.get(CITY)

        assert "heat--over" in text_of(page)
        assert "full , 24 in vain" in words_of(page)

    def test_ten_searches_make_the_difference(self, hall, session, renewal):
        session.slots.update(online_taken=90)
        searched(hall, renewal, 9)
        assert city_of(hall).rows[0].cells[0].level == "4"

        UnmetDemand.objects.update(count=10)
        assert city_of(hall).rows[0].cells[0].level == "over"

    def test_the_reserved_share_counts_as_places(self, hall, session):
        session.slots.update(online_quota=60, reserved_quota=30, reserved_taken=30)

        assert city_of(hall).rows[0].cells[0].fill == 33

    def test_a_hall_that_was_shut_is_not_called_closed_for_the_day(self, boss, hall, session):
        session.slots.update(is_open=False)

        cell = city_of(hall).rows[0].cells[0]

        assert (cell.is_shut, cell.is_closed) == (True, True)
        assert "shut" in words_of(boss.get(CITY))

    def test_a_student_session_shows_that_no_booking_is_needed(self, boss, hall, windows):
        make_session(hall, windows, online=0, kind="student")

        assert "walk-in" in words_of(boss.get(CITY))

    def test_evenings_and_weekends_are_counted(self, boss, hall, windows, session):
        make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")
        make_session(hall, windows, day=SATURDAY, kind="weekend")

        city = city_of(hall)

        assert (city.with_night, city.with_weekend) == (1, 1)
        counted = {kind: (each[:3], together) for kind, _label, each, together in city.kinds}
        assert counted == {
            "regular": ([1, 0, 0], 1), "night": ([1, 0, 0], 1), "weekend": ([0, 0, 1], 1),
        }  # fmt: skip
        assert "1 hall is open on an evening" in words_of(boss.get(CITY))

    def test_the_fullest_and_the_longest_waits_come_first(
        self, admin, hall, other_hall, windows, session, renewal
    ):
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.add(renewal)
        other = make_session(other_hall, [window])
        other.slots.update(online_taken=30)

        def order(asked: str) -> list[str]:
            table = text_of(admin.get(f"{CITY}?order={asked}")).split("</table>")[0]
            return re.findall(r">(Hetang|Guilan) Hall<", table)

        assert order("full") == ["Guilan", "Hetang"]
        assert order("") == ["Hetang", "Guilan"]
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
        assert order("wait") == ["Hetang", "Guilan"]


class TestLines:
    @pytest.fixture
    def waited(self, hall, session, renewal, at_window_3, clerk):
        """One was called after 40 minutes, one waits since 70."""
        early = NOON - timedelta(minutes=70)
        for at in (NOON - timedelta(minutes=40), early):
            issue_walk_in(hall=hall, matter=renewal, now=at)
        call_next(window=at_window_3, staff=clerk, now=NOON - timedelta(minutes=20))
        return hall

    def test_tells_who_waits_how_long_and_where_it_is_too_long(self, waited):
        line = city_of(waited).rows[0].line

        assert (line.waiting, line.longest, line.nine_in_ten) == (1, 40, 50)
        assert (line.is_long, line.level) == (False, "4")
        Rule.objects.create(name="alert_longest_minutes", value=50, effective_on=DAY)
        assert city_of(waited).rows[0].line.level == "over"

    def test_says_how_long_somebody_has_waited_when_it_is_too_long(self, boss, waited):
        Rule.objects.create(name="alert_longest_minutes", value=40, effective_on=DAY)

        assert "40 min so far too long" in words_of(boss.get(CITY))

    def test_the_halls_own_rule_goes_before_the_citys(self, waited):
        Rule.objects.create(name="alert_waiting", value=1, effective_on=DAY)
        assert city_of(waited).rows[0].line.is_many

        Rule.objects.create(name="alert_waiting", value=2, effective_on=DAY, hall=waited)
        assert not city_of(waited).rows[0].line.is_many

    def test_all_together_is_no_sum_of_percentiles(self, waited, other_hall):
        assert city_of(waited, other_hall).line.nine_in_ten == 50
        assert city_of(other_hall).line.nine_in_ten is None

    def test_after_midnight_the_evenings_people_still_wait(self, hall, windows, renewal):
        make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")
        late = civil.city_instant(TOMORROW, time(0, 10))
        issue_walk_in(hall=hall, matter=renewal, now=late - timedelta(minutes=20))

        line = city_of(hall, now=late).line

        assert (line.waiting, line.longest, line.served) == (1, 20, 0)

    def test_compares_with_a_week_ago_by_this_hour(self, hall, windows, renewal, session):
        before = make_session(hall, windows, day=DAY - timedelta(days=7))
        for n, hour in enumerate((9, 10, 15), start=1):
            at = civil.city_instant(DAY - timedelta(days=7), time(hour))
            Ticket.objects.create(
                hall=hall, session=before, matter=renewal, service_day=before.service_day,
                prefix="A", number=n, source="walk_in", state="finished", rank_at=at, issued_at=at,
                called_at=at, started_at=at, finished_at=at, window=None,
            )  # fmt: skip

        line = city_of(hall).line

        assert line.served_before == 2  # what came at three is not counted at noon
        assert line.served_change == -100

    def test_says_how_satisfied_people_were(self, boss, hall, session, renewal):
        for level in (5, 4, 2):
            ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
            Rating.objects.create(ticket=ticket, level=level, made_at=NOON)

        assert "Satisfied today 67% of 3 ratings" in words_of(boss.get(CITY))


class TestAdvice:
    @pytest.fixture
    def full(self, hall, session, renewal):
        session.slots.update(online_taken=90)
        searched(hall, renewal, 24)
        return hall

    def annotated(self, hall: Hall) -> Hall:
        hall.windows_in_use, hall.is_mine = 3, True  # type: ignore[attr-defined]
        return hall

    def first(self, hall: Hall, now: datetime = NOON):
        return next(iter(advise(city_of(self.annotated(hall), now=now), now=now)), None)

    def test_names_the_evening_why_and_what_it_takes(self, boss, full):
        page = words_of(boss.get(CITY))

        assert "Hetang Hall · Thu 4 Mar" in page
        assert "24 searches in vain · 100% booked" in page
        assert "3 windows, 9 staff hours" in page

    def test_leads_to_the_filled_in_page_that_opens_it(self, boss, full):
        page = text_of(boss.get(CITY))
        (address,) = re.findall(r'role="button" draggable="false" href="([^"]+)"', page)
        address = address.replace("&amp;", "&")
        assert address.endswith("?hall=H01&day=2027-03-04&kind=night&opens=18:30&closes=21:30")

        form = text_of(boss.get(address))

        assert 'value="2027-03-04"' in form
        assert 'value="18:30"' in form

    def test_another_day_when_the_evening_is_there_already(self, full, windows):
        make_session(full, windows, opens=time(18, 30), closes=time(21, 30), kind="night")

        advice = self.first(full)

        assert civil.city_date(advice.starts_at) == TOMORROW
        assert advice.reasons[0] == "Thu 4 Mar has no room for another session"

    def test_not_what_nobody_can_come_to_any_more(self, full):
        at_seven = civil.city_instant(DAY, time(19))

        assert civil.city_date(self.first(full, at_seven).starts_at) == TOMORROW

    def test_a_day_where_a_weekend_is_empty(self, hall, session, renewal):
        searched(hall, renewal, 30, day=SATURDAY)

        advice = self.first(hall)

        assert (advice.kind, advice.hours) == ("weekend", "09:00 to 16:00")

    def test_takes_the_hours_that_the_hall_has_set(self, boss, full):
        KindDefault.objects.create(kind="night", effective_on=DAY, opens=time(19), closes=time(22))
        KindDefault.objects.create(
            kind="night", hall=full, effective_on=DAY, opens=time(19), closes=time(23)
        )

        assert "19:00 to 23:00" in words_of(boss.get(CITY))

    def test_knows_such_weekdays_of_the_last_weeks(self, hall, session, renewal):
        for weeks in (1, 2, 3, 4):
            day = DAY - timedelta(weeks=weeks)
            searched(hall, renewal, 20, day=day, on=day)

        advice = self.first(hall)

        assert advice.people == 20
        assert "20 in vain on such a weekday, on average of four weeks" in advice.reasons

    def test_a_few_searches_are_no_reason(self, boss, hall, session, renewal):
        searched(hall, renewal, 9)

        assert self.first(hall) is None
        assert "no session is missing" in words_of(boss.get(CITY))

    def test_nowhere_while_the_hall_is_shut(self, full, session):
        session.slots.update(is_open=False)
        evening = time(18, 30), time(21, 30)
        for ahead in range(7):
            make_session(
                full, [], day=DAY + timedelta(days=ahead), opens=evening[0], closes=evening[1]
            ).slots.update(is_open=False)

        assert all(one.kind == "weekend" for one in advise(city_of(full), now=NOON))


class TestMap:
    def test_districts_are_named_and_said_in_a_table(self, admin, renewal):
        many_halls(renewal, 9)

        page = text_of(admin.get(CITY))

        assert page.count('class="map__hall') == 9
        assert len(re.findall(r'class="map__name"[^>]*>District \d', page)) == 8
        table = page.split('id="map"')[1].split("<table")[1]
        assert len(re.findall(r'<th scope="row">District \d', table)) == 8

    def test_one_district_shows_its_halls(self, admin, renewal):
        many_halls(renewal, 9)

        page = text_of(admin.get(f"{CITY}?district=第0区&map=wait"))

        assert re.findall(r'class="map__name"[^>]*>(Number \d)', page) == ["Number 0", "Number 8"]

    def test_halls_without_a_position_are_counted(self, boss, admin, hall, renewal):
        assert "No hall has a position yet" in words_of(boss.get(CITY))

        many_halls(renewal, 4)
        assert "1 hall has no position and is left out" in words_of(admin.get(CITY))
