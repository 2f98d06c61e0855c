"""What was true a moment ago, kept in the process so that a crowd does not ask for it.

Rules and matters are read again after MEMORY_SECONDS (0 while testing): a new rule, or a
matter no longer offered, counts from then on. Dates are not blurred: a day's rules are
asked for by that day.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from config import civil
from windows.models import HallSession, Matter, Slot
from windows.rules import rules

_kept: dict[Any, tuple[float, Any]] = {}


def numbers(names: tuple[str, ...], *, now: datetime) -> dict[str, int]:
    """The city's rules in force on the day of that instant."""
    day = civil.city_date(now)
    return _remembered((day, names), lambda: rules(list(names), hall=None, day=day))


def offered_matters() -> dict[str, Matter]:
    """By their code."""
    return _remembered(
        "matters", lambda: {one.code: one for one in Matter.objects.filter(is_offered=True)}
    )


def slots_behind_rooms(*, now: datetime) -> set[int]:
    """The slots before whose release a waiting room stands at that instant."""
    opens, lasts = numbers(("room_opens_minutes", "room_lasts_minutes"), now=now).values()
    behind = Slot.objects.filter(
        session__release=HallSession.Release.ROOM,
        booking_opens_at__gt=now - timedelta(minutes=lasts),
        booking_opens_at__lte=now + timedelta(minutes=opens),
    )
    return _remembered("rooms", lambda: set(behind.values_list("pk", flat=True)))


def _remembered(name: Any, ask: Callable[[], Any]) -> Any:
    at, value = _kept.get(name, (0.0, None))
    if value is None or time.monotonic() - at >= settings.MEMORY_SECONDS:
        at, value = time.monotonic(), ask()
        if len(_kept) > 100:  # days that are over
            _kept.clear()
        _kept[name] = (at, value)
    return value
