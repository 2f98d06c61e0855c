"""Forecasting methods with one interface: what is known goes in, people expected per day come out.

A row is a series, a column a day of an unbroken calendar. `nan` says that the series was closed
or that nothing is known: it is never taken for zero. A day's kind is its weekday (0 to 6),
7 a make-up working day, 8 another special day. Numeric only, no models.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting import choosing, quantiles, shapes
from appointments.forecasting.fitting import fit
from appointments.forecasting.known import KINDS, Known, Method, design
from appointments.forecasting.quantiles import LEVELS as LEVELS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


WEEKDAYS = 0.3  # the usual size of a weekday's effect, as a share
OWN_WEEKDAYS = 0.1  # of a series' own beside that of all
MONTH = 0.1  # of the place in the month


def seasonal_naive(known: Known) -> Floats:
    """As many as on the last day of the same kind: what everybody would guess."""
    return same_kind_mean(known, days=1)


def last_four(known: Known) -> Floats:
    """The plain mean of the last four days of the same kind."""
    return same_kind_mean(known, days=4)


def same_kind_mean(known: Known, *, days: int) -> Floats:
    """The mean of the last known days of the kind; without any, of the last known week."""
    usual = last_mean(known.history, 5)
    found = np.empty((len(known.history), known.ahead))
    for kind in np.unique(known.future_kinds):
        mean = last_mean(known.history[:, known.kinds == kind], days)
        found[:, known.future_kinds == kind] = np.where(np.isnan(mean), usual, mean)[:, None]
    return np.nan_to_num(found)


def last_mean(values: Floats, days: int) -> Floats:
    """Per row the mean of its last `days` known values; nan where none is known."""
    known = ~np.isnan(values)
    later = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    taken = known & (later <= days)
    count = taken.sum(axis=1)
    total = np.where(taken, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def weekday_level(known: Known) -> Floats:
    """Each series by itself: a level that follows the newest days, times its weekdays."""
    return awake(known, alone)


def monthly_level(known: Known) -> Floats:
    """The same with a rhythm of the month, once two months are known."""
    return awake(known, lambda view: alone(view, monthly=MONTH))


def shared(known: Known) -> Floats:
    """All series together give level, weekdays and month; each is a share that moves slowly."""
    return awake(known, together)


def alone(known: Known, *, monthly: float = 0.0) -> Floats:
    ones = np.ones((len(known.history), known.ahead))
    features = design(known, WEEKDAYS, monthly=monthly)
    return fit(known.history, features, np.ones_like(known.history), ones)


def together(known: Known) -> Floats:
    index = common(known.history)
    ahead = alone(replace(known, history=index[None]), monthly=MONTH)
    base = np.where(index > 0, index, np.nan)
    usable = np.where(np.isnan(base), np.nan, known.history)
    return fit(
        usable,
        design(known, OWN_WEEKDAYS),
        np.broadcast_to(np.nan_to_num(base, nan=1.0), usable.shape),
        np.broadcast_to(ahead, (len(usable), known.ahead)),
    )


def awake(known: Known, method: Method) -> Floats:
    """The method without days on which a series rests: kinds of which the last were all zero."""
    resting = np.zeros((len(known.history), KINDS), dtype=bool)
    busy = last_mean(known.history, known.history.shape[1]) > 0
    for kind in np.unique(known.kinds):
        same = known.history[:, known.kinds == kind]
        twice = np.isfinite(same).sum(axis=1) > 1
        resting[:, kind] = busy & twice & (last_mean(same, 4) == 0)
    view = replace(known, history=np.where(resting[:, known.kinds], np.nan, known.history))
    return np.where(resting[:, known.future_kinds], 0.0, method(view))


def common(history: Floats) -> Floats:
    """Per day what all open series had together, as if all had been open; nan when none was."""
    known = ~np.isnan(history)
    seen = np.where(known, history, 0.0)
    usual = seen.sum(1) / np.maximum(known.sum(1), 1)
    open_ones = (known * usual[:, None]).sum(0)
    total = np.where(open_ones > 0, seen.sum(0) / np.maximum(open_ones, 1e-9), np.nan)
    return total * usual.sum()


PLAIN = ("seasonal_naive", "last_four")
METHODS: dict[str, Method] = {
    "seasonal_naive": seasonal_naive,
    "last_four": last_four,
    "weekday_level": weekday_level,
    "monthly_level": monthly_level,
    "shared": shared,
}


ORIGINS = 24  # earlier origins at which the methods are tried before each forecast
STEP = 3  # days between them: all weekdays in turn
MEMORY = 400  # days that are looked at
LEAST = 5  # days of history before the first of them


@dataclass(frozen=True)
class Forecast:
    """Expected people [series, days ahead] and quantiles {level: the same shape}.

    Of hours both are [series, hour, days ahead].
    """

    mean: Floats
    quantiles: dict[float, Floats]


def forecast(
    history: Floats, kinds: Ints, future_kinds: Ints, *, first_day: date | None = None
) -> Forecast:
    """How many people come on the days after the history: never nan, never negative.

    The methods are blended by their errors at earlier origins, and the ranges are those of the
    blend's own errors there. `first_day`, the date of the first column, allows a rhythm of the
    month.
    """
    known = as_known(history, kinds, future_kinds, first_day)
    return from_trials(choosing.try_all(known, [*origins(known), len(known.kinds)], METHODS))


def forecast_hours(
    history: Floats, kinds: Ints, future_kinds: Ints, *, first_day: date | None = None
) -> Forecast:
    """The same by hour, from people [series, hour, day]: the day's people times its shape."""
    rows = as_known(as_rows(history), kinds, future_kinds, first_day)
    clean = rows.history.reshape(*history.shape[:2], rows.history.shape[1])
    known = replace(rows, history=daily_sums(clean))
    found = from_trials(try_hours(clean, known, [*origins(known), len(known.kinds)]))
    shape = (*history.shape[:2], known.ahead)
    ranges = {level: values.reshape(shape) for level, values in found.quantiles.items()}
    return Forecast(found.mean.reshape(shape), ranges)


