"""Counting how often an address asked, in Redis, and in PostgreSQL when Redis is away.

A count belongs to a name and a stretch of time (an hour, a minute). A name is a keyed
digest: neither store learns an address. `take` grants one more below a bound or nothing,
in one step, so that many who ask at once never get more than the bound; what was refused
is not counted. When Redis falls silent it costs one short wait, then nobody asks it for
some seconds. A stretch in which the store changes is counted in both: at most twice
the bound.

When nothing can count, a purpose fails closed (`CannotCount`: codes, places in a waiting
room) or open (reading, which never counts in PostgreSQL: that would make a write of
every question, just when Redis is gone). The library `limits` was tried and left: it
counts by its own clock and answers yes or no, we pass `now` and need the count.
"""

import ipaddress
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request

from appointments.models import Tally
from appointments.sealing import blind_index
from config import civil
from config.refusals import TooMany
from windows.rules import rule, rules

PREFIX = "dengta:asked:"
PATIENCE = 0.05  # seconds that a request waits for Redis
AWAY = 5.0  # seconds for which nobody asks a Redis that did not answer
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

TAKE_ONE = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then return -count end
count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return count
"""

TALLY_ONE = """
INSERT INTO appointments_tally (name, stretch_start, ends_at, count) VALUES (%s, %s, %s, 1)
ON CONFLICT ON CONSTRAINT tally_once_per_stretch
DO UPDATE SET count = appointments_tally.count + 1 WHERE appointments_tally.count < %s
RETURNING count
"""


class TooManyAsked(TooMany):
    code = "too_many_asked"
    message = _(
        "Very much was asked from your network just now. Please try again at %(clock)s,"
        " or call the hall."
    )


class CannotCount(TooMany):
    code = "cannot_count"
    message = _("This is not possible for a moment. Please try again in a minute.")


@dataclass(frozen=True)
class Purpose:
    """What is counted, and the rules with its bounds (windows/rules.py).

    `free`: so many are taken without proof of work; `most`: nobody gets more.
    """

    name: str
    free: str
    most: str
    stretch: timedelta = HOUR

    def bounds(self, now: datetime) -> tuple[int, int]:
        numbers = rules([self.free, self.most], hall=None, day=civil.city_date(now))
        return numbers[self.free], numbers[self.most]

    def ends_at(self, now: datetime) -> datetime:
        """When the count begins anew."""
        return _start(now, self.stretch) + self.stretch


CODES = Purpose("codes", "codes_free_an_hour", "codes_most_an_hour")
PLACES = Purpose("places", "room_free_an_hour", "room_most_an_hour")


def address_of(request: HttpRequest | Request) -> str:
    """Who asks, as the network tells: behind trusted proxies, what the first of them saw.

    DENGTA_PROXY_HOPS says how many there are; what a client itself puts into
    X-Forwarded-For stands further left and is not looked at. An IPv6 customer has a /64.
    """
    told = request.META.get("REMOTE_ADDR", "")
    if hops := settings.PROXY_HOPS:
        passed = request.headers.get("X-Forwarded-For", "").split(",")
        told = passed[-hops] if len(passed) >= hops else told
    try:
        address = ipaddress.ip_address(told.strip())
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def take(purpose: Purpose, whom: str, *, most: int, now: datetime) -> int:
    """One more of `whom` is counted; returns how many there are now.

    A number below one says that nothing was counted: the bound is reached, at minus that
    number. Refuses: CannotCount.
    """
    name, start = _name(purpose.name, whom), _start(now, purpose.stretch)
    counted = _take_in_redis(name, start, purpose.stretch, most)
    if counted is None:
        counted = _take_in_postgres(name, start, purpose.stretch, most)
    if counted is None:
        raise CannotCount(retry_after=60)
    return counted


def count_so_far(purpose: Purpose, whom: str, *, now: datetime) -> int:
    """How many of `whom` are counted; nothing is added. Refuses: CannotCount."""
    name, start = _name(purpose.name, whom), _start(now, purpose.stretch)
    counted = _take_in_redis(name, start, purpose.stretch, 0)
    if counted is not None:
        return -counted
    try:
        kept = Tally.objects.filter(name=name, stretch_start=start)
        return kept.values_list("count", flat=True).first() or 0
    except DatabaseError:
        raise CannotCount(retry_after=60) from None


def too_many(purpose: Purpose, now: datetime) -> TooManyAsked:
    """The refusal of whoever is at the upper bound."""
    end = purpose.ends_at(now)
    clock = f"{civil.city_time(end):%H:%M}"
    return TooManyAsked(retry_after=seconds_until(end, now), clock=clock)


def count_reading(request: HttpRequest | Request, now: datetime) -> None:
    """One more question about places from this address. Refuses: TooManyAsked."""
    reading = Purpose("reads", "", "reads_most_a_minute", MINUTE)
    start = _start(now, MINUTE)
    name = _name(reading.name, address_of(request))
    counted = _take_in_redis(name, start, MINUTE, _reads_most(start))
    if counted is not None and counted < 1:
        raise too_many(reading, now)


def seconds_until(end: datetime, now: datetime) -> int:
    return max(int((end - now).total_seconds()), 0) + 1


@lru_cache(maxsize=1)
def _reads_most(minute: datetime) -> int:
    """The bound, asked of the database once a minute and process."""
    return rule("reads_most_a_minute", hall=None, day=civil.city_date(minute))


def _name(kind: str, whom: str) -> bytes:
    return blind_index(f"{kind} {whom}", purpose="asked")


def _start(now: datetime, stretch: timedelta) -> datetime:
    seconds = int(stretch.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


class _Absence:
    """Until when Redis is not asked, by the machine's steady clock."""

    until = 0.0


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )


def _take_in_redis(name: bytes, start: datetime, stretch: timedelta, most: int) -> int | None:
    """The count as `take` tells it; None when Redis does not answer."""
    if time.monotonic() < _Absence.until:
        return None
    key = f"{PREFIX}{name.hex()}:{int(start.timestamp())}"
    seconds = int(stretch.total_seconds()) * 2
    try:
        return int(_redis().eval(TAKE_ONE, 1, key, most, seconds))
    except (redis.RedisError, OSError):
        _Absence.until = time.monotonic() + AWAY
        return None


def _take_in_postgres(name: bytes, start: datetime, stretch: timedelta, most: int) -> int | None:
    if most < 1:
        return 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TALLY_ONE, [name, start, start + stretch, most])
            row = cursor.fetchone()
            return row[0] if row else -Tally.objects.get(name=name, stretch_start=start).count
    except DatabaseError:
        return None
