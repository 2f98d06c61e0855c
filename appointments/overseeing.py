"""The halls of one person on one page: how full their next days are, what today is like.

Two queries whatever the number of halls, so that the page with its guard takes six
(tests/pages/city/test_queries.py). Counts only, nothing personal.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    Sum,
    Value,
)

from appointments import saying
from appointments.lines_today import Line, level_of, lines_today
from appointments.models import UnmetDemand
from config import civil
from windows.models import Hall, HallSession, Slot
from windows.rules import RULES

DAYS, WEEKS_BACK = 7, 4
LIMITS = ("advice_searches", "advice_full_percent", "advice_notice_minutes")
NIGHTS = {HallSession.Kind.NIGHT, HallSession.Kind.LATE}
SATURDAY = 5


@dataclass(frozen=True)
class Limits:
    """From when on a hall's day is full and a session is advised, and how soon (rules)."""

    searches: int = RULES[LIMITS[0]][0]
    full: int = RULES[LIMITS[1]][0]
    notice: int = RULES[LIMITS[2]][0]

    @classmethod
    def of(cls, hall: Hall) -> "Limits":
        """As they were read with the hall."""
        return cls(*(getattr(hall, name, RULES[name][0]) for name in LIMITS))


@dataclass
class Cell:
    """One hall's service day."""

    day: date
    limits: Limits = Limits()
    quota: int = 0
    taken: int = 0
    unmet: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    is_shut: bool = False  # its sessions are closed with the hall
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        return not self.kinds

    @property
    def walk_in_only(self) -> bool:
        return bool(self.kinds) and not self.quota

    @property
    def fill(self) -> int:
        return round(100 * self.taken / self.quota) if self.quota else 0

    @property
    def is_over(self) -> bool:
        """Full, and many looked for a place nevertheless."""
        return self.unmet >= self.limits.searches and self.fill >= self.limits.full

    @property
    def level(self) -> str:
        if self.is_closed or self.walk_in_only:
            return "closed" if self.is_closed else "0"
        return "over" if self.is_over else level_of(self.fill)

    @property
    def is_night(self) -> bool:
        return bool(NIGHTS & set(self.kinds))

    def add(self, other: "Cell") -> None:
        self.quota += other.quota
        self.taken += other.taken
        self.unmet += other.unmet
        self.kinds += other.kinds


@dataclass(frozen=True)
class Usual:
    """What such a weekday was in the last weeks: searches in vain, percent booked."""

    unmet: float = 0
    fill: int = 0


@dataclass
class HallRow:
    """A hall's coming days and its line now; `usual` by weekday. A page may shorten the name."""

    hall: Hall
    cells: list[Cell]
    line: Line
    usual: dict[int, Usual]
    name: str = ""
    limits: Limits = Limits()

    @property
    def week(self) -> Cell:
        together = Cell(self.cells[0].day)
        for cell in self.cells:
            together.add(cell)
        return together

    @property
    def is_mine(self) -> bool:
        """Whether who looks may change something there."""
        return bool(getattr(self.hall, "is_mine", False))


@dataclass(frozen=True)
class City:
    """Halls at one instant."""

    days: list[tuple[date, str]]
    rows: list[HallRow]
    line: Line

    @property
    def unmet_today(self) -> int:
        return sum(row.cells[0].unmet for row in self.rows)

    @property
    def searches(self) -> int | None:
        """The number from which a full day is red, when it is the same everywhere."""
        numbers = {row.limits.searches for row in self.rows}
        return numbers.pop() if len(numbers) == 1 else None

    @property
    def kinds(self) -> list[tuple[str, str, list[int], int]]:
        """The coming days' sessions: kind, its name, how many on each day and in all."""
        told = []
        for kind, label in HallSession.Kind.choices:
            each = [sum(row.cells[n].kinds[kind] for row in self.rows) for n in range(DAYS)]
            if any(each):
                told.append((str(kind), str(label), each, sum(each)))
        return told

    @property
    def with_night(self) -> int:
        """Halls that are open on an evening."""
        return sum(any(cell.is_night for cell in row.cells) for row in self.rows)

    @property
    def with_weekend(self) -> int:
        """Halls that are open on a Saturday or Sunday."""
        return sum(
            any(cell.kinds and cell.day.weekday() >= SATURDAY for cell in row.cells)
            for row in self.rows
        )


