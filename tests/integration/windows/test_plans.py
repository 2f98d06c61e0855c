"""Weekly plans make sessions ahead, and leave alone what somebody has touched. C1 C2 C3"""

from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import housekeeping
from config import civil
from tests.conftest import DAY, NOON, make_session
from windows.kinds import SharesTooMuch, SlotLength, WalkinTooLittle, kind_facts, set_default
from windows.models import (
    HallClosure,
    HallSession,
    KindDefault,
    RosterEntry,
    Rule,
    SessionWindow,
    Slot,
    WeeklyPlan,
    WorkCalendarDay,
)
from windows.planning import MatterNotServed, SessionTooLong, SessionTooShort, preview_session
from windows.plans import DaysBackwards, TooManySlots, generate
from windows.sessions import NoWindows, WindowElsewhere, open_session, undo_session
from windows.weekly import (
    DrawnOneByOne,
    NoWeekday,
    PlanEndsEarly,
    PlanHasNoHours,
    PlanInPast,
    PlanOver,
    PlanOverlaps,
    add_plan,
    change_plan,
    end_plan,
    rehearse,
)

MONDAY = date(2027, 3, 8)
FRIDAY, SATURDAY = DAY + timedelta(days=1), DAY + timedelta(days=2)
WEEK = [1, 2, 3, 4, 5]


@pytest.fixture
def usual(hall, windows):
    return {
        "hall": hall, "kind": "regular", "weekdays": WEEK, "on": "workdays", "opens": time(9),
        "closes": time(17), "windows": windows, "valid_from": DAY, "by": None, "now": NOON,
    }  # fmt: skip


def made(last: date = DAY + timedelta(days=10), **more):
    return generate(first=DAY, last=last, now=NOON, **more)


def days() -> list[date]:
    return list(HallSession.objects.order_by("starts_at").values_list("service_day", flat=True))


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


class TestLeavingAlone:
    @pytest.fixture
    def friday(self, usual) -> HallSession:
        self.plan = add_plan(**usual)
        made(FRIDAY)
        return HallSession.objects.get()

    def longer(self, **facts) -> None:
        WeeklyPlan.objects.update(**{"closes": time(18), **facts})

    def hours(self, session: HallSession) -> int:
        session.refresh_from_db()
        return civil.city_time(session.ends_at).hour

    def test_an_untouched_one_follows_its_plan_and_keeps_its_address(self, friday):
        self.longer(slot_minutes=60, audience_zh="企业")

        done = made(FRIDAY)

        assert (done.replaced, self.hours(friday), friday.audience_zh) == (1, 18, "企业")
        assert [s.minutes for s in friday.slots.all()] == [180] * 9
        assert SessionWindow.objects.get(session=friday, window__number=1).period.upper == (
            friday.ends_at
        )

    def test_other_shares_are_taken_over(self, friday):
        self.longer(closes=time(17), walkin_percent=50, assisted_percent=0)

        assert made(FRIDAY).replaced == 1
        assert {s.walkin_quota for s in friday.slots.all()} == {45}

    @pytest.mark.parametrize("touch", ["booking", "hand", "cancelled", "roster"])
    def test_one_that_somebody_touched_stays(self, friday, touch, book, clerk):
        if touch == "booking":
            book(friday.slots.order_by("starts_at")[2])
        elif touch == "hand":
            HallSession.objects.update(is_by_hand=True)
        elif touch == "cancelled":
            undo_session(session=friday, by=None, now=NOON)
        else:
            period = DateTimeTZRange(friday.starts_at, friday.ends_at)
            RosterEntry.objects.create(staff=clerk, session=friday, period=period, made_at=NOON)
        slots = set(friday.slots.values_list("pk", flat=True))
        self.longer()

        done = made(FRIDAY)

        assert (done.replaced, done.made, self.hours(friday)) == (0, 0, 17)
        assert set(friday.slots.values_list("pk", flat=True)) == slots
        assert [(one.day, one.session) for one in done.left_alone] == [(FRIDAY, friday)]

    def test_a_cancelled_booking_of_it_is_no_reason_to_lose_its_slot(self, friday, book):
        booking = book(friday.slots.order_by("starts_at")[2])
        Slot.objects.update(online_taken=0)  # as after a cancellation
        self.longer()

        assert made(FRIDAY).replaced == 0
        booking.refresh_from_db()
        assert booking.slot.session_id == friday.pk

    def test_the_mutant_that_does_not_look_would_lose_a_booking(self, friday, book, monkeypatch):
        """Only the foreign key of the booking still stands between it and its loss."""
        book(friday.slots.order_by("starts_at")[2])
        self.longer()
        monkeypatch.setattr("windows.plans.touched_of", lambda sessions: {})

        def broken() -> None:
            with transaction.atomic():
                assert made(FRIDAY).replaced == 1
                connection.check_constraints()

        with pytest.raises(IntegrityError):
            broken()

    def test_a_day_that_is_off_now_loses_its_untouched_session(self, friday):
        WorkCalendarDay.objects.create(day=FRIDAY, is_workday=False, changed_at=NOON)

        done = made(FRIDAY)

        assert (done.withdrawn, HallSession.objects.count()) == (1, 0)
        assert not Slot.objects.exists()

    def test_windows_in_another_session_are_left_out_and_named(self, usual, hall, windows):
        add_plan(**usual)
        other = make_session(hall, windows[:1], day=FRIDAY, opens=time(15), closes=time(19))

        done = made(FRIDAY)

        session = HallSession.objects.exclude(pk=other.pk).get()
        assert [w.window.number for w in session.staffed.order_by("window__number")] == [2, 3]
        assert [one.why for one in done.left_alone] == [
            "Without window 1, in another session then."
        ]
        assert made(FRIDAY).kept == 1

    def test_all_windows_elsewhere_names_the_other_session(self, usual, hall, windows):
        add_plan(**usual)
        other = make_session(hall, windows, day=FRIDAY)

        done = made(FRIDAY)

        assert [(one.why, one.session) for one in done.left_alone] == [
            ("Its windows are in another session.", other)
        ]


