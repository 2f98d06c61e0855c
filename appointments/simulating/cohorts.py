"""Cards of twenty years that expire in the simulated city: the wave that the halls see coming.

The first great issue began in 2005 and 2006, so the cards of those who were over 46 by then
never return, and those of 26 to 45 expire from 2025 on (domain research 1.6). The size of the
wave is the city's own: a part of its usual renewals at first, and as many at its height.
"""

from datetime import datetime

from appointments.forecasting.cohorts import month_of, number
from appointments.models import CardCohort
from config import civil

# Months from this one on: cards of twenty years that expire in the whole city.
CARDS = {
    -3: 9_000, -2: 10_000, -1: 11_000, 0: 14_000, 1: 22_000, 2: 30_000, 3: 34_000, 4: 31_000,
    5: 26_000, 6: 24_000, 7: 20_000, 8: 17_000, 9: 14_000, 10: 11_000, 11: 9_000, 12: 8_000,
    13: 8_000, 14: 7_000, 15: 6_000,
}  # fmt: skip


def seed_cohorts(now: datetime) -> None:
    """The months are known once, as the registry of the simulated city says them."""
    if CardCohort.objects.exists():
        return
    here = number(civil.city_date(now))
    CardCohort.objects.bulk_create(
        CardCohort(
            month=month_of(here + away), years=20, cards=cards, made_at=now, is_simulated=True
        )
        for away, cards in CARDS.items()
    )
