"""Pages of weekly plans, kinds, series, copies and more places. C1 C2 C3 C10"""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from config import civil
from tests.conftest import DAY, NOON, make_session, make_staff
from windows.models import (
    HallSession,
    KindDefault,
    Rule,
    SessionChange,
    Slot,
    StaffRole,
    WeeklyPlan,
    Window,
)

pytestmark = pytest.mark.django_db

FRIDAY, SATURDAY = DAY + timedelta(days=1), DAY + timedelta(days=2)
NIGHT = {"kind": "night", "opens": "18:30", "closes": "00:30", "next_day": "on"}


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture
def boss(client: Client, supervisor, clerk, windows) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def viewer(hall, windows) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_staff("viewer", hall, "viewer"))
    return client


@pytest.fixture
def neighbours(supervisor, other_hall, renewal) -> list[Window]:
    """The supervisor runs the other hall too; a clerk works there, and two windows serve."""
    StaffRole.objects.create(staff=supervisor, hall=other_hall, role="supervisor")
    make_staff("their clerk", other_hall, "clerk")
    made = [Window.objects.create(hall=other_hall, number=n) for n in (1, 5)]
    for window in made:
        window.matters.add(renewal)
    return made


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def hidden(response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    return found[1] if found else ""


def wrong(response) -> set[str]:
    return set(response.context["form"].errors)


class TestOpeningInSeveralHalls:
    def asked(self, windows, **more) -> dict:
        day = {"day": "2027-03-05", "hall": "H01", "key": "k", "windows": [w.pk for w in windows]}
        return {**NIGHT, **day, "other_halls": ["H02"], **more}

    def test_one_press_opens_the_night_in_all_of_them(self, boss, windows, neighbours):
        seen = words_of(boss.post("/supervise/open/", self.asked(windows, look="1")))
        assert "In the other halls" in seen
        assert not HallSession.objects.exists()

        answer = boss.post("/supervise/open/", self.asked(windows), follow=True)

        assert "The sessions are open." in words_of(answer)
        here, there = HallSession.objects.order_by("hall__code")
        assert (here.series, there.hall.code) == (there.series, "H02")
        assert here.series is not None
        assert set(there.staffed.values_list("window__number", flat=True)) == {1, 5}
        assert "/supervise/series/" in answer.request["PATH_INFO"]

    def test_when_one_of_them_cannot_none_opens(self, boss, windows, neighbours, other_hall):
        make_session(other_hall, neighbours, day=FRIDAY, opens=_at("18:00"), closes=_at("20:00"))

        answer = boss.post("/supervise/open/", self.asked(windows))

        assert answer.status_code == 409
        assert wrong(answer) == {"other_halls"}
        assert "Guilan Hall: Window 1 is in the session" in words_of(answer)
        assert HallSession.objects.count() == 1

    def test_an_overlap_leads_to_the_other_session(self, boss, hall, windows):
        other = make_session(hall, windows[:1], day=FRIDAY, opens=_at("18:00"), closes=_at("20:00"))

        answer = boss.post("/supervise/open/", self.asked(windows, other_halls=[]))

        assert wrong(answer) == {"windows"}
        assert f"/supervise/sessions/{other.pk}/" in answer.content.decode()

    def test_another_kind_brings_its_own_hours(self, boss):
        page = boss.get("/supervise/open/?kind=weekend&was=night&opens=18:30&closes=21:30")
        assert 'value="09:00"' in page.content.decode()
        kept = boss.get("/supervise/open/?kind=weekend&was=night&opens=19:15&closes=21:30")
        assert 'value="19:15"' in kept.content.decode()

    def test_nobody_to_stand_there_is_refused(self, boss, windows, clerk):
        StaffRole.objects.filter(staff=clerk).delete()

        answer = boss.post("/supervise/open/", self.asked(windows, other_halls=[]))

        assert wrong(answer) == {"windows"}
        assert "nobody could stand at a window" in words_of(answer)
        assert not HallSession.objects.exists()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"next_day": ""}, "closes"),
            ({"closes": "21:30"}, "closes"),
            ({"closes": "18:30"}, "closes"),
            ({"day": "2027-03-03"}, "day"),
            ({"windows": []}, "windows"),
            ({"slot_minutes": "-30"}, "slot_minutes"),
            ({"slot_minutes": "many"}, "slot_minutes"),
            ({"walkin_percent": "5"}, "walkin_percent"),
            ({"walkin_percent": "90", "assisted_percent": "20"}, "assisted_percent"),
            ({"other_halls": ["H99"]}, "other_halls"),
            ({"kind": "regular", "day": "2027-03-06"}, "day"),
            ({"audience_zh": "长" * 101}, "audience_zh"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, windows, change, field):
        asked = {**self.asked(windows, other_halls=[]), **change}

        answer = boss.post("/supervise/open/", asked)

        assert answer.status_code in (400, 409)
        assert wrong(answer) == {field}
        assert not HallSession.objects.exists()


