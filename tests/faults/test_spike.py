"""A spike of bookings while processes are killed: the story of the people equals the database.

Each person keeps the key of what they pressed. An answer that did not come is asked for
again with that key, and must then be known. C7 C11
"""

import os
import random
import signal
import time

import psycopg2
import pytest
from django.db import connections

from appointments.invariants import holds
from config import civil
from tests import settings as here
from tests.conftest import make_session
from tests.faults.crowd import Crowd, during, gather_words
from tests.faults.ledger import lies, places_now, rows_now
from tests.faults.web import Web
from windows.models import Slot

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not hasattr(here, "run"), reason="the servers here are not ours to stop"),
]
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))


@pytest.fixture
def hot_slots(hall, windows) -> list[int]:
    """Tomorrow's first four slots: two that sell out, two that do not."""
    tomorrow = civil.city_date(civil.now() + civil.timedelta(days=1))
    session = make_session(hall, windows, day=tomorrow, online=60)
    slots = list(session.slots.order_by("starts_at").values_list("pk", flat=True)[:4])
    Slot.objects.filter(pk__in=slots[2:]).update(
        minutes=30_000, online_quota=30_000, walkin_quota=0
    )
    return slots


def restart_postgres() -> None:
    """What `pg_ctl restart -m immediate` does: no goodbye, recovery from the log."""
    connections.close_all()
    here.run.take_away("postgres", signal.SIGQUIT)
    here.run.bring_back("postgres")


def cut_connections(times: int = 10) -> None:
    """`pg_terminate_backend` for whoever it hits."""
    url = f"{here.run.database_url}"
    with psycopg2.connect(url) as killer, killer.cursor() as cursor:
        for _ in range(times):
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname LIKE 'test_%' AND pid <> pg_backend_pid()"
                " ORDER BY random() LIMIT 2"
            )
            time.sleep(0.05)
    killer.close()


def test_a_spike_with_everything_killed(hot_slots, renewal, tmp_path):
    connections.close_all()
    web = Web(tmp_path / "web.log")
    crowd = Crowd(web, hot_slots)
    try:
        troubles = [web.kill_a_worker, cut_connections, restart_postgres, web.restart]
        during(crowd, random.sample(troubles * ROUNDS, len(troubles) * ROUNDS))
        crowd.resolve()
        crowd.ask_again()
    finally:
        web.stop()
        print(gather_words(crowd), (tmp_path / "web.log").read_text()[-3000:])
    assert lies(crowd.said, rows_now(), places_now(), [p.key for p in crowd.unknown]) == []
    assert holds(civil.now()) == []
