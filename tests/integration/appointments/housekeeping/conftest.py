"""Bookings that are held, and what is counted of them."""

from datetime import time, timedelta

import pytest

from appointments.booking import hold
from appointments.confirming import find
from appointments.models import (
    Booking,
    ReturningPlace,
)
from config import civil
from tests.conftest import DAY, NOON, PHONE, a_person, slot_at
from windows.models import HallSession

State = Booking.State
EVENING = civil.city_instant(DAY, time(21, 1))  # four hours after the session's end
EXPIRED = NOON + timedelta(minutes=16)


@pytest.fixture
def held(session, renewal) -> list[Booking]:
    """A family of three, held and not confirmed."""
    people = [a_person(n) for n in (1, 2, 3)]
    slot = slot_at(session, 14)
    made = hold(slot_id=slot.pk, matter=renewal, people=people, phone=PHONE, now=NOON)
    return [find(one.reference, one.secret) for one in made.bookings]


def taken(session: HallSession) -> int:
    """Minutes that bookings hold; the rest of what is counted was left and cools off."""
    counted = sum(session.slots.values_list("online_taken", flat=True))
    left = ReturningPlace.objects.filter(slot__session=session, ended_at__isnull=True)
    return counted - sum(left.values_list("minutes", flat=True))


def state_of(thing) -> str:
    return type(thing).objects.values_list("state", flat=True).get(pk=thing.pk)


def journal(booking: Booking) -> list[str]:
    return list(booking.events.order_by("pk").values_list("to_state", flat=True))


# Holds
