"""Forecast against real: what the newest forecast before a day said, and what was wanted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from appointments.demanded.reading import people_by_day
from appointments.models import ForecastRun, ForecastValue
from config import civil


@dataclass(frozen=True)
class Foretold:
    """People that a day was expected to bring; the range is known for one hall only."""

    mean: float
    low: float | None
    high: float | None
    real: int | None


def foretold(halls: Sequence[int], first: date, last: date) -> dict[date, Foretold]:
    """For each day that a run made before it foretold. Ranges of halls do not add up."""
    values: dict[date, list[tuple[float, float, float]]] = defaultdict(list)
    for run, days in _runs(first, last).items():
        rows = ForecastValue.objects.filter(
            run=run, hall__in=list(halls), service_day__in=days, hour=None, matter=None
        )
        for day, *told in rows.values_list("service_day", "mean", "p05", "p95"):
            values[day].append((told[0], told[1], told[2]))
    if not values:
        return {}
    real = wanted(halls, min(values), max(values))
    found = {}
    for day, told_of in sorted(values.items()):
        single = told_of[0] if len(halls) == 1 else None
        found[day] = Foretold(
            mean=sum(one[0] for one in told_of),
            low=single[1] if single else None,
            high=single[2] if single else None,
            real=real.get(day),
        )
    return found


def wanted(halls: Sequence[int], first: date, last: date) -> dict[date, int]:
    """People who wanted to come on closed days, as the page of demand tells it."""
    people: dict[date, float] = defaultdict(float)
    for (_hall, day), some in people_by_day(halls, first, last).items():
        people[day] += some
    return {day: round(some) for day, some in people.items()}


def _runs(first: date, last: date) -> dict[int, list[date]]:
    """Which days each run answers for: those of which it is the newest made before."""
    made = ForecastRun.objects.filter(first_day__lte=last, last_day__gte=first)
    runs = list(made.order_by("-made_at", "-pk").values_list("pk", "made_at", *DAYS))
    found: dict[int, list[date]] = defaultdict(list)
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        run = next((one for one in runs if _answers(one, day)), None)
        if run is not None:
            found[run[0]].append(day)
    return found


DAYS = ("first_day", "last_day")


def _answers(run: tuple[int, datetime, date, date], day: date) -> bool:
    _pk, made_at, first, last = run
    return first <= day <= last and made_at < civil.city_day(day)[0]
