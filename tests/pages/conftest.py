"""What pages are tried with: a clock that stands at noon, and a citizen who reads English."""

from datetime import datetime

import pytest
from django.test import Client

from config import civil
from tests.conftest import NOON, make_staff


class Clock:
    """The city's clock; a test moves it by `clock.now = ...`."""

    def __init__(self) -> None:
        self.now: datetime = NOON


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """It is noon until the test says otherwise."""
    stands = Clock()
    monkeypatch.setattr(civil, "now", lambda: stands.now)
    return stands


@pytest.fixture
def citizen(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def boss(client: Client, supervisor) -> Client:
    """The hall's supervisor."""
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def stranger(other_hall) -> Client:
    """The supervisor of another hall."""
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_staff("other boss", other_hall, "supervisor"))
    return client
