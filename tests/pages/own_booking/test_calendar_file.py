"""The calendar file of one's own booking. # C11"""

import pytest
from icalendar import Calendar

from appointments.sealing import booking_secret
from tests.pages.own_booking.conftest import own

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_the_calendar_file_is_read_by_calendars(citizen, booking):
    answer = citizen.get(own(booking, "calendar.ics"))

    assert answer["Content-Type"].startswith("text/calendar")
    event = next(iter(Calendar.from_ical(answer.content).walk("VEVENT")))
    assert event.decoded("dtstart") == booking.starts_at
    assert str(event["uid"]).startswith(booking.reference)
    assert booking_secret(booking.reference) in str(event["url"])
    assert event.walk("VALARM")


def test_the_calendar_file_of_a_cancelled_booking_takes_it_out(citizen, booking):
    citizen.post(own(booking, "cancel/"), {"key": "k" * 32})

    event = next(
        iter(Calendar.from_ical(citizen.get(own(booking, "calendar.ics")).content).walk("VEVENT"))
    )

    assert str(event["status"]) == "CANCELLED"
