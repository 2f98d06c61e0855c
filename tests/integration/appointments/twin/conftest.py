"""Three weeks that say what is wanted."""

import pytest

from appointments.models import (
    UnmetDemand,
)
from queues.issuing import issue_walk_in
from tests.conftest import DAY, make_session
from tests.integration.appointments.twin.days import WEEK, on_the_wall


@pytest.fixture
def weeks_before(hall, windows, renewal):
    """Two Thursdays before: twelve came without a booking from ten on, twenty searched in vain."""
    for back in (1, 2):
        day = DAY - back * WEEK
        make_session(hall, windows, day=day, online=0)
        for n in range(12):
            issue_walk_in(hall=hall, matter=renewal, now=on_the_wall(day, 10, 4 * n))
        UnmetDemand.objects.create(
            hall=hall, matter=renewal, service_day=day, asked_on=day - WEEK, count=20
        )
