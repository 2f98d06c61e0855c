"""Quotas follow demand: unsold minutes move to where they are wanted, within bounds."""

from appointments.rebalancing.moving import (
    DayNotOver,
    MoveCannotBeUndone,
    MoveTooLate,
    PlannedMove,
    moves_of,
    plan_moves,
    rebalance,
    undo_move,
    why,
)

__all__ = [
    "DayNotOver",
    "MoveCannotBeUndone",
    "MoveTooLate",
    "PlannedMove",
    "moves_of",
    "plan_moves",
    "rebalance",
    "undo_move",
    "why",
]
