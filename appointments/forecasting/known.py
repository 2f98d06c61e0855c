"""What is known at an origin, and the features of days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting.fitting import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KINDS = 9
MONTHLY = 70  # days of history from which a rhythm of the month is believed


@dataclass(frozen=True)
class Known:
    """All that is known on the evening before the first day ahead.

    A row is a series, a column a day of an unbroken calendar; nan: closed, or not known.
    """

    history: Floats
    kinds: Ints
    future_kinds: Ints
    first_day: date | None = None  # of the history; without it no rhythm of the month

    @property
    def ahead(self) -> int:
        return len(self.future_kinds)

    def before(self, origin: int, ahead: int) -> "Known":
        """What was known before that column."""
        kinds = np.concatenate([self.kinds, self.future_kinds])
        return Known(
            self.history[:, :origin],
            kinds[:origin],
            kinds[origin : origin + ahead],
            self.first_day,
        )


Method = Callable[[Known], Floats]


def design(known: Known, weekdays: float, *, monthly: float = 0.0) -> Design:
    """Which kind of day, and where in the month; with the usual size of their effects."""
    days = np.concatenate([known.kinds, known.future_kinds])
    columns, sizes = [np.eye(KINDS)[days]], [weekdays] * KINDS
    if monthly and known.first_day and len(known.kinds) >= MONTHLY:
        turn = 2 * np.pi * month_phase(known.first_day, len(days))
        columns += [np.stack([np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)], 1)]
        sizes += [monthly] * 4
    matrix = np.column_stack(columns)
    split = len(known.kinds)
    return Design(matrix[:split], matrix[split:], np.array(sizes))


def month_phase(first_day: date, days: int) -> Floats:
    """How much of its month is over in the middle of each day."""
    found = []
    for day in (first_day + timedelta(days=n) for n in range(days)):
        length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
        found.append((day.day - 0.5) / length)
    return np.array(found)
