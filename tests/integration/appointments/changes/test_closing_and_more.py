"""Changes under a closure and after it: nothing is sold in a hall that is closed. C5 C6"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.booking import hold
from appointments.changes.asking import Ask, ClosedAlready, apply_change, preview_change
from appointments.changes.following import join_waiting
from appointments.changes.reopening import preview_reopening, reopen
from appointments.changes.undoing import UndoPlaced, undo_change, why_no_undo
from appointments.housekeeping import expire_holds
from appointments.models import WaitEntry
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from windows.models import Slot

NEXT_DAY = DAY + timedelta(days=1)
SOON = NOON + timedelta(minutes=2)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY, online=60)


def test_nothing_is_added_within_a_closure_that_began_before_the_session_ended(
    hall, tomorrow, supervisor
):
    closes = slot_at(tomorrow, 14).starts_at
    shut = Ask.close(hall, closes_at=closes, opens_at=closes + timedelta(hours=8))
    apply_change(shut, by=supervisor, now=NOON)
    tomorrow.refresh_from_db()

    with pytest.raises(ClosedAlready):
        preview_change(
            Ask.extend(tomorrow, ends_at=tomorrow.ends_at + timedelta(hours=1)), now=NOON
        )
    later = timedelta(hours=6)
    with pytest.raises(ClosedAlready):
        preview_change(
            Ask.move(
                tomorrow, starts_at=tomorrow.starts_at + later, ends_at=tomorrow.ends_at + later
            ),
            now=NOON,
        )


def test_what_was_cut_meanwhile_does_not_open_again(hall, tomorrow, windows, supervisor):
    closes = slot_at(tomorrow, 14).starts_at
    shut = Ask.close(hall, closes_at=closes, opens_at=tomorrow.ends_at)
    done = apply_change(shut, by=supervisor, now=NOON)
    tomorrow.refresh_from_db()
    ends = slot_at(tomorrow, 15).starts_at
    apply_change(Ask.cut(tomorrow, ends_at=ends, windows=(windows[2].pk,)), by=supervisor, now=NOON)

    seen = preview_reopening(done.closure, now=SOON)
    reopen(done.closure, by=supervisor, now=SOON)

    open_ones = Slot.objects.filter(session=tomorrow, is_open=True)
    assert not open_ones.filter(ends_at__gt=ends).exists()
    assert set(open_ones.values_list("minutes", flat=True)) == {30}
    assert seen.slots == 2
    nothing_is_broken()


def test_who_booked_elsewhere_meanwhile_keeps_the_change(
    tomorrow, hall, windows, renewal, book, supervisor
):
    later = make_session(hall, windows, day=NEXT_DAY + timedelta(days=1), online=60)
    book(slot_at(tomorrow, 10), 1)
    done = apply_change(Ask.cancel(tomorrow), by=supervisor, now=NOON, default="withdraw")
    hold(slot_id=slot_at(later, 10).pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=SOON)

    with pytest.raises(UndoPlaced):
        undo_change(done.change, by=supervisor, now=SOON)
    assert why_no_undo(done.change, SOON)
    nothing_is_broken()


def test_it_locks_sessions_before_people_and_the_closure(hall, tomorrow, book, supervisor):
    """As a change and its undoing do: the other way round both would wait for each other."""
    book(slot_at(tomorrow, 10), 1)
    shut = Ask.close(hall, closes_at=tomorrow.starts_at, opens_at=tomorrow.ends_at)
    done = apply_change(shut, by=supervisor, now=NOON, default="withdraw")
    join_waiting(now=NOON + timedelta(minutes=6))

    with CaptureQueriesContext(connection) as asked:
        reopen(done.closure, by=supervisor, now=NOON + timedelta(minutes=6))

    locks = [one["sql"] for one in asked if "FOR " in one["sql"] or "advisory" in one["sql"]]
    first = {
        what: next(n for n, sql in enumerate(locks) if sign in sql)
        for what, sign in (
            ("hours", "hours of a hall"),
            ("sessions", 'FROM "windows_hallsession"'),
            ("closure", 'FROM "windows_hallclosure"'),
            ("people", "AS key ORDER BY key"),
            ("slots", 'FROM "windows_slot"'),
        )
    }
    assert sorted(first, key=first.get) == ["hours", "sessions", "closure", "people", "slots"]


def test_who_is_just_booking_waits_if_nothing_comes_of_it(
    tomorrow, hall, windows, renewal, book, supervisor
):
    later = make_session(hall, windows, day=NEXT_DAY + timedelta(days=1), online=60)
    book(slot_at(tomorrow, 10), 1)
    apply_change(Ask.cancel(tomorrow), by=supervisor, now=NOON, default="withdraw")
    settled = NOON + timedelta(minutes=6)
    hold(
        slot_id=slot_at(later, 10).pk, matter=renewal, people=[a_person(1)], phone=PHONE,
        now=settled,
    )  # fmt: skip

    assert join_waiting(now=settled) == 0
    over = settled + timedelta(minutes=30)
    expire_holds(now=over)

    assert join_waiting(now=over) == 1
    assert WaitEntry.objects.get().priority == 1
    nothing_is_broken()
