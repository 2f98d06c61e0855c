"""The best quotas within the bounds: a linear program for each service day, solved by HiGHS.

Expected unmet demand as in the newsvendor's problem (each quantile of the demand is a way in
which the day may go, with its chance), and work that waits from hour to hour as in a fluid
queue with convex costs. What people would book is concave in the quota; the program takes the
chord below it, so the answer is weighed again as it is (costing.py), and a hall's day that
would not get better stays. Districts are bound together: none may fall farther behind the
mean than the bound, or than it is behind already.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from appointments.rebalancing.costing import CHANCES, Array, HallDay, cost_of, hall_days
from appointments.rebalancing.problem import Cost, Problem, SlotMove, SlotState, Solution
from appointments.rebalancing.program import Program
from appointments.rebalancing.sharing_out import least_first, shared_out
from appointments.rebalancing.staffing import staff_moves

WAYS = len(CHANCES)
FAR = 0.2  # of an hour's minutes
NEARER = 8  # the second answer is looked for within so small a part on both sides of the first
Minutes = dict[int, int]  # by slot, what its walk-ins gain


def solve(problem: Problem) -> Solution:
    """The moves of least expected cost within the bounds; the same for the same problem."""
    forced = least_first(problem)
    days = hall_days(problem)
    by_day: dict[date, list[HallDay]] = defaultdict(list)
    for day in days:
        by_day[day.service_day].append(day)
    slots = _by_cell(problem.slots)
    chosen: Minutes = {}
    costs: dict[tuple[int, date], tuple[Cost, Cost]] = {}
    left: list[HallDay] = []
    for of_day in by_day.values():
        first = _wishes(problem, of_day, slots, forced)
        answers = [first]
        if _may_move_far(of_day, slots):
            answers.append(_wishes(problem, of_day, slots, forced, around=first))
        for day, *wishes in zip(of_day, *answers, strict=True):
            moved = _moved(problem, day, wishes, slots, forced)
            chosen |= moved
            after = _after(day, slots, moved)
            costs[day.hall_id, day.service_day] = (_cost(problem, day), _cost(problem, after))
            left.append(after)
    return Solution(
        moves=tuple(_said(problem, chosen)),
        before=sum((before for before, _after in costs.values()), Cost()),
        after=sum((after for _before, after in costs.values()), Cost()),
        staff=tuple(staff_moves(problem, left)),
        by_hall_day=costs,
    )


def _cost(problem: Problem, day: HallDay) -> Cost:
    return cost_of(day, problem.weights, problem.bounds)


def _may_move_far(days: Sequence[HallDay], slots: Mapping[Any, list[SlotState]]) -> bool:
    """Whether an hour may change so much that the chord is far from what it stands for."""
    return any(
        sum(slot.can_give_walk_ins + slot.can_give_online for slot in cell) > FAR * minutes
        for day in days
        for hour, minutes in zip(day.hours, day.minutes, strict=True)
        if (cell := slots[day.hall_id, day.service_day, hour])
    )


def _by_cell(slots: Sequence[SlotState]) -> dict[Any, list[SlotState]]:
    cells: dict[Any, list[SlotState]] = defaultdict(list)
    for slot in sorted(slots, key=lambda one: one.slot_id):
        cells[slot.cell].append(slot)
    return cells


def _after(day: HallDay, slots: Mapping[Any, list[SlotState]], moved: Minutes) -> HallDay:
    """The day with those minutes moved."""
    gained = [
        sum(moved.get(slot.slot_id, 0) for slot in slots[day.hall_id, day.service_day, hour])
        for hour in day.hours
    ]
    return day.with_online(day.online - np.array(gained, dtype=float))


def _moved(
    problem: Problem,
    day: HallDay,
    wishes: Sequence[Array],
    slots: Mapping[Any, list[SlotState]],
    forced: Minutes,
) -> Minutes:
    """The better wish in whole minutes of slots; none when the day would not get better."""
    cells = [slots[day.hall_id, day.service_day, hour] for hour in day.hours]
    must = {slot.slot_id: forced[slot.slot_id] for cell in cells for slot in cell
            if slot.slot_id in forced}  # fmt: skip
    best, least = must, _weighed(problem, _after(day, slots, must), must)
    for wish in wishes:
        moved = dict(must)
        for cell, minutes in zip(cells, wish, strict=True):
            moved |= shared_out(cell, int(minutes), must, least=problem.bounds.least_move)
        weighed = _weighed(problem, _after(day, slots, moved), moved)
        if weighed < least - 1e-9:
            best, least = moved, weighed
    return best


def _weighed(problem: Problem, day: HallDay, moved: Minutes) -> float:
    """What the day costs, and its moves."""
    size = sum(abs(minutes) for minutes in moved.values())
    return _cost(problem, day).objective + problem.weights.move * size


def _said(problem: Problem, chosen: Minutes) -> list[SlotMove]:
    """The moves with what kept each from going farther."""
    of_hall: dict[tuple[int, date], int] = defaultdict(int)
    by_id = {slot.slot_id: slot for slot in problem.slots}
    for slot_id, minutes in chosen.items():
        slot = by_id[slot_id]
        of_hall[slot.hall_id, slot.service_day] += abs(minutes)
    moves = []
    for slot_id, minutes in sorted(chosen.items()):
        slot = by_id[slot_id]
        key = (slot.hall_id, slot.service_day)
        limit = problem.bounds.hall_limits.get(key, np.inf)
        full = of_hall[key] + problem.bounds.least_move > limit
        moves.append(SlotMove(slot_id, minutes, _bound(slot, minutes, full)))
    return moves


def _bound(slot: SlotState, minutes: int, hall_is_full: bool) -> str:
    if abs(minutes) >= slot.left_today:
        return "night"
    if minutes > 0 and minutes >= slot.online_quota - slot.online_taken:
        return "sold"
    if minutes < 0 and -minutes >= slot.walkin_quota - slot.walkin_floor:
        return "least"
    if minutes == slot.must_give_walk_ins:
        return "least"
    return "hall" if hall_is_full else ""


def _wishes(
    problem: Problem,
    days: Sequence[HallDay],
    slots: Mapping[Any, list[SlotState]],
    forced: Minutes,
    around: Sequence[Array] | None = None,
) -> list[Array]:
    """For each hall's day, by hour: the minutes that walk-ins should gain besides the forced.

    Around a first answer the chords are short, so the second one is nearly exact.
    """
    program = Program()
    gains, unmet = [], []
    for at, day in enumerate(days):
        near = None if around is None else around[at]
        gained, turned_away = _add_day(program, problem, day, slots, forced, near)
        gains.append(gained)
        unmet.append(turned_away)
    _add_districts(program, problem, days, unmet)
    found = program.solved()
    if found is None:
        return [np.zeros(len(day.hours)) for day in days]
    # what is a minute but for the last digit is that minute
    return [np.trunc((found[up] - found[down]) * (1 + 1e-9) + 0.0) for up, down in gains]


def _add_day(
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
    program.at_most(np.zeros(WAYS), (unmet, -1), (away.T, 1 - problem.bounds.flexible))
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


def _add_districts(
    program: Program, problem: Problem, days: Sequence[HallDay], unmet: Sequence[Any]
) -> None:
    """No district turns away a larger share than the city's mean of now and the bound, or than
    it does now itself."""
    names = sorted({day.district for day in days})
    costs = [_cost(problem, day) for day in days]
    city = sum(costs, Cost())
    if len(names) < 2 or city.asked <= 0:
        return
    for name in names:
        mine = [at for at, day in enumerate(days) if day.district == name]
        own = sum((costs[at] for at in mine), Cost())
        if own.asked <= 0:
            continue
        most = max(city.unmet_share + problem.bounds.district_gap, own.unmet_share)
        here = np.concatenate([unmet[at] for at in mine])
        chances = np.tile(CHANCES, len(mine))[None]
        program.at_most(np.array([most * own.asked]), (here[None], chances))
