"""Alive, ready, metrics; and where staff land after signing in."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from appointments.proving import send_code
from config import civil, operations
from queues.issuing import issue_walk_in
from tests.conftest import NOON, PHONE, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


def test_alive_needs_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_when_the_database_answers_with_every_migration(client):
    assert client.get("/readyz").json()["status"] == "ready"


def test_not_ready_without_the_database(client, monkeypatch):
    def away():
        raise DatabaseError

    monkeypatch.setattr(operations, "is_migrated", away)

    assert client.get("/readyz").status_code == 503


def test_not_ready_before_the_migrations_ran(client, monkeypatch):
    monkeypatch.setattr(operations, "is_migrated", lambda: False)

    assert client.get("/readyz").status_code == 503


def test_metrics_count_what_waits(client, session, hall, renewal, book):
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    send_code(phone=PHONE, language="en", now=NOON - timedelta(seconds=90))

    told = client.get("/metrics").content.decode()

    assert 'dengta_tickets{state="waiting"} 1.0' in told
    assert 'dengta_bookings{state="held"} 0.0' in told
    assert "dengta_message_oldest_due_seconds 90.0" in told
    assert PHONE not in told


@pytest.mark.parametrize("way", ["/healthz", "/readyz", "/metrics", "/staff/"])
def test_they_are_only_asked(client, clerk, way):
    client.force_login(clerk)

    assert client.post(way).status_code == 405


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("clerk", "/desk/"),
        ("guide", "/floor/"),
        ("supervisor", "/supervise/"),
        ("admin", "/admin/"),
        ("auditor", "/supervise/city/"),
    ],
)
def test_staff_land_at_their_place_of_work(client, hall, role, place):
    client.force_login(make_staff(role, hall, role))

    assert client.get("/staff/").url == place


def test_a_stranger_signs_in_first(client):
    assert client.get("/staff/").url.startswith("/login/")


def test_signing_in_leads_on(client, clerk):
    answer = client.post("/login/", {"username": "clerk", "password": "demo"})

    assert answer.url == "/staff/"


def test_the_language_and_the_print_are_switched(client):
    client.post("/language/", {"language": "en", "next": "/"})
    client.post("/simple/", {"simple": "1", "next": "/"})

    page = client.get("/").content.decode()

    assert 'lang="en"' in page
    assert "simple" in page
