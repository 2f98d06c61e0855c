"""What a hall's day will be asked for, by hour and matter: forecast, else the days before.

The forecast says how many people want to come; how many of them ask for a place first is
taken from the days before. Without a forecast for the day its demand is that of the same
weekdays before, else of all open days before that were working days, or days off, as it
is; a day without any session says nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Greatest, TruncHour

from appointments.demanded.facts import known_days
from appointments.demanded.hours import hour_of
from appointments.demanded.reading import wanted
from appointments.forecasting.reading import expected, run_for, whole
from appointments.models import Booking, ForecastValue, UnmetDemand
from appointments.twin.day import HourDemand
from appointments.twin.drawing import demand_of
from config import civil
from queues.models import Ticket
from windows.calendar_days import day_kinds
from windows.models import Hall, HallSession
from windows.rules import rule

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
    """What the open days of the last four weeks were asked for: by the facts where they are
    written, else by the journal. A part of who found no place came without one: they are
    among those who came, so they are taken off there and counted as asking."""
    first, last = day - timedelta(days=DAYS_BEFORE), day - A_DAY
    opened = HallSession.objects.filter(
        hall=hall, service_day__range=(first, last), state=HallSession.State.OPEN
    )
    found: dict[date, dict[Key, Counts]] = {
        one: defaultdict(Counts) for one in opened.values_list("service_day", flat=True).distinct()
    }
    anyway = min(rule("twin_comes_anyway_percent", hall=hall, day=day), 90) / 100
    written = {
        one for (_hall, one), was_open in known_days([hall.pk], first, last).items() if was_open
    }
    if written:
        _add_facts(found, hall, first, last, anyway)
    _add_journal({one: asked for one, asked in found.items() if one not in written}, hall)
    return {
        one: {key: counts.asked(anyway) for key, counts in asked.items()}
        for one, asked in found.items()
        if asked
    }


A_DAY = timedelta(days=1)


@dataclass
class Counts:
    """People of one hour and matter on one day."""

    booked: float = 0.0
    walked_in: float = 0.0
    in_vain: float = 0.0

    def asked(self, anyway: float) -> tuple[float, float]:
        """Who asked for a place, and who came without having asked."""
        return self.booked + self.in_vain, max(self.walked_in - anyway * self.in_vain, 0.0)


Found = dict[date, dict[Key, Counts]]


def _add_facts(found: Found, hall: Hall, first: date, last: date, anyway: float) -> None:
    for row in wanted([hall.pk], first, last):
        if row.service_day in found:
            one = found[row.service_day][row.hour, row.matter_id]
            one.booked += row.booked
            one.walked_in += row.walked_in
            one.in_vain += row.unmet / (1 - anyway)


def _add_journal(found: Found, hall: Hall) -> None:
    within = {"hall": hall, "service_day__in": list(found)}
    made = Booking.objects.filter(**within).exclude(
        state__in=[Booking.State.EXPIRED, Booking.State.CANCELLED]
    )
    for day, hour, matter, people in _by_hour(made, "starts_at"):
        found[day][hour, matter].booked += people
    came = Ticket.objects.filter(**within, source=Ticket.Source.WALK_IN, came_from__isnull=True)
    # who came before the doors opened counts in the first hour
    for day, hour, matter, people in _by_hour(came, Greatest("issued_at", "session__starts_at")):
        found[day][hour, matter].walked_in += people
    unmet = UnmetDemand.objects.filter(**within).values_list("service_day", "matter")
    for day, matter, people in unmet.annotate(n=Sum("count")).order_by("service_day", "matter"):
        _share_out(found[day], matter, people)


def _by_hour(rows: QuerySet[Any], at: str | Greatest) -> Iterator[tuple[date, int, int, int]]:
    """Service day, hour on the wall, matter, people."""
    hours = rows.annotate(began=TruncHour(at, tzinfo=civil.CITY))
    counted = hours.values_list("service_day", "began", "matter").annotate(n=Count("pk"))
    for day, began, matter, people in counted.order_by("service_day", "began", "matter"):
        yield day, hour_of(began, day), matter, people


def _share_out(asked: dict[Key, Counts], matter: int, people: int) -> None:
    """Searches in vain know no hour: they are shared out as the bookings were, else as
    people came."""
    booked: dict[int, float] = defaultdict(float)
    came: dict[int, float] = defaultdict(float)
    for (hour, _matter), one in asked.items():
        booked[hour] += one.booked
        came[hour] += one.walked_in
    shares = booked if sum(booked.values()) else came
    total = sum(shares.values())
    for hour, share in shares.items():
        asked[hour, matter].in_vain += people * share / total if total else 0.0


def _foretold(hall: Hall, day: date, usual: Asked) -> Wanted | None:
    """The newest forecast of the day: by hour, else its day shared out as usual."""
    newest = run_for(day)
    if newest is None:
        return None
    values = newest.values.filter(hall=hall, service_day=day, hour__isnull=True)
    by_matter = values.filter(matter__isnull=False).values_list("matter", "mean")
    people = {
        (hour, matter): one.mean
        for hour, matters in expected(newest, hall.pk, day).items()
        for matter, one in matters.items()
    } or _shared_out(by_matter, usual)
    if not people:
        return None
    online = _online_shares(usual)
    asked = {
        (hour, matter): (mean * online[hour, matter], mean * (1 - online[hour, matter]))
        for (hour, matter), mean in people.items()
    }
    all_matters = whole(values).first()
    return Wanted(demand_of(asked), FORECAST, 0, _spread(all_matters))


def _shared_out(rows: Iterable[tuple[int, float]], usual: Asked) -> dict[Key, float]:
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


def _spread(day: ForecastValue | None) -> float:
    """The day's own uncertainty: what the forecast's ninth decile says beside chance."""
    if day is None or day.mean <= 0:
        return USUAL_SPREAD
    variance = ((day.p90 - day.p50) / (NINE_IN_TEN * day.mean)) ** 2 - 1 / day.mean
    return float(min(max(variance, NARROWEST**2), WIDEST**2) ** 0.5)
