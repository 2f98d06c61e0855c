"""Cancel and reschedule. The old place is given up only when the new one is held."""

from datetime import timedelta

import pytest

from appointments.booking import SlotFull, SlotGone, hold
from appointments.cancelling import cancel
from appointments.changing import AlreadyOver, AlreadyStarted
from appointments.models import BookingEvent, Message
from appointments.rescheduling import reschedule
from appointments.returning import return_due
from tests.conftest import NOON, PHONE, a_person, slot_at


def taken(session, hour, minute=0):
    return slot_at(session, hour, minute).online_taken


def leaving(slot):
    """Minutes that were left in the slot and are not on offer yet."""
    open_places = slot.returning.filter(ended_at__isnull=True)
    return sum(open_places.values_list("minutes", flat=True))


def test_a_cancelled_place_comes_back_after_its_time(session, book):  # C30
    slot = slot_at(session, 15)
    booking = book(slot)

    cancel(booking=booking, now=NOON)

    booking.refresh_from_db()
    assert (booking.state, taken(session, 15), leaving(slot)) == ("cancelled", 6, 6)
    owed = Message.objects.filter(booking=booking, state="ready").exclude(kind="cancelled")
    assert not owed.exists()
    assert return_due(now=NOON + timedelta(minutes=10)) == 1
    assert (taken(session, 15), leaving(slot)) == (0, 0)


def test_cancelling_twice_leaves_the_place_once(session, book):
    book(slot_at(session, 15), person=2)
    booking = book(slot_at(session, 15), person=1)

    cancel(booking=booking, now=NOON)
    cancel(booking=booking, now=NOON)

    return_due(now=NOON + timedelta(minutes=10))
    assert taken(session, 15) == 6


def test_a_late_cancellation_is_journaled_as_late(session, book):
    booking = book(slot_at(session, 13))

    cancel(booking=booking, now=NOON)

    assert BookingEvent.objects.get(booking=booking, kind="cancelled").facts == {"late": True}


def test_a_slot_that_began_cannot_be_cancelled(session, book):
    booking = book(slot_at(session, 13))

    with pytest.raises(AlreadyStarted):
        cancel(booking=booking, now=booking.starts_at)


def test_rescheduling_moves_the_place(session, book):
    booking = book(slot_at(session, 14))

    moved = reschedule(booking=booking, slot_id=slot_at(session, 16).pk, now=NOON)

    assert (taken(session, 14), leaving(slot_at(session, 14)), taken(session, 16)) == (6, 6, 6)
    assert (moved.starts_at, moved.version) == (slot_at(session, 16).starts_at, 2)


def test_a_failed_reschedule_keeps_the_old_place(session, renewal, book):
    booking = book(slot_at(session, 14))
    full = slot_at(session, 16)
    type(full).objects.filter(pk=full.pk).update(online_taken=full.online_quota)

    with pytest.raises(SlotFull):
        reschedule(booking=booking, slot_id=full.pk, now=NOON)

    assert taken(session, 14) == 6


@pytest.mark.parametrize("slot", ["began", "closed", "absent"])
def test_a_slot_that_is_gone_is_refused(session, book, slot):
    booking = book(slot_at(session, 14))
    gone = slot_at(session, 9 if slot == "began" else 16)
    type(gone).objects.filter(pk=gone.pk).update(is_open=slot != "closed")

    with pytest.raises(SlotGone):
        reschedule(booking=booking, slot_id=0 if slot == "absent" else gone.pk, now=NOON)


def test_an_ended_booking_cannot_be_moved(session, book):
    booking = book(slot_at(session, 14))
    cancel(booking=booking, now=NOON)

    with pytest.raises(AlreadyOver):
        reschedule(booking=booking, slot_id=slot_at(session, 16).pk, now=NOON)


def test_a_hold_can_be_given_up(session, renewal):
    from appointments.confirming import find

    slot = slot_at(session, 14)
    held = hold(slot_id=slot.pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON)
    one = held.bookings[0]

    cancel(booking=find(one.reference, one.secret), now=NOON + timedelta(minutes=1))

    assert leaving(slot) == taken(session, 14) == 6
