"""Where a window's hours would help more: another hour of its hall, or a hall of its district."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from appointments.rebalancing.costing import HallDay, cost_of
from appointments.rebalancing.problem import Cost, Problem, StaffMove

STRETCH = 2  # hours: for less nobody changes the place
LOOKED_AT = 12  # places where a window helps most, and where it is missed least


@dataclass(frozen=True)
class _Change:
    """A window more, or less, in a hall from an hour on, and what the day costs by it."""

    day: HallDay
    hour: int
    gain: float

    @property
    def hours(self) -> range:
        return range(self.hour, self.hour + STRETCH)


def staff_moves(problem: Problem, days: Sequence[HallDay]) -> list[StaffMove]:
    """The best moves of windows' hours on each day; a hall takes part in one of them."""
    found: list[StaffMove] = []
    if problem.bounds.staff_most <= 0:
        return found
    for service_day in sorted({day.service_day for day in days}):
        found += _of_day(problem, [day for day in days if day.service_day == service_day])
    return found


def _of_day(problem: Problem, days: Sequence[HallDay]) -> list[StaffMove]:
    spare = _spare(problem, days[0].service_day)
    helped = sorted(_changes(problem, days, 1, spare), key=_order)[:LOOKED_AT]
    missed = sorted(_changes(problem, days, -1, spare), key=_order)
    moves = []
    for to in helped:
        near = [one for one in missed if one.day.district == to.day.district][:LOOKED_AT]
        moves += [move for one in near if (move := _move(problem, one, to))]
    moves.sort(key=lambda move: (-move.gain, move.from_hall, move.to_hall, move.from_hour))
    taken: set[int] = set()
    best: list[StaffMove] = []
    for move in moves:
        if not taken & {move.from_hall, move.to_hall} and len(best) < problem.bounds.staff_most:
            best.append(move)
            taken |= {move.from_hall, move.to_hall}
    return best


def _order(change: _Change) -> tuple[float, int, int]:
    return -change.gain, change.day.hall_id, change.hour


def _spare(problem: Problem, service_day: date) -> dict[tuple[int, int], int]:
    """Minutes of each hour that are neither taken nor the walk-ins' least share; none where
    one window is all there is."""
    spare: dict[tuple[int, int], int] = {}
    windows: dict[tuple[int, int], float] = {}
    for slot in problem.slots:
        if slot.service_day != service_day:
            continue
        key = (slot.hall_id, slot.hour)
        taken = slot.online_taken + slot.assisted_quota + slot.reserved_quota
        spare[key] = spare.get(key, 0) + slot.minutes - taken - slot.walkin_floor
        windows[key] = max(windows.get(key, 0), slot.minutes / max(slot.length, 1))
    return {key: free if windows[key] >= 2 else 0 for key, free in spare.items()}


def _changes(
    problem: Problem, days: Sequence[HallDay], sign: int, spare: dict[tuple[int, int], int]
) -> Iterator[_Change]:
    for day in days:
        before = _cost(problem, day).objective
        for hour in day.hours:
            hours = range(hour, hour + STRETCH)
            if not set(hours) <= set(day.hours):
                continue
            if sign < 0 and any(spare.get((day.hall_id, one), 0) < 60 for one in hours):
                continue
            after = _cost(problem, day.with_windows(hours, sign)).objective
            if sign < 0 or before - after >= problem.bounds.staff_least_gain:
                yield _Change(day, hour, before - after)


def _move(problem: Problem, away: _Change, to: _Change) -> StaffMove | None:
    """The move with its effect; None when it gains too little or a hall would pay for it."""
    if away.day is to.day:
        if set(away.hours) & set(to.hours):
            return None
        both = to.day.with_windows(to.hours, 1).with_windows(away.hours, -1)
        before, after = _cost(problem, to.day), _cost(problem, both)
    else:
        if away.hour != to.hour:
            return None
        here, there = _cost(problem, away.day), _cost(problem, to.day)
        left = _cost(problem, away.day.with_windows(away.hours, -1))
        if left.unmet_share > max(here.unmet_share, (here + there).unmet_share) + 0.01:
            return None
        before, after = here + there, left + _cost(problem, to.day.with_windows(to.hours, 1))
    gain = before.objective - after.objective
    if gain < problem.bounds.staff_least_gain:
        return None
    return StaffMove(
        from_hall=away.day.hall_id,
        to_hall=to.day.hall_id,
        service_day=to.day.service_day,
        from_hour=away.hour,
        to_hour=to.hour,
        hours=STRETCH,
        windows=1,
        gain=gain,
        unmet_before=before.unmet,
        unmet_after=after.unmet,
        wait_before=before.waiting,
        wait_after=after.waiting,
    )


def _cost(problem: Problem, day: HallDay) -> Cost:
    return cost_of(day, problem.weights, problem.bounds)
