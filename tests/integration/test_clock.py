"""The database's clock is everybody's, whatever the machine's own one shows."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from config import civil, clock
from config.settings import clock_play

AN_HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def asking(settings, monkeypatch):
    """The clock is asked as in production, and forgets afterwards."""
    settings.CLOCK_SECONDS = 10.0
    monkeypatch.setattr(clock, "_asked", float("-inf"))
    monkeypatch.setattr(civil, "_anchor", None)
    monkeypatch.setattr(civil, "_rate", 1.0)


@pytest.fixture(params=[AN_HOUR, -AN_HOUR], ids=["ahead", "behind"])
def wrong_machine(request, monkeypatch):
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(time.time(), tz) + request.param

    monkeypatch.setattr(civil, "datetime", Wrong)


def is_right(instant: datetime) -> bool:
    return abs(instant.timestamp() - time.time()) < 60


def test_a_wrong_machine_tells_the_right_time(db, wrong_machine):
    assert not is_right(civil.now())

    assert is_right(clock.right_now())
    assert is_right(civil.now())


def test_requests_set_the_clock(db, client, wrong_machine):
    client.get("/readyz")

    assert is_right(civil.now())


def test_the_database_is_asked_once_in_a_while(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        clock.right_now()
        clock.right_now()


def test_without_an_answer_the_last_one_counts_on(db, wrong_machine, monkeypatch):
    clock.right_now()
    monkeypatch.setattr(clock, "_asked", float("-inf"))
    with monkeypatch.context() as away:
        away.setattr(connection, "cursor", broken)
        away.setattr(connection, "close", lambda: None)
        told = clock.right_now()

    assert is_right(told)


def test_health_asks_nothing(client):
    assert client.get("/healthz").status_code == 200  # no database in this test


def broken() -> None:
    raise OperationalError


def test_a_simulated_city_plays_its_day_faster(db, settings, monkeypatch):
    began, shows = civil.now() - timedelta(seconds=10), datetime(2027, 3, 4, 1, tzinfo=UTC)
    settings.CLOCK_PLAY = (began, shows, 60.0)

    first = clock.right_now()
    monkeypatch.setattr(civil, "monotonic", lambda: time.monotonic() + 5)

    assert timedelta(minutes=9) < first - shows < timedelta(minutes=30)
    assert timedelta(minutes=5) < civil.now() - first < timedelta(minutes=15)


def test_a_play_is_read_and_bounded():
    told = "2026-11-22T08:00:00+00:00,2027-03-04T01:00:00+00:00,60"

    assert clock_play(told)[2] == 60.0
    assert clock_play("") is None
    for broken in ("yesterday", told + "0000", told.replace("+00:00", "")):
        with pytest.raises(ImproperlyConfigured):
            clock_play(broken)
