"""Where the forecast sees more people than there are places, and sessions that run empty.

Two queries for any number of halls; none without a forecast. Places are the slots'
window-minutes over the minutes that the expected people need.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any

from django.db.models import F, Subquery

from appointments.models import ForecastRun, ForecastValue
from config import civil
from windows.models import HallSession, Slot

HOUR = 60
FEWEST = 3  # people more than places, before anybody is asked to come
EMPTY_PERCENT = 50  # of its places are expected to be used: such a session runs empty
SMALLEST = 6  # places; a smaller session is not called empty
DAYS = 7


@dataclass
class Hour:
    """An hour of a hall's service day: people expected, window-minutes wanted and on offer."""

    expected: float = 0.0
    low: float = 0.0
    high: float = 0.0
    wanted: float = 0.0
    offered: float = 0.0
    kind: str = ""

    @property
    def is_short(self) -> bool:
        return self.wanted > self.offered


@dataclass(frozen=True)
class Need:
    """Hours in a row of a hall's service day in which more people come than there are places."""

    hall_id: int
    day: date
    first_hour: int
    ends_hour: int
    expected: int
    low: int
    high: int
    places: int
    windows: int  # that would be enough
    staffed: int  # at most, in those hours
    window_places: float  # of one window in those hours
    kind: str  # of the session that is open then; empty when none is

    @property
    def lacking(self) -> int:
        return self.expected - self.places

    def helped(self, windows: int) -> tuple[int, int, int]:
        """People fewer who find no place with so many windows more: at least, expected, most."""
        room = round(windows * self.window_places)
        low, middle, high = (
            min(max(people - self.places, 0), room)
            for people in (self.low, self.expected, self.high)
        )
        return low, middle, high


@dataclass(frozen=True)
class Empty:
    """A session of which few places are expected to be used."""

    hall_id: int
    session: int
    day: date
    starts_at: datetime
    ends_at: datetime
    expected: int
    places: int

    @property
    def percent(self) -> int:
        return round(100 * self.expected / self.places)


@dataclass(frozen=True)
class Foreseen:
    """What the forecast says of the coming days: the greatest need, the emptiest first."""

    needs: tuple[Need, ...] = ()
    empty: tuple[Empty, ...] = ()


def newest_run(today: date) -> Subquery:
    """The newest forecast that reaches the coming days, read with something else."""
    runs = ForecastRun.objects.filter(first_day__lte=today + timedelta(days=1), last_day__gt=today)
    return Subquery(runs.order_by("-first_day", "-pk").values("pk")[:1])


def foresee(run: int | None, halls: Iterable[int], *, now: datetime) -> Foreseen:
    """Needs and empty sessions of the coming days by that forecast; nothing without one."""
    if run is None:
        return Foreseen()
    ids, today = list(halls), civil.city_date(now)
    span = (today, today + timedelta(days=DAYS - 1))
    hours = _expected(run, ids, span)
    slots = _slots(ids, span)
    for slot in slots:
        key = slot["hall"], slot["service_day"]
        if found := hours.get(key, {}).get(_hour(slot)):
            found.offered += slot["minutes"]
            found.kind = slot["kind"]
    return Foreseen(
        tuple(sorted(_needs(hours), key=lambda one: (-one.lacking, one.day, one.hall_id))),
        tuple(sorted(_empty(hours, slots, now), key=lambda one: (one.percent, one.starts_at))),
    )


Hours = Mapping[tuple[int, date], dict[int, Hour]]


def _expected(run: int, halls: list[int], span: tuple[date, date]) -> Hours:
    rows = ForecastValue.objects.filter(
        run=run, hall__in=halls, service_day__range=span, hour__isnull=False, matter=None
    )
    found: dict[tuple[int, date], dict[int, Hour]] = {}
    names = ("hall", "service_day", "hour", "mean", "p05", "p95", "minutes")
    for hall, day, hour, *numbers in rows.values_list(*names):
        found.setdefault((hall, day), {})[hour] = Hour(*numbers)
    return found


def _slots(halls: list[int], span: tuple[date, date]) -> list[dict[str, Any]]:
    """Open ones, with what tells their session."""
    slots = Slot.objects.filter(
        hall__in=halls, service_day__range=span, is_open=True, session__state=HallSession.State.OPEN
    ).order_by("session", "starts_at")
    names = ("hall", "service_day", "starts_at", "ends_at", "minutes", "session")
    taken = F("online_taken") + F("assisted_taken") + F("reserved_taken")
    return [dict(row) for row in slots.values(*names, kind=F("session__kind"), taken=taken)]


def _hour(slot: dict[str, Any]) -> int:
    """On the hall's wall; after midnight it goes on at 24."""
    starts = civil.city_time(slot["starts_at"])
    return int(starts.hour + 24 * (starts.date() - slot["service_day"]).days)


def _needs(hours: Hours) -> Iterator[Need]:
    for (hall, day), by_hour in hours.items():
        short = [hour for hour in sorted(by_hour) if by_hour[hour].is_short]
        for _, group in groupby(enumerate(short), key=lambda one: one[1] - one[0]):
            run = [hour for _, hour in group]
            if found := _need(hall, day, run, by_hour):
                yield found


def _need(hall: int, day: date, run: list[int], by_hour: dict[int, Hour]) -> Need | None:
    there = [by_hour[hour] for hour in run]
    expected, wanted = (sum(getattr(one, name) for one in there) for name in ("expected", "wanted"))
    if expected <= 0:
        return None
    each = wanted / expected
    places = int(sum(one.offered for one in there) / each)
    if round(expected) - places < FEWEST:
        return None
    lacking = wanted - sum(one.offered for one in there)
    return Need(
        hall_id=hall,
        day=day,
        first_hour=run[0],
        ends_hour=run[-1] + 1,
        expected=round(expected),
        low=round(sum(one.low for one in there)),
        high=round(sum(one.high for one in there)),
        places=places,
        windows=max(ceil(lacking / HOUR / len(run)), 1),
        staffed=max(ceil(one.offered / HOUR) for one in there),
        window_places=HOUR * len(run) / each,
        kind=next((one.kind for one in there if one.kind), ""),
    )


def _empty(hours: Hours, slots: list[dict[str, Any]], now: datetime) -> Iterator[Empty]:
    """Sessions to come; who holds a place is expected, however little the forecast says."""
    sessions: dict[int, list[dict[str, Any]]] = {}
    for slot in slots:
        sessions.setdefault(slot["session"], []).append(slot)
    for session, own in sessions.items():
        by_hour = hours.get((own[0]["hall"], own[0]["service_day"]))
        if not by_hour or own[0]["starts_at"] <= now:
            continue
        wanted = 0.0
        for slot in own:
            hour = by_hour.get(_hour(slot))
            part = slot["minutes"] / hour.offered if hour and hour.offered else 0.0
            wanted += max(hour.wanted * part if hour else 0.0, slot["taken"])
        each = _each(by_hour)
        places = int(sum(slot["minutes"] for slot in own) / each) if each else 0
        people = round(wanted / each) if each else 0
        if places >= SMALLEST and 100 * people < EMPTY_PERCENT * places:
            yield Empty(
                own[0]["hall"], session, own[0]["service_day"],
                own[0]["starts_at"], own[-1]["ends_at"], people, places,
            )  # fmt: skip


def _each(by_hour: dict[int, Hour]) -> float:
    """Window-minutes that a person of the day needs."""
    people = sum(one.expected for one in by_hour.values())
    return sum(one.wanted for one in by_hour.values()) / people if people > 0 else 0.0
