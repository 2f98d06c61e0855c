"""The coming week of a hall by hour: who is expected, and the places on offer, for a table."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from appointments import saying
from appointments.demanded.hours import clock_of, hour_of
from appointments.forecasting.reading import Expected, hours_of
from appointments.models import ForecastRun
from windows.models import Hall, HallSession, Slot

DAYS = 7
STEPS = 4  # shades from nobody to as many as there are places
FEWEST = 0.5  # people; fewer are nobody
At = tuple[date, int]


@dataclass(frozen=True)
class Cell:
    """People expected in an hour, with their range, and places; None: the hall is closed."""

    expected: int
    low: int
    high: int
    places: int | None
    shade: str  # 0 to 4 by how full, "over" for too few places, "closed"

    @property
    def is_short(self) -> bool:
        return self.shade == "over"


@dataclass(frozen=True)
class Day:
    day: date
    name: str
    expected: int
    places: int

    @property
    def is_short(self) -> bool:
        return self.expected > self.places


@dataclass(frozen=True)
class Week:
    """Days as columns, hours as rows; an hour in which nothing is, of a day, is None."""

    days: list[Day] = field(default_factory=list)
    rows: list[tuple[str, list[Cell | None]]] = field(default_factory=list)


def week_of(run: ForecastRun, hall: Hall, today: date) -> Week:
    """Hours with people or places on the seven days from today; three queries."""
    last = today + timedelta(days=DAYS - 1)
    told = {
        at: one
        for at, one in hours_of(run, hall.pk).items()
        if today <= at[0] <= last and one.mean >= FEWEST
    }
    offered = _offered(hall, today, last)
    there = {**told, **offered}
    each = _minutes_each(told)
    days = [today + timedelta(days=n) for n in range(DAYS)]
    days = [day for day in days if any(at[0] == day for at in there)]
    cells = {
        at: _cell(told.get(at), offered.get(at), each.get(at[0]) or each.get(None)) for at in there
    }
    rows = [
        (clock_of(hour), [cells.get((day, hour)) for day in days])
        for hour in sorted({hour for _day, hour in there})
    ]
    return Week([_day(day, cells) for day in days], rows)


def _offered(hall: Hall, first: date, last: date) -> dict[At, int]:
    """Window-minutes of open slots."""
    slots = Slot.objects.filter(
        hall=hall, service_day__range=(first, last), is_open=True,
        session__state=HallSession.State.OPEN,
    )  # fmt: skip
    found: dict[At, int] = defaultdict(int)
    for day, starts_at, minutes in slots.values_list("service_day", "starts_at", "minutes"):
        found[day, hour_of(starts_at, day)] += minutes
    return dict(found)


def _minutes_each(told: dict[At, Expected]) -> dict[date | None, float]:
    """Window-minutes that a person needs, by day and (None) of all days."""
    people: dict[date | None, float] = defaultdict(float)
    minutes: dict[date | None, float] = defaultdict(float)
    for (day, _hour), one in told.items():
        for key in (day, None):
            people[key] += one.mean
            minutes[key] += one.minutes
    return {key: minutes[key] / people[key] for key in people}


def _cell(told: Expected | None, offered: int | None, each: float | None) -> Cell:
    mean = told.mean if told else 0.0
    if told and told.minutes:
        each = told.minutes / told.mean
    places = None if offered is None else int(offered / each) if each else 0
    return Cell(
        expected=round(mean),
        low=told.low if told else 0,
        high=told.high if told else 0,
        places=places,
        shade=_shade(round(mean), places),
    )


def _shade(expected: int, places: int | None) -> str:
    if not places:
        return "over" if expected else "closed"
    if expected > places:
        return "over"
    return f"{round(STEPS * expected / places)}"


def _day(day: date, cells: dict[At, Cell]) -> Day:
    own = [one for at, one in cells.items() if at[0] == day]
    return Day(
        day=day,
        name=saying.short_day(day),
        expected=sum(one.expected for one in own),
        places=sum(one.places or 0 for one in own),
    )
