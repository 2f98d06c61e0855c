"""A day that is over, and what somebody asked in vain for it. # C8, C9"""

from datetime import date, time, timedelta

import pytest

from appointments.demanded.collecting import write_day
from appointments.models import DayClosing, DemandFact, UnmetDemand, VainSearch
from tests.conftest import DAY, NOON, make_session

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


@pytest.fixture
def fact(hall, renewal):
    """Writes a fact of the day by hand."""

    def fact(what: str, people: int, day: date = DAY, hour: int = 9, **more) -> DemandFact:
        DayClosing.objects.get_or_create(
            hall=more.get("hall", hall),
            service_day=day,
            defaults={"written_at": NOON, "was_open": True},
        )
        facts = {"hall": hall, "matter": renewal, "channel": "online", "minutes": 6 * people}
        return DemandFact.objects.create(
            service_day=day, hour=hour, what=what, people=people, recorded_at=NOON,
            **{**facts, **more},
        )  # fmt: skip

    return fact


@pytest.fixture
def thursdays(hall, windows, fact):
    """Four Thursdays with room on which 8, 10, 12, 10 booked; then one with ten places,
    all of them booked."""
    for weeks, people in enumerate([8, 10, 12, 10], start=1):
        day = DAY - timedelta(weeks=weeks)
        make_session(hall, windows, day=day, closes=time(10), online=60)
        fact("booked", people, day)
    last = make_session(hall, windows, closes=time(10), online=30)
    last.slots.update(online_taken=30)
    fact("booked", 10)
    return last
