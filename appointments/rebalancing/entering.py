"""How a hall's day enters the program: what is booked, turned away, carried over and moved."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from appointments.rebalancing.costing import CHANCES, Array, HallDay
from appointments.rebalancing.problem import Problem, SlotState
from appointments.rebalancing.program import Program

WAYS = len(CHANCES)
NEARER = 8  # the second answer is looked for within so small a part on both sides of the first
Minutes = dict[int, int]  # by slot, what its walk-ins gain


def add_day(
    program: Program,
    problem: Problem,
    day: HallDay,
    slots: Mapping[Any, list[SlotState]],
    forced: Minutes,
    near: Array | None = None,
) -> tuple[tuple[Any, Any], Any]:
    """Adds a hall's day to the program; its moves (to walk-ins, online) and its unmet minutes."""
    weights, shape = problem.weights, day.asks.shape
    cells = [slots[day.hall_id, day.service_day, hour] for hour in day.hours]
    must = np.array([sum(forced.get(s.slot_id, 0) for s in cell) for cell in cells], dtype=float)
    quota = day.online - must
    most_up = np.array([sum(s.can_give_walk_ins for s in cell) for cell in cells], float) - must
    most_down = np.array([sum(s.can_give_online for s in cell) for cell in cells], float)
    moving = np.full(len(cells), weights.move)
    up, down = program.variables(moving, most_up), program.variables(moving, most_down)
    chances = np.broadcast_to(CHANCES, shape)
    booked = program.variables(np.zeros(shape))
    away = program.variables(weights.other_hour * chances)
    unmet = program.variables((weights.unmet - weights.other_hour) * CHANCES)

    up_, down_ = (np.broadcast_to(one[:, None], shape) for one in (up, down))
    quota_ = np.broadcast_to(quota[:, None], shape)
    program.at_most(quota_, (booked, 1), (up_, 1), (down_, -1))
    lowest, highest = -most_down, most_up
    if near is not None:
        reach = (most_up + most_down) / NEARER
        lowest, highest = np.maximum(lowest, near - reach), np.minimum(highest, near + reach)
        program.at_most(highest, (up, 1), (down, -1))
        program.at_most(-lowest, (up, -1), (down, 1))
    slope, base = _chord(day.asks, quota - highest, quota - lowest)
    program.at_most(-(slope * quota_ + base), (booked, -1), (up_, -slope), (down_, slope))
    program.at_most(quota_ - day.asks, (away, -1), (up_, 1), (down_, -1))
    asked = day.asks.sum(axis=0)
    program.at_most(-asked, (unmet, -1), (booked.T, -1))
    program.at_most(np.zeros(WAYS), (unmet, -1), (away.T, 1 - day.flexible))
    program.at_most(asked, (booked.T, 1))
    _add_carried(program, problem, day, booked)
    _stay_near_wanted(program, weights.full_hour, day.wanted - quota, (up, down))
    limit = problem.bounds.hall_limits.get((day.hall_id, day.service_day))
    if limit is not None:
        left = np.array([max(limit - must.sum(), 0.0)])
        program.at_most(left, (up[None], 1), (down[None], 1))
    return (up, down), unmet


def _add_carried(program: Program, problem: Problem, day: HallDay, booked: Any) -> None:
    """Work that an hour cannot do waits for the next; what the last one leaves is overtime."""
    weights, shape = problem.weights, day.asks.shape
    chances = np.broadcast_to(CHANCES, shape)
    cost = weights.wait * chances.copy()
    cost[-1] += weights.overtime * CHANCES
    carried = program.variables(cost)
    long = program.variables(weights.long_wait * chances)
    load = day.comes + day.besides[:, None] - day.minutes[:, None]
    program.at_most(-load[:1], (carried[:1], -1), (booked[:1], problem.bounds.shows))
    if len(load) > 1:
        program.at_most(
            -load[1:], (carried[1:], -1), (carried[:-1], 1), (booked[1:], problem.bounds.shows)
        )
    half = np.broadcast_to(day.minutes[:, None] / 2, shape)
    program.at_most(half, (carried, 1), (long, -1))


def _stay_near_wanted(program: Program, cost: float, gap: Array, moves: tuple[Any, Any]) -> None:
    """Each minute between the online quota and what the hour is known to want has a cost."""
    known = ~np.isnan(gap)
    if not known.any():
        return
    up, down = (one[known] for one in moves)
    off = program.variables(np.full(int(known.sum()), cost))
    program.at_most(-gap[known], (off, -1), (up, 1), (down, -1))
    program.at_most(gap[known], (off, -1), (up, -1), (down, 1))


def _chord(asks: Array, least: Array, most: Array) -> tuple[Array, Array]:
    """Slope and base of the straight line below min(asks, quota) between the two quotas."""
    least, most = least[:, None], most[:, None]
    width = np.maximum(most - least, 1e-9)
    slope = np.clip((asks - least) / width, 0.0, 1.0)
    base = np.where(asks <= least, asks, least * (1 - slope))
    return slope, np.where(asks >= most, 0.0, base)
