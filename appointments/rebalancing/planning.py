"""What a rebalancing would do now, with the figures behind each move; nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from appointments.models import RebalanceRun
from appointments.rebalancing.problem import ONLINE, WALK_IN, Cost, SlotMove, Solution
from appointments.rebalancing.skills_wanted import lessons
from appointments.rebalancing.solving import solve
from appointments.rebalancing.standing_slots import Standing, standing
from config import civil
from config.refusals import Refusal
from windows.models import Slot


class DayNotOver(Refusal):
    code = "day_not_over"
    message = _("The demand of a day is known when the day is over.")
    field = "day"


@dataclass(frozen=True)
class PlannedMove:
    """Minutes of one slot that would move, and the figures behind it."""

    slot: Slot
    from_channel: str
    to_channel: str
    minutes: int
    facts: dict[str, Any]

    @property
    def to_walk_in(self) -> int:
        """Minutes that walk-ins gain; negative when online gains."""
        return self.minutes if self.to_channel == WALK_IN else -self.minutes


@dataclass(frozen=True)
class Plan:
    """A rebalancing as it would be: moves, proposals for staff, what it knew and hopes for."""

    standing: Standing
    solution: Solution
    moves: list[PlannedMove]
    kind: str

    def lessons(self) -> list[dict[str, Any]]:
        """Which window of a hall should also serve which matter; a step leaves it to the night."""
        days = {slot.service_day for slot in self.standing.problem.slots}
        if self.kind == RebalanceRun.Kind.STEP or not days:
            return []
        halls = sorted(self.standing.limits)
        return lessons(halls, min(days), max(days), self.standing.forecast_id)

    def inputs(self) -> dict[str, Any]:
        """What the run keeps of what it knew, and the lessons that it found."""
        problem, known = self.standing.problem, self.standing.known
        sources: dict[str, int] = {}
        for one in known.values():
            sources[one.source] = sources.get(one.source, 0) + 1
        return {
            "slots": len(problem.slots),
            "fixed": len(self.standing.fixed & set(self.standing.slots)),
            "hours": len(problem.demand),
            "sources": sources,
            "lessons": self.lessons(),
            "district_gap": problem.bounds.district_gap,
            "limits": {str(hall): limits for hall, limits in self.standing.limits.items()},
            "demand": [
                [
                    hall_id,
                    day.isoformat(),
                    hour,
                    round(known[hall_id, day, hour].demand.online_minutes),
                    round(known[hall_id, day, hour].demand.walk_in_minutes),
                ]
                for hall_id, day, hour in sorted(known)
            ],
            "halls": {str(hall_id): self.of_hall(hall_id) for hall_id in self.standing.limits},
        }

    def of_hall(self, hall_id: int) -> dict[str, Any]:
        """What is expected in one hall, before and after."""
        days = [costs for key, costs in self.solution.by_hall_day.items() if key[0] == hall_id]
        return before_after(
            sum((before for before, _after in days), Cost()),
            sum((after for _before, after in days), Cost()),
        )


def before_after(before: Cost, after: Cost) -> dict[str, Any]:
    return {
        "unmet": [round(before.unmet), round(after.unmet)],
        "waiting": [round(before.waiting), round(after.waiting)],
        "objective": [round(before.objective, 1), round(after.objective, 1)],
    }


def make_plan(
    *, demand_day: date, now: datetime, kind: str, halls: Collection[int] | None = None
) -> Plan:
    """The best moves within the bounds as everything stands now.

    Refuses: DayNotOver.
    """
    if demand_day >= civil.city_date(now):
        raise DayNotOver
    now_standing = standing(demand_day=demand_day, now=now, kind=kind, halls=halls)
    solution = solve(now_standing.problem)
    moves = [_planned(now_standing, solution, move, kind) for move in solution.moves]
    return Plan(now_standing, solution, moves, kind)


def plan_moves(*, demand_day: date, now: datetime) -> list[PlannedMove]:
    """What a rebalancing after that day would move now; nothing is written.

    Refuses: DayNotOver.
    """
    return make_plan(demand_day=demand_day, now=now, kind=RebalanceRun.Kind.NIGHT).moves


def _planned(now_standing: Standing, solution: Solution, move: SlotMove, kind: str) -> PlannedMove:
    slot = now_standing.slots[move.slot_id]
    gives, takes = (ONLINE, WALK_IN) if move.to_walk_in > 0 else (WALK_IN, ONLINE)
    facts = _facts(now_standing, solution, move, slot, kind)
    return PlannedMove(slot, gives, takes, abs(move.to_walk_in), facts)


def _facts(
    now_standing: Standing, solution: Solution, move: SlotMove, slot: Slot, kind: str
) -> dict[str, Any]:
    """The figures behind a move; why.py makes its sentence of them."""
    state = next(one for one in now_standing.problem.slots if one.slot_id == slot.pk)
    known, limits = now_standing.known_of(state.cell), now_standing.limits[slot.hall_id]
    demand = known.demand
    shared = slot.minutes - slot.assisted_quota - slot.reserved_quota
    before, after = solution.by_hall_day[slot.hall_id, slot.service_day]
    bound = "step" if move.bound == "night" and kind == RebalanceRun.Kind.STEP else move.bound
    return {
        "source": known.source,
        "demand_day": known.shown_by.isoformat(),
        "hour": known.shown_hour % 24,
        "demand_hour": known.shown_hour,
        "asked_online": round(demand.online - demand.unmet),
        "asked_walk_in": round(demand.walk_in),
        "unmet": round(demand.unmet),
        "online_range": _people(demand.online, demand.online_minutes, demand.online_quantiles),
        "walk_in_range": _people(demand.walk_in, demand.walk_in_minutes, demand.walk_in_quantiles),
        "share_before": _percent(slot.walkin_quota, slot),
        "share_after": _percent(slot.walkin_quota + move.to_walk_in, slot),
        "share_target": _percent(round(shared * demand.walk_in_share), slot),
        "bound": bound,
        "limit": limits,
        "hall_day": before_after(before, after),
    }


def _people(people: float, minutes: float, quantiles: tuple[float, ...]) -> list[int]:
    """Nine in ten such hours lie between the two; empty when only one day is known."""
    if not quantiles or minutes <= 0:
        return []
    return [round(quantiles[0] * people / minutes), round(quantiles[-1] * people / minutes)]


def _percent(minutes: int, slot: Slot) -> int:
    return round(100 * minutes / slot.minutes)
