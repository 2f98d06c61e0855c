"""Reading demand: the facts as they are known today, and what was wanted behind them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from django.db.models import Min, QuerySet, Sum

from appointments.demanded.hours import hour_of
from appointments.demanded.unconstraining import unconstrain
from appointments.models import DayClosing, DemandFact
from windows.models import HallSession, Matter, Slot
from windows.rules import rule

What = DemandFact.What
LOOK_BACK = timedelta(weeks=8)  # the days by which a full hour is judged
Cell = tuple[int, date, int]  # hall, service day, hour


class Row(NamedTuple):
    """People who asked for one matter in one hour in one way, all channels together."""

    hall_id: int
    matter_id: int
    service_day: date
    hour: int
    what: str
    people: int
    minutes: int


class Wanted(NamedTuple):
    """What was wanted in an hour: who got it, and who did not. Parts of people are possible."""

    hall_id: int
    matter_id: int
    service_day: date
    hour: int
    booked: int
    walked_in: int
    unmet: float
    minutes: float
    is_estimated: bool

    @property
    def people(self) -> float:
        return self.booked + self.walked_in + self.unmet


def facts_now(halls: Iterable[int] | None, first: date, last: date) -> QuerySet[DemandFact]:
    """Facts of these service days (both included); a correction stands for what it corrects."""
    facts = DemandFact.objects.filter(service_day__range=(first, last), corrected_by=None)
    return facts if halls is None else facts.filter(hall__in=list(halls))


def daily(halls: Iterable[int] | None, first: date, last: date) -> list[Row]:
    """Facts by hall, matter, service day, hour and kind of fact, corrections applied.

    `halls`: their keys, None for all. A day that is not in `known_days` is unknown, not zero:
    it was closed, or its numbers are not written yet.
    """
    names = ("hall_id", "matter_id", "service_day", "hour", "what")
    sums = facts_now(halls, first, last).values_list(*names)
    rows = sums.annotate(n=Sum("people"), asked=Sum("minutes")).filter(n__gt=0)
    return [Row(*row) for row in rows.order_by(*names)]


def known_days(
    halls: Iterable[int] | None, first: date, last: date
) -> dict[tuple[int, date], bool]:
    """The written days of halls, and whether each was open; no demand is known of a closed one."""
    days = DayClosing.objects.filter(service_day__range=(first, last))
    if halls is not None:
        days = days.filter(hall__in=list(halls))
    return {
        (hall_id, day): was_open
        for hall_id, day, was_open in days.values_list("hall_id", "service_day", "was_open")
    }


def wanted(halls: Iterable[int] | None, first: date, last: date) -> list[Wanted]:
    """What each hour of the open days was asked for, by matter: booked, walked in, and unmet.

    Unmet are those who searched in vain, without those who

    - stand on the waiting list as well: who waits has searched, so the greater number counts;
    - got a place after all by the waiting list (they are taken off when the day is written);
    - came without a booking (rule `twin_comes_anyway_percent`), as they are counted there,

    and those whom the kiosk refused. Where an hour was full online and nobody is recorded as
    searching in vain, what was wanted is censored: it is estimated from the same hour of the
    same weekday on other days by expectation-maximisation (`unconstraining.py`, where its
    source is named), and shared out to matters as they were booked.
    """
    asked = None if halls is None else sorted(set(halls))
    sums: dict[tuple[Cell, int], _Sums] = defaultdict(_Sums)
    since = first - LOOK_BACK
    for row in daily(asked, since, last):
        one = sums[(row.hall_id, row.service_day, row.hour), row.matter_id]
        one.people[row.what] += row.people
        one.minutes[row.what] += row.minutes
    is_known = known_days(asked, since, last)
    kept = {key: one for key, one in sums.items() if is_known.get(key[0][:2])}
    found = list(_found(kept, first, last, dict(Matter.objects.values_list("pk", "minutes"))))
    return _with_estimates(found, kept, asked, since, last, is_known)


@dataclass
class _Sums:
    people: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    minutes: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def _found(
    sums: dict[tuple[Cell, int], _Sums], first: date, last: date, lengths: dict[int, int]
) -> Iterator[Wanted]:
    anyway: dict[int, int] = {}
    for ((hall_id, day, hour), matter_id), one in sorted(sums.items()):
        if not first <= day <= last:
            continue
        if hall_id not in anyway:
            anyway[hall_id] = rule("twin_comes_anyway_percent", hall=hall_id, day=last)
        asked = max(one.people[What.SEARCHED], one.people[What.WAITING])
        left = asked * max(0.0, 1 - anyway[hall_id] / 100) + one.people[What.KIOSK]
        served = one.minutes[What.BOOKED] + one.minutes[What.WALKED_IN]
        yield Wanted(
            hall_id=hall_id,
            matter_id=matter_id,
            service_day=day,
            hour=hour,
            booked=one.people[What.BOOKED],
            walked_in=one.people[What.WALKED_IN],
            unmet=left,
            minutes=served + left * lengths[matter_id],
            is_estimated=False,
        )


def _with_estimates(
    found: list[Wanted],
    sums: dict[tuple[Cell, int], _Sums],
    halls: list[int] | None,
    since: date,
    last: date,
    is_known: dict[tuple[int, date], bool],
) -> list[Wanted]:
    booked: dict[Cell, int] = defaultdict(int)
    vain: dict[Cell, int] = defaultdict(int)
    for (cell, _matter), one in sums.items():
        booked[cell] += one.people[What.BOOKED]
        vain[cell] += one.people[What.SEARCHED] + one.people[What.WAITING]
    full = {
        cell: was_full
        for cell, was_full in full_hours(halls, since, last).items()
        if is_known.get(cell[:2])
    }
    extra = {
        cell: more
        for cell, more in estimated(booked, full).items()
        if more > 0 and not vain[cell] and booked[cell]
    }
    return [_completed(one, booked, extra) for one in found]


def _completed(one: Wanted, booked: dict[Cell, int], extra: dict[Cell, float]) -> Wanted:
    cell = (one.hall_id, one.service_day, one.hour)
    if cell not in extra or not one.booked:
        return one
    more = extra[cell] * one.booked / booked[cell]
    each = one.minutes / max(one.people, 1)
    return one._replace(
        unmet=one.unmet + more, minutes=one.minutes + more * each, is_estimated=True
    )


def full_hours(halls: Iterable[int] | None, first: date, last: date) -> dict[Cell, bool]:
    """The hours that offered places online, and whether they were full: not even the shortest
    matter had room at the end."""
    shortest = Matter.objects.aggregate(n=Min("minutes"))["n"] or 1
    slots = Slot.objects.filter(
        service_day__range=(first, last), session__state=HallSession.State.OPEN, online_quota__gt=0
    )
    if halls is not None:
        slots = slots.filter(hall__in=list(halls))
    found: dict[Cell, bool] = {}
    names = ("hall_id", "service_day", "starts_at", "online_quota", "online_taken")
    for hall_id, day, at, quota, taken in slots.values_list(*names):
        cell = (hall_id, day, hour_of(at, day))
        found[cell] = found.get(cell, True) and quota - taken < shortest
    return found


def estimated(booked: dict[Cell, int], full: dict[Cell, bool]) -> dict[Cell, float]:
    """How many more than were booked each full hour was asked for, judged by its weekday."""
    series: dict[tuple[int, int, int], list[Cell]] = defaultdict(list)
    for cell in full:
        hall_id, day, hour = cell
        series[hall_id, day.weekday(), hour].append(cell)
    found: dict[Cell, float] = {}
    for cells in series.values():
        sold = np.array([booked.get(cell, 0) for cell in cells], dtype=float)
        is_full = np.array([full[cell] for cell in cells])
        more = unconstrain(sold, is_full) - sold
        found.update(
            {cell: float(one) for cell, one, was in zip(cells, more, is_full, strict=True) if was}
        )
    return found
