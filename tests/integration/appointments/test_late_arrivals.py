"""Who comes late is served in the walk-ins' order, and it is no missed visit. Rows C7, C30."""

from datetime import timedelta

import pytest

from appointments.arriving import DayOver, NothingBooked, WrongHall, check_in
from appointments.housekeeping import close_day, mark_served
from appointments.models import Booking, MissedVisit
from config.refusals import Refusal
from queues.calling import call_next, finish, start
from queues.issuing import issue_walk_in
from tests.conftest import DAY, make_session, slot_at
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
LONG_AFTER = timedelta(hours=5)


@pytest.fixture
def staffed(windows, clerk, session):
    sign_in(staff=clerk, window=windows[0], now=session.starts_at)
    return windows[0]


def test_from_a_late_arrival_to_the_closed_day(hall, staffed, clerk, session, book, renewal):
    booking, absent = book(slot_at(session, 12, 30)), book(slot_at(session, 12, 30), person=2)
    late = booking.starts_at + timedelta(minutes=16)
    before = issue_walk_in(hall=hall, matter=renewal, now=late - timedelta(minutes=25))
    ticket = check_in(hall=hall, reference=booking.reference, now=late)
    after = issue_walk_in(hall=hall, matter=renewal, now=late)

    served = []
    for minute in range(3):
        now = late + timedelta(minutes=1 + 5 * minute)
        called = call_next(window=staffed, staff=clerk, now=now)
        start(ticket=called, staff=clerk, now=now)
        finish(ticket=called, staff=clerk, now=now + timedelta(minutes=4))
        served.append(called.pk)
    mark_served(now=session.ends_at)
    close_day(day=DAY, now=session.ends_at + LONG_AFTER)

    assert served == [before.pk, ticket.pk, after.pk]  # by arrival, no longer by the slot
    booking.refresh_from_db()
    absent.refresh_from_db()
    assert (booking.state, booking.was_late) == (Booking.State.SERVED, True)
    assert absent.state == Booking.State.NO_SHOW
    assert [one.booking_id for one in MissedVisit.objects.all()] == [absent.pk]


@pytest.mark.parametrize(("minutes", "is_late"), [(-30, False), (15, False), (16, True)])
def test_the_window_is_30_minutes_before_to_15_after(hall, session, book, minutes, is_late):
    booking = book(slot_at(session, 12, 30))

    check_in(
        hall=hall, reference=booking.reference, now=booking.starts_at + timedelta(minutes=minutes)
    )

    booking.refresh_from_db()
    assert booking.was_late is is_late


def test_the_day_after_the_holder_of_the_reference_hears_when_it_was(hall, windows, session, book):
    booking = book(slot_at(session, 12, 30))
    next_day = make_session(hall, windows, day=DAY + timedelta(days=1)).starts_at
    for closed in (False, True):
        if closed:
            close_day(day=DAY, now=session.ends_at + LONG_AFTER)
        with pytest.raises(DayOver) as said:
            check_in(hall=hall, reference=booking.reference, now=next_day)
        assert said.value.told["walk_in_here"]

    from tests.conftest import an_id

    with pytest.raises(NothingBooked):  # an ID number alone tells nothing of the past
        check_in(hall=hall, id_number=an_id(1), now=next_day)


def test_whether_a_number_is_given_here_is_part_of_the_answer(hall, other_hall, session, book):
    booking = book(slot_at(session, 12, 30))  # the other hall has no window and no session

    with pytest.raises(WrongHall) as said:
        check_in(hall=other_hall, reference=booking.reference, now=booking.starts_at)

    assert said.value.told["walk_in_here"] is False
    assert said.value.told["hall"] == "H01"


def test_a_full_hall_still_gives_numbers(hall, windows, renewal, book):
    """Walk-ins are refused when the hall is closed, never for want of quota. # C7"""
    full = make_session(hall, windows, online=90)  # nothing is kept for walk-ins
    assert not full.slots.exclude(walkin_quota=0).exists()

    for minute in range(40):
        issue_walk_in(hall=hall, matter=renewal, now=full.starts_at + timedelta(minutes=minute))
    with pytest.raises(Refusal):
        issue_walk_in(hall=hall, matter=renewal, now=full.ends_at)
