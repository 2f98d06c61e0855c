"""An invented city for the proof of rebalancing: halls, districts, weekly patterns, four weeks.

Eight weeks of history, then an ordinary week, a week of renewals (a cohort of twenty-year
cards) and an exam fortnight, in whose second week one hall is closed for two days and most of
its people go to its neighbours. The same seed gives the same city and the same people, whatever
the policy does with the quotas.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from appointments.twin import drawing
from appointments.twin.day import (
    Habits,
    HourDemand,
    Span,
    TwinDay,
    TwinSlot,
    TwinWindow,
    lognormal,
)

Floats = NDArray[np.float64]

FIRST_DAY = date(2027, 1, 4)  # a Monday
WEEK, HISTORY = 7, 56
WEEKS = ("ordinary", "renewal wave", "exams", "exams, a hall closed")
OPENS, CLOSES, LENGTH = 9, 17, 30
HOURS = CLOSES - OPENS
DISTRICTS = 8
CHANNELS = ONLINE, WALK_IN = 0, 1
SUNDAY = 6
NEED, SERVICE = 8.0, 7.2  # window-minutes that a person takes from a slot, and really
MATTER = 1
FIXED_ONLINE = 0.7  # of a slot; the rest is for walk-ins
CLOSED_DAYS = (2, 3)  # of the last week
TO_NEIGHBOURS = 0.7

WEEKDAYS = np.array([1.18, 1.0, 0.93, 0.9, 1.0, 1.08, 0.0])
ONLINE_HOURS = np.array([1.0, 1.1, 1.0, 0.8, 0.9, 1.05, 1.1, 1.05])
WALK_IN_HOURS = np.array([1.6, 1.7, 1.2, 0.7, 0.7, 0.8, 0.75, 0.55])
RENEWALS = np.array([1.1, 1.3])  # by channel: who held a card for twenty years rather walks in
EXAMS = np.array([1.25, 0.95])
EXAM_HOURS = np.array([0.8, 0.8, 0.85, 0.95, 1.0, 1.15, 1.3, 1.25])


@dataclass(frozen=True)
class HallPlan:
    hall_id: int
    district: str
    windows: int

    @property
    def hour_minutes(self) -> float:
        return self.windows * 60.0


@dataclass
class World:
    """`mean` and `factors` are [hall, channel, day, hour] and [hall, day]; the factors are what
    a supervisor would have entered beforehand: right in kind, not quite in size."""

    seed: int
    halls: tuple[HallPlan, ...]
    days: tuple[date, ...]
    history: int
    mean: Floats
    factors: Floats
    is_open: NDArray[np.bool_]
    habits: Habits = field(default_factory=Habits)
    counts: Floats = field(init=False)  # who really asks, the same shape as the mean

    def __post_init__(self) -> None:
        self.counts = np.zeros_like(self.mean)
        for hall in range(len(self.halls)):
            for day in range(len(self.days)):
                if self.is_open[hall, day]:
                    asks, _leads = self.people(hall, day)
                    walks_in = asks.channel == drawing.UNBOOKED
                    np.add.at(
                        self.counts[hall, :, day],
                        (walks_in.astype(int), asks.hour - OPENS),
                        1,
                    )

    def people(self, hall: int, day: int) -> tuple[drawing.Asks, Floats]:
        """Everybody who wants to come to the hall on the day, and how long before each asks."""
        twin = self.twin_day(hall, day)
        asks = drawing.people(twin, self.seed * 100_003 + hall * 1009 + day, 0)
        return asks, drawing.lead_days(twin, asks)

    def twin_day(self, hall: int, day: int, online: Floats | None = None) -> TwinDay:
        """The hall's day with so many online minutes free in each slot."""
        plan = self.halls[hall]
        free = np.zeros(HOURS * 60 // LENGTH) if online is None else online
        begins = OPENS * 60 + LENGTH * np.arange(len(free))
        demand = [
            HourDemand(
                OPENS + hour,
                MATTER,
                float(self.mean[hall, ONLINE, day, hour]),
                float(self.mean[hall, WALK_IN, day, hour]),
            )
            for hour in range(HOURS)
        ]
        spans = (Span(OPENS * 60.0, CLOSES * 60.0),)
        return TwinDay(
            slots=tuple(
                TwinSlot(float(at), float(at + LENGTH), float(minutes))
                for at, minutes in zip(begins, free, strict=True)
            ),
            windows=tuple(
                TwinWindow(n, frozenset({MATTER}), spans) for n in range(1, plan.windows + 1)
            ),
            demand=tuple(demand),
            needs={MATTER: NEED},
            services={MATTER: SERVICES},
            habits=self.habits,
            spread=0.0,  # the mean has the day's own luck in it
        )

    def week_of(self, day: int) -> int:
        return (day - self.history) // WEEK


SERVICES = lognormal(SERVICE)


def make_world(seed: int, *, halls: int = 33, weeks: int = len(WEEKS)) -> World:
    """The city of that seed."""
    chance = np.random.default_rng([seed, 7])
    length = HISTORY + weeks * WEEK
    days = tuple(FIRST_DAY + timedelta(days=n) for n in range(length))
    plans = tuple(
        HallPlan(n + 1, f"D{n % min(DISTRICTS, halls) + 1}", int(chance.integers(2, 6)))
        for n in range(halls)
    )
    mean = _usual(chance, plans, length)
    is_open = np.array([[day.weekday() != SUNDAY for day in days]] * halls)
    factors = np.ones((halls, length))
    if weeks > 1:
        _renewals(chance, mean, factors)
    if weeks > 2:  # noqa: PLR2004
        _exams(chance, mean, factors)
    if weeks == len(WEEKS):
        _closed(chance, plans, mean, factors, is_open)
    mean *= is_open[:, None, :, None]
    return World(seed, plans, days, HISTORY, mean, factors, is_open)


def _usual(chance: np.random.Generator, plans: tuple[HallPlan, ...], length: int) -> Floats:
    """Levels, channels and hours of each hall, drifting from week to week; each day's luck."""
    halls, weeks = len(plans), length // WEEK
    load = np.clip(chance.normal(0.9, 0.08, halls), 0.72, 1.06)
    people = np.array([plan.hour_minutes * HOURS for plan in plans]) * load / SERVICE
    drift = np.exp(np.cumsum(chance.normal(0, 0.02, (halls, weeks)), axis=1))
    share = chance.uniform(0.4, 0.85, halls)[:, None] + np.cumsum(
        chance.normal(0, 0.01, (halls, weeks)), axis=1
    )
    weekly = WEEKDAYS / WEEKDAYS[:SUNDAY].mean()
    weekday = weekly * np.exp(chance.normal(0, 0.08, (halls, WEEK)))
    luck = np.exp(chance.normal(0, 0.05, length)) * np.exp(chance.normal(0, 0.07, (halls, length)))
    week, of_week = np.arange(length) // WEEK, np.arange(length) % WEEK
    daily = people[:, None] * drift[:, week] * weekday[:, of_week] * luck
    online = np.clip(share, 0.25, 0.9)[:, week]
    shapes = [
        _hours(chance, ONLINE_HOURS, halls),
        _hours(chance, WALK_IN_HOURS, halls),
    ]
    split = np.stack([daily * online, daily * (1 - online)], axis=1)
    return np.asarray(split[..., None] * np.stack(shapes, axis=1)[:, :, None, :], dtype=float)


def _hours(chance: np.random.Generator, usual: Floats, halls: int) -> Floats:
    shape = usual * np.exp(chance.normal(0, 0.2, (halls, HOURS)))
    return np.asarray(shape / shape.sum(axis=1, keepdims=True), dtype=float)


def _entered(chance: np.random.Generator, mean: Floats, before: Floats) -> Floats:
    """The uplift as somebody guessed it: of people in all, wrong by about a quarter of it."""
    asked, usual = mean.sum(axis=(1, 3)), before.sum(axis=(1, 3))
    true = np.divide(asked, usual, out=np.ones_like(asked), where=usual > 0)
    return np.asarray(1 + (true.mean(axis=1) - 1) * chance.normal(1, 0.25), dtype=float)


def _renewals(chance: np.random.Generator, mean: Floats, factors: Floats) -> None:
    span = slice(HISTORY + WEEK, HISTORY + 2 * WEEK)
    before = mean[:, :, span].copy()
    mean[:, :, span] *= RENEWALS[:, None, None]
    factors[:, span] = _entered(chance, mean[:, :, span], before)[:, None]


def _exams(chance: np.random.Generator, mean: Floats, factors: Floats) -> None:
    span = slice(HISTORY + 2 * WEEK, HISTORY + 4 * WEEK)
    before = mean[:, :, span].copy()
    mean[:, :, span] *= EXAMS[:, None, None]
    mean[:, ONLINE, span] *= EXAM_HOURS
    factors[:, span] = _entered(chance, mean[:, :, span], before)[:, None]


def _closed(
    chance: np.random.Generator,
    plans: tuple[HallPlan, ...],
    mean: Floats,
    factors: Floats,
    is_open: NDArray[np.bool_],
) -> None:
    """One hall is shut; its district's others, or all, share most of its people."""
    shut = int(chance.integers(len(plans)))
    near = [
        n for n, one in enumerate(plans) if one.district == plans[shut].district and n != shut
    ] or [n for n in range(len(plans)) if n != shut]
    for day in (HISTORY + 3 * WEEK + one for one in CLOSED_DAYS):
        is_open[shut, day] = False
        more = mean[shut, :, day] * TO_NEIGHBOURS / len(near)
        for n in near:
            true = 1 + more.sum() / mean[n, :, day].sum()
            mean[n, :, day] += more
            factors[n, day] *= 1 + (true - 1) * chance.normal(1, 0.25)
