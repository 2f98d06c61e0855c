"""The facts as regular series: people who wanted something, by hall, matter and day, and by hour.

A day that was not written, or on which a hall was closed, is not known (nan); an open day
without a fact is a zero that was seen. Wanted is what the page of demand says that the hour was
asked for (demanded/reading.py): nobody is counted twice, and what was offered does not bound it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from django.db.models import Sum
from numpy.typing import NDArray

from appointments.demanded.facts import known_days
from appointments.demanded.reading import each_wanted
from windows.models import Hall, Matter, Slot

Floats = NDArray[np.float64]
LONGEST = 400  # days: a year and the same season before it
ODD_TIMES, ODD_MORE = 10, 50  # so many times the usual and so many people more: not believed
BELIEVED = 3  # days above that: it is no slip but a change
HOURS = 30  # of a service day; what comes later counts in the last one


@dataclass
class History:
    """People [hall, matter, day] and their hours [hall, hour, day], newest day last."""

    halls: list[Hall]
    matters: list[Matter]
    first: date
    last: date
    people: Floats
    hours: Floats
    hour_matters: Floats  # [hall, matter, hour] over all days
    window_hours: Floats  # [hall, day]; nan: closed

    @property
    def days(self) -> int:
        return self.people.shape[2]

    @property
    def is_empty(self) -> bool:
        return not np.isfinite(self.people).any()


def read_history(halls: Sequence[Hall], matters: Sequence[Matter], *, last: date) -> History:
    """The written days up to `last`; few queries."""
    at = {hall.pk: n for n, hall in enumerate(halls)}
    of = {matter.pk: n for n, matter in enumerate(matters)}
    known = known_days(at, last - timedelta(days=LONGEST - 1), last)
    opened = [one for one, was_open in known.items() if was_open]
    first = min((day for _hall, day in opened), default=last)
    days = (last - first).days + 1
    people = np.full((len(halls), len(matters), days), np.nan)
    hours = np.full((len(halls), HOURS, days), np.nan)
    for hall_id, day in opened:
        people[at[hall_id], :, (day - first).days] = 0.0
        hours[at[hall_id], :, (day - first).days] = 0.0
    spread = np.zeros((len(halls), len(matters), HOURS))
    for one in each_wanted(at, first, last):
        if one.matter_id not in of:
            continue
        h, m, d = at[one.hall_id], of[one.matter_id], (one.service_day - first).days
        hour = min(one.hour, HOURS - 1)
        people[h, m, d] += one.people
        hours[h, hour, d] += one.people
        spread[h, m, hour] += one.people
    return History(
        halls=list(halls),
        matters=list(matters),
        first=first,
        last=last,
        people=people,
        hours=hours,
        hour_matters=spread,
        window_hours=offered_hours(at, first, last),
    )


def without_odd(history: History, factors: Floats) -> History:
    """The history in which a single absurd number is a day of the hall that is not known.

    Absurd is what lies far beyond the series' usual day once its drivers are taken out, on
    fewer than three days of it: a slip of the pen, an hour of a script that runs wild.
    """
    plain = history.people / factors
    seen = np.where(plain > 0, plain, np.nan)
    there = np.isfinite(seen).any(axis=2)
    usual = np.zeros(there.shape)
    usual[there] = np.nanmedian(seen[there], axis=1)
    above = plain > (ODD_TIMES * usual + ODD_MORE)[:, :, None]
    beyond = above & (above.sum(axis=2, keepdims=True) < BELIEVED)
    if not beyond.any():
        return history
    people, hours = history.people.copy(), history.hours.copy()
    days = beyond.any(axis=1)  # [hall, day]
    people.transpose(0, 2, 1)[days] = np.nan
    hours.transpose(0, 2, 1)[days] = np.nan
    spread = history.hour_matters.copy()
    for h in np.flatnonzero(days.any(axis=1)):
        by_hour, by_matter = np.nansum(hours[h], axis=1), np.nansum(people[h], axis=1)
        spread[h] = np.outer(by_matter, by_hour) / max(by_hour.sum(), 1e-9)
    return replace(history, people=people, hours=hours, hour_matters=spread)


def offered_hours(at: dict[int, int], first: date, last: date) -> Floats:
    """Window-hours of each hall and day by its slots; nan where none is open."""
    found = np.full((len(at), (last - first).days + 1), np.nan)
    slots = Slot.objects.filter(hall__in=at, service_day__range=(first, last), is_open=True)
    rows = slots.values_list("hall_id", "service_day").annotate(n=Sum("minutes")).order_by()
    for hall_id, day, minutes in rows:
        found[at[hall_id], (day - first).days] = minutes / 60
    return found


def borrowed(history: History, ahead: Floats, *, least: int = 14) -> Floats:
    """The people with the days that a new hall lacks lent by its neighbours.

    A hall of which less than `least` days are known has what its district's (else the city's)
    halls had per open window-hour, times its own window-hours (of the days known, else of
    those ahead [hall, day]).
    """
    known = np.isfinite(history.people[:, 0])
    new = known.sum(axis=1) < least
    if not new.any() or new.all():
        return history.people
    found = history.people.copy()
    for h in np.flatnonzero(new):
        district = np.array([o.district_zh == history.halls[h].district_zh for o in history.halls])
        beside = district & ~new if (district & ~new).any() else ~new
        rate = _rate(history, beside)
        own = np.concatenate([history.window_hours[h], ahead[h]])
        size = _median(own) or _median(history.window_hours[beside])
        empty = ~known[h]
        found[h][:, empty] = (rate * size)[:, empty]
    return found


def _median(hours: Floats) -> float:
    known = hours[np.isfinite(hours)]
    return float(np.median(known)) if len(known) else 0.0


def _rate(history: History, beside: NDArray[np.bool_]) -> Floats:
    """People per window-hour [matter, day] in these halls together; nan when none was open."""
    known = np.isfinite(history.people[:, 0]) & np.isfinite(history.window_hours)
    known &= beside[:, None]
    hours = np.where(known, history.window_hours, 0.0).sum(axis=0)
    people = np.where(known[:, None], history.people, 0.0).sum(axis=0)
    return np.where(hours > 0, people / np.maximum(hours, 1e-9), np.nan)
