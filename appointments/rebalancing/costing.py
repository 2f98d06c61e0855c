"""What a hall's day is expected to cost as its quotas stand: people turned away, and waiting.

People book the hour that they want; where it is full most of them take another hour of the
day, and who does not or finds none is turned to another day. Walk-ins are never refused: who
cannot be served in an hour is carried to the next one. Each quantile of the demand is one way
in which the day may go.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from appointments.rebalancing.problem import (
    WEIGHTS,
    Bounds,
    Cost,
    HourDemand,
    Problem,
    SlotState,
    Weights,
)

Array = NDArray[np.float64]
BEYOND = np.array([-1.645, -0.674, 0.0, 0.674, 1.282, 1.645])  # LEVELS of a normal day
UNSURE = 0.25  # besides chance, a day is off by a quarter: what a naive guess is off by
CHANCES = np.array(WEIGHTS)
NOBODY = 0.001  # people


def spread(minutes: float, people: float) -> tuple[float, ...]:
    """Quantiles of an hour of which only the mean is known."""
    if people < NOBODY or minutes <= 0:
        return (0.0,) * len(BEYOND)
    of_mean = np.sqrt(1 / people + UNSURE**2)
    return tuple(np.maximum(minutes * (1 + BEYOND * of_mean), 0.0).tolist())


@dataclass(frozen=True)
class HallDay:
    """A hall's service day, hour by hour; the second axis are the ways the day may go."""

    hall_id: int
    service_day: date
    district: str
    hours: tuple[int, ...]
    minutes: Array
    shared: Array  # of online and walk-ins together
    online: Array  # quota
    taken: Array
    besides: Array  # booked by others: assisted, reserved
    asks: Array
    comes: Array
    wanted: Array  # online, if the hour filled up; nan where nothing is known
    flexible: float  # of those whose hour is full, who take another one of the day

    def with_online(self, online: Array) -> "HallDay":
        return replace(self, online=online)

    def with_windows(self, hours: Iterable[int], sign: int) -> "HallDay":
        """The day with one window more, or less, in those hours."""
        there = np.isin(self.hours, list(hours)) * sign * 60.0
        known = (there != 0) & (self.minutes > 0)
        share = np.divide(self.online, self.minutes, out=np.zeros_like(there), where=known)
        online = np.maximum(self.online + there * share, self.taken)
        return replace(self, minutes=self.minutes + there, online=online)


def hall_days(problem: Problem) -> list[HallDay]:
    """The slots of the problem, added up by hall and day."""
    cells: dict[tuple[date, int], dict[int, list[SlotState]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for slot in problem.slots:
        cells[slot.service_day, slot.hall_id][slot.hour].append(slot)
    return [_hall_day(problem, cells[key]) for key in sorted(cells)]


def _hall_day(problem: Problem, by_hour: dict[int, list[SlotState]]) -> HallDay:
    hours = tuple(sorted(by_hour))
    cells = [by_hour[hour] for hour in hours]
    first = cells[0][0]

    def added(*names: str) -> Array:
        return np.array(
            [sum(getattr(slot, name) for slot in cell for name in names) for cell in cells],
            dtype=float,
        )

    taken, shared = added("online_taken"), added("online_quota", "walkin_quota")
    asks, comes = np.zeros((len(hours), len(WEIGHTS))), np.zeros((len(hours), len(WEIGHTS)))
    wanted = np.full(len(hours), np.nan)
    for at, hour in enumerate(hours):
        demand = problem.demand.get((first.hall_id, first.service_day, hour))
        if demand and demand.people > 0:
            asks[at], comes[at] = ways(demand)
            wanted[at] = shared[at] * (1 - demand.walk_in_share)
    return HallDay(
        hall_id=first.hall_id,
        service_day=first.service_day,
        district=first.district,
        hours=hours,
        minutes=added("minutes"),
        shared=shared,
        online=added("online_quota"),
        taken=taken,
        besides=added("assisted_taken", "reserved_taken"),
        asks=np.maximum(asks, taken[:, None]),
        comes=comes,
        wanted=wanted,
        flexible=problem.bounds.flexible_on(first.hall_id, first.service_day),
    )


def ways(demand: HourDemand) -> tuple[Array, Array]:
    """Online and walk-in minutes in each of the ways that the hour may go, sane always."""
    online = demand.online_quantiles or spread(demand.online_minutes, demand.online)
    walk_in = demand.walk_in_quantiles or spread(demand.walk_in_minutes, demand.walk_in)
    return _sane(online), _sane(walk_in)


def _sane(quantiles: Iterable[float]) -> Array:
    told = np.nan_to_num(np.array(list(quantiles), dtype=float), posinf=0.0, neginf=0.0)
    return np.maximum.accumulate(np.maximum(told, 0.0))


def cost_of(day: HallDay, weights: Weights, bounds: Bounds) -> Cost:
    """What is expected of the day as its quotas stand."""
    quota = day.online[:, None]
    own = np.minimum(day.asks, quota)
    away, room = (day.asks - own).sum(axis=0), quota - own
    all_room = room.sum(axis=0)
    elsewhere = np.minimum(away * day.flexible, all_room)
    filled = np.divide(elsewhere, all_room, out=np.zeros_like(all_room), where=all_room > 0)
    booked = own + room * filled
    unmet = CHANCES @ (away - elsewhere)
    load = day.comes + bounds.shows * booked + day.besides[:, None]
    carried, waiting, long = np.zeros(len(CHANCES)), 0.0, 0.0
    for at, minutes in enumerate(day.minutes):
        carried = np.maximum(carried + load[at] - minutes, 0.0)
        waiting += CHANCES @ carried
        long += CHANCES @ np.maximum(carried - minutes / 2, 0.0)
    misfit = np.nansum(np.abs(day.wanted - day.online))
    objective = (
        weights.unmet * unmet
        + weights.other_hour * (CHANCES @ elsewhere)
        + weights.wait * waiting
        + weights.long_wait * long
        + weights.overtime * (CHANCES @ carried)
        + weights.full_hour * misfit
    )
    asked = CHANCES @ day.asks.sum(axis=0)
    return Cost(float(unmet), float(waiting), float(objective), float(asked))
