"""A message leaves once, or says why not. C18."""

import logging
from datetime import time, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, connection, transaction

from appointments import tasks
from appointments.cancelling import cancel
from appointments.models import InboxItem, Message
from appointments.providing import Accepted, Inbox, Letter, NoProvider, NotDelivered
from appointments.sending import (
    LEASE,
    MOST_REFUSALS,
    Counts,
    claim,
    running_on,
    send_due,
)
from config import civil
from tests.conftest import NOON, PHONE, make_session, slot_at
from tests.handing_over import deliver_by
from tests.integration.appointments.scripted import (
    Scripted,
    the_only_claim,
)
from tests.integration.appointments.sending.conftest import SATURDAY

Kind, State = Message.Kind, Message.State


def test_what_is_due_lands_in_the_inbox_and_the_rest_waits(booking):
    assert send_due(now=NOON) == Counts(sent=1)

    item = InboxItem.objects.get()
    assert (item.to, item.channel, item.kind) == (PHONE, "sms", "confirmed")
    assert booking.reference in item.text
    assert Message.objects.filter(state=State.READY).count() == 2


def test_sending_again_sends_nothing(booking):
    send_due(now=NOON)

    assert send_due(now=NOON) == Counts()
    assert InboxItem.objects.count() == 1


def test_both_reminders_leave_at_their_times(booking):
    send_due(now=NOON)

    eve = civil.city_instant(SATURDAY - timedelta(days=1), time(18))
    assert send_due(now=eve) == Counts(sent=1)
    assert send_due(now=civil.city_instant(SATURDAY, time(13))) == Counts(sent=1)
    kinds = InboxItem.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [Kind.CONFIRMED, Kind.REMINDER_DAY, Kind.REMINDER_HOURS]


def test_the_oldest_due_leave_first_and_no_more_than_asked(book, saturday):
    for person in (1, 2, 3):
        book(slot_at(saturday, 15), person=person, now=NOON + timedelta(minutes=person))

    assert send_due(now=NOON + timedelta(hours=1), limit=2) == Counts(sent=2)
    left = Message.objects.get(kind=Kind.CONFIRMED, state=State.READY)
    assert left.due_at == NOON + timedelta(minutes=3)


def test_a_cancelled_booking_gets_its_cancellation_and_nothing_else(booking):
    cancel(booking=booking, now=NOON)

    send_due(now=NOON)
    send_due(now=civil.city_instant(SATURDAY, time(14)))

    assert list(InboxItem.objects.values_list("kind", flat=True)) == [Kind.CANCELLED]


@pytest.mark.parametrize("change", [{"state": "cancelled"}, {"version": 2}])
def test_a_claimed_message_is_asked_again_whether_it_is_owed(confirmation, change):
    """The booking changed between the claim and the hand-over (I11)."""
    one = the_only_claim()
    type(confirmation.booking).objects.filter(pk=confirmation.booking_id).update(**change)

    assert deliver_by(one, Inbox(), running_on(NOON)) == State.VOID
    assert not InboxItem.objects.exists()


def test_a_message_that_comes_too_late_is_void(confirmation):
    assert send_due(now=confirmation.useless_after).sent == 0

    confirmation.refresh_from_db()
    assert (confirmation.state, confirmation.error) == (State.VOID, "too late")


def test_a_claim_has_a_lease_and_a_second_sender_finds_nothing(confirmation):
    one = the_only_claim()

    assert claim(now=NOON + timedelta(seconds=30), limit=10) == []
    confirmation.refresh_from_db()
    assert (confirmation.state, confirmation.attempt) == (State.CLAIMED, one.attempt)
    assert confirmation.lease_until == NOON + LEASE


def test_a_claim_without_a_lease_cannot_be_written(confirmation):
    """message_claim_has_lease"""
    with pytest.raises(IntegrityError, match="message_claim_has_lease"), transaction.atomic():
        Message.objects.filter(pk=confirmation.pk).update(state=State.CLAIMED, lease_until=None)