class TestPlans:
    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"weekdays": []}, NoWeekday),
            ({"weekdays": [8]}, NoWeekday),
            ({"valid_from": DAY - timedelta(days=1)}, PlanInPast),
            ({"valid_until": DAY - timedelta(days=1)}, PlanEndsEarly),
            ({"closes": time(9)}, PlanHasNoHours),
            ({"closes": time(8)}, SessionTooLong),
            ({"closes": time(9, 20)}, SessionTooShort),
            ({"windows": []}, NoWindows),
            ({"slot_minutes": 5}, SlotLength),
            ({"slot_minutes": 121}, SlotLength),
            ({"walkin_percent": 10}, WalkinTooLittle),
            ({"walkin_percent": 60, "assisted_percent": 50}, SharesTooMuch),
            ({"walkin_percent": 120}, SharesTooMuch),
            ({"assisted_percent": -1}, SharesTooMuch),
            ({"release": "draw"}, DrawnOneByOne),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, usual, change, refusal):
        with pytest.raises(refusal) as said:
            add_plan(**usual | change)

        assert said.value.field
        assert "%(" not in str(said.value)
        assert not WeeklyPlan.objects.exists()

    def test_windows_and_matters_must_fit(self, usual, other_hall, pickup, windows):
        with pytest.raises(WindowElsewhere):
            add_plan(**usual | {"hall": other_hall})
        with pytest.raises(MatterNotServed, match="Pickup"):
            add_plan(**usual | {"windows": windows[:2], "matters": [pickup]})

    @pytest.mark.parametrize(
        ("change", "meets"),
        [
            ({"opens": time(16), "closes": time(20)}, True),
            ({"opens": time(17), "closes": time(20)}, False),
            ({"weekdays": [6]}, False),
            ({"weekdays": [7], "on": "always", "opens": time(22), "closes": time(9, 30)}, True),
            ({"on": "days_off"}, False),
            ({"valid_from": MONDAY, "valid_until": MONDAY}, True),
        ],
    )
    def test_a_window_stands_in_one_plan_at_a_time(self, usual, change, meets):
        first = add_plan(**usual)
        if not meets:
            assert add_plan(**usual | change).pk
            return
        with pytest.raises(PlanOverlaps, match="Window 1 stands in another plan") as said:
            add_plan(**usual | change)
        assert said.value.body()["facts"] == {"plan": first.pk}

    def test_a_change_holds_from_its_day_and_takes_over_the_sessions(self, usual):
        old = add_plan(**usual)
        made()
        facts = {name: usual[name] for name in ("kind", "weekdays", "on", "opens", "windows")}

        new = change_plan(plan=old, valid_from=MONDAY, by=None, now=NOON, closes=time(16), **facts)
        done = made()

        assert (done.made, done.kept, done.replaced, done.withdrawn) == (0, 1, 5, 0)
        assert HallSession.objects.filter(plan=new, service_day__gte=MONDAY).count() == 5
        old.refresh_from_db()
        assert old.valid_until == MONDAY - timedelta(days=1)

    def test_a_plan_that_ends_takes_its_untouched_sessions_along(self, usual, book):
        plan = add_plan(**usual)
        made()
        book(HallSession.objects.get(service_day=MONDAY).slots.all()[0])

        end_plan(plan=plan, last_day=FRIDAY, by=None, now=NOON)
        done = made()

        assert (done.kept, done.withdrawn) == (1, 4)
        assert days() == [FRIDAY, MONDAY]
        assert [one.why for one in done.left_alone] == ["Somebody has booked."]

    def test_an_ended_plan_cannot_be_changed(self, usual):
        plan = add_plan(**usual)
        end_plan(plan=plan, last_day=DAY - timedelta(days=1), by=None, now=NOON)

        with pytest.raises(PlanOver):
            end_plan(plan=plan, last_day=FRIDAY, by=None, now=NOON)

    def test_a_rehearsal_says_what_would_be_and_writes_nothing(self, usual, hall):
        told = rehearse(lambda: add_plan(**usual), hall=hall, days=10, now=NOON)

        assert told.made == 6
        assert not WeeklyPlan.objects.exists()
        assert not HallSession.objects.exists()