def from_trials(trials: choosing.Trials) -> Forecast:
    """The forecast at the last origin of the trials, from what was seen before it."""
    last = int(trials.origins[-1])
    made = choosing.blends(trials)
    mean = np.maximum(made[-1], 0.0)
    actual = trials.seen_before(last)[:-1]
    return Forecast(mean, quantiles.around(mean, made[:-1], actual, trials.age(last)[:-1]))


def try_hours(history: Floats, known: Known, origins: Sequence[int]) -> choosing.Trials:
    """What each method would have guessed of each hour [series x hour] at each origin.

    The plain ones look at the hours themselves; the others are a day's people times its shape.
    """
    rows = replace(known, history=as_rows(history))
    plain = choosing.try_all(rows, origins, {name: METHODS[name] for name in PLAIN})
    others = {name: method for name, method in METHODS.items() if name not in PLAIN}
    days = choosing.try_all(known, origins, others)
    shaped = np.empty((len(others), *plain.actual.shape))
    for place, origin in enumerate(days.origins):
        view = known.before(int(origin), known.ahead)
        share = shapes.shares(history[:, :, :origin], view.kinds, view.future_kinds)
        guess = days.guesses[:, place, :, None, : view.ahead] * share
        shaped[:, place] = guess.reshape(len(others), *plain.actual.shape[1:])
    guesses = np.concatenate([plain.guesses, shaped])
    return replace(plain, names=tuple(METHODS), guesses=guesses)


def as_rows(history: Floats) -> Floats:
    """Each hour of each series as a series."""
    return history.reshape(history.shape[0] * history.shape[1], history.shape[2])


def daily_sums(history: Floats) -> Floats:
    """Of hours [series, hour, day]; a day of which no hour is known is not known."""
    return np.where(np.isfinite(history).any(axis=1), np.nansum(history, axis=1), np.nan)


def as_known(history: Floats, kinds: Ints, future: Ints, first_day: date | None) -> Known:
    """The newest days of it; what cannot be a count is not known."""
    old = max(0, history.shape[1] - MEMORY)
    counts = np.where(np.isfinite(history) & (history >= 0), history, np.nan)
    return Known(
        counts[:, old:],
        np.asarray(kinds, np.int64)[old:],
        np.asarray(future, np.int64),
        first_day and first_day + timedelta(days=old),
    )


def origins(known: Known) -> range:
    """The days of the history at which the methods are tried."""
    last = len(known.kinds)
    return range(max(LEAST, last - 1 - STEP * (ORIGINS - 1)), last, STEP)
