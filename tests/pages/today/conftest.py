"""The hall at noon, its supervisor and the neighbour's, and people who wait."""

from datetime import timedelta

import pytest
from django.test import Client

from queues.issuing import issue_walk_in
from tests.conftest import NOON, make_staff

PAGE, LIVE = "/supervise/?hall=H01", "/supervise/live/?hall=H01"


@pytest.fixture(autouse=True)
def at_noon(clock):
    return clock


@pytest.fixture
def boss(client, supervisor, session):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def neighbour(client_of, other_hall):
    return client_of(make_staff("neighbour", other_hall, "supervisor"))


@pytest.fixture
def client_of():
    def made(staff):
        client = Client()
        client.cookies["django_language"] = "en"
        client.force_login(staff)
        return client

    return made


def wait(hall, matter, count, at=NOON):
    return [issue_walk_in(hall=hall, matter=matter, now=at) for _ in range(count)]


def minutes(n):
    return NOON + timedelta(minutes=n)
