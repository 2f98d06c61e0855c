"""Places that were given up: random return, second thoughts, undo. Row C30."""

import statistics
from datetime import timedelta

import pytest

from appointments.attending import Attendee
from appointments.booking import SlotFull, hold
from appointments.cancelling import NothingToUndo, PlaceTaken, cancel, undo_cancel
from appointments.confirming import AlreadyExtended, HoldExpired, extend_hold, find
from appointments.models import Booking, Message, ReturningPlace
from appointments.rescheduling import reschedule
from appointments.returning import return_due
from appointments.sealing import booking_secret
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, PHONE, a_person, an_id, make_session, slot_at
from windows.models import Rule, Slot

OTHER = "+8613900139000"
SOON = NOON + timedelta(seconds=50)
LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def one_place(hall, windows):
    """A slot with one online place, the rest for walk-ins."""
    return slot_at(make_session(hall, windows, online=6), 14)


def hold_at(slot, matter, person, phone, now):
    return hold(slot_id=slot.pk, matter=matter, people=[a_person(person)], phone=phone, now=now)


def test_nobody_can_hand_a_place_over(one_place, book, renewal):  # C30
    """Mutant: with `release` giving the minutes back at once, the friend gets the place."""
    cancel(booking=book(one_place), now=NOON)

    with pytest.raises(SlotFull):
        hold_at(one_place, renewal, 2, OTHER, SOON)
    nothing_is_broken()
    return_due(now=LATER)
    assert hold_at(one_place, renewal, 2, OTHER, LATER)


def test_the_same_person_may_have_second_thoughts(one_place, book, renewal):
    cancel(booking=book(one_place), now=NOON)

    held = hold_at(one_place, renewal, 1, PHONE, SOON)

    assert held
    assert ReturningPlace.objects.get().end == "reclaimed"
    nothing_is_broken()


def test_another_phone_does_not_get_what_the_person_left(one_place, book, renewal):
    cancel(booking=book(one_place), now=NOON)

    with pytest.raises(SlotFull):
        hold_at(one_place, renewal, 1, OTHER, SOON)


def leave_often(slot, matter, times):
    """One person holds and lets go, so often that the whole slot is waiting to return."""
    for _n in range(times):
        held = hold_at(slot, matter, 1, PHONE, NOON).bookings[0]
        cancel(booking=find(held.reference, held.secret), now=NOON)


def test_second_thoughts_free_no_more_than_they_take(hall, windows, renewal):  # C30
    """Mutant: with `reclaim` giving back all that the person left, the friend has the rest."""
    slot = slot_at(make_session(hall, windows, online=18), 14)
    leave_often(slot, renewal, 3)

    hold_at(slot, renewal, 1, PHONE, SOON)

    with pytest.raises(SlotFull):
        hold_at(slot, renewal, 2, OTHER, SOON)
    nothing_is_broken()
    return_due(now=LATER)
    assert hold_at(slot, renewal, 2, OTHER, LATER)


def test_moving_beside_what_one_left_frees_nothing(hall, windows, renewal, book):  # C30
    """Mutant: with the move taking back what it does not need, the friend has it at once."""
    session = make_session(hall, windows, online=12)
    slot = slot_at(session, 14)
    leave_often(slot, renewal, 2)

    reschedule(booking=book(slot_at(session, 16)), slot_id=slot_at(session, 13, 30).pk, now=SOON)

    with pytest.raises(SlotFull):
        hold_at(slot, renewal, 2, OTHER, SOON)
    nothing_is_broken()


def test_the_rest_of_a_longer_place_goes_on_cooling(hall, windows, renewal, pickup, book):
    """Half of it is taken back; an undo of the longer visit does not mistake the rest for it."""
    slot = slot_at(make_session(hall, windows, online=6), 14)
    longer = book(slot)
    cancel(booking=longer, now=NOON)

    held = hold_at(slot, pickup, 1, PHONE, SOON).bookings[0]

    assert list(slot.returning.filter(ended_at=None).values_list("minutes", flat=True)) == [3]
    with pytest.raises(SlotFull):
        hold_at(slot, pickup, 2, OTHER, SOON)
    cancel(booking=find(held.reference, held.secret), now=SOON)
    undo_cancel(booking=longer, now=SOON)
    nothing_is_broken()
    return_due(now=LATER)
    nothing_is_broken()


