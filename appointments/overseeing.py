"""The whole city on one page: how full each hall's next days are, what today is like.

Six queries, whatever the number of halls. Counts only, nothing personal.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Sum

from appointments import saying
from appointments.models import QuotaMove, RebalanceRun, UnmetDemand
from config import civil
from windows.models import Hall, HallSession, Shift, Slot

DAYS = 7
SHOUT = 10  # searches in vain from which a full day is red
ADVISED = 3

# One line of today: served, waiting, and the wait that nine in ten people stay below.
TODAY = """
SELECT count(*) FILTER (WHERE state = 'finished'), count(*) FILTER (WHERE state = 'waiting'),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM called_at - issued_at) / 60)
    FILTER (WHERE called_at IS NOT NULL)
FROM queues_ticket WHERE service_day = %s
"""


@dataclass
class Cell:
    """One hall's service day."""

    day: date
    quota: int = 0
    taken: int = 0
    unmet: int = 0
    kinds: set[str] = field(default_factory=set)

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
        return self.unmet >= SHOUT and self.fill >= 95

    @property
    def level(self) -> str:
        """The ending of its colour's class."""
        if self.is_closed or self.walk_in_only:
            return "closed" if self.is_closed else "0"
        return "over" if self.is_over else str(min(self.fill // 20, 4))

    @property
    def is_night(self) -> bool:
        return bool(self.kinds & {HallSession.Kind.NIGHT, HallSession.Kind.LATE})


@dataclass(frozen=True)
class HallRow:
    hall: Hall
    cells: list[Cell]


@dataclass(frozen=True)
class Advice:
    """A hall's day that asks for a session."""

    hall: Hall
    cell: Cell
    day: str


@dataclass(frozen=True)
class City:
    """All halls at one instant."""

    days: list[tuple[date, str]]
    rows: list[HallRow]
    staffed: int
    served: int
    waiting: int
    nine_in_ten: int | None
    unmet_today: int
    moved: int

    @property
    def advice(self) -> list[Advice]:
        """The days that most people searched in vain, of all halls."""
        asked = [
            Advice(row.hall, cell, saying.short_day(cell.day))
            for row in self.rows
            for cell in row.cells
            if cell.unmet
        ]
        return sorted(asked, key=lambda one: -one.cell.unmet)[:ADVISED]


def city_now(*, now: datetime) -> City:
    """The halls' next seven service days, and today's figures."""
    today = civil.city_date(now)
    last = today + timedelta(days=DAYS - 1)
    cells = _cells(today, last)
    days = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    halls = Hall.objects.filter(is_open=True).order_by("code")
    served, waiting, nine_in_ten = _today(today)
    rows = [HallRow(hall, [cells[hall.pk, day] for day in days]) for hall in halls]
    return City(
        days=[(day, f"{saying.short_weekday(day)} {day.day}") for day in days],
        rows=rows,
        staffed=Shift.objects.filter(period__upper_inf=True).count(),
        served=served,
        waiting=waiting,
        nine_in_ten=None if nine_in_ten is None else round(nine_in_ten),
        unmet_today=sum(row.cells[0].unmet for row in rows),
        moved=_moved(),
    )


class _Cells(dict[tuple[int, date], Cell]):
    """An empty cell where a hall has nothing on a day."""

    def __missing__(self, key: tuple[int, date]) -> Cell:
        self[key] = Cell(key[1])
        return self[key]


def _cells(first: date, last: date) -> _Cells:
    cells = _Cells()
    days = {"service_day__range": (first, last)}
    slots = Slot.objects.filter(**days, is_open=True, session__state=HallSession.State.OPEN)
    by_kind = slots.values_list("hall_id", "service_day", "session__kind").order_by()
    for hall_id, day, kind, quota, taken in by_kind.annotate(
        Sum("online_quota"), Sum("online_taken")
    ):
        cell = cells[hall_id, day]
        cell.kinds.add(kind)
        cell.quota += quota
        cell.taken += taken
    unmet = UnmetDemand.objects.filter(**days).values_list("hall_id", "service_day").order_by()
    for hall_id, day, people in unmet.annotate(Sum("count")):
        cells[hall_id, day].unmet = people
    return cells


def _today(day: date) -> tuple[int, int, float | None]:
    with connection.cursor() as cursor:
        cursor.execute(TODAY, [day])
        served, waiting, minutes = cursor.fetchone()
    return served, waiting, minutes


def _moved() -> int:
    """Slots that the latest rebalancing moved."""
    latest = RebalanceRun.objects.order_by("-pk").values("pk")[:1]
    return QuotaMove.objects.filter(run__in=latest, undone_at=None).count()
