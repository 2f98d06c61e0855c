"""What is known beforehand to bring more people, or fewer: kinds of day, events, cohorts of cards.

A driver is a factor on a usual day. The history is divided by its drivers before a method
looks at it, and the days ahead are multiplied by theirs: an exam of last month does not come
again, and the coming one is not forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting.cohorts import RENEWAL, Waves
from appointments.forecasting.event_effects import (
    LEAST,
    MOST,
    Effect,
    as_seen,
    effects_of,
    multiplied,
)
from appointments.forecasting.history import History
from appointments.forecasting.near_holidays import AROUND, places_beside
from appointments.forecasting.sums import sums_of
from windows.calendar_days import DayKind, day_kinds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MADE_UP, SPECIAL = 7, 8
SATURDAY = 5


@dataclass
class Drivers:
    """Kinds of the days from `first` on, and the factor of each hall, matter and day."""

    first: date
    kinds: Ints
    factors: Floats  # [hall, matter, day]
    waves: Floats  # the part of the factors that cohorts of cards make
    effects: list[Effect] = field(default_factory=list)
    beside: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # near_holidays.py, of days

    def doubted(self, history: History) -> "Drivers":
        """As if nothing had been told of past events. One that goes on ahead brings what it was
        seen to bring; cohorts are counted cards, and are not doubted."""
        known = history.days
        people = history.people / self.waves[:, :, :known]
        kept = [
            replace(one, factor=as_seen(one, people, self.kinds[:known]))
            if one.begins < known
            else one
            for one in self.effects
            if one.ends > known
        ]
        return replace(self, factors=_clipped(kept, self.waves), effects=kept)

    def with_days(self, factors: Floats) -> "Drivers":
        """With another factor of each day, all halls and matters alike."""
        return replace(self, factors=np.clip(self.factors * factors, LEAST, MOST))


def _clipped(effects: Sequence[Effect], waves: Floats) -> Floats:
    shape = (waves.shape[0], waves.shape[1], waves.shape[2])
    return np.clip(multiplied(effects, shape) * waves, LEAST, MOST)


def kind_of(day: date, kind: DayKind) -> int:
    """0 to 6 as its weekday; 7 worked though it is a weekend, 8 free though it is none."""
    weekend = day.weekday() >= SATURDAY
    if kind.is_workday and weekend:
        return MADE_UP
    if not kind.is_workday and not weekend:
        return SPECIAL
    return day.weekday()


def drivers_of(history: History, last: date) -> Drivers:
    """The drivers of all halls and matters from the history's first day to `last`; few queries."""
    first = history.first
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    kinds = day_kinds(first - AROUND, last + AROUND)
    effects = effects_of(history, days)
    waves = np.clip(waves_of(history, days), LEAST, MOST)
    return Drivers(
        first=first,
        kinds=np.array([kind_of(day, kinds[day]) for day in days]),
        factors=_clipped(effects, waves),
        waves=waves,
        effects=effects,
        beside=places_beside(first, len(days), kinds),
    )


def waves_of(history: History, days: Sequence[date]) -> Floats:
    """Factors [hall, matter, day]: renewals follow the cards that expire where the hall is."""
    factors = np.ones((len(history.halls), len(history.matters), len(days)))
    renewals = [m for m, matter in enumerate(history.matters) if matter.code == RENEWAL]
    waves = Waves.read()
    places = [waves.place_of(hall.district_zh) for hall in history.halls]
    for place in set(places) if waves.cards else ():
        rows = [n for n, one in enumerate(places) if one == place]
        inside = [n for n, h in enumerate(history.halls) if place in ("", h.district_zh)]
        for m in renewals:
            people = history.people[inside, m]
            came = np.where(np.isfinite(people).any(axis=0), np.nansum(people, axis=0), np.nan)
            wave = waves.factors(place, days, came)
            if wave is not None:
                factors[rows, m] = wave
    return factors


def waves_ahead(history: History, drivers: Drivers) -> dict[str, dict[str, float]]:
    """By how much cohorts raise the renewals of each month ahead, in each district and ("") the
    city: what a page says of them. Months are named by their first day."""
    column = next((m for m, one in enumerate(history.matters) if one.code == RENEWAL), None)
    if column is None:
        return {}
    days = [drivers.first + timedelta(days=n) for n in range(drivers.waves.shape[2])]
    months = np.array([f"{day.replace(day=1)}" for day in days])[history.days :]
    usual = np.nan_to_num(history.people[:, column]).mean(axis=1) + 1e-6
    found = {}
    for name, rows in sums_of(history.halls).items():
        wave = np.average(drivers.waves[rows, column, history.days :], axis=0, weights=usual[rows])
        found[name] = {
            one: round(float(wave[months == one].mean()), 4) for one in sorted({*months})
        }
    return found
