"""The demonstration's inbox. C18."""

from datetime import timedelta

from appointments.models import Message
from appointments.sending import (
    send_due,
)
from tests.conftest import NOON, slot_at

Kind, State = Message.Kind, Message.State


def test_the_inbox_shows_the_newest_first(client, book, saturday):
    for person in (1, 2):
        book(slot_at(saturday, 15), person=person)
        send_due(now=NOON + timedelta(seconds=person))

    items = client.get("/demo/inbox/?format=json").json()

    assert [set(item) for item in items] == [{"to", "channel", "kind", "text", "at"}] * 2
    assert items[0]["at"] > items[1]["at"]
    assert items[0]["at"].endswith("+08:00")


def test_the_inbox_can_be_read_and_narrowed_to_a_phone(client, booking):
    send_due(now=NOON)

    page = client.get("/demo/inbox/", {"to": "138000"})

    assert booking.reference in page.content.decode()
    assert booking.reference not in client.get("/demo/inbox/", {"to": "139"}).content.decode()
    assert client.get("/demo/inbox/", {"to": "\x00"}).status_code == 200
    assert client.post("/demo/inbox/").status_code == 405


def test_there_is_no_inbox_in_production(client, db, settings):
    settings.DEMO = settings.TESTING = False

    assert client.get("/demo/inbox/").status_code == 404
