"""The demand of coming hours: the forecast, else the same weekday of last week, else a day.

The forecast knows hall, matter and hour; how many of them book and how many just come is taken
from the facts of the last four weeks. Who is booked by somebody on their behalf has minutes of
their own and is left out. A forecast that does not reach a day leaves that day to the next way.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from appointments.demanded.facts import facts_now
from appointments.demanding import demand_of
from appointments.models import DemandFact, ForecastRun, ForecastValue
from appointments.rebalancing.problem import Cell, HourDemand

FEWEST_ASKED = 5  # fewer people in an hour of one day say nothing about the next week
FEWEST_EXPECTED = 1
LOOK_BACK = timedelta(days=28)
WEEK = timedelta(days=7)
FORECAST, LAST_WEEK, ONE_DAY, QUIET = "forecast", "week", "day", "quiet"
QUANTILES = ("p05", "p25", "p50", "p75", "p90", "p95")
What = DemandFact.What
ONLINE_CHANNELS = ("online", "reserved")


@dataclass(frozen=True)
class Known:
    """What is known of an hour's demand, where from, and the past day that shows it."""

    demand: HourDemand
    source: str
    shown_by: date
    shown_hour: int


@dataclass(frozen=True)
class Hour:
    """An hour of a hall in which there are slots of a kind of session."""

    hall_id: int
    service_day: date
    hour: int
    kind: str

    @property
    def cell(self) -> Cell:
        return self.hall_id, self.service_day, self.hour


def demand_for(
    hours: Collection[Hour], *, demand_day: date, now: datetime
) -> tuple[dict[Cell, Known], ForecastRun | None]:
    """What the hours ask for, and the forecast that was used; hours without any are left out."""
    if not hours:
        return {}, None
    run, found = _forecast(hours, demand_day, now)
    covered = {cell[:2] for cell in found}
    left = [hour for hour in hours if hour.cell[:2] not in covered]
    last_week = _last_week(left)
    covered = {cell[:2] for cell in last_week}
    left = [hour for hour in left if hour.cell[:2] not in covered]
    return {**found, **_few_left_out(last_week), **_of_day(left, demand_day)}, run


def _few_left_out(found: dict[Cell, Known]) -> dict[Cell, Known]:
    return {cell: one for cell, one in found.items() if one.demand.people >= FEWEST_ASKED}


def _forecast(
    hours: Collection[Hour], demand_day: date, now: datetime
) -> tuple[ForecastRun | None, dict[Cell, Known]]:
    days = {hour.service_day for hour in hours}
    made = ForecastRun.objects.filter(made_at__lte=now, last_known_day__lt=min(days))
    made = made.filter(first_day__lte=max(days), last_day__gte=min(days))
    run = made.order_by("-first_day", "-pk").first()
    if run is None:
        return None, {}
    halls = {hour.hall_id for hour in hours}
    rows = run.values.filter(hall__in=halls, service_day__in=days, hour__isnull=False)
    expected = _expected(rows)
    shares = _shares(halls, demand_day)
    found = {}
    for cell in {hour.cell for hour in hours} & set(expected):
        people, minutes, quantiles = expected[cell]
        online, walk_in = shares.get((cell[0], cell[2])) or shares.get((cell[0], None), (0.5, 0.5))
        if people * (online + walk_in) < FEWEST_EXPECTED:
            continue
        shown_by = cell[1] - WEEK
        while shown_by > demand_day:
            shown_by -= WEEK
        demand = HourDemand(
            online=people * online,
            walk_in=people * walk_in,
            online_minutes=minutes * online,
            walk_in_minutes=minutes * walk_in,
            online_quantiles=tuple(one * online for one in quantiles),
            walk_in_quantiles=tuple(one * walk_in for one in quantiles),
        )
        found[cell] = Known(demand, FORECAST, shown_by, cell[2])
    return run, found


def _expected(
    rows: QuerySet[ForecastValue],
) -> dict[Cell, tuple[float, float, tuple[float, ...]]]:
    """People, minutes and quantiles of the minutes in each hour of a hall.

    Where the hall's hour is not foreseen as a whole its matters are added up, as if all were
    high together: rather too wide than too narrow.
    """
    sums: dict[tuple[Cell, bool], list[float]] = defaultdict(lambda: [0.0] * (2 + len(QUANTILES)))
    names = ("hall_id", "service_day", "hour", "matter_id", "mean", "minutes", *QUANTILES)
    for hall_id, day, hour, matter_id, mean, minutes, *quantiles in rows.values_list(*names):
        each = minutes / mean if mean > 0 else 0.0
        one = sums[(hall_id, day, hour), matter_id is not None]
        for at, value in enumerate([mean, minutes, *(q * each for q in quantiles)]):
            one[at] += value
    cells = {cell for cell, _by_matter in sums}
    best = {cell: sums.get((cell, False)) or sums[cell, True] for cell in cells}
    return {cell: (one[0], one[1], tuple(one[2:])) for cell, one in best.items()}


