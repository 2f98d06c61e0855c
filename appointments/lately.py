"""What was true a moment ago, kept in the process so that a crowd does not ask for it.

Rules and matters are read again after MEMORY_SECONDS (0 while testing): a new rule, or a
matter no longer offered, counts from then on. Dates are not blurred: a day's rules are
asked for by that day. One thread asks, on a connection of its own, and the others wait for
it: a request thread that hands its ask to the gatherer needs no connection.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection

from appointments.models import MessageTemplate
from config import civil
from windows.links import CameBy, live_links
from windows.models import HallSession, Matter, Slot
from windows.rules import rules

Told = tuple[float, Future[Any]]
_kept: dict[Any, Told] = {}
_one = Lock()
_asking = ThreadPoolExecutor(1, thread_name_prefix="lately")


def numbers(names: tuple[str, ...], *, now: datetime) -> dict[str, int]:
    """The city's rules in force on the day of that instant."""
    day = civil.city_date(now)
    return _remembered((day, names), lambda: rules(list(names), hall=None, day=day))


def offered_matters() -> dict[str, Matter]:
    """By their code."""
    return _remembered(
        "matters", lambda: {one.code: one for one in Matter.objects.filter(is_offered=True)}
    )


def links(*, now: datetime) -> dict[str, CameBy]:
    """The sessions' own links by which one can come, by their token."""
    return _remembered("links", lambda: live_links(now=now))


def city_words() -> dict[tuple[str, str, str, str], tuple[str, str]]:
    """The city's own words of messages, title and text, by kind, case, channel and language."""

    def ask() -> dict[tuple[str, str, str, str], tuple[str, str]]:
        names = ("kind", "case", "channel", "language")
        newest = MessageTemplate.objects.order_by(*names, "-version").distinct(*names)
        rows = newest.values_list(*names, "title", "body", "is_default")
        return {(k, c, ch, lang): (t, b) for k, c, ch, lang, t, b, gone in rows if not gone}

    return _remembered("words", ask)


def slots_behind_rooms(*, now: datetime) -> set[int]:
    """The slots before whose release a waiting room stands at that instant."""
    opens, lasts = numbers(("room_opens_minutes", "room_lasts_minutes"), now=now).values()

    def ask() -> set[int]:
        behind = Slot.objects.filter(
            session__release=HallSession.Release.ROOM,
            booking_opens_at__gt=now - timedelta(minutes=lasts),
            booking_opens_at__lte=now + timedelta(minutes=opens),
        )
        return set(behind.values_list("pk", flat=True))

    return _remembered("rooms", ask)


def _remembered(name: Any, ask: Callable[[], Any]) -> Any:
    if settings.MEMORY_SECONDS <= 0:
        return ask()
    at, told = _kept.get(name) or _asked(name, ask)
    if time.monotonic() - at >= settings.MEMORY_SECONDS:
        at, told = _asked(name, ask)
    return told.result()


def _asked(name: Any, ask: Callable[[], Any]) -> Told:
    """Asked anew, once for all who find it too old at the same moment."""
    with _one:
        at, told = _kept.get(name, (0.0, None))
        if told is not None and time.monotonic() - at < settings.MEMORY_SECONDS:
            return at, told
        if len(_kept) > 100:  # days that are over
            _kept.clear()
        _kept[name] = (time.monotonic(), _asking.submit(_fresh, name, ask))
        return _kept[name]


def _fresh(name: Any, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except DatabaseTrouble:
        connection.close()
        _kept.pop(name, None)
        raise
