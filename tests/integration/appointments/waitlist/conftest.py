"""Who waits for a place, and a full session whose places come back. # C31"""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from appointments.cancelling import cancel
from appointments.models import Booking, Message, WaitEntry
from appointments.returning import return_due
from appointments.sealing import unseal
from appointments.waitlist import join
from config import civil
from tests.conftest import DAY, NOON, a_person, make_session
from windows.models import HallSession

State = WaitEntry.State
TOMORROW = DAY + timedelta(days=1)
COOLED = timedelta(minutes=10)
EVERYWHERE: dict[str, Any] = {"first": DAY, "last": DAY + timedelta(days=7)}


@pytest.fixture
def wait(hall, renewal):
    """Joins the list: person n with a phone of their own."""

    def joined(*numbers: int, now: datetime = NOON, **wish: Any) -> WaitEntry:
        facts = {"matter": renewal, "halls": [hall], **EVERYWHERE} | wish
        people = facts.pop("people", [a_person(n) for n in numbers])
        phone = facts.pop("phone", f"+86138{numbers[0] if numbers else 0:08d}")
        return join(people=people, phone=phone, now=now, **facts)

    return joined


@pytest.fixture
def full(hall, windows) -> HallSession:
    """A session of tomorrow whose half-hours have room for one renewal each."""
    return make_session(hall, windows, day=TOMORROW, online=6)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return civil.city_instant(day, time(hour, minute))


def fill(session: HallSession, book, *, but: int = 0) -> list[Booking]:
    """Everything is booked, by people from 500 on."""
    slots = list(session.slots.order_by("starts_at"))[but:]
    return [book(slot, person=500 + n, limited=False) for n, slot in enumerate(slots)]


def come_back(booking: Booking, now: datetime = NOON) -> None:
    """The booking is cancelled, and its cooling-off is over."""
    cancel(booking=booking, now=now)
    return_due(now=now + COOLED)


def now_of(entry: WaitEntry) -> WaitEntry:
    return WaitEntry.objects.get(pk=entry.pk)


def states() -> list[str]:
    return list(WaitEntry.objects.order_by("pk").values_list("state", flat=True))


def texts(kind: str) -> list[str]:
    owed = Message.objects.filter(kind=kind).order_by("pk")
    return [unseal(one.text_sealed, purpose="message") for one in owed]
