"""Cards that expire in a month, and how many more renewals that brings: a wave that is known.

People renew around the month in which their card expires: some before, most in it, some when
they find that it does not open a door any more. Who renews a card of twenty years is over 46
and receives a long-term card, so each cohort counts in its own months and never again.

The cards are people on top of those who renew anyway, so a few cards hardly matter and a month
of which no cohort was written is an ordinary month. What is ordinary is read from the history:
its renewals less those that the cohorts explain.
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
DAYS_OF_MONTH = 365.25 / MONTHS
LEAST_ORDINARY = 0.2  # of the renewals that came: cohorts never explain more than the rest


@dataclass
class Waves:
    """Renewals that cohorts bring by month, of each district and ("") of the city."""

    cards: dict[str, dict[int, float]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Waves":
        found: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for district, month, cards in CardCohort.objects.values_list("district", "month", "cards"):
            for later, share in RENEWED.items():
                found[district][number(month) + later] += cards * share
        return cls({district: dict(months) for district, months in found.items()})

    def place_of(self, district: str) -> str:
        """Whose cohorts count there: the district's own, else the city's."""
        return district if district in self.cards else ""

    def factors(self, district: str, days: Sequence[date], came: Floats) -> Floats | None:
        """Renewals of each day against an ordinary one; None where no cohort is known.

        `came` are the renewals of all halls of that place [day], the first days of `days`.
        """
        months = self.cards.get(self.place_of(district))
        if not months:
            return None
        extra = np.array([level(months, day) for day in days])
        known = np.isfinite(came)
        if not known.any():
            return None
        a_month = float(came[known].sum() / len(came) * DAYS_OF_MONTH)
        explained = float(extra[: len(came)].mean())
        ordinary = max(a_month - explained, LEAST_ORDINARY * a_month)
        return (ordinary + extra) / ordinary if ordinary > 0 else None


def number(month: date) -> int:
    """Months in a row."""
    return month.year * MONTHS + month.month - 1


def month_of(number: int) -> date:
    """Its first day."""
    return date(number // MONTHS, number % MONTHS + 1, 1)


def level(months: dict[int, float], day: date) -> float:
    """Between the middles of two months the number goes over evenly."""
    here = number(day)
    away = (day.day - MIDDLE) / 30
    beside = here + (1 if away > 0 else -1)
    own = months.get(here, 0.0)
    return float(own + abs(away) * (months.get(beside, 0.0) - own))
