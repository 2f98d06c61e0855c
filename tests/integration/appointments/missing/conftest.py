"""People who book and do not come, in a hall that worked; what they are told."""

from datetime import date, time, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.housekeeping import close_day
from appointments.models import Message, MissedVisit
from appointments.sealing import unseal
from config import civil
from tests.conftest import DAY, make_session, make_staff, slot_at
from windows.models import HallSession, Shift, Window

EVENING = civil.city_instant(DAY, time(21, 1))  # the day is closed four hours after its end


def staff_window(window: Window, day: date, clerk=None) -> None:
    """Somebody stood at the window all day."""
    shift = DateTimeTZRange(*civil.session_hours(day, time(9), time(17)))
    clerk = clerk or make_staff(f"of {window.pk} {day}", window.hall, "clerk")
    Shift.objects.create(staff=clerk, window=window, service_day=day, period=shift)


@pytest.fixture
def staffed(windows, session) -> HallSession:
    staff_window(windows[0], DAY)
    return session


@pytest.fixture
def miss(hall, windows, book):
    """The person books a visit some days later and does not come."""

    def missed(after: int = 0, person: int = 1, made=None) -> MissedVisit:
        day = DAY + timedelta(days=after)
        session = HallSession.objects.filter(hall=hall, service_day=day).first()
        if session is None:
            session = make_session(hall, windows, day=day)
            staff_window(windows[0], day)
        morning = civil.city_instant(day, time(8))
        booking = book(slot_at(session, 10), person=person, now=made or morning, language="en")
        close_day(day=day, now=civil.city_instant(day, time(21, 1)))
        return MissedVisit.objects.get(booking=booking)

    return missed


def told(kind: str) -> list[str]:
    rows = Message.objects.filter(kind=kind).order_by("pk")
    return [unseal(row.text_sealed, purpose="message") for row in rows]
