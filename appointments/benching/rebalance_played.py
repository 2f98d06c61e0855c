"""Four weeks of an invented city under one policy: people book, quotas move by night, days pass.

By night the product's own solver moves quotas of the coming week within the product's bounds;
by day people ask for places as many days ahead as they do, and on the day itself the twin
plays who comes and how long they wait.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from appointments.benching.rebalance_policies import Demand
from appointments.benching.rebalance_world import (
    FIXED_ONLINE,
    HOURS,
    LENGTH,
    NEED,
    OPENS,
    WEEK,
    Floats,
    World,
)
from appointments.rebalancing.problem import Bounds, Problem, SlotState, Weights
from appointments.rebalancing.solving import solve
from appointments.twin import drawing
from appointments.twin.line import play_line
from windows.rules import RULES

SLOTS = HOURS * 60 // LENGTH
LONGEST_LEAD = 15
NINTH = 90
FLOOR, NIGHT, OF_HALL, GAP = (
    RULES[name][0] / 100
    for name in (
        "walkin_min_percent",
        "rebalance_max_percent",
        "rebalance_hall_percent",
        "rebalance_district_gap_percent",
    )
)
USUAL = Weights()
Knows = Callable[[int], Demand] | None  # what a policy expects, on the evening before a day


@dataclass
class HallDay:
    """A hall's day while it is being booked."""

    asks: drawing.Asks
    leads: Floats
    quota: Floats
    taken: Floats
    starts: Floats
    turned: np.ndarray


@dataclass
class Outcome:
    """Per week: people turned to another day, and the delays of all who were served."""

    unmet: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    wanted: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    delays: dict[int, list[Floats]] = field(default_factory=lambda: defaultdict(list))
    moved: int = 0

    def ninth(self, week: int | None = None) -> float:
        weeks = sorted(self.delays) if week is None else [week]
        every = [one for there in weeks for one in self.delays[there]]
        return float(np.percentile(np.concatenate(every), NINTH)) if every else 0.0


def play_city(world: World, knows: Knows, weights: Weights = USUAL) -> Outcome:
    """The tested weeks with the quotas moved as the policy expects; without one they stay."""
    outcome = Outcome()
    open_days = {
        (hall, day): _new_day(world, hall, day)
        for day in range(world.history, len(world.days))
        for hall in range(len(world.halls))
        if world.is_open[hall, day]
    }
    for today in range(world.history - LONGEST_LEAD, len(world.days)):
        if knows is not None and today > world.history - WEEK:
            outcome.moved += _rebalance(world, open_days, knows(today), today, weights)
        for lead in range(LONGEST_LEAD + 1):
            for hall in range(len(world.halls)):
                if one := open_days.get((hall, today + lead)):
                    _book(world, one, hall, today + lead, lead)
        for hall in range(len(world.halls)):
            if one := open_days.get((hall, today)):
                _pass(world, one, hall, today, outcome)
    return outcome


def _new_day(world: World, hall: int, day: int) -> HallDay:
    asks, leads = world.people(hall, day)
    minutes = world.halls[hall].windows * LENGTH
    return HallDay(
        asks=asks,
        leads=leads,
        quota=np.full(SLOTS, round(minutes * FIXED_ONLINE), dtype=float),
        taken=np.zeros(SLOTS),
        starts=np.full(len(leads), np.nan),
        turned=np.zeros(len(leads), dtype=bool),
    )


def _book(world: World, one: HallDay, hall: int, day: int, lead: int) -> None:
    """Who asks so many days before takes a place of what is left."""
    rows = (one.leads == lead) & (one.asks.channel != drawing.UNBOOKED)
    if not rows.any():
        return
    twin = world.twin_day(hall, day, one.quota - one.taken)
    starts, turned = drawing.book(twin, one.asks.where(rows), one.leads[rows])
    one.starts[rows], one.turned[rows] = starts, turned
    placed = ((starts[~np.isnan(starts)] - OPENS * 60) // LENGTH).astype(int)
    np.add.at(one.taken, placed, NEED)


def _pass(world: World, one: HallDay, hall: int, day: int, outcome: Outcome) -> None:
    """The day itself."""
    twin = world.twin_day(hall, day)
    drawn = drawing.come(twin, one.asks, one.leads, one.starts, one.turned)
    course = play_line(drawn.comers, twin.windows)
    arrives = np.array([comer.arrives for comer in drawn.comers])
    early = np.where(np.isnan(drawn.starts), 0.0, np.maximum(drawn.starts - arrives, 0.0))
    delays = np.maximum(np.array(course.called) - arrives - early, 0.0)
    week = world.week_of(day)
    served = np.isfinite(delays)
    outcome.wanted[week] += drawn.wanted
    outcome.unmet[week] += sum(drawn.unmet.values()) + int((~served).sum())
    outcome.delays[week].append(delays[served])


def _state(slot_id: int, world: World, where: tuple[int, int], one: HallDay, at: int) -> SlotState:
    """A slot of the invented hall as the solver sees it."""
    plan, day = world.halls[where[0]], world.days[where[1]]
    minutes = plan.windows * LENGTH
    return SlotState(
        slot_id=slot_id,
        hall_id=plan.hall_id,
        district=plan.district,
        service_day=day,
        hour=OPENS + at * LENGTH // 60,
        minutes=minutes,
        online_quota=int(one.quota[at]),
        online_taken=int(one.taken[at]),
        assisted_quota=0,
        assisted_taken=0,
        reserved_quota=0,
        walkin_quota=minutes - int(one.quota[at]),
        walkin_floor=-int(-minutes * FLOOR // 1),
        day_limit=int(minutes * NIGHT),
        length=LENGTH,
    )


def _rebalance(
    world: World,
    open_days: dict[tuple[int, int], HallDay],
    demand: Demand,
    today: int,
    weights: Weights,
) -> int:
    """The night before `today`; window-minutes that moved."""
    states: list[SlotState] = []
    where: dict[int, tuple[HallDay, int]] = {}
    limits: dict[tuple[int, date], int] = {}
    for day in range(today, min(today + WEEK, len(world.days))):
        for hall, plan in enumerate(world.halls):
            if (hall, day) not in open_days:
                continue
            one = open_days[hall, day]
            minutes = plan.windows * LENGTH
            limits[plan.hall_id, world.days[day]] = int(minutes * SLOTS * OF_HALL)
            for at in range(SLOTS):
                slot_id = len(states)
                where[slot_id] = one, at
                states.append(_state(slot_id, world, (hall, day), one, at))
    if not states:
        return 0
    bounds = Bounds(hall_limits=limits, district_gap=GAP, staff_most=0)
    solution = solve(Problem(tuple(states), demand, bounds, weights))
    for move in solution.moves:
        moved, at = where[move.slot_id]
        moved.quota[at] -= move.to_walk_in
    return sum(abs(move.to_walk_in) for move in solution.moves)