def test_the_time_is_drawn_evenly_between_the_bounds(session, book):
    """800 draws: all within 1 to 10 minutes, mean and quartiles where they belong.

    Mutant: a fixed delay has no spread; `randint(least, least)` is red here.
    """
    from appointments.returning import leave

    booking = book(slot_at(session, 14))
    drawn = []
    for _n in range(800):
        place = leave(booking, now=NOON)
        drawn.append((place.returns_at - NOON).total_seconds())
        place.delete()

    assert min(drawn) >= 60
    assert max(drawn) <= 600
    assert 305 < statistics.mean(drawn) < 355  # 330 expected, five standard errors of 5.5
    low, middle, high = statistics.quantiles(drawn, n=4)
    assert 165 < low < 225
    assert 295 < middle < 365
    assert 435 < high < 495


def test_a_cancellation_is_undone_within_ten_minutes(one_place, book):
    booking = book(one_place)
    cancel(booking=booking, now=NOON)

    undone = undo_cancel(booking=booking, now=SOON)

    assert undo_cancel(booking=booking, now=SOON).state == undone.state == "confirmed"
    assert one_place.returning.get().end == "reclaimed"
    waiting = Message.objects.filter(booking=booking, state="ready", version=undone.version)
    assert "confirmed" in set(waiting.values_list("kind", flat=True))
    nothing_is_broken()


def test_undoing_ends_after_ten_minutes(session, book):
    booking = book(slot_at(session, 14))
    cancel(booking=booking, now=NOON)

    with pytest.raises(NothingToUndo):
        undo_cancel(booking=booking, now=LATER)


def test_an_undone_place_is_lent_by_the_walk_in_share(one_place, book, renewal):
    """The place was drawn early and somebody has it: the walk-in share above its floor lends."""
    booking = book(one_place)
    cancel(booking=booking, now=NOON)
    ReturningPlace.objects.update(returns_at=SOON)
    return_due(now=SOON)
    hold_at(one_place, renewal, 2, OTHER, SOON)

    undo_cancel(booking=booking, now=SOON)

    one_place.refresh_from_db()
    assert (one_place.online_quota, one_place.online_taken) == (12, 12)
    nothing_is_broken()


def test_the_walk_in_share_lends_to_a_booking_once(one_place, book, renewal):
    """Mutant: without that, cancel and undo in turn make bookable places of the whole share."""
    booking, now = book(one_place), NOON
    for stranger in (2, 3):
        cancel(booking=booking, now=now)
        now += timedelta(seconds=50)
        ReturningPlace.objects.filter(ended_at=None).update(returns_at=now)
        return_due(now=now)
        hold_at(one_place, renewal, stranger, f"+861390013900{stranger}", now)
        if stranger == 2:
            undo_cancel(booking=booking, now=now)

    with pytest.raises(PlaceTaken):
        undo_cancel(booking=booking, now=now)
    one_place.refresh_from_db()
    assert one_place.online_quota == 12
    nothing_is_broken()


def test_the_floor_of_the_walk_in_share_is_kept(one_place, book, renewal):
    Slot.objects.filter(pk=one_place.pk).update(minutes=7, walkin_quota=1)
    booking = book(one_place)
    cancel(booking=booking, now=NOON)
    ReturningPlace.objects.update(returns_at=SOON)
    return_due(now=SOON)
    hold_at(one_place, renewal, 2, OTHER, SOON)

    with pytest.raises(PlaceTaken):
        undo_cancel(booking=booking, now=SOON)


def test_an_unconfirmed_hold_has_nothing_to_undo(session, renewal):
    held = hold_at(slot_at(session, 14), renewal, 1, PHONE, NOON).bookings[0]
    booking = find(held.reference, held.secret)
    cancel(booking=booking, now=NOON)

    with pytest.raises(NothingToUndo):
        undo_cancel(booking=booking, now=SOON)


