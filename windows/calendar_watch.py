"""Whether people can book days whose holidays nobody has published yet.

Told before it happens: on supervisors' pages, at /readyz, in /metrics, and by
`manage.py check --database default`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core import checks
from django.db import DatabaseError
from django.db.models import F

from config import civil
from windows.calendar_days import last_confirmed
from windows.models import Rule
from windows.rules import RULES


@dataclass(frozen=True)
class CalendarWatch:
    """`confirmed_until` is the last day that is sure, `books_until` the last that can be
    booked today, `reached_on` the day from which bookings pass the sure ones."""

    confirmed_until: date
    books_until: date
    reached_on: date
    is_passed: bool
    is_near: bool

    @property
    def warns(self) -> bool:
        return self.is_passed or self.is_near


def watch_calendar(*, now: datetime) -> CalendarWatch:
    """How far the sure days reach, and how far people can book, in the hall that offers
    the farthest."""
    today = civil.city_date(now)
    horizon, before = _longest(["horizon_days", "calendar_warn_days"], today)
    confirmed = last_confirmed()
    books_until = today + timedelta(days=horizon)
    reached_on = confirmed + timedelta(days=1 - horizon)
    return CalendarWatch(
        confirmed_until=confirmed,
        books_until=books_until,
        reached_on=reached_on,
        is_passed=books_until > confirmed,
        is_near=books_until <= confirmed and today + timedelta(days=before) >= reached_on,
    )


def _longest(names: list[str], day: date) -> list[int]:
    """The largest number in force anywhere, for each of the rules."""
    rows = (
        Rule.objects.filter(name__in=names, effective_on__lte=day)
        .order_by("name", F("hall").asc(nulls_last=True), "-effective_on")
        .distinct("name", "hall")
        .values_list("name", "hall_id", "value")
    )
    found: dict[str, dict[int, int]] = {name: {0: RULES[name][0]} for name in names}
    for name, hall_id, value in rows:
        found[name][hall_id or 0] = value  # 0: the city
    return [max(found[name].values()) for name in names]


def calendar_check(
    app_configs: Any, databases: Sequence[str] | None = None, **more: Any
) -> list[checks.CheckMessage]:
    """A warning when bookings reach, or soon will, days that are not confirmed."""
    if not databases:
        return []
    try:
        watch = watch_calendar(now=civil.now())
    except DatabaseError:  # no tables yet: the first migration is on its way
        return []
    if not watch.warns:
        return []
    return [
        checks.Warning(
            f"Holidays are confirmed until {watch.confirmed_until} only; bookings pass that"
            f" day from {watch.reached_on} on.",
            hint="Enter the published notice at /supervise/calendar/notice/.",
            id="windows.W001",
        )
    ]
