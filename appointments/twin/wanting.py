"""What a hall's day will be asked for, by hour and matter: forecast, else the days before.

The forecast says how many people want to come; how many of them ask for a place first is
taken from the days before. Without a forecast for the day its demand is that of the same
weekdays before, else of all open days before that were working days, or days off, as it
is; a day without any session says nothing.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Sum
from django.db.models.functions import ExtractHour, Greatest

from appointments.models import Booking, ForecastRun, ForecastValue, UnmetDemand
from appointments.twin.day import HourDemand
from appointments.twin.drawing import demand_of
from config import civil
from queues.models import Ticket
from windows.calendar_days import day_kinds
from windows.models import Hall, HallSession

DAYS_BEFORE = 28
FEWEST_WEEKDAYS = 2
USUAL_SPREAD, NARROWEST, WIDEST = 0.15, 0.03, 0.6
NINE_IN_TEN = 1.2816  # standard deviations from the middle to the ninth decile
FORECAST, WEEKDAYS, DAYS = "forecast", "weekdays", "days"

Key = tuple[int, int]  # hour, matter
Asked = dict[Key, tuple[float, float]]  # asked for a place, came without


@dataclass(frozen=True)
class Wanted:
    """The demand of a day, from where it is known, and how sure that is."""

    demand: tuple[HourDemand, ...]
    source: str  # FORECAST, WEEKDAYS or DAYS
    days: int  # that the mean was taken of
    spread: float = USUAL_SPREAD


def wanted_in(hall: Hall, day: date) -> Wanted | None:
    """None: there is neither a forecast nor a day before that says anything."""
    before = days_before(hall, day)
    kinds = day_kinds(day - timedelta(days=DAYS_BEFORE), day)
    alike = {d: a for d, a in before.items() if kinds[d].is_workday == kinds[day].is_workday}
    same = {d: asked for d, asked in alike.items() if d.weekday() == day.weekday()}
    chosen = same if len(same) >= FEWEST_WEEKDAYS else alike
    usual = _mean(chosen)
    foretold = _foretold(hall, day, usual)
    if foretold is not None:
        return foretold
    if not usual:
        return None
    return Wanted(demand_of(usual), WEEKDAYS if chosen is same else DAYS, len(chosen))


def _mean(days: Mapping[date, Asked]) -> Asked:
    total: dict[Key, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for asked in days.values():
        for key, (online, walk_in) in asked.items():
            total[key][0] += online / len(days)
            total[key][1] += walk_in / len(days)
    return {key: (online, walk_in) for key, (online, walk_in) in total.items()}


def days_before(hall: Hall, day: date) -> dict[date, Asked]:
    """What the open days of the last four weeks were asked for."""
    within = {"hall": hall, "service_day__range": (day - timedelta(days=DAYS_BEFORE), day - A_DAY)}
    opened = HallSession.objects.filter(**within, state=HallSession.State.OPEN)
    found: dict[date, dict[Key, list[float]]] = {
        one: defaultdict(lambda: [0.0, 0.0])
        for one in opened.values_list("service_day", flat=True).distinct()
    }
    for row in _booked(within):
        if row["service_day"] in found:
            found[row["service_day"]][row["hour"], row["matter"]][0] += row["people"]
    for row in _walked_in(within):
        if row["service_day"] in found:
            found[row["service_day"]][row["hour"], row["matter"]][1] += row["people"]
    _add_unmet(found, within)
    return {
        one: {key: (pair[0], pair[1]) for key, pair in asked.items()}
        for one, asked in found.items()
        if asked
    }


A_DAY = timedelta(days=1)


def _booked(within: dict[str, object]):  # type: ignore[no-untyped-def]
    made = Booking.objects.filter(**within).exclude(
        state__in=[Booking.State.EXPIRED, Booking.State.CANCELLED]
    )
    return (
        made.annotate(hour=ExtractHour("starts_at", tzinfo=civil.CITY))
        .values("service_day", "hour", "matter")
        .annotate(people=Count("pk"))
        .order_by("service_day")
    )


def _walked_in(within: dict[str, object]):  # type: ignore[no-untyped-def]
    """Who came before the doors opened counts in the first hour."""
    came = Ticket.objects.filter(**within, source=Ticket.Source.WALK_IN, came_from__isnull=True)
    at = Greatest("issued_at", "session__starts_at")
    return (
        came.annotate(hour=ExtractHour(at, tzinfo=civil.CITY))
        .values("service_day", "hour", "matter")
        .annotate(people=Count("pk"))
        .order_by("service_day")
    )


def _add_unmet(found: dict[date, dict[Key, list[float]]], within: dict[str, object]) -> None:
    """Searches in vain know no hour: they are shared out as the bookings were, else as
    people came."""
    unmet = UnmetDemand.objects.filter(**within).values("service_day", "matter")
    for row in unmet.annotate(people=Sum(F("count"))).order_by("service_day"):
        asked = found.get(row["service_day"], {})
        booked: dict[int, float] = defaultdict(float)
        came: dict[int, float] = defaultdict(float)
        for (hour, _matter), (online, walk_in) in asked.items():
            booked[hour] += online
            came[hour] += walk_in
        shares = booked if sum(booked.values()) else came
        total = sum(shares.values())
        for hour, share in shares.items():
            asked[hour, row["matter"]][0] += row["people"] * share / total


def _foretold(hall: Hall, day: date, usual: Asked) -> Wanted | None:
    """The newest forecast of the day: by hour, else its day shared out as usual."""
    run = ForecastRun.objects.filter(first_day__lte=day, last_day__gte=day).order_by(
        "-made_at", "-pk"
    )
    newest = run.first()
    if newest is None:
        return None
    values = ForecastValue.objects.filter(run=newest, hall=hall, service_day=day)
    by_matter = values.filter(matter__isnull=False)
    hours = by_matter.filter(hour__isnull=False).values_list("hour", "matter", "mean")
    people: dict[Key, float] = {
        (hour or 0, matter or 0): mean for hour, matter, mean in hours
    } or _shared_out(by_matter.filter(hour__isnull=True).values_list("matter", "mean"), usual)
    if not people:
        return None
    online = _online_shares(usual)
    asked = {
        (hour, matter): (mean * online[hour, matter], mean * (1 - online[hour, matter]))
        for (hour, matter), mean in people.items()
    }
    whole = values.filter(matter__isnull=True, hour__isnull=True).first()
    return Wanted(demand_of(asked), FORECAST, 0, _spread(whole))


def _shared_out(rows, usual: Asked) -> dict[Key, float]:  # type: ignore[no-untyped-def]
    """A day's people by hour, as its matter's (else all) people came before."""
    hours: dict[int, float] = defaultdict(float)
    own: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for (hour, matter), pair in usual.items():
        hours[hour] += sum(pair)
        own[matter][hour] += sum(pair)
    found: dict[Key, float] = {}
    for matter, mean in rows:
        shares = own[matter] if sum(own[matter].values()) else hours
        total = sum(shares.values())
        for hour, share in shares.items():
            found[hour, matter] = mean * share / total if total else 0.0
    return found


def _online_shares(usual: Asked) -> Mapping[Key, float]:
    """Which part asks for a place first: of the matter in the hour, else of all."""
    online, walk_in = (sum(pair[n] for pair in usual.values()) for n in (0, 1))
    overall = online / (online + walk_in) if online + walk_in else 0.5
    found: dict[Key, float] = defaultdict(lambda: overall)
    for key, (asked, came) in usual.items():
        found[key] = (asked + FEW * overall) / (asked + came + FEW)
    return found


FEW = 2.0


def _spread(whole: ForecastValue | None) -> float:
    """The day's own uncertainty: what the forecast's ninth decile says beside chance."""
    if whole is None or whole.mean <= 0:
        return USUAL_SPREAD
    variance = ((whole.p90 - whole.p50) / (NINE_IN_TEN * whole.mean)) ** 2 - 1 / whole.mean
    return float(min(max(variance, NARROWEST**2), WIDEST**2) ** 0.5)
