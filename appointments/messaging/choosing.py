"""Choosing among providers: rank, how they have been lately, breaker, cap and rate.

A provider steps back while, of its answers of the last ten minutes, 30% and more are bad (a
failure, no clear answer, or a slow one), or that share of its messages arrived after more
than four minutes: the rule of GOV.UK Notify (notifications-api, "switch providers on slow
delivery"). It keeps carrying what the others have no room for, and comes back by itself
when the bad answers are older than that.

After some failures in a row nobody asks it for a while (the breaker); then one message is
a trial, and its answer decides. What is taken is reserved by one guarded UPDATE, so that any
number of senders together keep within rate and cap. All numbers are rules.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from appointments.messaging.configured import Carrier
from appointments.messaging.routing import Call, Route, Turn
from appointments.models import MessageProvider
from appointments.providing import LETTERS_FAULT, Provider
from config import civil
from windows.rules import rules

PATIENCE = timedelta(seconds=2)  # a turn that begins within this is waited for
LOOKED_AT_KEPT = timedelta(seconds=5)
FURTHEST = timedelta(minutes=10)  # a rate that seems used up for longer is a clock's mistake
NUMBERS = [
    "provider_look_minutes", "provider_bad_percent", "provider_bad_least", "provider_slow_ms",
    "provider_late_minutes", "provider_failures", "provider_pause_seconds",
]  # fmt: skip

# Per provider: its newest answers, and its newest messages that should have arrived by now.
LATELY = """
SELECT p.name, p.rank, answers.many, answers.bad, answers.mean, arrivals.many, arrivals.bad
FROM appointments_messageprovider p,
LATERAL (
  SELECT count(*) AS many, avg(took_ms) AS mean, count(*) FILTER (WHERE ending = 'doubt'
    OR took_ms >= %(slow)s OR ending = 'refused' AND reason <> ALL(%(letters)s)) AS bad
  FROM (
    SELECT ending, took_ms, reason FROM appointments_providercall
    WHERE provider = p.name AND at > %(since)s AND at <= %(now)s ORDER BY at DESC LIMIT 300
  ) newest
) answers,
LATERAL (
  SELECT count(*) AS many, count(*) FILTER (WHERE m.state IN ('sent', 'unknown')
    OR m.delivered_at > old.at + %(late)s) AS bad
  FROM (
    SELECT message_id, at FROM appointments_providercall
    WHERE provider = p.name AND at > %(since)s AND at <= %(now)s - %(late)s
      AND ending = 'accepted' AND p.name = ANY(%(telling)s) ORDER BY at DESC LIMIT 300
  ) old JOIN appointments_message m ON m.id = old.message_id
) arrivals
WHERE p.name = ANY(%(names)s)
"""

# So many messages are this sender's: counted in the day's cap and in the rate. `counts_on`
# never goes back a day, and one that is far ahead is a clock's mistake.
TAKE = """
WITH room AS (
  SELECT id, cost_mil, daily_cap, GREATEST(per_second, 0.001) AS rate,
    failures >= %(breaker)s AS is_trial,
    CASE WHEN counted_on = %(day)s + 1 THEN counted_on ELSE %(day)s END AS counts_on,
    CASE WHEN counted_on IN (%(day)s, %(day)s + 1) THEN taken ELSE 0 END AS so_far,
    CASE WHEN free_at > %(now)s AND free_at < %(now)s + %(furthest)s THEN free_at
      ELSE %(now)s END AS begins
  FROM appointments_messageprovider
  WHERE name = %(name)s AND is_on AND (closed_again_at IS NULL OR closed_again_at <= %(now)s
    OR closed_again_at > %(now)s + 2 * %(pause)s)
  FOR UPDATE
), turn AS (
  SELECT *, LEAST(%(most)s, CASE WHEN is_trial THEN 1 END, GREATEST(floor(rate), 1)::int,
    daily_cap - so_far) AS many FROM room
)
UPDATE appointments_messageprovider p
SET taken = so_far + many, counted_on = counts_on,
  free_at = begins + many * interval '1 second' / rate,
  closed_again_at = CASE WHEN is_trial THEN %(now)s + %(pause)s END
FROM turn WHERE p.id = turn.id AND many > 0 AND begins <= %(now)s + %(patience)s
RETURNING many, begins, p.cost_mil, p.counted_on, p.free_at, is_trial
"""

# The rate is given back only when nobody took the turn after this one.
GIVE_BACK = """
UPDATE appointments_messageprovider SET
  taken = CASE WHEN counted_on = %(day)s THEN GREATEST(taken - %(unused)s, 0) ELSE taken END,
  free_at = CASE WHEN free_at = %(free_at)s
    THEN free_at - %(unused)s * interval '1 second' / GREATEST(per_second, 0.001)
    ELSE free_at END,
  closed_again_at = CASE WHEN %(is_trial)s THEN %(now)s ELSE closed_again_at END
WHERE name = %(name)s
"""

# What is noted of a call may be lost with the power; nothing depends on it but the choice.
NOTE = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)),
noted AS (
  INSERT INTO appointments_providercall (provider, message_id, at, took_ms, ending, reason)
  SELECT %(name)s, %(message)s, %(at)s, %(took)s, %(ending)s, %(reason)s FROM quick
)
"""
WENT_WELL = """
UPDATE appointments_messageprovider SET failures = 0, closed_again_at = NULL
WHERE name = %(name)s AND failures > 0
"""
WENT_WRONG = """
UPDATE appointments_messageprovider SET failures = LEAST(failures + 1, 30000),
  closed_again_at = CASE WHEN failures + 1 >= %(breaker)s THEN %(ended)s + %(pause)s END
WHERE name = %(name)s RETURNING closed_again_at
"""


