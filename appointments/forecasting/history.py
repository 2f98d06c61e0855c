"""The facts as regular series: people who wanted something, by hall, matter and day, and by hour.

A day that was not written, or on which a hall was closed, is not known (nan); an open day
without a fact is a zero that was seen. Wanted is who booked, came without a booking, searched
in vain or asked at the kiosk in vain: what was offered does not bound it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from django.db.models import Sum
from numpy.typing import NDArray

from appointments.models import DayClosing, DemandFact
from windows.models import Hall, Matter, Slot

Floats = NDArray[np.float64]
What = DemandFact.What
WANTED = (What.BOOKED, What.WALKED_IN, What.SEARCHED, What.KIOSK)
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
    """The written days up to `last`; four queries."""
    closings = DayClosing.objects.filter(hall__in=halls, service_day__lte=last, was_open=True)
    closings = closings.filter(service_day__gt=last - timedelta(days=LONGEST))
    opened = list(closings.values_list("hall_id", "service_day"))
    first = min((day for _hall, day in opened), default=last)
    days = (last - first).days + 1
    at = {hall.pk: n for n, hall in enumerate(halls)}
    of = {matter.pk: n for n, matter in enumerate(matters)}
    people = np.full((len(halls), len(matters), days), np.nan)
    hours = np.full((len(halls), HOURS, days), np.nan)
    for hall_id, day in opened:
        people[at[hall_id], :, (day - first).days] = 0.0
        hours[at[hall_id], :, (day - first).days] = 0.0
    spread = np.zeros((len(halls), len(matters), HOURS))
    facts = DemandFact.objects.filter(corrected_by__isnull=True, what__in=WANTED)
    facts = facts.filter(hall__in=halls, matter__in=matters, service_day__range=(first, last))
    rows = facts.values_list("hall_id", "matter_id", "service_day", "hour")
    for hall_id, matter_id, day, hour, count in rows.annotate(n=Sum("people")).order_by():
        h, m, d = at[hall_id], of[matter_id], (day - first).days
        if np.isnan(people[h, m, d]):
            continue
        people[h, m, d] += count
        hours[h, min(hour, HOURS - 1), d] += count
        spread[h, m, min(hour, HOURS - 1)] += count
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
