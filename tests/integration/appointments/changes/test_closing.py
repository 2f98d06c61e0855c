"""A hall closes for a storm, gives no numbers meanwhile, and opens again. C5 C6"""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.changes.asking import (
    Ask,
    ClosedAlready,
    ClosureInOrder,
    ClosureInPast,
    ClosureTooLong,
    apply_change,
    preview_change,
)
from appointments.changes.following import join_waiting
from appointments.changes.reopening import NotClosed, preview_reopening, reopen
from appointments.models import Booking, Message, WaitEntry
from queues.issuing import issue_walk_in
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, make_session, slot_at
from windows.closing_halls import HallShut, closed_now, closures_among, shut_words
from windows.models import HallClosure, Slot

NEXT_DAY = DAY + timedelta(days=1)
SETTLED = NOON + timedelta(minutes=6)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY, online=60)


def storm(hall, session, **more):
    return Ask.close(
        hall, closes_at=session.starts_at, opens_at=session.ends_at, reason="weather", **more
    )


def test_all_times_of_it_close_and_their_people_are_placed_elsewhere(
    hall, tomorrow, session, book, supervisor
):
    bookings = [book(slot_at(tomorrow, 10), n) for n in range(1, 4)]

    done = apply_change(storm(hall, tomorrow), by=supervisor, now=NOON)

    assert done.moved == 3
    for booking in bookings:
        booking.refresh_from_db()
        assert booking.slot.session == session  # today, the only other day there is
    assert not Slot.objects.filter(session=tomorrow, is_open=True).exists()
    assert tomorrow.changes.get().closure == done.closure
    nothing_is_broken()


def test_no_number_is_given_while_it_is_closed(hall, session, renewal, book, supervisor):
    booking = book(slot_at(session, 13), 1)
    ask = Ask.close(hall, closes_at=NOON, opens_at=NOON + timedelta(hours=1), reason="power")
    apply_change(ask, by=supervisor, now=NOON)

    with pytest.raises(HallShut, match="13:00: No electricity"):
        issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(minutes=10))
    with pytest.raises(HallShut):
        check_in(hall=hall, reference=booking.reference, now=NOON + timedelta(minutes=40))

    assert "weather" not in shut_words(closed_now(hall, NOON))
    assert closures_among([hall], NOON)[hall.pk].reason == "power"
    assert issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("closes", "opens", "refusal"),
    [
        (timedelta(hours=2), timedelta(hours=1), ClosureInOrder),
        (timedelta(hours=-2), timedelta(hours=-1), ClosureInPast),
        (timedelta(hours=1), timedelta(days=80), ClosureTooLong),
        (timedelta(hours=1), timedelta(hours=2), ClosedAlready),
    ],
)
def test_what_is_no_closure_is_refused(hall, closes, opens, refusal, supervisor):
    first = Ask.close(hall, closes_at=NOON, opens_at=NOON + timedelta(hours=3))
    if refusal is ClosedAlready:
        apply_change(first, by=supervisor, now=NOON)

    with pytest.raises(refusal):
        preview_change(Ask.close(hall, closes_at=NOON + closes, opens_at=NOON + opens), now=NOON)


def test_who_was_cancelled_is_asked_first_when_it_opens_again(  # nobody is forgotten
    hall, tomorrow, book, supervisor
):
    bookings = [book(slot_at(tomorrow, 10), n) for n in range(1, 4)]
    done = apply_change(storm(hall, tomorrow), by=supervisor, now=NOON, default="withdraw")
    join_waiting(now=SETTLED)
    seen = preview_reopening(done.closure, now=SETTLED)

    opened = reopen(done.closure, by=supervisor, now=SETTLED)

    assert (seen.slots, seen.withdrawn, seen.will_be_offered) == (16, 3, 3)
    assert (opened.slots, opened.offered) == (16, 3)
    held = Booking.objects.filter(state="held")
    assert {bytes(one.id_index) for one in held} == {bytes(one.id_index) for one in bookings}
    assert {one.slot_id for one in held} == {slot_at(tomorrow, 10).pk}
    assert Message.objects.filter(kind="offer", state="ready").count() == 3
    assert closed_now(hall, tomorrow.starts_at) is None
    assert reopen(done.closure, by=supervisor, now=SETTLED).slots == 0  # twice is once
    nothing_is_broken()


def test_by_night_the_old_places_are_kept_until_the_morning(hall, tomorrow, book, supervisor):
    book(slot_at(tomorrow, 14), 1)
    done = apply_change(storm(hall, tomorrow), by=supervisor, now=NOON, default="withdraw")
    join_waiting(now=SETTLED)

    night = NOON + timedelta(hours=11)  # 23:00
    opened = reopen(done.closure, by=supervisor, now=night)

    assert opened.offered == 1
    offer = Message.objects.get(kind="offer")
    assert offer.due_at == NOON + timedelta(hours=19)  # 07:00
    assert Booking.objects.get(state="held").hold_expires_at > offer.due_at


def test_it_cannot_be_opened_when_it_is_over(hall, tomorrow, supervisor):
    done = apply_change(storm(hall, tomorrow), by=supervisor, now=NOON)

    with pytest.raises(NotClosed):
        reopen(done.closure, by=supervisor, now=tomorrow.ends_at)


def test_people_wait_once_the_change_can_no_longer_be_undone(hall, tomorrow, book, supervisor):
    book(slot_at(tomorrow, 10), 1)
    apply_change(storm(hall, tomorrow), by=supervisor, now=NOON, default="withdraw")

    assert join_waiting(now=NOON + timedelta(minutes=4)) == 0
    assert join_waiting(now=SETTLED) == 1
    assert join_waiting(now=SETTLED) == 0

    entry = WaitEntry.objects.get()
    assert (entry.priority, list(entry.halls.all())) == (1, [hall])
    assert HallClosure.objects.get().changes.get().displaced.get().entry == entry
    nothing_is_broken()