@dataclass(frozen=True)
class Lately:
    """A look at the providers of a channel: in which order they are asked, by which numbers."""

    names: list[str]
    numbers: dict[str, int]
    at: datetime

    def is_fresh(self, now: datetime) -> bool:
        return self.at <= now < self.at + LOOKED_AT_KEPT


class BestWay:
    """The providers of this place (Routes)."""

    def __init__(
        self, carriers: Sequence[Carrier], *, patience: timedelta = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._carriers = {one.provider.name: one for one in carriers}
        self.channels: Sequence[str] = list(dict.fromkeys(one.channel for one in carriers))
        self._patience, self._sleep = patience, sleep
        self._lately: dict[str, Lately] = {}

    def take(self, channel: str, *, most: int, now: datetime) -> Route | None:
        """The first provider in order that has room; its turn is waited for when it is near."""
        lately = self._look(channel, now)
        for name in lately.names:
            provider = self._carriers[name].provider
            route = self._reserve(provider, min(most, provider.at_once), lately.numbers, now)
            if route:
                return route
        return None

    def give_back(self, route: Route, *, unused: int, now: datetime) -> None:
        if unused <= 0 or route.turn is None:
            return
        values = {
            "name": route.provider.name, "unused": unused, "now": now,
            "day": route.turn.counted_on, "free_at": route.turn.free_at,
            "is_trial": route.turn.is_trial,
        }  # fmt: skip
        _ask(GIVE_BACK, values)

    def named(self, name: str) -> Provider | None:
        carrier = self._carriers.get(name)
        return carrier.provider if carrier else None

    def ended(self, call: Call) -> bool:
        """Noted; a failure of the provider itself counts towards its breaker."""
        numbers = self._numbers(call.at)
        values = {
            "name": call.provider, "message": call.message_id, "at": call.at,
            "took": call.took_ms, "ending": call.ending, "reason": call.reason[:200],
            "ended": call.at + timedelta(milliseconds=call.took_ms), **_breaker(numbers),
        }  # fmt: skip
        if call.ending == "accepted" or call.reason in LETTERS_FAULT:
            _ask(NOTE + WENT_WELL, values)
            return True
        rows = _ask(NOTE + WENT_WRONG, values)
        return not rows or rows[0][0] is None

    def _reserve(
        self, provider: Provider, most: int, numbers: dict[str, int], now: datetime
    ) -> Route | None:
        values = {
            "name": provider.name, "most": most, "now": now, "day": civil.city_date(now),
            "furthest": FURTHEST, "patience": self._patience, **_breaker(numbers),
        }  # fmt: skip
        rows = _ask(TAKE, values)
        if not rows:
            return None
        many, begins, cost_mil, counted_on, free_at, is_trial = rows[0]
        if begins > now:
            self._sleep((begins - now).total_seconds())
        return Route(provider, many, cost_mil, Turn(counted_on, free_at, is_trial))

    def _look(self, channel: str, now: datetime) -> Lately:
        known = self._lately.get(channel)
        if known is None or not known.is_fresh(now):
            known = self._lately[channel] = self._looked(channel, now)
        return known

    def _looked(self, channel: str, now: datetime) -> Lately:
        mine = [name for name, one in self._carriers.items() if one.channel == channel]
        telling = [name for name in mine if self._carriers[name].receipt_key]
        numbers = rules(NUMBERS, hall=None, day=civil.city_date(now))
        values = {
            "names": mine, "telling": telling, "now": now,
            "since": now - timedelta(minutes=numbers["provider_look_minutes"]),
            "slow": numbers["provider_slow_ms"], "letters": list(LETTERS_FAULT),
            "late": timedelta(minutes=numbers["provider_late_minutes"]),
        }  # fmt: skip
        rows = _ask(LATELY, values)
        if len(rows) < len(mine):
            _make_rows(mine, channel)
            rows = _ask(LATELY, values)
        return Lately([row[0] for row in sorted(rows, key=_order(numbers))], numbers, now)

    def _numbers(self, now: datetime) -> dict[str, int]:
        """The rules as they were last looked at: one call is no reason to read them."""
        for lately in self._lately.values():
            return lately.numbers
        return rules(NUMBERS, hall=None, day=civil.city_date(now))


def _order(numbers: dict[str, int]) -> Callable[[Sequence[Any]], tuple[bool, int, float, str]]:
    """Who steps back comes last; then by rank, and among equals the quicker one first."""

    def place(row: Sequence[Any]) -> tuple[bool, int, float, str]:
        name, rank, answers, bad, mean, arrivals, late = row
        steps_back = _is_much(bad, answers, numbers) or _is_much(late, arrivals, numbers)
        return steps_back, rank, float(mean or 0), name

    return place


def _is_much(bad: int, of: int, numbers: dict[str, int]) -> bool:
    enough = of >= numbers["provider_bad_least"]
    return enough and bad * 100 >= of * numbers["provider_bad_percent"]


def _breaker(numbers: dict[str, int]) -> dict[str, Any]:
    pause = timedelta(seconds=numbers["provider_pause_seconds"])
    return {"breaker": max(numbers["provider_failures"], 1), "pause": pause}


def _make_rows(names: list[str], channel: str) -> None:
    """Rows for providers that are used for the first time, in the order of the environment."""
    rows = [
        MessageProvider(name=name, channel=channel, rank=rank) for rank, name in enumerate(names, 1)
    ]
    MessageProvider.objects.bulk_create(rows, ignore_conflicts=True)


def _ask(question: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall() if cursor.description else []