def test_moving_there_and_back_keeps_the_old_place(hall, windows, book):
    session = make_session(hall, windows, online=6)
    here, there = slot_at(session, 14), slot_at(session, 16)
    booking = book(here)

    reschedule(booking=booking, slot_id=there.pk, now=NOON)
    back = reschedule(booking=booking, slot_id=here.pk, now=SOON)

    assert back.slot_id == here.pk
    nothing_is_broken()
    return_due(now=SOON + timedelta(minutes=10))  # the longest that a place cools off
    there.refresh_from_db()
    assert there.online_taken == 0


def test_a_family_moves_together_or_not_at_all(session, renewal, hall, windows):  # C11
    people = [a_person(n) for n in (1, 2, 3)]
    held = hold(
        slot_id=slot_at(session, 14).pk, matter=renewal, people=people, phone=PHONE, now=NOON
    )
    one = find(held.bookings[0].reference, held.bookings[0].secret)
    tight = slot_at(session, 16)
    Slot.objects.filter(pk=tight.pk).update(online_quota=6, walkin_quota=84)
    Slot.objects.filter(pk=slot_at(session, 16, 30).pk).update(online_quota=6, walkin_quota=84)

    with pytest.raises(SlotFull):
        reschedule(booking=one, slot_id=tight.pk, now=NOON, together=True)
    assert set(Booking.objects.values_list("slot_id", flat=True)) == {slot_at(session, 14).pk}

    reschedule(booking=one, slot_id=slot_at(session, 15).pk, now=NOON, together=True)
    assert set(Booking.objects.values_list("slot_id", flat=True)) == {slot_at(session, 15).pk}
    nothing_is_broken()


def test_several_matters_are_one_visit(session, renewal, pickup):  # C27
    person = Attendee("陈小宁", an_id(1), matters=(renewal, pickup))

    held = hold(
        slot_id=slot_at(session, 14).pk, matter=renewal, people=[person], phone=PHONE, now=NOON
    )

    bookings = Booking.objects.filter(group_id=held.group_id).order_by("position")
    assert [(b.matter, b.minutes) for b in bookings] == [(renewal, 6), (pickup, 3)]
    moved = reschedule(booking=bookings[1], slot_id=slot_at(session, 15).pk, now=NOON)
    assert moved.group.bookings.filter(slot=slot_at(session, 15)).count() == 2
    nothing_is_broken()


@pytest.mark.parametrize(("needs", "minutes"), [((), 6), (("wheelchair",), 6), (("time",), 9)])
def test_who_needs_more_time_has_it(session, renewal, needs, minutes):  # C12
    person = Attendee("陈小宁", an_id(1), needs=needs)

    hold(slot_id=slot_at(session, 14).pk, matter=renewal, people=[person], phone=PHONE, now=NOON)

    assert Booking.objects.get().minutes == minutes


def test_a_hold_is_extended_once_on_request(session, renewal):  # C34
    held = hold_at(slot_at(session, 14), renewal, 1, PHONE, NOON).bookings[0]
    booking = find(held.reference, booking_secret(held.reference))

    (longer,) = extend_hold(booking=booking, now=LATER)

    assert longer.hold_expires_at == NOON + timedelta(minutes=30)
    with pytest.raises(AlreadyExtended):
        extend_hold(booking=booking, now=LATER)
    with pytest.raises(HoldExpired):
        extend_hold(booking=booking, now=NOON + timedelta(minutes=30))


def test_a_changed_rule_changes_the_bounds(session, book):
    for name in ("cooling_min_minutes", "cooling_max_minutes"):
        Rule.objects.create(name=name, value=3, effective_on=NOON.date())
    booking = book(slot_at(session, 14))

    cancel(booking=booking, now=NOON)

    assert ReturningPlace.objects.get().returns_at == NOON + timedelta(minutes=3)
