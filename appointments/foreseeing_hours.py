"""The hours of the coming days: who is expected, what is on offer, in which of them the city opens.

Four queries for any number of halls; none of them without a forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import F
from django.db.models.functions import ExtractHour, ExtractMinute, TruncDate

from appointments.models import ForecastValue
from config import civil
from windows.models import HallSession, Slot
from windows.rules import RuleBook

HOUR = 60
DAY_HOURS = 24
YEAR = timedelta(days=366)
NUMBERS = ("advice_people", "advice_empty_percent", "advice_empty_places", "session_max_hours")


@dataclass
class Hour:
    """An hour of a hall's service day: people expected, window-minutes wanted and on offer."""

    expected: float = 0.0
    low: float = 0.0
    high: float = 0.0
    wanted: float = 0.0
    offered: float = 0.0
    kind: str = ""
    sessions: set[int] = field(default_factory=set)

    @property
    def is_short(self) -> bool:
        return self.wanted > self.offered

    @property
    def lacking(self) -> float:
        return self.wanted - self.offered


ByHour = Mapping[int, Hour]
Span = tuple[date, date]


@dataclass(frozen=True)
class Ahead:
    """The halls' coming days by hour, their open slots, and the rules of advice."""

    hours: Mapping[tuple[int, date], ByHour]
    slots: list[dict[str, Any]]
    opened: frozenset[int]  # hours in which some hall of the city opened, or will
    rules: RuleBook

    def rule(self, name: str, hall: int, day: date) -> int:
        return self.rules.number(name, hall, day)


def read_ahead(run: int, halls: list[int], span: Span) -> Ahead:
    """What the forecast says of these days, beside what is on offer."""
    hours, slots = _expected(run, halls, span), _slots(halls, span)
    for slot in slots:
        if found := hours.get((slot["hall"], slot["service_day"]), {}).get(hour_of(slot)):
            found.offered += slot["minutes"]
            found.kind = slot["kind"]
            found.sessions.add(slot["session"])
    return Ahead(hours, slots, opened_hours(span[0]), RuleBook(NUMBERS, halls))


def _expected(run: int, halls: list[int], span: Span) -> dict[tuple[int, date], dict[int, Hour]]:
    rows = ForecastValue.objects.filter(
        run=run, hall__in=halls, service_day__range=span, hour__isnull=False, matter=None
    )
    found: dict[tuple[int, date], dict[int, Hour]] = {}
    names = ("hall", "service_day", "hour", "mean", "p05", "p95", "minutes")
    for hall, day, hour, *numbers in rows.values_list(*names):
        found.setdefault((hall, day), {})[hour] = Hour(*numbers)
    return found


def _slots(halls: list[int], span: Span) -> list[dict[str, Any]]:
    """Open ones, with what tells their session."""
    slots = Slot.objects.filter(
        hall__in=halls, service_day__range=span, is_open=True, session__state=HallSession.State.OPEN
    ).order_by("session", "starts_at")
    names = ("hall", "service_day", "starts_at", "ends_at", "minutes", "session")
    taken = F("online_taken") + F("assisted_taken") + F("reserved_taken")
    return [dict(row) for row in slots.values(*names, kind=F("session__kind"), taken=taken)]


def hour_of(slot: Mapping[str, Any]) -> int:
    """On the hall's wall; after midnight it goes on at 24."""
    starts = civil.city_time(slot["starts_at"])
    return int(starts.hour + DAY_HOURS * (starts.date() - slot["service_day"]).days)


def opened_hours(today: date) -> frozenset[int]:
    """The hours of a service day in which any hall of the city was open in the last year, or
    is going to be."""
    sessions = HallSession.objects.filter(
        state=HallSession.State.OPEN, service_day__gte=today - YEAR
    ).annotate(
        on=TruncDate("starts_at", tzinfo=civil.CITY),
        hour=ExtractHour("starts_at", tzinfo=civil.CITY),
        minute=ExtractMinute("starts_at", tzinfo=civil.CITY),
        lasts=F("ends_at") - F("starts_at"),
    )
    shapes = sessions.filter(on=F("service_day")).values_list("hour", "minute", "lasts").distinct()
    return frozenset(
        one
        for hour, minute, lasts in shapes
        for one in range(hour, ceil(hour + minute / HOUR + lasts.total_seconds() / 3600))
    )


def span_from(now: datetime, days: int) -> Span:
    today = civil.city_date(now)
    return today, today + timedelta(days=days - 1)
