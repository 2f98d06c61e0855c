"""A spike of bookings while things are killed: the people's story equals the database.

Each person keeps the key of what they pressed. An answer that did not come is asked for
again with that key, and is known then. # C7 C11
"""

import random
import signal
import time

import psycopg2
import pytest
from django.db import connection, connections

from tests import settings as here
from tests.faults.conftest import ROUNDS, untrue
from tests.faults.crowd import Crowd, during

pytestmark = pytest.mark.django_db(transaction=True)


def restart_postgres() -> None:
    """What `pg_ctl restart -m immediate` does: no goodbye, recovery from the log."""
    connections.close_all()
    here.run.take_away("postgres", signal.SIGQUIT)
    here.run.bring_back("postgres")


def cut_connections() -> None:
    """`pg_terminate_backend` for whomever it hits, for half a second."""
    killer = psycopg2.connect(here.run.database_url)
    killer.autocommit = True
    with killer.cursor() as cursor:
        for _ in range(10):
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                " ORDER BY random() LIMIT 2",
                [connection.settings_dict["NAME"]],
            )
            time.sleep(0.05)
    killer.close()


@pytest.mark.parametrize("gathered", ["0", "1"], ids=["single", "gathered"])
def test_a_spike_with_everything_killed(serve, hot_slots, gathered):
    web = serve(GATHER_BOOKINGS=gathered)
    crowd = Crowd(web, hot_slots)
    troubles = [web.kill_a_worker, cut_connections, restart_postgres, web.restart] * ROUNDS
    random.shuffle(troubles)

    during(crowd, troubles, answers=100)
    crowd.resolve()
    crowd.ask_again()

    assert untrue(crowd) == []
    assert not crowd.counts.keys() <= {"200", "201", "409"}  # the troubles were felt
    assert crowd.people >= 100


def test_commits_that_do_not_wait_for_the_disk_are_seen(serve, hot_slots):
    """Mutant: told before it is safe. PostgreSQL answers COMMIT at once and writes later."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        cursor.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        cursor.execute("SELECT pg_reload_conf()")
    try:
        crowd = Crowd(serve(), hot_slots)
        during(crowd, [restart_postgres], answers=60)
        crowd.resolve()

        assert any(lie.startswith(("lost", "different")) for lie in untrue(crowd))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
            cursor.execute("ALTER SYSTEM RESET wal_writer_delay")
            cursor.execute("SELECT pg_reload_conf()")