def _at(text: str):
    from datetime import time

    return time.fromisoformat(text)


class TestPlans:
    def asked(self, staffed, **more) -> dict:
        return {
            "hall": "H01", "key": "k", "kind": "night", "opens": "18:30", "closes": "21:30",
            "weekdays": ["2", "4"], "on": "workdays", "windows": [w.pk for w in staffed],
            "valid_from": "2027-03-05", **more,
        }  # fmt: skip

    def test_looking_writes_nothing_and_adding_makes_the_sessions(self, boss, windows):
        Rule.objects.create(name="plan_days_ahead", value=14, effective_on=DAY)
        seen = boss.post("/supervise/plans/new/", self.asked(windows, look="1"))
        assert "4 sessions are made." in words_of(seen)
        assert not WeeklyPlan.objects.exists()

        done = boss.post("/supervise/plans/new/", self.asked(windows, do="1"), follow=True)

        assert "The plan is added. 4 sessions are made." in words_of(done)
        assert HallSession.objects.count() == 4
        assert "Tue, Thu" in words_of(done)
        again = boss.post("/supervise/plans/new/", self.asked(windows, do="1"), follow=True)
        assert WeeklyPlan.objects.count() == 1  # the same press
        assert again.status_code == 200

    def test_a_change_and_an_end_are_seen_before(self, boss, windows):
        Rule.objects.create(name="plan_days_ahead", value=14, effective_on=DAY)
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        plan = WeeklyPlan.objects.get()
        address = f"/supervise/plans/{plan.pk}/"
        assert 'value="18:30"' in boss.get(address).content.decode()

        longer = self.asked(windows, closes="22:00", key="k2")
        assert "4 sessions that nobody has booked change." in words_of(boss.post(address, longer))
        boss.post(address, longer | {"do": "1"})
        new = WeeklyPlan.objects.get(ended_at=None)
        assert HallSession.objects.filter(plan=new).count() == 4

        end = {"last_day": "2027-03-10", "key": "k3"}
        seen = boss.post(f"/supervise/plans/{new.pk}/end/", end)
        assert "3 sessions that nobody has booked go away." in words_of(seen)
        boss.post(f"/supervise/plans/{new.pk}/end/", end | {"do": "1"})
        assert HallSession.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"weekdays": []}, "weekdays"),
            ({"valid_from": "2027-03-01"}, "valid_from"),
            ({"valid_until": "2027-03-01"}, "valid_until"),
            ({"closes": "18:00"}, "closes"),
            ({"windows": []}, "windows"),
            ({"slot_minutes": "1"}, "slot_minutes"),
            ({"release_days": "999"}, "release_days"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, windows, change, field):
        answer = boss.post("/supervise/plans/new/", self.asked(windows, **change))

        assert wrong(answer) == {field}
        assert not WeeklyPlan.objects.exists()

    def test_an_overlap_leads_to_the_other_plan(self, boss, windows):
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        plan = WeeklyPlan.objects.get()

        answer = boss.post("/supervise/plans/new/", self.asked(windows, key="other"))

        assert wrong(answer) == {"windows"}
        assert f'href="/supervise/plans/{plan.pk}/"' in answer.content.decode()

    def test_a_viewer_sees_and_changes_nothing(self, viewer, boss, windows):
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        plan = WeeklyPlan.objects.get()

        page = viewer.get("/supervise/plans/")

        assert "Weekly plans" in words_of(page)
        for refused in ("plans/new", "open", "series", "copy", "places", "load", "appeals"):
            assert f"/supervise/{refused}/" not in page.content.decode(), refused
        assert "/supervise/roster/" in page.content.decode()
        assert viewer.get("/supervise/plans/new/").status_code == 403
        assert viewer.post(f"/supervise/plans/{plan.pk}/end/", {}).status_code == 403

    def test_another_halls_plan_is_no_plan(self, boss, windows, other_hall):
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        stranger = Client()
        stranger.force_login(make_staff("other boss", other_hall, "supervisor"))

        plan = WeeklyPlan.objects.get()
        assert stranger.get(f"/supervise/plans/{plan.pk}/").status_code == 404
        assert stranger.get("/supervise/plans/?hall=H01").status_code == 404


