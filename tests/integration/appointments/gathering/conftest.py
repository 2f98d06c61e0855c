"""Asks that are served together, at noon, for a slot of five places. C7, C11"""

import pytest
from django.test import RequestFactory

from appointments import sharing
from appointments.api.hot_path import understand
from appointments.gathering import line
from tests.concurrency.ways import body_of
from tests.conftest import NOON, a_person, make_session, slot_at


@pytest.fixture(autouse=True)
def _gathered(settings, monkeypatch):
    monkeypatch.setattr("config.civil.now", lambda: NOON)
    settings.GATHER_BOOKINGS = True
    sharing._look_first.clear()
    yield
    line.rest()


@pytest.fixture
def five_places(hall, windows, renewal):
    return slot_at(make_session(hall, windows, online=30), 14)


def phone_of(n):
    return f"+86138{n:08d}"


def ask_of(slot, matter, *people, phone=None, key="", now=NOON):
    body = body_of(slot, matter, [a_person(n) for n in people], phone or phone_of(people[0]))
    headers = {"Idempotency-Key": key or f"key {people}"}
    request = RequestFactory().post("/", body, "application/json", headers=headers)
    return understand(request, "en", now)


def held(asks):
    return [n for n, ask in enumerate(asks) if isinstance(ask.outcome, sharing.Kept)]
