"""Rows of displaced people, for commands that change bookings in other ways."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from appointments.models import Booking, Displaced

State = Displaced.State
ASKED = (State.MOVED, State.OFFERED)


def asked_of(bookings: Iterable[Booking]) -> QuerySet[Displaced]:
    """What the hall asks of these bookings and nobody has answered."""
    return Displaced.objects.filter(booking__in=list(bookings), state__in=ASKED)


def is_excused(bookings: Iterable[Booking]) -> bool:
    """Who never agreed to the time that the hall chose last has missed nothing."""
    rows = Displaced.objects.filter(booking__in=list(bookings)).exclude(state=State.UNDONE)
    latest = rows.order_by("booking", "-pk").distinct("booking")
    excused = {*ASKED, State.EXPIRED, State.WITHDRAWN}
    return bool(excused & set(latest.values_list("state", flat=True)))


def note_changed(bookings: Iterable[Booking], now: datetime) -> bool:
    """They chose another time themselves; True when the hall had asked one of them."""
    return bool(asked_of(bookings).update(state=State.CHANGED, ended_at=now))


def note_declined(bookings: Iterable[Booking], now: datetime) -> bool:
    """They gave the place up; True when the hall had asked one of them."""
    return bool(asked_of(bookings).update(state=State.DECLINED, ended_at=now))