class TestKinds:
    def test_a_kind_is_changed_for_the_hall_from_a_day_on(self, boss, hall):
        assert "Night session" in words_of(boss.get("/supervise/kinds/"))
        asked = {
            "hall": "H01", "key": "k", "effective_on": "2027-03-04", "opens": "19:00",
            "closes": "22:00", "slot_minutes": "20", "release": "plain", "audience_zh": "上班族",
        }  # fmt: skip

        answer = boss.post("/supervise/kinds/night/", asked, follow=True)

        assert "this hall's, since 2027-03-04" in words_of(answer).replace("&#x27;", "'")
        row = KindDefault.objects.get()
        assert (row.hall, row.slot_minutes) == (hall, 20)
        form = boss.get("/supervise/open/?hall=H01").content.decode()
        assert 'value="19:00"' in form

    def test_only_who_runs_the_city_changes_it_for_all(self, boss, client):
        asked = {"key": "k", "effective_on": "2027-03-04", "release": "plain", "everywhere": "1"}
        boss.post("/supervise/kinds/late/", asked | {"hall": "H01"})
        assert KindDefault.objects.get().hall is not None

        client.force_login(make_staff("city", None, "admin"))
        client.post("/supervise/kinds/lunch/", asked | {"hall": "H01"})
        assert KindDefault.objects.get(kind="lunch").hall is None

    def test_who_runs_a_district_does_not_change_the_city(self, client, hall):
        head = make_staff("head", hall, "supervisor")
        StaffRole.objects.filter(staff=head).update(hall=None, district=hall.district_zh)
        client.force_login(head)
        asked = {"effective_on": "2027-03-04", "release": "plain", "everywhere": "1"}
        client.post("/supervise/kinds/lunch/", asked | {"key": "k", "hall": "H01"})
        assert KindDefault.objects.get().hall == hall

    def test_what_cannot_be_is_said(self, boss):
        asked = {"key": "k", "effective_on": "2027-03-01", "release": "plain"}
        assert wrong(boss.post("/supervise/kinds/night/", asked)) == {"effective_on"}
        later = asked | {"effective_on": "2027-03-04", "opens": "09:00"}
        assert wrong(boss.post("/supervise/kinds/night/", later)) == {"closes"}
        assert boss.get("/supervise/kinds/nonsense/").status_code == 404


