"""A supervisor of one hall or two, at noon; what a page says and refuses."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from tests.conftest import DAY, make_staff
from windows.models import StaffRole, Window

FRIDAY, SATURDAY = DAY + timedelta(days=1), DAY + timedelta(days=2)


@pytest.fixture(autouse=True)
def at_noon(clock):
    return clock


@pytest.fixture
def boss(client: Client, supervisor, clerk, windows) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def viewer(hall, windows) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_staff("viewer", hall, "viewer"))
    return client


@pytest.fixture
def neighbours(supervisor, other_hall, renewal) -> list[Window]:
    """The supervisor runs the other hall too; a clerk works there, and two windows serve."""
    StaffRole.objects.create(staff=supervisor, hall=other_hall, role="supervisor")
    make_staff("their clerk", other_hall, "clerk")
    made = [Window.objects.create(hall=other_hall, number=n) for n in (1, 5)]
    for window in made:
        window.matters.add(renewal)
    return made


def hidden(response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    return found[1] if found else ""


def wrong(response) -> set[str]:
    return set(response.context["form"].errors)
