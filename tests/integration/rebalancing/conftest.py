"""A hall whose walk-ins at noon ask for more than they have the next day."""

from datetime import time, timedelta

import pytest

from appointments.rebalancing import rebalance
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session
from windows.models import Rule

TOMORROW = DAY + timedelta(days=1)
NIGHT = civil.city_instant(TOMORROW, time(1, 40))


@pytest.fixture
def tomorrow(hall, windows, session):
    """A session of the next day: 90 minutes a slot, 60 online and 30 for walk-ins."""
    return make_session(hall, windows, day=TOMORROW, online=60)


@pytest.fixture
def ten_came(hall, renewal, tomorrow):
    for _person in range(10):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)


@pytest.fixture
def by_approval(hall):
    """In this hall somebody approves."""
    Rule.objects.create(name="rebalance_is_automatic", value=0, effective_on=DAY, hall=hall)


@pytest.fixture
def proposed(ten_came, by_approval):
    """A run that waits for approval: two slots at noon, nine minutes each."""
    return rebalance(demand_day=DAY, now=NIGHT)


def quotas_of(session):
    """What every channel of every slot has."""
    names = ("pk", "online_quota", "assisted_quota", "reserved_quota", "walkin_quota")
    return list(session.slots.order_by("pk").values_list(*names))
