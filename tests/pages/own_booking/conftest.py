"""A booking, a family's, and the address of one's own. # C11 C19 C27 C29"""

import pytest

from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.models import Booking
from appointments.sealing import booking_secret
from tests.conftest import NOON, PHONE, a_person, slot_at


@pytest.fixture
def booking(book, session) -> Booking:
    return book(slot_at(session, 15))


@pytest.fixture
def family(session, renewal) -> list[Booking]:
    people = [a_person(n, name) for n, name in ((1, "陈小宁"), (2, "王芳"), (3, "李明"))]
    held = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=people, phone=PHONE, now=NOON
    )
    first = held.bookings[0]
    confirm(booking=find(first.reference, first.secret), now=NOON)
    return list(Booking.objects.order_by("pk"))


def own(booking: Booking, part: str = "", **more: object) -> str:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/b/{booking.reference}/{part}?k={booking_secret(booking.reference)}{query}"
