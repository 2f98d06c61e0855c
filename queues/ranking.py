"""The rank, the one number that orders the calls (docs/adr/0005-one-rank.md).

Whatever gives a place in line takes it from here: numbers that are really given, and the
days that are only played (`appointments/twin`). Instants are datetimes, or minutes of a day.
"""

from datetime import datetime, timedelta
from typing import TypeVar, overload

At = TypeVar("At", datetime, float)

CALLS_BETWEEN_JUMPS = 2  # the green channel jumps at most once in three calls of a hall


@overload
def walk_in_rank(arrives: datetime, patience: timedelta) -> datetime: ...
@overload
def walk_in_rank(arrives: float, patience: float) -> float: ...
def walk_in_rank(arrives: datetime | float, patience: timedelta | float) -> datetime | float:
    """Somebody without a booking ranks at the arrival plus the hall's patience."""
    return arrives + patience  # type: ignore[operator]


def booked_rank(starts: At, arrives: At, late_from: At) -> At:
    """Who comes on time ranks at the slot's start, who comes later at the arrival."""
    return arrives if arrives > late_from else starts
