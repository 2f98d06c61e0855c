"""A supervisor who plans a hall's week at noon, and who stands where."""

from datetime import time, timedelta

import pytest

from config import civil
from tests.conftest import DAY, NOON, make_session
from windows.rostering import assign

PAGE = "/supervise/roster/?hall=H01"


def at(hour: int, minute: int = 0, *, days: int = 0):
    return civil.city_instant(DAY + timedelta(days=days), time(hour, minute))


def plan(staff, session, window, **more):
    return assign(staff=staff, session=session, window=window, by=None, now=NOON, **more)


@pytest.fixture(autouse=True)
def at_noon(clock):
    return clock


@pytest.fixture
def boss(citizen, supervisor, session):
    citizen.force_login(supervisor)
    return citizen


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=DAY + timedelta(days=1))


def place(session, number: int) -> str:
    return f"/supervise/roster/sessions/{session.pk}/{number}/"
