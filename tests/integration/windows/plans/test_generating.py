"""Weekly plans make sessions ahead: each night, by command, in few statements. C1 C2 C3"""

from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import housekeeping
from config import civil
from tests.conftest import DAY, NOON, make_session
from tests.integration.windows.plans.conftest import FRIDAY, MONDAY, SATURDAY, days, made
from windows.models import HallClosure, HallSession, Rule, Slot, WorkCalendarDay
from windows.plans import DaysBackwards, TooManySlots
from windows.weekly import add_plan


class TestGenerating:
    def test_each_day_of_a_plan_has_its_session_with_windows_and_slots(self, usual):
        plan = add_plan(**usual)

        done = made()

        # today has begun at noon; the weekend is off
        assert days() == [FRIDAY, *(MONDAY + timedelta(days=n) for n in range(5))]
        assert (done.made, done.kept, done.replaced, done.left_alone) == (6, 0, 0, [])
        assert done.slots == Slot.objects.count() == 6 * 16
        session = HallSession.objects.get(service_day=FRIDAY)
        assert (session.plan, session.is_by_hand, session.slot_minutes) == (plan, False, 30)
        assert session.staffed.count() == 3
        assert {(s.minutes, s.walkin_quota, s.assisted_quota) for s in session.slots.all()} == {
            (90, 27, 9)
        }

    def test_again_changes_nothing(self, usual):
        add_plan(**usual)
        made()
        before = list(Slot.objects.order_by("pk").values_list("pk", flat=True))

        again = made()

        assert (again.made, again.kept, again.replaced) == (0, 6, 0)
        assert list(Slot.objects.order_by("pk").values_list("pk", flat=True)) == before

    def test_a_night_past_midnight_belongs_to_its_evening(self, usual):
        add_plan(**usual | {"kind": "night", "opens": time(18, 30), "closes": time(0, 30)})

        made(FRIDAY)

        session = HallSession.objects.get(service_day=FRIDAY)
        assert civil.city_time(session.ends_at) == datetime(2027, 3, 6, 0, 30, tzinfo=civil.CITY)
        assert session.slots.count() == 12

    def test_make_up_days_are_ordinary_days_and_days_off_have_their_own_plan(self, usual):
        WorkCalendarDay.objects.create(day=SATURDAY, is_workday=True, changed_at=NOON)
        WorkCalendarDay.objects.create(day=MONDAY, is_workday=False, changed_at=NOON)
        add_plan(**usual)
        add_plan(**usual | {"kind": "weekend", "weekdays": [1, 6, 7], "on": "days_off"})

        made(MONDAY)

        kinds = HallSession.objects.order_by("starts_at").values_list("service_day", "kind")
        assert list(kinds) == [
            (FRIDAY, "regular"), (SATURDAY, "regular"), (SATURDAY + timedelta(days=1), "weekend"),
            (MONDAY, "weekend"),
        ]  # fmt: skip

    def test_a_dry_run_says_it_and_writes_nothing(self, usual):
        add_plan(**usual)

        assert made(dry_run=True).made == 6
        assert not HallSession.objects.exists()

    def test_a_closed_hall_and_one_out_of_use_get_nothing(self, usual, hall):
        add_plan(**usual)
        storm = DateTimeTZRange(civil.city_instant(FRIDAY, time(6)), civil.city_day(FRIDAY)[1])
        HallClosure.objects.create(hall=hall, period=storm, reason="weather", made_at=NOON)

        done = made(FRIDAY)

        assert (done.made, [one.why for one in done.left_alone]) == (
            0, ["The hall is closed then: Weather."]
        )  # fmt: skip
        hall.is_open = False
        hall.save()
        assert made().made == 0

    def test_too_much_is_refused_before_anything_is_computed(
        self, usual, django_assert_max_num_queries
    ):
        add_plan(**usual)
        Rule.objects.create(name="plan_slots_most", value=90, effective_on=DAY)

        with django_assert_max_num_queries(3), pytest.raises(TooManySlots) as said:
            made(DAY + timedelta(days=60))
        assert "90" in str(said.value)
        with pytest.raises(DaysBackwards):
            made(DAY - timedelta(days=1))
        with pytest.raises(TooManySlots):
            made(date(2100, 1, 1))
        assert not HallSession.objects.exists()


class TestCommand:
    def run(self, *asked: str) -> str:
        said = StringIO()
        call_command("generate_sessions", *asked, stdout=said)
        return said.getvalue()

    @pytest.fixture(autouse=True)
    def at_noon(self, monkeypatch):
        monkeypatch.setattr(civil, "now", lambda: NOON)

    def test_makes_the_days_of_a_hall_or_shows_them(self, usual, other_hall):
        add_plan(**usual)

        assert "6 would be made" in self.run("--days", "10", "--dry-run")
        assert not HallSession.objects.exists()
        assert "0 made" in self.run("--days", "10", "--hall", "H02")
        assert "6 made" in self.run("--days", "10", "--hall", "H01")
        assert HallSession.objects.count() == 6

    def test_says_why_something_stayed_and_what_is_wrong(self, usual, hall, windows):
        add_plan(**usual)
        make_session(hall, windows, day=FRIDAY)

        assert "H01 2027-03-05: Its windows are in another session." in self.run("--days", "1")
        with pytest.raises(CommandError, match="no hall H99"):
            self.run("--hall", "H99")
        with pytest.raises(CommandError, match="Choose fewer days"):
            self.run("--days", "1000000")


class TestNightly:
    def test_once_a_day_the_coming_days_are_made(self, usual):
        add_plan(**usual)
        Rule.objects.create(name="plan_days_ahead", value=4, effective_on=DAY)

        assert housekeeping.make_sessions(now=NOON) is not None
        assert days() == [FRIDAY, MONDAY]
        assert housekeeping.make_sessions(now=NOON + timedelta(hours=1)) is None
        assert housekeeping.make_sessions(now=NOON + timedelta(days=1)).made == 1


def test_33_halls_and_60_days_are_few_statements(usual, hall, django_assert_max_num_queries):
    """The number of statements does not grow with the days: figures are in `bench plans`."""
    add_plan(**usual)

    with django_assert_max_num_queries(45):
        assert made(DAY + timedelta(days=59)).made > 35
    with django_assert_max_num_queries(30):
        assert made(DAY + timedelta(days=59)).made == 0
