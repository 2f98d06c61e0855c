"""Check-in: a booking becomes a ticket. Rows C5, C7, C15."""

from datetime import timedelta

import pytest

from appointments.arriving import (
    NotConfirmed,
    NothingBooked,
    TooEarly,
    WrongDay,
    WrongHall,
    check_in,
)
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.models import BookingEvent
from queues.issuing import HallClosed, HallClosedForGood
from queues.models import Ticket
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at


def test_on_time_ranks_at_the_slots_start(hall, session, book):
    booking = book(slot_at(session, 12, 30))

    ticket = check_in(hall=hall, reference=booking.reference, now=NOON + timedelta(minutes=10))

    assert (ticket.rank_at, ticket.label) == (booking.starts_at, "A001")
    booking.refresh_from_db()
    assert (booking.state, booking.was_late, booking.ticket) == ("arrived", False, ticket)


@pytest.mark.parametrize("minutes", [-30, 0, 15])
def test_the_edges_of_the_window_are_on_time(hall, session, book, minutes):
    booking = book(slot_at(session, 14))

    ticket = check_in(
        hall=hall,
        reference=booking.reference.lower(),
        now=booking.starts_at + timedelta(minutes=minutes),
    )

    assert ticket.rank_at == booking.starts_at


def test_late_ranks_at_arrival_and_is_not_sent_away(hall, session, book):
    booking = book(slot_at(session, 14))
    arrival = booking.starts_at + timedelta(minutes=16)

    ticket = check_in(hall=hall, reference=booking.reference, now=arrival)

    booking.refresh_from_db()
    assert (ticket.rank_at, booking.was_late) == (arrival, True)


def test_checking_in_again_gives_the_same_ticket(hall, session, book):
    booking = book(slot_at(session, 12, 30))

    first = check_in(hall=hall, reference=booking.reference, now=NOON)
    again = check_in(hall=hall, id_number=an_id(1), now=NOON + timedelta(minutes=1))

    assert first == again
    assert Ticket.objects.count() == 1
    assert BookingEvent.objects.filter(kind="arrived").count() == 1


def test_too_early_says_when(hall, session, book):
    booking = book(slot_at(session, 14))

    with pytest.raises(TooEarly, match="13:30"):
        check_in(hall=hall, reference=booking.reference, now=NOON)


def test_the_wrong_hall_says_where(hall, other_hall, session, book):
    booking = book(slot_at(session, 12, 30))

    with pytest.raises(WrongHall, match="Hetang Hall"):
        check_in(hall=other_hall, reference=booking.reference, now=NOON)


def test_the_wrong_day_says_when(hall, windows, session, book):
    tomorrow = make_session(hall, windows, day=DAY + timedelta(days=1))
    booking = book(slot_at(tomorrow, 14))

    with pytest.raises(WrongDay, match="2027-03-05 14:00"):
        check_in(hall=hall, reference=booking.reference, now=NOON)


def test_nothing_booked_points_to_the_walk_in(hall, session, book):
    cancelled = book(slot_at(session, 14))
    cancel(booking=cancelled, now=NOON)

    for who in [{"reference": cancelled.reference}, {"id_number": an_id(9)}, {"reference": "\x00"}]:
        with pytest.raises(NothingBooked):
            check_in(hall=hall, now=NOON, **who)


def test_an_unconfirmed_hold_is_no_booking(hall, session, renewal):
    slot = slot_at(session, 12, 30)
    held = hold(slot_id=slot.pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON)

    with pytest.raises(NotConfirmed):
        check_in(hall=hall, reference=held.bookings[0].reference, now=NOON)


def test_after_closing_the_next_opening_is_told(hall, windows, session, book):
    booking = book(slot_at(session, 16, 30))
    with pytest.raises(HallClosedForGood):
        check_in(hall=hall, reference=booking.reference, now=session.ends_at)

    make_session(hall, windows, day=DAY + timedelta(days=1))

    with pytest.raises(HallClosed, match="2027-03-05 09:00"):
        check_in(hall=hall, reference=booking.reference, now=session.ends_at)


def test_after_midnight_the_ticket_keeps_the_service_day(hall, windows, book):  # C1
    from datetime import time

    night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30))
    booking = book(slot_at(night, 0))

    ticket = check_in(hall=hall, reference=booking.reference, now=booking.starts_at)

    assert ticket.service_day == DAY
