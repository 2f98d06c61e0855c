"""Days beside holidays and days worked in their place: what they brought before, with caution.

One effect for the whole city and each of four places: the first and the second working day after
a holiday, the last one before it, and a weekend that is worked. Each is learnt from how far such
days were from the usual level of their time, and shrunk to none by how much usual days vary, by
how much holidays differ from each other, and by how few were seen. Which day is free and which
is worked is told by the city's calendar (windows/calendar_days.py), never by the weekday.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from windows.calendar_days import DayKind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

USUAL, AFTER, BEFORE, WORKED, SECOND = range(5)
AROUND = timedelta(days=14)  # of calendar beside the days, so that every holiday is whole
SATURDAY = 5
NEAR = 14  # days around a day that tell the level of its time
FEWEST = 20  # usual days, before anything is learnt
SIZE = 0.15  # the usual size of such an effect, as a share
DIFFER = 0.1  # how much one holiday differs from another
LEAST_NOISE = 0.03
LEAST, MOST = 0.5, 2.5


def places_beside(first: date, days: int, kinds: Mapping[date, DayKind]) -> Ints:
    """Of each of so many days where it lies; `kinds` reach two weeks further on both sides."""
    found = dict.fromkeys(kinds, USUAL)
    for day, kind in kinds.items():
        if kind.is_workday and day.weekday() >= SATURDAY:
            found[day] = WORKED
    working = [day for day in sorted(kinds) if kinds[day].is_workday]
    for n, day in enumerate(working[1:], start=1):
        between = (
            working[n - 1] + timedelta(days=k) for k in range(1, (day - working[n - 1]).days)
        )
        if any(kinds[one].name_zh for one in between):
            found[working[n - 1]] = BEFORE if found[working[n - 1]] != AFTER else AFTER
            found[day] = AFTER
            if n + 1 < len(working) and found[working[n + 1]] == USUAL:
                found[working[n + 1]] = SECOND
    return np.array([found[first + timedelta(days=n)] for n in range(days)])


def learnt(came: Floats, kinds: Ints, places: Ints) -> dict[int, float]:
    """The factor of each place that was seen, from the city's people a day."""
    usual = np.isfinite(came) & (came > 0) & (places == USUAL) & (kinds < SATURDAY)
    if usual.sum() < FEWEST:
        return {}
    middle = float(np.median(came[usual]))
    weekday = np.ones(10)
    for kind in range(SATURDAY):
        own = came[usual & (kinds == kind)]
        if len(own):
            weekday[kind] = float(np.median(own)) / middle
    plain = came / weekday[np.minimum(kinds, 9)]
    off = np.full(len(came), np.nan)
    for day in np.flatnonzero(np.isfinite(came) & (came > 0)):
        near = usual & (np.abs(np.arange(len(came)) - day) <= NEAR)
        near[day] = False
        if near.sum() >= SATURDAY:
            off[day] = np.log(plain[day] / np.median(plain[near]))
    noise = max(1.48 * float(np.nanmedian(np.abs(off[usual]))), LEAST_NOISE)
    found = {}
    for place in (AFTER, BEFORE, WORKED, SECOND):
        seen = off[(places == place) & np.isfinite(off)]
        if len(seen):
            doubt = (noise**2 + DIFFER**2) / SIZE**2
            found[place] = float(np.clip(np.exp(seen.sum() / (len(seen) + doubt)), LEAST, MOST))
    return found


def factors(places: Ints, effects: Mapping[int, float]) -> Floats:
    """The factor of each day."""
    return np.array([effects.get(int(place), 1.0) for place in places])
