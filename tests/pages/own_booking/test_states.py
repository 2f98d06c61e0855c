"""Each state of one's own booking, in a person's words. # C11"""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.housekeeping import close_day, mark_served
from appointments.models import Booking, MissedVisit
from appointments.withdrawing import withdraw_session
from queues.closing import void_left
from tests.conftest import DAY, NOON, make_session, slot_at
from tests.pages.own_booking.conftest import own
from tests.pages.reading import text_of
from windows.shifts import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def at_three(booking: Booking, **later: int):
    return booking.starts_at + timedelta(**later)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        ({"minutes": -31}, "Come at this time"),
        ({"minutes": -30}, "You can check in now"),
        ({"minutes": 15}, "You can check in now"),
        ({"minutes": 16}, "Come all the same"),
        ({"hours": 1, "minutes": 59}, "Come all the same"),
        ({"hours": 2}, "This time has passed"),
    ],
)
def test_what_can_be_done_at_each_time(citizen, booking, clock, later, words):
    clock.now = at_three(booking, **later)

    assert words in text_of(citizen.get(own(booking)))


def test_a_checked_in_booking_leads_to_its_ticket(citizen, booking, hall, clock):
    clock.now = booking.starts_at
    ticket = check_in(hall=hall, now=clock.now, reference=booking.reference)

    page = text_of(citizen.get(own(booking)))

    assert f"/t/{ticket.public_id}/" in page
    assert "cancel/" not in page


def test_who_came_and_left_reads_that_nothing_counts(citizen, booking, hall, clock):
    clock.now = booking.starts_at
    check_in(hall=hall, now=clock.now, reference=booking.reference)
    void_left(hall_id=hall.pk, service_day=DAY, now=at_three(booking, hours=7))
    mark_served(now=at_three(booking, hours=7))

    page = text_of(citizen.get(own(booking)))

    assert "Your number ended before you were served" in page
    assert "this is no missed visit" in page


def test_a_missed_visit_leads_to_objecting(citizen, booking, windows, clerk, clock):
    sign_in(staff=clerk, window=windows[0], now=NOON)
    close_day(day=DAY, now=at_three(booking, hours=7))
    assert MissedVisit.objects.exists()

    page = text_of(citizen.get(own(booking)))

    assert "Nobody was checked in for this visit" in page
    assert f"/b/{booking.reference}/appeal/?k=" in page


def test_where_nobody_worked_nothing_is_noted(citizen, booking, clock):
    close_day(day=DAY, now=at_three(booking, hours=7))

    page = text_of(citizen.get(own(booking)))

    assert "Nothing is noted against anybody." in page
    assert "/appeal/" not in page


def test_a_withdrawn_booking_is_nobodys_fault(citizen, booking, session, supervisor):
    withdraw_session(session=session, by=supervisor, now=NOON - timedelta(hours=5))

    page = text_of(citizen.get(own(booking)))

    assert "The hall had to cancel this time" in page
    assert "Nothing is noted against you" in page


def test_after_midnight_it_names_the_evening_that_it_belongs_to(citizen, hall, windows, book):
    from datetime import time

    night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    page = text_of(citizen.get(own(book(slot_at(night, 0)))))

    assert "Friday 5 March, 00:00" in page
    assert "in the night session of Thursday 4 March" in page