def test_a_reference_is_delivered_once(confirmation):
    """inbox_item_once: the same letter twice is one item, a forged twin is an error."""
    letter = Letter(confirmation.provider_reference, PHONE, "sms", "confirmed", "text", NOON)
    Inbox().send(letter)
    Inbox().send(letter)

    item = InboxItem.objects.get()
    item.pk = None
    with pytest.raises(IntegrityError, match="inbox_item_once"), transaction.atomic():
        item.save(force_insert=True)


def test_a_refused_message_is_tried_five_times_with_growing_pauses_and_then_failed(confirmation):
    provider = Scripted(*[NotDelivered("busy")] * 9)
    now, dues = NOON, []
    for _ in range(MOST_REFUSALS):
        send_due(now=now, by=provider)
        confirmation.refresh_from_db()
        dues.append(confirmation.due_at)
        now = confirmation.due_at

    pauses = [later - earlier for earlier, later in zip([NOON, *dues], dues, strict=False)]
    assert pauses[:4] == sorted(pauses[:4])
    assert (confirmation.state, confirmation.error) == (State.FAILED, "busy")
    assert len(provider.got) == MOST_REFUSALS


def test_a_message_that_cannot_be_unsealed_is_failed_and_does_not_stop_the_others(book, saturday):
    first, second = (book(slot_at(saturday, 15), person=n) for n in (1, 2))
    Message.objects.filter(booking=first, kind=Kind.CONFIRMED).update(text_sealed=b"k0\x00broken")

    assert send_due(now=NOON) == Counts(sent=1, failed=1)
    assert second.reference in InboxItem.objects.get().text


def test_a_late_reminder_waits_for_the_morning(booking):
    send_due(now=NOON)
    eve = SATURDAY - timedelta(days=1)

    assert send_due(now=civil.city_instant(eve, time(22, 30))) == Counts(later=1)
    assert send_due(now=civil.city_instant(SATURDAY, time(6, 59))) == Counts()
    assert send_due(now=civil.city_instant(SATURDAY, time(7))) == Counts(sent=1)


def test_the_reminder_of_a_night_session_leaves_at_night(book, hall, windows):
    opens, closes = time(18, 30), time(0, 30)
    night = make_session(hall, windows, day=SATURDAY, opens=opens, closes=closes, kind="night")
    book(slot_at(night, 0))
    send_due(now=NOON)
    Message.objects.filter(kind=Kind.REMINDER_DAY).delete()

    assert send_due(now=civil.city_instant(SATURDAY, time(22, 0))) == Counts(sent=1)


def test_without_a_provider_nothing_is_claimed_and_everything_stays_ready(confirmation, settings):
    settings.DEMO = settings.TESTING = False

    with pytest.raises(NoProvider):
        send_due(now=NOON)
    with pytest.raises(CommandError, match="No message provider"):
        call_command("send_due")
    tasks.send_due()  # the worker lives on and says so in its log
    confirmation.refresh_from_db()
    assert (confirmation.state, confirmation.attempt) == (State.READY, 0)


@pytest.mark.parametrize(
    "answer",
    [TimeoutError("+8613800138000"), NotDelivered("busy"), DatabaseError("a detail"), None],
    ids=["doubt", "refused", "broken", "sent"],
)
def test_no_line_of_the_log_names_anybody(confirmation, booking, caplog, answer):
    """A canary in the address, the text and the error. Mutant: `log.exception` for a doubt
    writes the provider's error, which may repeat the number."""
    caplog.set_level(logging.DEBUG)

    send_due(now=NOON, by=Scripted(answer))

    said = caplog.text + "".join(str(record.exc_text) for record in caplog.records)
    confirmation.refresh_from_db()
    for secret in (PHONE, PHONE[3:], booking.reference, "陈小宁", "Hetang"):
        assert secret not in said
        assert secret not in confirmation.error


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_called_outside_any_transaction(confirmation):
    inside = []

    class Watching(Inbox):
        def send(self, letter: Letter) -> Accepted:
            inside.append(connection.in_atomic_block)
            return super().send(letter)

    send_due(now=NOON, by=Watching())

    assert inside == [False]


@pytest.mark.django_db(transaction=True)
def test_sending_inside_a_transaction_is_an_error(confirmation):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        send_due(now=NOON)
