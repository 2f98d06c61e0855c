"""Cards that expire in a month, and how many more renewals that brings: a wave that is known.

People renew around the month in which their card expires: some before, most in it, some when
they find that it does not open a door any more. Who renews a card of twenty years is over 46
and receives a long-term card, so each cohort counts in its own months and never again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from appointments.models import CardCohort

Floats = NDArray[np.float64]

RENEWED = {-2: 0.08, -1: 0.20, 0: 0.30, 1: 0.20, 2: 0.12, 3: 0.10}  # months after expiry: share
RENEWAL = "RENEW"  # the matter's code
MIDDLE = 15
MONTHS = 12


@dataclass
class Waves:
    """Renewals expected by month, of each district and ("") of the city."""

    cards: dict[str, dict[int, float]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Waves":
        found: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for district, month, cards in CardCohort.objects.values_list("district", "month", "cards"):
            for later, share in RENEWED.items():
                found[district][number(month) + later] += cards * share
        return cls({district: dict(months) for district, months in found.items()})

    def factors(self, district: str, code: str, days: Sequence[date]) -> Floats | None:
        """Renewals of each day against the mean month of which cohorts are known; None where
        the matter is another one or nothing is known."""
        months = self.cards.get(district) or self.cards.get("")
        if code != RENEWAL or not months:
            return None
        whole = range(min(months), max(months) + 1)
        usual = sum(months.get(one, 0.0) for one in whole) / len(whole)
        if usual <= 0:
            return None
        known = [number(day) in months for day in days]
        return np.where(known, [level(months, day) / usual for day in days], 1.0)


def number(month: date) -> int:
    """Months in a row."""
    return month.year * MONTHS + month.month - 1


def level(months: dict[int, float], day: date) -> float:
    """Between the middles of two months the number goes over evenly."""
    here = number(day)
    away = (day.day - MIDDLE) / 30
    beside = here + (1 if away > 0 else -1)
    own = months.get(here, 0.0)
    return float(own + abs(away) * (months.get(beside, own) - own))
