"""An evening with twelve bookings, who runs it, and how it is cut."""

import re
from datetime import time, timedelta

import pytest
from django.test import Client

from appointments.models import Booking
from tests.conftest import DAY, make_session, make_staff, slot_at
from tests.pages.reading import text_of
from windows.models import HallSession

TOMORROW = DAY + timedelta(days=1)
TWELVE = 12


@pytest.fixture
def viewer(hall) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_staff("viewer", hall, "viewer"))
    return client


@pytest.fixture
def evening(hall, windows) -> HallSession:
    """Tomorrow 18:30 to 21:30 at three windows: fifteen places each half hour."""
    return make_session(
        hall, windows, day=TOMORROW, opens=time(18, 30), closes=time(21, 30), kind="night"
    )


@pytest.fixture
def twelve(evening, book) -> list[Booking]:
    """All of them come at 21:00."""
    return [book(slot_at(evening, 21), person=n) for n in range(1, TWELVE + 1)]


def way(session: HallSession, part: str = "") -> str:
    return f"/supervise/sessions/{session.pk}/change/{part}"


def cut(staffed, **more) -> dict:
    """Ends at 20:30 instead of 21:30."""
    asked = {"kind": "cut", "look": "1", "opens": "18:30", "closes": "20:30"}
    return asked | {"windows": [window.pk for window in staffed]} | more


def seen(answer) -> dict:
    """The hidden answers of the form below the preview."""
    pairs = re.findall(r'name="(key|expect)" value="(\w+)"', text_of(answer))
    return dict(pairs)


def do(client: Client, session: HallSession, asked: dict, **choices):
    """Looks, then presses the button with these choices."""
    looked = client.get(way(session), asked)
    return client.post(way(session), asked | seen(looked) | choices)
