"""A message leaves once, or says why not. C18."""

import logging
import time as time_module
from datetime import time, timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, connection, transaction

from appointments import tasks
from appointments.cancelling import cancel
from appointments.models import InboxItem, Message
from appointments.providing import Accepted, Fate, Inbox, Letter, NoProvider, NotDelivered
from appointments.sending import (
    LEASE,
    MOST_ATTEMPTS,
    MOST_REFUSALS,
    Counts,
    claim,
    running_on,
    send_due,
)
from config import civil
from tests.conftest import DAY, NOON, PHONE, make_session, slot_at
from tests.handing_over import deliver_by

SATURDAY = DAY + timedelta(days=2)
Kind, State = Message.Kind, Message.State
LATER = LEASE + timedelta(seconds=1)


class Scripted:
    """A provider that answers as it is told and remembers what it got."""

    name = "scripted"

    def __init__(self, *answers: Exception | None, dedupes: bool = True) -> None:
        self.answers, self.dedupes, self.at_once = list(answers), dedupes, 20 if dedupes else 1
        self.got: list[Letter] = []
        self.known: set[UUID] = set()
        self.is_silent = False

    def send(self, letter: Letter) -> Accepted:
        self.got.append(letter)
        answer = self.answers.pop(0) if self.answers else None
        if not isinstance(answer, NotDelivered):
            self.known.add(letter.reference)
        if answer is not None:
            raise answer
        return Accepted()

    def status(self, reference: UUID) -> Fate:
        if self.is_silent:
            raise TimeoutError
        return Fate.SENT if reference in self.known else Fate.ABSENT


@pytest.fixture
def saturday(hall, windows):
    return make_session(hall, windows, day=SATURDAY)


@pytest.fixture
def booking(book, saturday):
    return book(slot_at(saturday, 15), language="en")


@pytest.fixture
def confirmation(booking) -> Message:
    return Message.objects.get(booking=booking, kind=Kind.CONFIRMED)


def the_only_claim(now=NOON):
    (one,) = claim(now=now, limit=10)
    return one


def the_only_claim_of(provider):
    """Claimed, and marked with the provider that is about to be called."""
    one = the_only_claim()
    Message.objects.filter(pk=one.message.pk).update(provider=provider)
    return one


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


def test_a_sender_that_died_before_the_hand_over_is_followed_by_another(confirmation):
    the_only_claim()  # and then the process was killed

    assert send_due(now=NOON + LATER) == Counts(sent=1)
    assert InboxItem.objects.count() == 1


def test_a_sender_that_died_after_the_hand_over_does_not_send_twice(confirmation):
    provider = Scripted()
    one = the_only_claim_of("scripted")
    provider.send(Letter(one.message.provider_reference, PHONE, "sms", "confirmed", "text", NOON))

    assert send_due(now=NOON + LATER, by=provider) == Counts(sent=1)
    assert len(provider.got) == 1


def test_a_sender_whose_lease_ran_out_records_nothing(confirmation):
    """The attempt is the fencing number: the late one updates no row (I12)."""
    slow = the_only_claim()
    quick = the_only_claim(now=NOON + LATER)

    assert deliver_by(slow, Inbox(), running_on(NOON)) == "later"
    assert not InboxItem.objects.exists()
    assert deliver_by(quick, Inbox(), running_on(NOON + LATER)) == State.SENT
    assert InboxItem.objects.count() == 1


def test_doubt_is_never_sent_blindly_where_the_provider_does_not_dedupe(confirmation):
    provider = Scripted(dedupes=False)
    the_only_claim_of("scripted")

    assert send_due(now=NOON + LATER, by=provider) == Counts(unknown=1)
    assert provider.got == []


def test_what_no_provider_was_named_for_cannot_have_left(confirmation):
    """A sender that died before it named its provider leaves no doubt behind."""
    provider = Scripted(dedupes=False)
    the_only_claim()

    assert send_due(now=NOON + LATER, by=provider) == Counts(sent=1)
    assert len(provider.got) == 1


def test_doubt_about_a_provider_that_is_gone_is_for_a_person(confirmation):
    the_only_claim_of("an older one")

    assert send_due(now=NOON + LATER) == Counts(unknown=1)
    assert not InboxItem.objects.exists()


def test_an_error_in_the_hand_over_is_doubt_and_the_provider_is_asked(confirmation):
    provider = Scripted(TimeoutError())

    assert send_due(now=NOON, by=provider) == Counts(later=1)
    assert send_due(now=NOON + timedelta(seconds=30), by=provider) == Counts()
    assert send_due(now=NOON + LATER, by=provider) == Counts(sent=1)
    assert len(provider.got) == 1


def test_a_provider_that_never_answers_leaves_the_message_unknown(confirmation):
    provider = Scripted(TimeoutError())
    provider.is_silent = True

    ends = [send_due(now=NOON + n * LATER, by=provider) for n in range(MOST_ATTEMPTS + 1)]

    assert ends == [Counts(later=1)] * MOST_ATTEMPTS + [Counts(unknown=1)]
    assert len(provider.got) == 1


def test_a_slow_provider_does_not_hold_a_worker_until_it_is_killed(book, saturday):
    """Mutant: without `goes_on`, all four are handed over in one run, however long it takes; a
    worker that is killed for it leaves a doubt."""

    class Slow(Inbox):
        def send(self, letter: Letter) -> Accepted:
            time_module.sleep(0.4)
            return super().send(letter)

    for person in (1, 2, 3, 4):
        book(slot_at(saturday, 15), person=person)

    first = send_due(now=NOON, by=Slow(), within=timedelta(seconds=0.5))

    assert (first.sent, first.later) == (2, 2)
    ready = Message.objects.filter(kind=Kind.CONFIRMED, state=State.READY)
    assert set(ready.values_list("provider", "lease_until")) == {("", None)}
    assert send_due(now=NOON).sent == 2


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
