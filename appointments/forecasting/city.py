"""The city's forecast: each hall, matter and day four weeks ahead, and each hour of one week.

What is known beforehand (drivers.py) is taken out of the history and put into the days ahead;
methods.py foresees the rest. Means are made for each hall and matter and added up, so that
hall, district and city agree to the last person; the ranges of sums are those of their own
past errors, as halls are not all wrong on the same side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from appointments.forecasting import methods, shapes, sums
from appointments.forecasting.accuracy import Accuracy
from appointments.forecasting.believing import believed
from appointments.forecasting.drivers import Drivers, drivers_of, waves_ahead
from appointments.forecasting.history import (
    HOURS,
    History,
    borrowed,
    offered_hours,
    read_history,
    without_odd,
)
from appointments.forecasting.open_hours import hours_allowed
from appointments.forecasting.said import said_of
from windows.models import Hall, Matter

Floats = NDArray[np.float64]

DAYS, DAYS_BY_HOUR = 28, 7
METHOD = "blend"
LEVELS = methods.LEVELS
NARROWEST = 0.05  # of an hour: nobody knows it better than that
Say = Callable[[str], None]


@dataclass
class Expectation:
    """Means and quantiles [level, ...] of one sort of sum."""

    mean: Floats
    quantiles: Floats


@dataclass
class CityForecast:
    """All that was foreseen, as arrays; the days begin at `first`."""

    first: date
    last_known: date
    halls: list[Hall]
    matters: list[Matter]
    is_wanted: NDArray[np.bool_]  # [hall, day]: it has a session, or it is a working day
    by_matter: Expectation  # [hall, matter, day]
    by_hall: Expectation  # [hall, day]
    by_district: dict[str, Expectation] = field(default_factory=dict)  # [1, day]
    by_hour: Expectation | None = None  # [hall, matter, hour, day]
    hall_hours: Expectation | None = None  # [hall, hour, day]
    accuracy: Accuracy | None = None
    said: dict[str, Any] = field(default_factory=dict)
    waves: dict[str, dict[str, float]] = field(default_factory=dict)  # of renewals, by month


def foresee_city(
    halls: Sequence[Hall], matters: Sequence[Matter], *, last_known: date, say: Say | None = None
) -> CityForecast:
    """What the facts up to `last_known` let expect on the days after it. Reads, writes nothing."""
    tell = say or (lambda _text: None)
    first = last_known + timedelta(days=1)
    history = read_history(halls, matters, last=last_known)
    drivers = drivers_of(history, first + timedelta(days=DAYS - 1))
    history = without_odd(history, drivers.factors[:, :, : history.days])
    at = {hall.pk: n for n, hall in enumerate(halls)}
    ahead = offered_hours(at, first, first + timedelta(days=DAYS - 1))
    people = borrowed(history, ahead)
    tell(f"{history.days} days of {len(history.halls)} halls are known.")
    totals = sums.totals_of(people)
    drivers, accuracy = believed(totals, history, drivers)
    tell("Earlier forecasts are compared with what came.")
    by_matter = _by_matter(people, history, drivers)
    by_matter = _without_closed(by_matter, is_wanted := _wanted(ahead, drivers, history))
    tell("Halls and matters are foreseen.")
    by_hall = _sums(totals, by_matter.mean, history, drivers)
    found = CityForecast(
        first, last_known, list(halls), list(matters), is_wanted, by_matter, by_hall
    )
    for name, rows in sums.sums_of(halls).items():
        mean = by_matter.mean[rows].sum(axis=(0, 1))[None, None]
        own = sums.added(totals[rows])[None]
        found.by_district[name] = _sums(own, mean, history, drivers, rows=rows)
    tell("Districts and the city are added up.")
    _hours(found, history, drivers)
    tell("The hours of the coming week are shared out.")
    found.accuracy = accuracy
    found.waves = waves_ahead(history, drivers)
    found.said = said_of(sums.totals_of(history.people), halls, history.first)
    tell("What was said is compared with what came.")
    return found


def _by_matter(people: Floats, history: History, drivers: Drivers) -> Expectation:
    shape = people.shape
    factor = drivers.factors[:, :, : history.days]
    made = methods.forecast(
        (people / factor).reshape(-1, shape[2]), *_kinds(drivers, history), first_day=history.first
    )
    coming = drivers.factors[:, :, history.days :]
    ranges = [made.quantiles[level].reshape(coming.shape) * coming for level in LEVELS]
    return Expectation(made.mean.reshape(coming.shape) * coming, in_order(np.array(ranges)))


def _kinds(drivers: Drivers, history: History) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return drivers.kinds[: history.days], drivers.kinds[history.days :]


def _wanted(ahead: Floats, drivers: Drivers, history: History) -> NDArray[np.bool_]:
    """Days on which people want to come: with a session, and working days without one."""
    kinds = drivers.kinds[history.days :]
    return np.isfinite(ahead) | ((kinds < 5) | (kinds == 7))[None]


def _without_closed(made: Expectation, is_wanted: NDArray[np.bool_]) -> Expectation:
    there = is_wanted[:, None, :]
    return Expectation(made.mean * there, made.quantiles * there)


def _sums(
    totals: Floats,
    parts: Floats,
    history: History,
    drivers: Drivers,
    rows: Sequence[int] | None = None,
) -> Expectation:
    """Ranges of sums from the sums' own errors, moved to the mean that their parts add up to."""
    mean = parts.sum(axis=1)
    factor = sums.of_all_matters(drivers.factors, history.people)
    if rows is not None:
        factor = sums.of_sum(factor, history.people, rows)
    made = methods.forecast(
        totals / factor[:, : history.days], *_kinds(drivers, history), first_day=history.first
    )
    scale = np.where(made.mean > 0, mean / np.maximum(made.mean, 1e-9), 0.0)
    ranges = [made.quantiles[level] * scale for level in LEVELS]
    return Expectation(mean, in_order(np.array(ranges)))