class TestKinds:
    def test_the_hall_goes_before_the_city_and_the_latest_before_the_older(self, hall, renewal):
        city = {"kind": "night", "hall": None, "now": NOON}
        set_default(**city, effective_on=DAY, slot_minutes=20, audience_zh="上班族")
        set_default(**city, effective_on=MONDAY, slot_minutes=40)
        set_default(
            kind="night", hall=hall, effective_on=MONDAY, opens=time(19), closes=time(1),
            walkin_percent=60, matters=[renewal], now=NOON,
        )  # fmt: skip

        today = kind_facts("night", hall=hall, day=DAY)
        monday = kind_facts("night", hall=hall, day=MONDAY)

        assert (today.slot_minutes, today.audience_zh, today.opens) == (20, "上班族", time(18, 30))
        assert (monday.slot_minutes, monday.walkin_percent, monday.assisted_percent) == (30, 60, 10)
        assert (monday.opens, monday.ends_next_day) == (time(19), True)
        assert monday.matter_ids == (renewal.pk,)
        assert kind_facts("regular", hall=hall, day=DAY).walkin_percent == 30

    def test_a_session_opened_by_hand_has_the_kinds_slots(self, hall, windows, renewal):
        set_default(
            kind="night", hall=hall, effective_on=DAY, slot_minutes=60, walkin_percent=50,
            assisted_percent=0, audience_en="Late workers", matters=[renewal], now=NOON,
        )  # fmt: skip

        session = open_session(
            hall=hall, kind="night", day=DAY, opens=time(18, 30), closes=time(21), windows=windows,
            by=None, now=NOON,
        )  # fmt: skip

        assert (session.slot_minutes, session.audience_en) == (60, "Late workers")
        assert session.matter_ids == [renewal.pk]
        assert [(s.minutes, s.walkin_quota) for s in session.slots.order_by("starts_at")] == [
            (180, 90), (180, 90), (90, 45),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("said", "refusal"),
        [({"slot_minutes": 200}, SlotLength), ({"walkin_percent": 0}, WalkinTooLittle)],
    )
    def test_what_cannot_be_is_refused(self, hall, windows, said, refusal):
        with pytest.raises(refusal):
            set_default(kind="night", hall=hall, effective_on=DAY, now=NOON, **said)
        with pytest.raises(refusal):
            preview_session(
                hall=hall, kind="night", day=DAY, opens=time(18), closes=time(20), now=NOON, **said
            )
        assert not KindDefault.objects.exists()


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
