"""Forecasting methods with one interface: matrices of days in, expected people per day out.

A row is a series, a column a day of an unbroken calendar. `nan` says that the series was closed
or that nothing is known: it is never taken for zero. A day's kind is its weekday (0 to 6),
7 a make-up working day, 8 another special day. Numeric only, no models.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting import quantiles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Callable[[Floats, Ints, Ints], Floats]

MAKE_UP, SPECIAL, KINDS = 7, 8, 9
WORKING = 5


@dataclass(frozen=True)
class Forecast:
    """Expected people [series, days ahead] and quantiles {level: the same shape}."""

    mean: Floats
    quantiles: dict[float, Floats]


def seasonal_naive(history: Floats, kinds: Ints, future_kinds: Ints) -> Floats:
    """As many as on the last day of the same kind: what everybody would guess."""
    return same_kind_mean(history, kinds, future_kinds, days=1)


def last_four(history: Floats, kinds: Ints, future_kinds: Ints) -> Floats:
    """The plain mean of the last four days of the same kind."""
    return same_kind_mean(history, kinds, future_kinds, days=4)


def same_kind_mean(history: Floats, kinds: Ints, future_kinds: Ints, *, days: int) -> Floats:
    """The mean of the last known days of the kind; without any, of the last known days."""
    usual = last_mean(history, WORKING)
    found = np.empty((len(history), len(future_kinds)))
    for kind in np.unique(future_kinds):
        mean = last_mean(history[:, kinds == kind], days)
        found[:, future_kinds == kind] = np.where(np.isnan(mean), usual, mean)[:, None]
    return np.nan_to_num(found)


def last_mean(values: Floats, days: int) -> Floats:
    """Per row the mean of its last `days` known values; nan where none is known."""
    known = ~np.isnan(values)
    later = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    taken = known & (later <= days)
    count = taken.sum(axis=1)
    total = np.where(taken, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def level_profile(history: Floats, kinds: Ints, future_kinds: Ints) -> Floats:
    """A level that follows the last weeks, times a profile of weekdays that moves slowly."""
    age = np.arange(history.shape[1])[::-1]
    known = ~np.isnan(history)
    values = np.where(known, history, 0.0)
    profile = np.ones((len(history), KINDS))
    slow, fast = known * 0.5 ** (age / 56), known * 0.5 ** (age / 14)
    for _ in range(3):
        level = (slow * values).sum(1) / np.maximum((slow * profile[:, kinds]).sum(1), 1e-9)
        for kind in range(KINDS):
            weight = slow[:, kinds == kind]
            total = (weight * values[:, kinds == kind]).sum(1)
            profile[:, kind] = (total + 0.7 * level) / np.maximum(
                (weight.sum(1) + 0.7) * level, 1e-9
            )
    level = (fast * values).sum(1) / np.maximum((fast * profile[:, kinds]).sum(1), 1e-9)
    return level[:, None] * profile[:, future_kinds]


METHODS: dict[str, Method] = {
    "seasonal_naive": seasonal_naive,
    "last_four": last_four,
    "level_profile": level_profile,
}


def ensemble(history: Floats, kinds: Ints, future_kinds: Ints) -> Floats:
    """The mean of the methods that do not only repeat one day."""
    return (
        last_four(history, kinds, future_kinds) + level_profile(history, kinds, future_kinds)
    ) / 2


def forecast(history: Floats, kinds: Ints, future_kinds: Ints) -> Forecast:
    """How many people come on the days after the history: never nan, never negative.

    Ranges come from how wrong the same method was at earlier origins of this history.
    """
    history = np.where(np.isfinite(history) & (history >= 0), history, np.nan)
    kinds, future_kinds = np.asarray(kinds, np.int64), np.asarray(future_kinds, np.int64)
    mean = np.maximum(ensemble(history, kinds, future_kinds), 0.0)
    return Forecast(mean, quantiles.around(ensemble, history, kinds, mean))
