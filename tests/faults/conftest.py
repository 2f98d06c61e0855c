"""The scene of the fault tests: tomorrow's hot slots, servers of this run, crowds."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connections

from appointments.invariants import holds
from config import civil
from tests import settings as here
from tests.conftest import make_session
from tests.faults.crowd import Crowd
from tests.faults.ledger import lies, places_now, rows_now
from tests.faults.web import Web
from windows.models import Slot

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))  # `make faults FAULT_ROUNDS=20` for a night
MISTAKEN = "tests.faults.mistaken:application"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/faults" in item.nodeid and not hasattr(here, "run"):
            item.add_marker(pytest.mark.skip(reason="the servers here are not ours to stop"))


@pytest.fixture
def hot_slots(hall, windows, renewal) -> list[int]:
    """Tomorrow's first four slots: two of ten places, two that never sell out."""
    tomorrow = civil.city_date(civil.now() + timedelta(days=1))
    session = make_session(hall, windows, day=tomorrow, online=60)
    slots = list(session.slots.order_by("starts_at").values_list("pk", flat=True)[:4])
    wide = {"minutes": 30_000, "online_quota": 30_000, "walkin_quota": 0}
    Slot.objects.filter(pk__in=slots[2:]).update(**wide)
    return slots


@pytest.fixture
def serve(tmp_path, transactional_db) -> Iterator[Callable[..., Web]]:
    """Starts web servers and stops them before the database is emptied."""
    started: list[Web] = []
    connections.close_all()

    def started_web(**more: str) -> Web:
        started.append(Web(tmp_path / f"web-{len(started)}.log", **more))
        return started[-1]

    yield started_web
    for web in started:
        web.stop()


def untrue(crowd: Crowd) -> list[str]:
    """What the clients were told, against the database; and the invariants."""
    open_keys = [press.key for press in crowd.unknown]
    broken = [one.name for one in holds(civil.now())]
    return lies(crowd.said, rows_now(), places_now(), open_keys) + broken