def _shares(
    halls: Iterable[int], demand_day: date
) -> dict[tuple[int, int | None], tuple[float, float]]:
    """Which part of the people wanted booking online, and which just came, by hall and hour;
    under no hour those of the whole day."""
    online: dict[tuple[int, int | None], float] = defaultdict(float)
    walk_in: dict[tuple[int, int | None], float] = defaultdict(float)
    everyone: dict[tuple[int, int | None], float] = defaultdict(float)
    facts = _wanted(halls, demand_day - LOOK_BACK, demand_day)
    for hall_id, hour, what, channel, people in (
        facts.values_list("hall", "hour", "what", "channel").annotate(n=Sum("people")).order_by()
    ):
        for key in ((hall_id, hour), (hall_id, None)):
            everyone[key] += people
            if what == What.WALKED_IN:
                walk_in[key] += people
            elif what == What.SEARCHED or channel in ONLINE_CHANNELS:
                online[key] += people
    return {
        key: (online[key] / all_, walk_in[key] / all_) for key, all_ in everyone.items() if all_ > 0
    }


def _wanted(halls: Iterable[int], first: date, last: date) -> QuerySet[DemandFact]:
    """What was wanted on these days, as it is known today."""
    wanted = (What.BOOKED, What.WALKED_IN, What.SEARCHED)
    return facts_now(halls, first, last).filter(what__in=wanted)


def _last_week(hours: Collection[Hour]) -> dict[Cell, Known]:
    """The facts of the same weekday a week before."""
    if not hours:
        return {}
    days = {hour.service_day - WEEK for hour in hours}
    halls = {hour.hall_id for hour in hours}
    facts = _wanted(halls, min(days), max(days)).filter(service_day__in=days)
    facts = facts.filter(
        Q(what__in=[What.WALKED_IN, What.SEARCHED]) | Q(channel__in=ONLINE_CHANNELS)
    )
    sums: dict[tuple[Cell, str], tuple[int, int]] = {}
    rows = facts.values_list("hall", "service_day", "hour", "what")
    for hall_id, day, hour, what, people, minutes in rows.annotate(
        n=Sum("people"), asked=Sum("minutes")
    ).order_by():
        sums[(hall_id, day + WEEK, hour), what] = (people, minutes)
    found = {}
    for cell in {hour.cell for hour in hours} & {cell for cell, _what in sums}:
        booked, booked_minutes = sums.get((cell, What.BOOKED), (0, 0))
        searched, searched_minutes = sums.get((cell, What.SEARCHED), (0, 0))
        came, came_minutes = sums.get((cell, What.WALKED_IN), (0, 0))
        demand = HourDemand(
            online=booked + searched,
            walk_in=came,
            online_minutes=booked_minutes + searched_minutes,
            walk_in_minutes=came_minutes,
            unmet=searched,
        )
        found[cell] = Known(demand, LAST_WEEK, cell[1] - WEEK, cell[2])
    return found


def _of_day(hours: Collection[Hour], demand_day: date) -> dict[Cell, Known]:
    """The demand of that one day in sessions of the same kind, counted from the bookings."""
    if not hours:
        return {}
    that_day = demand_of(demand_day)
    sums: dict[Cell, HourDemand] = {}
    for hour in set(hours):
        one = that_day.get((hour.hall_id, hour.kind, hour.hour % 24))
        if one is None or one.people < FEWEST_ASKED:
            continue
        before = sums.get(hour.cell, HourDemand())
        sums[hour.cell] = HourDemand(
            online=before.online + one.online + one.unmet,
            walk_in=before.walk_in + one.walk_in,
            online_minutes=before.online_minutes + one.online_minutes,
            walk_in_minutes=before.walk_in_minutes + one.walk_in_minutes,
            unmet=before.unmet + one.unmet,
        )
    return {cell: Known(one, ONE_DAY, demand_day, cell[2]) for cell, one in sums.items()}