class TestSeries:
    def asked(self, windows, **more) -> dict:
        return {
            "hall": "H01", "key": "k", "kind": "weekend", "opens": "09:00", "closes": "12:00",
            "pattern": "weekdays", "weekdays": ["6"], "first": "2027-03-05", "count": "7",
            "windows": [w.pk for w in windows], "in_halls": ["H01"], **more,
        }  # fmt: skip

    def open(self, boss, asked):
        seen = boss.post("/supervise/series/", asked)
        expect = hidden(seen, "expect")
        return boss.post("/supervise/series/", asked | {"do": "1", "expect": expect}, follow=True)

    def test_seven_saturdays_in_two_presses_and_back_in_one(self, boss, windows):
        seen = boss.post("/supervise/series/", self.asked(windows))
        assert "7 sessions open" in words_of(seen)
        assert not HallSession.objects.exists()

        done = self.open(boss, self.asked(windows))

        assert "7 sessions are open." in words_of(done)
        days = HallSession.objects.order_by("service_day").values_list("service_day", flat=True)
        assert list(days) == [SATURDAY + timedelta(days=7 * n) for n in range(7)]
        undo = done.request["PATH_INFO"] + "undo/"
        back = boss.post(undo, {"key": "u"}, follow=True)
        assert "7 sessions are undone." in words_of(back)
        assert not HallSession.objects.filter(state="open").exists()

    def test_a_booking_keeps_the_whole_series(self, boss, windows, book):
        done = self.open(boss, self.asked(windows, count="2"))
        book(HallSession.objects.order_by("service_day")[0].slots.all()[0])

        back = boss.post(done.request["PATH_INFO"] + "undo/", {"key": "u"})

        assert back.status_code == 409
        assert "Nothing was undone." in words_of(back)
        assert HallSession.objects.filter(state="open").count() == 2

    def test_21_working_days_in_two_halls_leave_out_what_is_taken(
        self, boss, hall, windows, neighbours, other_hall
    ):
        other = make_session(other_hall, neighbours, day=FRIDAY)
        asked = self.asked(
            windows, kind="lunch", opens="12:00", closes="14:00", pattern="workdays", count="21",
            weekdays=[], in_halls=["H01", "H02"], walkin_percent="100", assisted_percent="0",
        )  # fmt: skip

        seen = boss.post("/supervise/series/", asked)
        assert "41 sessions open" in words_of(seen)
        assert f"/supervise/sessions/{other.pk}/" in seen.content.decode()
        self.open(boss, asked)

        made = HallSession.objects.exclude(pk=other.pk)
        assert made.count() == 41
        assert not any(s.service_day.weekday() > 4 for s in made)
        assert not Slot.objects.filter(session__in=made, online_quota__gt=0).exists()

    def test_extra_on_site_numbers_come_with_each_day(self, boss, windows, renewal):
        asked = self.asked(windows, count="2", matters=[renewal.pk], extra="10")
        self.open(boss, asked)

        for session in HallSession.objects.all():
            slots = session.slots.all()
            assert sum(slot.minutes for slot in slots) == 6 * 90 + 10 * 6
            assert sum(slot.walkin_quota for slot in slots) == 6 * 27 + 10 * 6

        asked = self.asked(windows, count="2", first="2027-05-01", extra="190", key="other")
        expect = hidden(boss.post("/supervise/series/", asked), "expect")
        answer = boss.post("/supervise/series/", asked | {"do": "1", "expect": expect})
        assert wrong(answer) == {"extra"}
        assert HallSession.objects.count() == 2

    def test_what_changed_since_one_looked_is_looked_at_again(self, boss, hall, windows):
        asked = self.asked(windows, count="1")
        expect = hidden(boss.post("/supervise/series/", asked), "expect")
        make_session(hall, windows[:1], day=SATURDAY)

        answer = boss.post("/supervise/series/", asked | {"do": "1", "expect": expect})

        assert answer.status_code == 409
        assert "Something has changed since you looked." in words_of(answer)
        assert HallSession.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"count": "", "last": ""}, "count"),
            ({"count": "1000000"}, "count"),
            ({"count": "-1"}, "count"),
            ({"weekdays": []}, "weekdays"),
            ({"last": "2027-03-01"}, "weekdays"),
            ({"in_halls": ["H02"]}, "in_halls"),
            ({"closes": "08:00"}, "closes"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, windows, other_hall, change, field):
        answer = boss.post("/supervise/series/", self.asked(windows, **change))

        assert wrong(answer) == {field}


class TestCopying:
    def test_a_week_is_copied_to_another_hall_and_week(self, boss, hall, windows, neighbours):
        make_session(hall, windows[:2], day=FRIDAY)
        make_session(hall, windows, day=FRIDAY, opens=_at("18:30"), closes=_at("00:30"))
        asked = {
            "hall": "H01", "key": "k", "first": "2027-03-01", "span": "7",
            "to_first": "2027-03-08", "in_halls": ["H01", "H02"],
        }  # fmt: skip
        seen = boss.post("/supervise/copy/", asked)
        assert "4 sessions open" in words_of(seen)

        expect = hidden(seen, "expect")
        boss.post("/supervise/copy/", asked | {"do": "1", "expect": expect})

        week_later = HallSession.objects.filter(service_day=FRIDAY + timedelta(days=7))
        assert week_later.count() == 4
        night = week_later.filter(hall=hall).latest("starts_at")
        assert night.slots.count() == 12
        assert night.staffed.count() == 3

    def test_nothing_to_copy_is_said(self, boss, windows):
        asked = {
            "hall": "H01", "key": "k", "first": "2027-03-01", "span": "1",
            "to_first": "2027-03-08", "in_halls": ["H01"],
        }  # fmt: skip
        assert "There is nothing to open" in words_of(boss.post("/supervise/copy/", asked))


