"""Windows with their clerks, and people who wait for them. # C13 C16"""

from datetime import timedelta

import pytest

from queues.issuing import issue_walk_in
from tests.conftest import NOON, make_staff
from windows.models import Window
from windows.shifts import sign_in

LATER = NOON + timedelta(minutes=60)


def staffed(count, hall, *matters):
    """So many windows more, each with its clerk signed in."""
    pairs = []
    for n in range(11, 11 + count):
        window = Window.objects.create(hall=hall, number=n)
        window.matters.add(*matters)
        clerk = make_staff(f"clerk-at-{n}", hall, "clerk")
        sign_in(staff=clerk, window=window, now=NOON)
        pairs.append((window, clerk))
    return pairs


@pytest.fixture
def two(hall, renewal, session):
    return staffed(2, hall, renewal)


def line_of(count, hall, renewal, **more):
    return [issue_walk_in(hall=hall, matter=renewal, now=NOON, **more) for _ in range(count)]