def _hours(found: CityForecast, history: History, drivers: Drivers) -> None:
    """The coming week's days shared out over their hours, as each hall's hours have been."""
    kinds, future = _kinds(drivers, history)
    future = future[:DAYS_BY_HOUR]
    allowed = hours_allowed(history, kinds, future)
    share = shapes.shares(history.hours, kinds, future, allowed)  # [hall, hour, day]
    lean = _lean(history)  # [hall, matter, hour]
    whole = share[:, None] * lean[..., None]
    whole = whole / np.maximum(whole.sum(axis=2, keepdims=True), 1e-9)
    day = found.by_matter.mean[:, :, None, :DAYS_BY_HOUR]
    mean = day * whole
    found.by_hour = _counted(mean, _unsure(found.by_matter)[:, :, None, :DAYS_BY_HOUR])
    hall = mean.sum(axis=1)
    found.hall_hours = _counted(hall, _unsure(found.by_hall)[:, None, :DAYS_BY_HOUR])


def _lean(history: History) -> Floats:
    """How much more of a matter comes in an hour than of all matters, shrunk to one."""
    some = 50.0
    seen = history.hour_matters
    of_hour = seen.sum(axis=(0, 1)) / max(seen.sum(), 1e-9)
    of_matter = seen.sum(axis=(0, 2))
    lean = (seen.sum(axis=0) + some * of_hour) / (
        of_matter[:, None] * of_hour + some * of_hour + 1e-9
    )
    return np.broadcast_to(np.where(of_hour > 0, lean, 0.0), (len(history.halls), *lean.shape))


def _unsure(made: Expectation) -> Floats:
    """The relative spread of a day beyond chance, from its own range."""
    low, high = made.quantiles[LEVELS.index(0.25)], made.quantiles[LEVELS.index(0.9)]
    wide = (high - low) / (stats.norm.ppf(0.9) - stats.norm.ppf(0.25))
    beyond = np.maximum(wide**2 - made.mean, 0.0)
    return np.hypot(np.sqrt(beyond) / np.maximum(made.mean, 1e-9), NARROWEST)


def _counted(mean: Floats, spread: Floats) -> Expectation:
    """Ranges of counts whose day is unsure by that share: negative binomial."""
    spread = np.broadcast_to(np.clip(spread, NARROWEST, 1.5), mean.shape)
    size = 1 / spread**2
    chance = size / (size + np.maximum(mean, 1e-12))
    ranges = [np.where(mean > 0, stats.nbinom.ppf(level, size, chance), 0.0) for level in LEVELS]
    return Expectation(mean, in_order(np.nan_to_num(np.array(ranges))))


def in_order(ranges: Floats) -> Floats:
    """Quantiles [level, ...] that never cross and are never negative."""
    return np.maximum.accumulate(np.maximum(np.nan_to_num(ranges), 0.0), axis=0)


assert HOURS >= 24  # noqa: S101  a night session belongs to its service day