class TestPlaces:
    def asked(self, renewal, **more) -> dict:
        return {
            "hall": "H01", "key": "k", "matter": renewal.pk, "places": "10", "channel": "walkin",
            "first": "2027-03-05", "last": "2027-03-12", "pattern": "workdays",
            "in_halls": ["H01"], **more,
        }  # fmt: skip

    @pytest.fixture
    def friday(self, hall, windows) -> HallSession:
        return make_session(hall, windows, day=FRIDAY, online=60)

    def add(self, boss, asked):
        expect = hidden(boss.post("/supervise/places/", asked), "expect")
        return boss.post("/supervise/places/", asked | {"do": "1", "expect": expect}, follow=True)

    def test_minutes_grow_and_go_again(self, boss, friday, renewal):
        done = self.add(boss, self.asked(renewal))

        assert "1 session has more places." in words_of(done)
        total = sum(friday.slots.values_list("minutes", flat=True))
        assert total == 16 * 90 + 10 * 6
        friday.refresh_from_db()
        assert friday.is_by_hand
        back = boss.post(done.request["PATH_INFO"] + "undo/", {"key": "u"}, follow=True)
        assert "taken back" in words_of(back)
        friday.refresh_from_db()
        assert not friday.is_by_hand
        assert set(friday.slots.values_list("minutes", "walkin_quota")) == {(90, 30)}
        assert SessionChange.objects.get().undone_by.username == "supervisor"

    def test_places_that_somebody_has_stay(self, boss, friday, renewal):
        done = self.add(boss, self.asked(renewal, channel="online"))
        grown = friday.slots.filter(minutes__gt=90).first()
        Slot.objects.filter(pk=grown.pk).update(online_taken=grown.online_quota)

        back = boss.post(done.request["PATH_INFO"] + "undo/", {"key": "u"})

        assert back.status_code == 409
        assert "Somebody has booked one of these places" in words_of(back)
        assert SessionChange.objects.get().undone_at is None
        Slot.objects.update(online_taken=0)

    def test_what_does_not_fit_is_left_out_with_its_most(self, boss, friday, renewal):
        seen = boss.post("/supervise/places/", self.asked(renewal, places="100"))

        assert "there is room for 48 more at most" in words_of(seen)  # 16 slots, 3 places each
        assert not hidden(seen, "expect")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"places": "0"}, "places"),
            ({"places": "-5"}, "places"),
            ({"places": "1000000"}, "places"),
            ({"last": "2027-03-01"}, "last"),
            ({"first": "2027-03-08"}, "first"),
            ({"channel": "nonsense"}, "channel"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, friday, renewal, change, field):
        assert wrong(boss.post("/supervise/places/", self.asked(renewal, **change))) == {field}
        assert set(friday.slots.values_list("minutes", flat=True)) == {90}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "way", ["plans/", "plans/new/", "kinds/", "kinds/night/", "series/", "copy/", "places/"]
)
def test_the_pages_answer_in_both_languages(boss, session, language, way):
    boss.cookies["django_language"] = language

    assert boss.get(f"/supervise/{way}").status_code == 200


def test_the_plans_page_asks_few_times(boss, hall, windows, django_assert_max_num_queries):
    for weekday in range(1, 6):
        plan = WeeklyPlan.objects.create(
            hall=hall, kind="regular", weekdays=[weekday], opens=_at("09:00"), closes=_at("17:00"),
            valid_from=date(2027, 3, 1), made_at=NOON,
        )  # fmt: skip
        plan.windows.set(windows)

    with django_assert_max_num_queries(16):
        boss.get("/supervise/plans/")
