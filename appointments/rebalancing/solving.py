"""The best quotas within the bounds: a linear program for each service day, solved by HiGHS.

Expected unmet demand as in the newsvendor's problem (each quantile of the demand is a way in
which the day may go, with its chance), and work that waits from hour to hour as in a fluid
queue with convex costs. What people would book is concave in the quota; the program takes the
chord below it, so the answer is weighed again as it is (costing.py), and a hall's day that
would not get better stays. The halls of a day are bound together: the city turns away no more
people than as quotas stand, and no district falls behind (bounding.py).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from appointments.rebalancing.bounding import add_city, add_districts, left_as_they_are
from appointments.rebalancing.costing import Array, HallDay, cost_of, hall_days
from appointments.rebalancing.entering import Minutes, add_day
from appointments.rebalancing.problem import Cell, Cost, Problem, SlotMove, SlotState, Solution
from appointments.rebalancing.program import Program
from appointments.rebalancing.sharing_out import in_whole_people, least_first, shared_out
from appointments.rebalancing.staffing import staff_moves

FAR = 0.2  # of an hour's minutes
BETTER = 1e-9
Cells = Mapping[Cell, list[SlotState]]


@dataclass(frozen=True)
class _Kept:
    """A hall's day before anything moves, and as it is with what the least share asks for."""

    day: HallDay
    must: Minutes
    forced: HallDay
    before: Cost
    cost: Cost  # of the forced day


def solve(problem: Problem) -> Solution:
    """The moves of least expected cost within the bounds; the same for the same problem."""
    slots, must = _by_cell(problem.slots), least_first(problem)
    by_day: dict[date, list[_Kept]] = defaultdict(list)
    for day in hall_days(problem):
        by_day[day.service_day].append(_kept(problem, day, slots, must))
    chosen: Minutes = {}
    costs: dict[tuple[int, date], tuple[Cost, Cost]] = {}
    left: list[HallDay] = []
    for of_day in by_day.values():
        for kept, moved in zip(of_day, _of_day(problem, of_day, slots), strict=True):
            chosen |= moved
            after = _after(kept.day, slots, moved)
            costs[after.hall_id, after.service_day] = (kept.before, _cost(problem, after))
            left.append(after)
    return Solution(
        moves=tuple(_said(problem, chosen)),
        before=sum((before for before, _after in costs.values()), Cost()),
        after=sum((after for _before, after in costs.values()), Cost()),
        staff=tuple(staff_moves(problem, left)),
        by_hall_day=costs,
    )


def _kept(problem: Problem, day: HallDay, slots: Cells, forced: Minutes) -> _Kept:
    here = [slot.slot_id for cell in _cells(day, slots) for slot in cell]
    must = {slot_id: forced[slot_id] for slot_id in here if slot_id in forced}
    before = _cost(problem, day)
    if not must:
        return _Kept(day, must, day, before, before)
    after = _after(day, slots, must)
    return _Kept(day, must, after, before, _cost(problem, after))


def _of_day(problem: Problem, halls: Sequence[_Kept], slots: Cells) -> list[Minutes]:
    """What each hall's slots gain on the day; the city turns no more people away by it."""
    first = _wishes(problem, halls, slots)
    answers = [first]
    if _may_move_far([one.day for one in halls], slots):
        answers.append(_wishes(problem, halls, slots, around=first))
    moved = [
        _moved(problem, one, wishes, slots) for one, *wishes in zip(halls, *answers, strict=True)
    ]
    rises = {
        at: _cost(problem, _after(one.day, slots, mine)).unmet - one.cost.unmet
        for at, (one, mine) in enumerate(zip(halls, moved, strict=True))
    }
    staying = left_as_they_are(rises)
    return [one.must if at in staying else moved[at] for at, one in enumerate(halls)]


def _cost(problem: Problem, day: HallDay) -> Cost:
    return cost_of(day, problem.weights, problem.bounds)


def _cells(day: HallDay, slots: Cells) -> list[list[SlotState]]:
    return [slots[day.hall_id, day.service_day, hour] for hour in day.hours]


def _may_move_far(days: Sequence[HallDay], slots: Cells) -> bool:
    """Whether an hour may change so much that the chord is far from what it stands for."""
    return any(
        sum(slot.can_give_walk_ins + slot.can_give_online for slot in cell) > FAR * minutes
        for day in days
        for hour, minutes in zip(day.hours, day.minutes, strict=True)
        if (cell := slots[day.hall_id, day.service_day, hour])
    )


def _by_cell(slots: Sequence[SlotState]) -> dict[Cell, list[SlotState]]:
    cells: dict[Cell, list[SlotState]] = defaultdict(list)
    for slot in sorted(slots, key=lambda one: one.slot_id):
        cells[slot.cell].append(slot)
    return cells


def _after(day: HallDay, slots: Cells, moved: Minutes) -> HallDay:
    """The day with those minutes moved."""
    gained = [sum(moved.get(slot.slot_id, 0) for slot in cell) for cell in _cells(day, slots)]
    return day.with_online(day.online - np.array(gained, dtype=float))


def _moved(problem: Problem, one: _Kept, wishes: Sequence[Array], slots: Cells) -> Minutes:
    """The better wish in whole people's minutes of slots; none when the day would not get
    better."""
    best, least = one.must, _weighed(problem, one.forced, one.must)
    for wish in wishes:
        moved = dict(one.must)
        for cell, minutes in zip(_cells(one.day, slots), wish, strict=True):
            shared = shared_out(cell, int(minutes), one.must, least=problem.bounds.least_move)
            moved |= in_whole_people(
                cell, shared, one.must, each=_each(problem, cell), least=problem.bounds.least_move
            )
        weighed = _weighed(problem, _after(one.day, slots, moved), moved)
        if weighed < least - BETTER:
            best, least = moved, weighed
    return best


def _each(problem: Problem, cell: Sequence[SlotState]) -> float:
    """Minutes that a person who books in the hour takes; 0 where nobody is known to."""
    demand = problem.demand.get(cell[0].cell)
    return demand.online_minutes / demand.online if demand and demand.online > 0 else 0.0


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
    halls: Sequence[_Kept],
    slots: Cells,
    around: Sequence[Array] | None = None,
) -> list[Array]:
    """For each hall's day, by hour: the minutes that walk-ins should gain besides the forced.

    Around a first answer the chords are short, so the second one is nearly exact.
    """
    program = Program()
    gains, unmet = [], []
    for at, one in enumerate(halls):
        near = None if around is None else around[at]
        gained, turned_away = add_day(program, problem, one.day, slots, one.must, near)
        gains.append(gained)
        unmet.append(turned_away)
    costs = [one.cost for one in halls]
    add_city(program, costs, unmet)
    add_districts(program, problem, [one.day for one in halls], costs, unmet)
    found = program.solved()
    if found is None:
        return [np.zeros(len(one.day.hours)) for one in halls]
    # what is a minute but for the last digit is that minute
    return [np.trunc((found[up] - found[down]) * (1 + 1e-9) + 0.0) for up, down in gains]
