"""How right such forecasts have been: each day of the last four weeks, foreseen from before it.

The same methods, at earlier origins, knowing only what was known there; beside them the naive
guess, the same weekday of the week before. Error is the sum of absolute errors as a share of
the people who came. Days on which a hall was closed are left out for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting import choosing, methods, quantiles, sums
from appointments.forecasting.drivers import Drivers
from appointments.forecasting.history import History
from windows.models import Hall

Floats = NDArray[np.float64]

WEEKS = 4
DAYS_AHEAD = 7
LEAST_DAYS = 21  # of history before anything can be said
LOW, HIGH = 0.05, 0.95


@dataclass
class Accuracy:
    """Errors as shares (0.09 is 9%) by hall code, district and "" for the city."""

    ours: dict[str, float] = field(default_factory=dict)
    naive: dict[str, float] = field(default_factory=dict)
    inside: dict[str, float] = field(default_factory=dict)
    days: int = 0

    def as_facts(self) -> dict[str, Any]:
        """For JSON: rounded, without what is not known."""
        return {
            "days": self.days,
            "ours": {name: round(value, 4) for name, value in self.ours.items()},
            "naive": {name: round(value, 4) for name, value in self.naive.items()},
            "inside": {name: round(value, 4) for name, value in self.inside.items()},
        }


def accuracy_of(
    totals: Floats, halls: Sequence[Hall], history: History, drivers: Drivers
) -> Accuracy:
    """Of the halls' people a day [hall, day]; empty when too little is known."""
    found = Accuracy()
    first = first_scored(totals)
    if first is None:
        return found
    factor = sums.of_all_matters(drivers.factors, history.people)
    ours, low, high = _ours(totals, factor, history, drivers, first)
    naive = _naive(totals)
    known = np.isfinite(totals[:, first:]) & np.isfinite(ours) & np.isfinite(naive[:, first:])
    came = totals[:, first:]
    for name, rows in sums.places_of(halls).items():
        there = known[rows]
        people = np.where(there, came[rows], 0.0)
        if people.sum() <= 0:
            continue
        found.ours[name] = _off(people, np.where(there, ours[rows], 0.0), len(rows) > 1)
        found.naive[name] = _off(people, np.where(there, naive[rows, first:], 0.0), len(rows) > 1)
        if len(rows) == 1:
            within = (came[rows] >= low[rows]) & (came[rows] <= high[rows])
            found.inside[name] = float(within[there].mean())
    found.days = int(known.any(axis=0).sum())
    return found


def inside_of_sums(
    totals: Floats, halls: Sequence[Hall], history: History, drivers: Drivers
) -> dict[str, float]:
    """How often districts and the city were within the range of their own sum's errors, moved to
    the mean that their halls add up to: as such ranges are stored. Where some halls were closed
    the sum is taken as if they had come as usual there."""
    found: dict[str, float] = {}
    first = first_scored(totals)
    if first is None:
        return found
    factor = sums.of_all_matters(drivers.factors, history.people)
    parts = _ours(totals, factor, history, drivers, first)[0]
    for name, rows in sums.sums_of(halls).items():
        came = sums.added(totals[rows])
        own = sums.of_sum(factor, history.people, rows)
        mean, low, high = (one[0] for one in _ours(came[None], own, history, drivers, first))
        scale = parts[rows].sum(axis=0) / np.maximum(mean, 1e-9)
        there = np.isfinite(came[first:]) & np.isfinite(scale) & (mean > 0)
        within = (came[first:] >= low * scale) & (came[first:] <= high * scale)
        if there.any():
            found[name] = float(within[there].mean())
    return found


def first_scored(totals: Floats) -> int | None:
    """The column of the first day that is foreseen again; None while too little is known."""
    days = totals.shape[1]
    if days < LEAST_DAYS or not np.isfinite(totals).any():
        return None
    return max(days - 7 * WEEKS, days // 2)


def _off(came: Floats, guess: Floats, together: bool) -> float:
    """Of several halls the error of their sum each day."""
    if together:
        came, guess = came.sum(axis=0), guess.sum(axis=0)
    return float(np.abs(came - guess).sum() / came.sum())


def _ours(
    totals: Floats, factor: Floats, history: History, drivers: Drivers, first: int
) -> tuple[Floats, Floats, Floats]:
    """For each day from `first` on: foreseen one to seven days before, with its range."""
    days = totals.shape[1]
    known = methods.as_known(
        totals / factor[:, :days], drivers.kinds[:days], drivers.kinds[days : days + DAYS_AHEAD],
        history.first,
    )  # fmt: skip
    origins = [*range(max(methods.LEAST, first - 14), first, 2), *range(first, days, DAYS_AHEAD)]
    trials = choosing.try_all(known, origins, methods.METHODS)
    blends = choosing.blends(trials)
    ours, low, high = (np.full((len(totals), days - first), np.nan) for _ in range(3))
    for place, origin in enumerate(origins):
        if origin < first:
            continue
        ahead = min(DAYS_AHEAD, days - origin)
        span = slice(origin - first, origin - first + ahead)
        ranges = quantiles.around(
            blends[place], blends[:place], trials.seen_before(origin)[:place],
            trials.age(origin)[:place],
        )  # fmt: skip
        factors = factor[:, origin : origin + ahead]
        ours[:, span] = blends[place][:, :ahead] * factors
        low[:, span] = ranges[LOW][:, :ahead] * factors
        high[:, span] = ranges[HIGH][:, :ahead] * factors
    return ours, low, high


def _naive(totals: Floats) -> Floats:
    """What came a week before, else two."""
    found = np.full(totals.shape, np.nan)
    for weeks in (2, 1):
        back = totals[:, : -7 * weeks]
        found[:, 7 * weeks :] = np.where(np.isfinite(back), back, found[:, 7 * weeks :])
    return found
