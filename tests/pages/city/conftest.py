"""Halls of a city at noon, what was searched for in vain, and who looks at them."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from appointments.models import UnmetDemand
from appointments.overseeing import City, city_now
from tests.conftest import DAY, NOON, make_session, make_staff
from tests.pages.reading import signed_in
from windows.models import Hall, Window

CITY = "/supervise/city/"
TOMORROW = DAY + timedelta(days=1)  # a Friday
SATURDAY = DAY + timedelta(days=2)


@pytest.fixture(autouse=True)
def at_noon(clock):
    return clock


@pytest.fixture
def boss(supervisor) -> Client:
    return signed_in(supervisor)


@pytest.fixture
def admin(db) -> Client:
    return signed_in(make_staff("admin", None, "admin"))


def text_of(answer) -> str:
    return answer.content.decode()


def many_halls(matter, count: int = 33) -> list[Hall]:
    """As many as a big city has, in eight districts, each with a week and its evenings."""
    halls = Hall.objects.bulk_create(
        Hall(
            code=f"X{n:02d}", name_zh=f"第{n}办证大厅", name_en=f"Number {n} Hall",
            district_zh=f"第{n % 8}区", district_en=f"District {n % 8}", address_zh="路",
            latitude=Decimal(n * 7 % 33) / 100 + 22, longitude=Decimal(n * 5 % 33) / 100 + 113,
        )
        for n in range(count)
    )  # fmt: skip
    for hall in halls:
        windows = [Window.objects.create(hall=hall, number=n) for n in (1, 2)]
        for window in windows:
            window.matters.add(matter)
        for ahead in (0, 1, 4):
            day = DAY + timedelta(days=ahead)
            make_session(hall, windows, day=day, online=30)
    return halls


def searched(hall, matter, count: int, *, day=DAY, on=DAY) -> None:
    UnmetDemand.objects.create(hall=hall, matter=matter, service_day=day, asked_on=on, count=count)


def city_of(*halls: Hall, now: datetime = NOON) -> City:
    return city_now(halls=halls, now=now)
