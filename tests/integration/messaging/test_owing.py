"""In the last moment: is it still owed, wanted and bearable at this hour? C18."""

from datetime import time, timedelta

import pytest

from appointments.models import Contact, InboxItem, Message
from appointments.reminding import owe
from appointments.sealing import blind_index, seal
from appointments.sending import Counts, send_due
from config import civil
from tests.conftest import DAY, NOON, slot_at
from tests.integration.messaging.conftest import SATURDAY
from windows.models import Rule

pytestmark = pytest.mark.django_db
EVENING = civil.city_instant(SATURDAY - timedelta(days=1), time(18))
Kind, State = Message.Kind, Message.State


@pytest.fixture
def booking(book, saturday):
    return book(slot_at(saturday, 15), language="en")


def the(kind) -> Message:
    return Message.objects.get(kind=kind)


def test_who_was_told_just_now_is_not_reminded(booking):
    """The evening's reminder was late by hours; two hours before the visit would be the next."""
    send_due(now=NOON)
    at = the(Kind.REMINDER_HOURS).due_at
    Message.objects.filter(kind=Kind.REMINDER_DAY).update(
        state=State.CLAIMED, lease_until=at, provider="inbox"
    )
    Message.objects.filter(kind=Kind.REMINDER_DAY).update(
        state=State.SENT, sent_at=at - timedelta(hours=1), lease_until=None
    )

    assert send_due(now=at) == Counts(void=1)
    assert the(Kind.REMINDER_HOURS).error == "told just now"


def test_an_hour_long_ago_is_no_reason(booking):
    send_due(now=NOON)
    send_due(now=EVENING)

    assert send_due(now=the(Kind.REMINDER_HOURS).due_at) == Counts(sent=1)


def test_who_wants_no_more_than_needed_has_no_reminder_but_every_change(booking):
    Contact.objects.create(
        address_index=the(Kind.CONFIRMED).to_index, channel="sms", opted_out_at=NOON
    )

    assert send_due(now=NOON) == Counts(sent=1)
    assert send_due(now=EVENING) == Counts(void=1)
    assert the(Kind.REMINDER_DAY).error == "not wanted"


def test_a_phone_is_not_flooded_and_nothing_is_lost(book, saturday, hall):
    """The fourth in an hour waits until the first is an hour old.

    Mutant: without `_turn_of_address` all leave at once."""
    Rule.objects.create(name="messages_an_hour", value=3, effective_on=DAY)
    for person in (1, 2, 3, 4):
        book(slot_at(saturday, 15), person=person)

    first = send_due(now=NOON)
    assert (first.sent, first.later) == (3, 1)
    assert send_due(now=NOON + timedelta(minutes=59)) == Counts()
    assert send_due(now=NOON + timedelta(minutes=61)) == Counts(sent=1)
    assert InboxItem.objects.count() == 4


def test_an_urgent_word_does_not_wait_for_a_phones_turn(booking):
    Rule.objects.create(name="messages_an_hour", value=1, effective_on=DAY)
    send_due(now=NOON)
    sent = the(Kind.CONFIRMED)
    Message.objects.create(
        subject="proof:x", kind=Kind.CODE, to_sealed=sent.to_sealed, to_index=sent.to_index,
        text_sealed=sent.text_sealed, due_at=NOON, made_at=NOON,
    )  # fmt: skip

    assert send_due(now=NOON + timedelta(minutes=1)) == Counts(sent=1)


def test_what_could_leave_by_day_does_not_leave_at_night(booking):
    """An answer to an appeal that an outage held back until 23:00 leaves at seven."""
    send_due(now=NOON)
    sent = the(Kind.CONFIRMED)
    Message.objects.create(
        subject="appeal:1", kind=Kind.ANSWERED, to_sealed=sent.to_sealed,
        to_index=sent.to_index, text_sealed=sent.text_sealed, made_at=NOON,
        due_at=civil.city_instant(DAY, time(21)),
    )  # fmt: skip

    assert send_due(now=civil.city_instant(DAY, time(23))) == Counts(later=1)
    assert the(Kind.ANSWERED).due_at == civil.city_instant(DAY + timedelta(days=1), time(7))


def test_every_word_about_a_visit_goes_the_way_that_was_chosen(booking):
    """An answer to an appeal, too: by e-mail, in the group's language."""
    group = booking.group
    group.email_sealed = seal("a@example.org", purpose="email")
    group.email_index = blind_index("a@example.org", purpose="email")
    group.channel = "email"
    group.save()

    owe(
        subject="appeal:1", kind=Kind.ANSWERED, to_sealed=group.phone_sealed, text="Yes.",
        booking=booking, now=NOON,
    )  # fmt: skip

    one = the(Kind.ANSWERED)
    assert (one.channel, one.language) == ("email", "en")
    assert bytes(one.to_index) == bytes(group.email_index)
