"""A day that is over, and what somebody asked in vain for it. # C8, C9"""

from datetime import date, timedelta

import pytest

from appointments.demanded.collecting import write_day
from appointments.models import DemandFact, UnmetDemand, VainSearch
from tests.conftest import DAY, NOON

YESTERDAY = DAY - timedelta(days=1)
MORNING_AFTER = NOON + timedelta(hours=27)  # nobody is waited for any more


@pytest.fixture
def looked(hall, renewal):
    """People who looked at the day of the hall and found it full."""

    def looked(people: int = 1, day: date = DAY, **more) -> UnmetDemand:
        facts = {"hall": hall, "matter": renewal, "service_day": day, "asked_on": YESTERDAY}
        return UnmetDemand.objects.create(**{**facts, "count": people, **more})

    return looked


@pytest.fixture
def searched(renewal):
    """People who searched halls and days in vain."""

    def searched(people: int = 1, halls: str = "", **more) -> VainSearch:
        facts = {"matter": renewal, "first_day": DAY, "last_day": DAY, "asked_on": YESTERDAY}
        return VainSearch.objects.create(**{**facts, "halls": halls, "count": people, **more})

    return searched


@pytest.fixture
def written(hall):
    """Writes the day of a hall on the morning after; what was written, of one kind."""

    def written(what: str, of=None, day: date = DAY) -> list[DemandFact]:
        write_day(hall=of or hall, day=day, now=MORNING_AFTER)
        facts = DemandFact.objects.filter(hall=of or hall, service_day=day, what=what)
        return list(facts.order_by("hour", "kind", "matter"))

    return written
