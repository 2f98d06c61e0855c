"""Receipts that come at a bad moment, and twice at once. C18.

Each race is proved to bite: the mutant named in its docstring turns it red.
"""

from functools import partial

import pytest
from django.db import connection

from appointments.messaging.receipts import Told, read, receive
from appointments.models import Contact, Message, Receipt
from appointments.providing import Accepted, Inbox, Letter
from appointments.sending import claim, running_on, send_due
from tests.conftest import NOON, race, slot_at
from tests.faking.sms_wire import receipt_body
from tests.handing_over import deliver_by

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


def told_about(message: Message, status: str = "delivered", **more: str) -> Told:
    return read(receipt_body(str(message.provider_reference), status=status, **more))


class Quick(Inbox):
    """Its receipt is there before the answer to the question is."""

    def __init__(self, *, status: str = "delivered", **more: str) -> None:
        self.status_told, self.more = status, more

    def send(self, letter: Letter) -> Accepted:
        accepted = super().send(letter)
        body = receipt_body(str(letter.reference), status=self.status_told, **self.more)
        race(partial(receive, provider=self.name, told=read(body), now=NOON))
        return accepted


@pytest.fixture
def owed(book, session) -> Message:
    book(slot_at(session, 16))
    return Message.objects.get(kind="confirmed")


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_a_receipt_before_the_senders_record_is_the_last_word(status, owed):
    """Claimed, and accepted by the provider. Mutant: CLAIMED left out of MOVES; the receipt
    is spent, and the message stays sent for ever."""
    counts = send_due(now=NOON, by=Quick(status=status))

    owed.refresh_from_db()
    assert (owed.state, counts.sent, counts.later) == (status, 0, 1)
    assert (owed.lease_until, owed.attempt) == (None, 1)


def test_nothing_is_sent_again_after_it(owed):
    send_due(now=NOON, by=Quick())

    assert str(send_due(now=NOON)) == str(type(send_due(now=NOON))())


def test_two_that_are_the_same_count_once(owed):
    """Both at the same instant. Mutant: `Receipt.objects.create` instead of get_or_create;
    one of them breaks (receipt_once) and the provider brings it for ever."""
    send_due(now=NOON)
    owed.refresh_from_db()

    counted = race(*[partial(receive, provider="inbox", told=told_about(owed), now=NOON)] * 4)

    owed.refresh_from_db()
    assert sorted(counted) == [False, False, False, True]
    assert (Receipt.objects.count(), owed.state) == (1, State.DELIVERED)


def test_two_for_nobody_count_once(owed):
    told = read(receipt_body("00000000-0000-4000-8000-000000000000"))

    counted = race(*[partial(receive, provider="inbox", told=told, now=NOON)] * 4)

    assert sorted(counted) == [False, False, False, True]
    assert Receipt.objects.get().message is None


def test_arrived_and_failed_at_once_end_as_arrived(owed):
    """Whichever comes first. Mutant: without the lock in `receive`, both read "sent", and a
    failure that writes last meets the trigger (message_moves_legally)."""
    for _ in range(8):
        Message.objects.all().delete()
        owed.pk, owed.state = None, State.READY
        owed.save(force_insert=True)
        send_due(now=NOON)

        race(
            partial(receive, provider="inbox", told=told_about(owed), now=NOON),
            partial(
                receive, provider="inbox", now=NOON,
                told=told_about(owed, "failed", reason="number_unknown"),
            ),
        )  # fmt: skip

        assert Message.objects.get().state == State.DELIVERED
        Receipt.objects.all().delete()
        Contact.objects.all().delete()


def test_a_receipt_and_the_senders_record_at_once(owed):
    """Ten times: whoever is first, the message has arrived."""
    for _ in range(10):
        Message.objects.all().delete()
        owed.pk, owed.state = None, State.READY
        owed.save(force_insert=True)
        (one,) = claim(now=NOON, limit=1)
        Message.objects.update(provider="inbox")

        _end, counted = race(
            partial(deliver_by, one, Inbox(), running_on(NOON)),
            partial(receive, provider="inbox", told=told_about(owed), now=NOON),
        )

        assert counted is True
        assert Message.objects.get().state == State.DELIVERED
        Receipt.objects.all().delete()
    connection.close()
