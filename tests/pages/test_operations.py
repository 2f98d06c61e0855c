"""Alive, ready, metrics; and where staff land after signing in."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from appointments.models import Message, MessageProvider, ProviderCall
from appointments.proving import send_code
from config import civil, operations
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, PHONE, make_staff, slot_at
from tests.integration.messaging.test_resending_parked import park

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


@pytest.fixture
def provider(db) -> MessageProvider:
    return MessageProvider.objects.create(
        name="first-sms", channel="sms", daily_cap=100, counted_on=DAY, taken=95,
        closed_again_at=NOON + timedelta(minutes=1),
    )  # fmt: skip


def warnings_of(client) -> list[str]:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    return [one for one in answer.json()["warnings"] if one.startswith("messages: ")]


def test_old_work_and_doubt_are_warnings_and_nothing_is_unready(client, book, session, provider):
    assert warnings_of(client) == [
        "messages: a provider of sms rests",
        "messages: a provider of sms has 5 left today",
    ]
    provider.delete()
    book(slot_at(session, 16))
    park(Message.objects.get(kind="confirmed"))
    send_code(phone=PHONE, language="en", now=NOON - timedelta(minutes=6))

    assert warnings_of(client) == ["messages: sms late by 6 minutes", "messages: 1 in doubt"]


def test_metrics_tell_of_messages_and_providers(client, book, session, provider):
    booking = book(slot_at(session, 16))
    park(Message.objects.get(booking=booking))
    send_code(phone=PHONE, language="en", now=NOON - timedelta(seconds=90))
    for took, ending in [(100, "accepted"), (200, "accepted"), (900, "doubt")]:
        ProviderCall.objects.create(provider="first-sms", at=NOON, took_ms=took, ending=ending)

    told = client.get("/metrics").content.decode()

    for line in (
        'dengta_messages{state="unknown"} 1.0',
        'dengta_messages{state="ready"} 1.0',
        'dengta_messages{state="void"} 0.0',
        'dengta_messages_by_kind{kind="code",state="ready"} 1.0',
        'dengta_message_late_seconds{channel="sms"} 90.0',
        'dengta_message_late_seconds{channel="email"} 0.0',
        "dengta_messages_parked 1.0",
        "dengta_messages_failed_lately 0.0",
        'dengta_message_provider_calls{ending="accepted",provider="first-sms"} 2.0',
        'dengta_message_provider_calls{ending="refused",provider="first-sms"} 0.0',
        'dengta_message_provider_seconds{provider="first-sms",quantile="0.5"} 0.2',
        'dengta_message_provider_seconds{provider="first-sms",quantile="0.95"} 0.9',
        'dengta_message_provider_rests{provider="first-sms"} 1.0',
        'dengta_message_provider_on{provider="first-sms"} 1.0',
        'dengta_message_provider_cap_left{provider="first-sms"} 5.0',
        'dengta_message_provider_cost_today_yuan{provider="first-sms"} 0.0',
    ):
        assert line in told, line
    assert PHONE[-8:] not in told


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
