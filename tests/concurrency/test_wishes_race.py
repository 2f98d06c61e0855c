"""A wish that comes while senders are at work loses nothing and doubles nothing. # C18

Mutant seen red: `turn_to_sms` without the lock of the bookings (a deadlock).
"""

from collections import Counter
from datetime import timedelta

import pytest

from appointments.messaging import contacts
from appointments.messaging.wishes import change
from appointments.models import Contact, Message
from appointments.sending import send_due
from tests.conftest import DAY, NOON, make_session, race, slot_at
from tests.integration.appointments.scripted import Scripted

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


@pytest.fixture
def slots(hall, windows):
    session = make_session(hall, windows, day=DAY + timedelta(days=2))
    return [slot_at(session, hour) for hour in range(9, 9 + ROUNDS)]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_each_message_leaves_once_and_for_one_address(book, slots, round_):
    booking, provider = book(slots[round_], person=round_), Scripted()
    soon, late = NOON + timedelta(minutes=1), booking.starts_at - timedelta(hours=1)

    def wish() -> None:
        change(
            booking=booking, channel="email", email="ning@example.com", language="en",
            only_needed=False, now=NOON,
        )  # fmt: skip

    race(wish, lambda: send_due(now=soon, by=provider), lambda: send_due(now=soon, by=provider))
    send_due(now=late, by=provider)

    assert Counter(letter.kind for letter in provider.got) == {"confirmed": 1, "reminder_day": 1}
    ways = {letter.kind: letter.to for letter in provider.got}
    assert ways["reminder_day"] == "ning@example.com"
    told = {m.kind: m.state for m in Message.objects.all()}
    assert (told["confirmed"], told["reminder_day"]) == ("sent", "sent")


def test_two_that_bounce_at_once_turn_over_once(book, slots):
    first = book(slots[0], person=1, email="ning@example.com")
    second = book(slots[1], person=2, email="ning@example.com")
    failed = [Message.objects.get(booking=one, kind="confirmed") for one in (first, second)]

    race(*(lambda one=one: contacts.bounced(one, reason="gone", now=NOON) for one in failed))

    assert Contact.objects.count() == 1
    rows = Message.objects.filter(channel="sms", state="ready")
    assert Counter(rows.values_list("booking", "kind")) == Counter(
        {(one.pk, kind): 1 for one in (first, second)
         for kind in ("confirmed", "reminder_day", "reminder_hours")}
    )  # fmt: skip


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_wish_and_a_bounce_at_once_end_in_one_way(book, slots, round_):
    booking = book(slots[round_], email="ning@example.com")
    failed = Message.objects.get(booking=booking, kind="confirmed")

    def wish() -> None:
        change(
            booking=booking, channel="email", email="new@example.com", language="en",
            only_needed=False, now=NOON,
        )  # fmt: skip

    race(wish, lambda: contacts.bounced(failed, reason="gone", now=NOON))

    rows = Message.objects.filter(state="ready", kind="reminder_hours")
    booking.group.refresh_from_db()
    (row,) = rows
    assert (row.channel, bytes(row.to_index)) == (
        booking.group.channel, bytes(booking.group.email_index)
    )  # fmt: skip
    assert booking.group.channel == "email"
