"""Counts as matrices: an unbroken calendar, hours, nan where nothing is known."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REGULAR = 0.8  # share of days with the same number of rows, from which others count as broken
WHOLE = 0.9  # share of the usual rows without which a day is not whole


@dataclass(frozen=True)
class Series:
    """People of each series and day [series, day], and by hour [series, hour, day] if known.

    `nan` is a day, or an hour, without a row: closed or not known, never zero.
    """

    names: tuple[str, ...]
    first_day: date
    daily: Floats
    hourly: Floats | None = None
    hours: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kinds(self) -> Ints:
        return weekdays(self.first_day, self.daily.shape[1])


@dataclass
class Gathered:
    """What rows said so far: {(series, day ordinal, hour or -1): people}, and rows per day."""

    people: dict[tuple[int, int, int], float] = field(default_factory=dict)
    rows: Counter[tuple[int, int]] = field(default_factory=Counter)
    names: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, day: date, hour: int, people: float) -> None:
        place = self.names.setdefault(name, len(self.names))
        key = (place, day.toordinal(), hour)
        self.people[key] = self.people.get(key, 0.0) + people
        self.rows[place, day.toordinal()] += 1


def weekdays(first_day: date, days: int) -> Ints:
    """The kinds of so many days of a plain calendar: 0 is Monday."""
    return (first_day.weekday() + np.arange(days, dtype=np.int64)) % 7


def as_series(gathered: Gathered) -> Series:
    """The rows as matrices; days of which rows are missing are not known, and a note says so."""
    ordinals = [day for _, day in gathered.rows]
    first, last = min(ordinals), max(ordinals)
    hours = tuple(sorted({hour for _, _, hour in gathered.people}))
    matrix = np.full((len(gathered.names), len(hours), last - first + 1), np.nan)
    column = {hour: place for place, hour in enumerate(hours)}
    for (place, day, hour), people in gathered.people.items():
        matrix[place, column[hour], day - first] = people
    notes = list(gathered.notes)
    if hours != (-1,):
        broken = broken_days(gathered.rows, len(gathered.names))
        for place, day in broken:
            matrix[place, :, day - first] = np.nan
        if broken:
            notes.append(
                f"Days that lack some of their usual rows are taken as not known: {len(broken)}, "
                f"the first of them {date.fromordinal(min(day for _, day in broken))}."
            )
    daily = np.where(np.isfinite(matrix).any(axis=1), np.nansum(matrix, axis=1), np.nan)
    timed = hours != (-1,)
    return Series(
        names=tuple(gathered.names),
        first_day=date.fromordinal(first),
        daily=daily,
        hourly=matrix if timed else None,
        hours=hours if timed else (),
        notes=tuple(notes),
    )


def broken_days(rows: Counter[tuple[int, int]], series: int) -> list[tuple[int, int]]:
    """Days with fewer rows than this series nearly always has."""
    found = []
    by_series: list[list[tuple[int, int]]] = [[] for _ in range(series)]
    for (place, day), count in rows.items():
        by_series[place].append((day, count))
    for place, days in enumerate(by_series):
        usual, often = Counter(count for _, count in days).most_common(1)[0]
        if usual > 1 and often >= REGULAR * len(days):
            found += [(place, day) for day, count in days if count < WHOLE * usual]
    return sorted(found)