def city_now(*, halls: Iterable[Hall], now: datetime) -> City:
    """The halls' next seven service days, and today's figures; two queries."""
    today, there = civil.city_date(now), [*halls]
    days = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    ids = [hall.pk for hall in there]
    limits = {hall.pk: Limits.of(hall) for hall in there}
    cells, lines = _cells(limits, today), lines_today(ids, now=now)
    return City(
        days=[(day, f"{saying.short_weekday(day)} {day.day}") for day in days],
        rows=[
            HallRow(
                hall=hall,
                cells=[cells[hall.pk, day] for day in days],
                line=lines.get(hall.pk, Line()),
                usual={day.weekday(): _usual(cells, hall.pk, day) for day in days},
                name=hall.name,
                limits=limits[hall.pk],
            )
            for hall in there
        ],
        line=lines.get(None, Line()),
    )


class _Cells(dict[tuple[int, date], Cell]):
    """An empty cell where a hall has nothing on a day."""

    def __init__(self, limits: dict[int, Limits]) -> None:
        super().__init__()
        self.limits = limits

    def __missing__(self, key: tuple[int, date]) -> Cell:
        self[key] = Cell(key[1], self.limits[key[0]])
        return self[key]


def _cells(halls: dict[int, Limits], today: date) -> _Cells:
    """The coming days and the weeks before them, in one query."""
    first, last = today - timedelta(weeks=WEEKS_BACK), today + timedelta(days=DAYS - 1)
    asked: dict[str, Any] = {"hall__in": list(halls), "service_day__range": (first, last)}
    slots = Slot.objects.filter(**asked, session__state=HallSession.State.OPEN)
    is_open = Q(is_open=True)
    names = ("hall", "service_day", "kind", "quota", "taken", "sessions", "opens", "closes")
    offered = (
        slots.values("hall", "service_day", kind=F("session__kind"))
        .annotate(
            quota=Sum(F("online_quota") + F("reserved_quota"), filter=is_open, default=0),
            taken=Sum(F("online_taken") + F("reserved_taken"), filter=is_open, default=0),
            sessions=Count("session", distinct=True, filter=is_open),
            opens=Min("starts_at"),
            closes=Max("ends_at"),
        )
        .order_by()
    )
    nothing = {"taken": Value(0), "sessions": Value(0)}
    searched = (
        UnmetDemand.objects.filter(**asked)
        .values("hall", "service_day", kind=Value("", CharField()))
        .annotate(
            quota=Sum("count", output_field=IntegerField()),
            **nothing,
            opens=Value(None, DateTimeField()),
            closes=Value(None, DateTimeField()),
        )
        .order_by()
    )
    cells = _Cells(halls)
    for row in offered.values_list(*names).union(searched.values_list(*names), all=True):
        _count(cells, row)
    return cells


def _count(cells: _Cells, row: Sequence[Any]) -> None:
    hall, day, kind, quota, taken, sessions, opens, closes = row
    cell = cells[hall, day]
    if not kind:
        cell.unmet = quota
        return
    cell.quota += quota
    cell.taken += taken
    if sessions:
        cell.kinds[kind] += sessions
    cell.is_shut = not cell.kinds
    cell.spans.append((opens, closes))


def _usual(cells: _Cells, hall: int, day: date) -> Usual:
    """The same weekday of the last weeks, as far as the hall was open or searched for."""
    before = [cells.get((hall, day - timedelta(weeks=n))) for n in range(1, WEEKS_BACK + 1)]
    together = Cell(day)
    for cell in before:
        if cell is not None:
            together.add(cell)
    return Usual(together.unmet / WEEKS_BACK, together.fill)
