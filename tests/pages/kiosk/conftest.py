"""A paired kiosk at the door, a person with a booking, and noon."""

import re

import pytest
from django.core import signing

from appointments.pairing import pair
from tests.conftest import slot_at
from windows.access import DEVICE_COOKIE


@pytest.fixture(autouse=True)
def at_noon(clock):
    return clock


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def visitor(client):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def kiosk(visitor, hall, session):
    """A browser that is the paired kiosk of the hall."""
    visitor.cookies[DEVICE_COOKIE] = signing.dumps(pair(hall, name="Door"), salt="device")
    return visitor


@pytest.fixture
def booking(book, session):
    return book(slot_at(session, 12, 30), person=7)


def check_in_at(kiosk, said: str, key: str = "k", follow: bool = True):
    return kiosk.post("/kiosk/H01/check-in/", {"key": key, "said": said}, follow=follow)
