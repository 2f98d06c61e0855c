"""What each policy knows of the coming days, as demand of hours for the solver.

Every policy but the oracle is handed a `Past`: the days before, and what was entered for the
days ahead. Nothing else of the city can be reached from it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from appointments.benching.rebalance_world import (
    HOURS,
    NEED,
    ONLINE,
    OPENS,
    WALK_IN,
    WEEK,
    Floats,
    World,
)
from appointments.forecasting.methods import LEVELS, forecast_hours
from appointments.rebalancing.problem import Cell, HourDemand

LOOK_BACK = 4 * WEEK
Demand = dict[Cell, HourDemand]


@dataclass(frozen=True)
class Past:
    """The city on the evening before `today`: copies, so that no later day can be looked up.

    `counts` [hall, channel, day, hour] end with yesterday, nan where a hall was closed;
    `factors` and `is_open` reach as far as somebody plans.
    """

    hall_ids: tuple[int, ...]
    days: tuple[date, ...]  # known and planned
    counts: Floats
    factors: Floats
    is_open: np.ndarray

    @property
    def today(self) -> int:
        return self.counts.shape[2]

    @property
    def ahead(self) -> range:
        return range(self.today, len(self.days))


def past_of(world: World, today: int, ahead: int = WEEK) -> Past:
    last = min(today + ahead, len(world.days))
    known = world.counts[:, :, :today].copy()
    known[np.broadcast_to(~world.is_open[:, None, :today, None], known.shape)] = np.nan
    return Past(
        tuple(plan.hall_id for plan in world.halls),
        world.days[:last],
        known,
        world.factors[:, :last].copy(),
        world.is_open[:, :last].copy(),
    )


Policy = Callable[[Past], Demand]


def last_week(past: Past) -> Demand:
    """As on the same weekday a week ago; where the hall was closed then, two weeks ago."""
    found: Demand = {}
    for hall, day in _open_days(past):
        known = past.counts[hall, :, day - WEEK]
        if np.isnan(known).any():
            known = np.nan_to_num(past.counts[hall, :, day - 2 * WEEK])
        found |= _hours(past, hall, day, known)
    return found


def foreseen(past: Past) -> Demand:
    """The forecast of people by hour, with what was entered; channels as in the last weeks."""
    people = past.counts.sum(axis=1)  # [hall, day, hour]
    known = past.factors[:, : past.today, None]
    usual = np.moveaxis(people / known, 2, 1)
    kinds = np.array([day.weekday() for day in past.days])
    made = forecast_hours(usual, kinds[: past.today], kinds[past.today :], first_day=past.days[0])
    recent = np.nansum(past.counts[:, :, -LOOK_BACK:], axis=2)  # [hall, channel, hour]
    share = recent / np.maximum(recent.sum(axis=1, keepdims=True), 1)
    found: Demand = {}
    for hall, day in _open_days(past):
        at, factor = day - past.today, past.factors[hall, day]
        mean = made.mean[hall, :, at] * factor
        ranges = np.stack([made.quantiles[level][hall, :, at] for level in LEVELS]) * factor
        both = share[hall] * mean
        found |= _hours(past, hall, day, both, ranges[:, None, :] * share[hall][None])
    return found


def oracle(world: World, today: int, ahead: int = WEEK) -> Demand:
    """Everybody who will ask, hour by hour, for certain."""
    plan = past_of(world, today, ahead)
    found: Demand = {}
    for hall, day in _open_days(plan):
        true = world.counts[hall, :, day]
        found |= _hours(plan, hall, day, true, np.stack([true] * len(LEVELS)))
    return found


def _open_days(past: Past) -> Iterator[tuple[int, int]]:
    for hall in range(len(past.hall_ids)):
        for day in past.ahead:
            if past.is_open[hall, day]:
                yield hall, day


def _hours(past: Past, hall: int, day: int, people: Floats, ranges: Floats | None = None) -> Demand:
    """An hour's demand from people [channel, hour] and quantiles [level, channel, hour]."""
    found = {}
    for hour in range(HOURS):
        online, walk_in = people[ONLINE, hour], people[WALK_IN, hour]
        found[past.hall_ids[hall], past.days[day], OPENS + hour] = HourDemand(
            online=float(online),
            walk_in=float(walk_in),
            online_minutes=float(online * NEED),
            walk_in_minutes=float(walk_in * NEED),
            online_quantiles=_minutes(ranges, ONLINE, hour),
            walk_in_quantiles=_minutes(ranges, WALK_IN, hour),
        )
    return found


def _minutes(ranges: Floats | None, channel: int, hour: int) -> tuple[float, ...]:
    return () if ranges is None else tuple((ranges[:, channel, hour] * NEED).tolist())
