"""Quotas follow demand: unsold minutes move to where they are wanted, within bounds."""

from appointments.rebalancing.deciding import (
    NothingToDecide,
    NothingToUndo,
    Outcome,
    ProposalDecided,
    approve,
    decide_proposal,
    decline,
    undo_run,
)
from appointments.rebalancing.moving import (
    MoveCannotBeUndone,
    MoveIsProposed,
    MoveTooLate,
    moves_of,
    rebalance,
    step,
    undo_move,
)
from appointments.rebalancing.planning import DayNotOver, Plan, PlannedMove, make_plan, plan_moves
from appointments.rebalancing.why import fate_of, searches_link, why, why_lesson, why_staff

__all__ = [
    "DayNotOver",
    "MoveCannotBeUndone",
    "MoveIsProposed",
    "MoveTooLate",
    "NothingToDecide",
    "NothingToUndo",
    "Outcome",
    "Plan",
    "PlannedMove",
    "ProposalDecided",
    "approve",
    "decide_proposal",
    "decline",
    "fate_of",
    "make_plan",
    "moves_of",
    "plan_moves",
    "rebalance",
    "searches_link",
    "step",
    "undo_move",
    "undo_run",
    "why",
    "why_lesson",
    "why_staff",
]
