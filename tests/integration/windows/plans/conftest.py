"""A hall's usual week as a plan, and the sessions that it makes."""

from datetime import date, time, timedelta

import pytest

from tests.conftest import DAY, NOON
from windows.models import HallSession
from windows.plans import generate

MONDAY = date(2027, 3, 8)
FRIDAY, SATURDAY = DAY + timedelta(days=1), DAY + timedelta(days=2)
WEEK = [1, 2, 3, 4, 5]


@pytest.fixture
def usual(hall, windows):
    return {
        "hall": hall, "kind": "regular", "weekdays": WEEK, "on": "workdays", "opens": time(9),
        "closes": time(17), "windows": windows, "valid_from": DAY, "by": None, "now": NOON,
    }  # fmt: skip


def made(last: date = DAY + timedelta(days=10), **more):
    return generate(first=DAY, last=last, now=NOON, **more)


def days() -> list[date]:
    return list(HallSession.objects.order_by("starts_at").values_list("service_day", flat=True))
