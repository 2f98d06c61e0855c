"""What somebody has touched stays when its plan changes. C1 C3"""

from datetime import time

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config import civil
from tests.conftest import NOON, make_session
from tests.integration.windows.plans.conftest import FRIDAY, made
from windows.models import (
    HallSession,
    RosterEntry,
    SessionWindow,
    Slot,
    WeeklyPlan,
    WorkCalendarDay,
)
from windows.sessions import undo_session
from windows.weekly import add_plan


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
        monkeypatch.setattr("windows.foreseeing.touched_of", lambda sessions: {})

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
