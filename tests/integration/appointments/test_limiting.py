"""Counting askers in Redis, and in PostgreSQL when Redis is away. C30."""

import os
import signal
import socket
import time
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
import redis
from django.conf import settings
from django.test import RequestFactory

from appointments import limiting
from appointments.housekeeping import forget
from appointments.limiting import (
    CODES,
    PLACES,
    CannotCount,
    TooManyAsked,
    address_of,
    count_reading,
    take,
)
from appointments.models import Tally
from appointments.simulating.city import _one_address
from tests.concurrency.test_booking_race import crowd
from tests.conftest import NOON, race
from windows.models import Rule

ADDRESS = "192.0.2.7"


@pytest.fixture
def no_redis(monkeypatch):
    """Redis refuses connections."""
    gone = redis.Redis(port=1, socket_connect_timeout=0.05, socket_timeout=0.05)
    monkeypatch.setattr(limiting, "_redis", lambda: gone)


@pytest.fixture
def patient_redis(monkeypatch):
    """Redis as it is; on a busy machine an answer may take its time."""
    patient = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=30)
    monkeypatch.setattr(limiting, "_redis", lambda: patient)
    yield patient
    patient.close()


class Silent:
    """A Redis that hangs: it accepts connections and never answers."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.asked = 0
        Thread(target=self._accept, daemon=True).start()
        self.url = f"redis://127.0.0.1:{self.listening.getsockname()[1]}/0"

    def _accept(self) -> None:
        kept = []
        while True:
            try:
                kept.append(self.listening.accept())
            except OSError:
                return
            self.asked += 1


@pytest.fixture
def hung_redis(settings, monkeypatch):
    silent = Silent()
    settings.REDIS_URL = silent.url
    limiting._redis.cache_clear()
    yield silent
    limiting._redis.cache_clear()
    silent.listening.close()


def counts(times, *, most=100, whom=ADDRESS, now=NOON):
    return [take(CODES, whom, most=most, now=now) for _ in range(times)]


@pytest.mark.parametrize("store", ["patient_redis", "no_redis"])
def test_counts_up_to_the_bound_and_then_says_where_it_is(db, store, request):
    request.getfixturevalue(store)

    assert counts(5, most=3) == [1, 2, 3, -3, -3]
    assert counts(2, most=4) == [4, -4]
    assert counts(1, most=4, whom="192.0.2.8") == [1]
    assert counts(1, most=4, now=NOON + timedelta(hours=1)) == [1]


@pytest.mark.parametrize("store", ["patient_redis", "no_redis"])
def test_a_bound_of_nothing_grants_nothing(db, store, request):
    request.getfixturevalue(store)

    assert counts(1, most=0) == [0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("store", ["patient_redis", "no_redis"])
def test_two_hundred_at_once_never_get_more_than_the_bound(store, request):
    """Mutant: count first and write afterwards (GET then INCR, SELECT then UPDATE), as the
    next test does; then several see the same count."""
    request.getfixturevalue(store)

    outcomes = crowd(200, lambda n: take(CODES, ADDRESS, most=20, now=NOON))

    assert sorted(one for one in outcomes if one > 0) == list(range(1, 21))
    assert sum(one < 1 for one in outcomes) == 180


@pytest.mark.django_db(transaction=True)
def test_without_one_step_they_get_more(no_redis, monkeypatch):
    """Mutant: the guard is asked before the count is raised."""
    all_have_looked = Barrier(10)

    def unguarded(name, start, stretch, most):
        mine = Tally.objects.filter(name=name, stretch_start=start)
        count = getattr(mine.first(), "count", 0)
        all_have_looked.wait(timeout=30)
        if count >= most:
            return -count
        Tally.objects.bulk_create(
            [Tally(name=name, stretch_start=start, ends_at=start + stretch, count=count + 1)],
            update_conflicts=True, unique_fields=["name", "stretch_start"],
            update_fields=["count"],
        )  # fmt: skip
        return count + 1

    monkeypatch.setattr(limiting, "_take_in_postgres", unguarded)
    outcomes = race(*[partial(take, CODES, ADDRESS, most=5, now=NOON)] * 10)

    assert outcomes == [1] * 10


def test_no_address_is_readable_in_either_store(db, patient_redis, monkeypatch):
    counts(1)
    keys = [key for key in patient_redis.keys(f"{limiting.PREFIX}*")]
    monkeypatch.setattr(limiting, "_take_in_redis", lambda *_: None)
    counts(1)

    assert len(keys) == 1
    assert ADDRESS.encode() not in keys[0]
    assert ADDRESS.encode() not in bytes(Tally.objects.get().name)
    assert 3600 <= patient_redis.ttl(keys[0]) <= 7200


def test_a_hung_redis_costs_one_short_wait_and_then_nothing(db, hung_redis):
    """Mutant: without remembering the absence, each of the twenty waits again."""
    before = time.monotonic()
    first = counts(1)
    waited = time.monotonic() - before
    rest = counts(19)

    assert first + rest == list(range(1, 21))
    assert hung_redis.asked == 1
    assert waited < 1, "one patience of 0.05 s, and a lot of room for a busy machine"


def test_redis_is_asked_again_after_some_seconds(db, hung_redis, monkeypatch):
    counts(1)
    later = time.monotonic() + limiting.AWAY + 1
    monkeypatch.setattr(limiting.time, "monotonic", lambda: later)
    counts(1)

    assert hung_redis.asked == 2


def test_a_stopped_valkey_is_a_hung_redis(db):
    """The same with the real server: SIGSTOP, and SIGCONT afterwards."""
    pid = redis.Redis.from_url(settings.REDIS_URL).info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        counted = counts(3)
    finally:
        os.kill(pid, signal.SIGCONT)

    assert counted == [1, 2, 3]
    assert Tally.objects.get().count == 3


def test_when_nothing_can_count_codes_are_refused(db, no_redis, monkeypatch):
    monkeypatch.setattr(limiting, "TALLY_ONE", "SELECT pg_sleep(0) FROM nowhere WHERE %s %s %s %s")

    with pytest.raises(CannotCount) as refusal:
        counts(1)
    assert refusal.value.retry_after == 60
    assert Tally.objects.count() == 0  # and the transaction goes on


@pytest.fixture
def reader():
    limiting._reads_most.cache_clear()
    yield RequestFactory().get("/", REMOTE_ADDR=ADDRESS)
    limiting._reads_most.cache_clear()


def test_reading_is_bounded_a_minute(db, patient_redis, reader):
    Rule.objects.create(name="reads_most_a_minute", value=3, effective_on=NOON.date())
    for _ in range(3):
        count_reading(reader, NOON)

    with pytest.raises(TooManyAsked) as refusal:
        count_reading(reader, NOON)
    assert refusal.value.retry_after == 61
    count_reading(reader, NOON + timedelta(minutes=1))
    assert Tally.objects.count() == 0


def test_reading_goes_on_when_nothing_can_count(db, no_redis, reader):
    Rule.objects.create(name="reads_most_a_minute", value=1, effective_on=NOON.date())

    for _ in range(5):
        count_reading(reader, NOON)
    assert Tally.objects.count() == 0


@pytest.mark.parametrize(
    ("hops", "passed", "told"),
    [
        (0, "203.0.113.9", "192.0.2.7"),  # no proxy of ours: the header is the client's own
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what the client made up stands left
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.7"),  # somebody came round the proxies
        (1, "not an address", "unknown"),
        (1, "", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_address_is_what_the_trusted_proxy_saw(settings, hops, passed, told):
    settings.PROXY_HOPS = hops
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR=passed)

    assert address_of(request) == told


def test_one_ipv6_customer_has_one_count(db, patient_redis):
    at = partial(RequestFactory().get, "/")
    here = [address_of(at(REMOTE_ADDR=f"2001:db8::{n:x}")) for n in (1, 0xFFFF)]

    assert len(set(here)) == 1
    assert address_of(at(REMOTE_ADDR="2001:db8:0:1::1")) not in here


def test_tallies_of_the_past_are_forgotten(db, no_redis):
    counts(1)

    forget(now=NOON)
    assert Tally.objects.count() == 1
    forget(now=NOON + timedelta(hours=2))
    assert Tally.objects.count() == 0


def test_the_simulated_city_lifts_the_bounds(db):
    """Everybody there comes from 127.0.0.1."""
    _one_address()
    _one_address()

    assert CODES.bounds(NOON) == PLACES.bounds(NOON) == (100_000, 100_000)
