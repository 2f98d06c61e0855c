"""Several senders at once: each message leaves once.

Every race is proved to bite: the mutant named in its docstring turns it red.
"""

from datetime import timedelta
from functools import partial
from threading import Event, Timer

import pytest
from django.db import transaction

from appointments.cancelling import cancel
from appointments.models import InboxItem, Message
from appointments.providing import Accepted, Inbox, Letter
from appointments.sealing import seal
from appointments.sending import LEASE, Claim, claim, running_on, send_due
from tests.conftest import NOON, race, slot_at
from tests.handing_over import deliver_by

pytestmark = pytest.mark.django_db(transaction=True)
Kind, State = Message.Kind, Message.State


class Counting(Inbox):
    """Counts every hand-over, also those that the inbox would swallow as twins."""

    def __init__(self) -> None:
        self.handed: list[Letter] = []

    def send(self, letter: Letter) -> Accepted:
        self.handed.append(letter)
        return super().send(letter)


@pytest.fixture
def twenty_due(book, session) -> list[Message]:
    booking = book(slot_at(session, 16))
    owed = Message.objects.get(booking=booking, kind=Kind.CONFIRMED)
    for version in range(2, 21):
        owed.pk, owed.version, owed.provider_reference = None, version, None
        owed.provider_reference = Message._meta.get_field("provider_reference").get_default()
        owed.subject, owed.booking = f"proof:{version}", None
        owed.text_sealed = seal("A code.", purpose="message")
        owed.save(force_insert=True)
    return list(Message.objects.all())


def test_four_senders_hand_over_each_message_once(twenty_due):
    """C18. Mutant: without FOR UPDATE SKIP LOCKED in CLAIM (a plain SELECT), senders that
    come together claim the same rows one after the other, and more than 20 hand-overs
    are counted."""
    provider = Counting()

    ends = race(*[partial(send_due, now=NOON, by=provider)] * 4)

    assert sum(end.sent for end in ends) == 20
    assert len(provider.handed) == len({letter.reference for letter in provider.handed}) == 20
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


def test_two_claims_at_once_share_no_message(twenty_due):
    """Mutant: as above; the two lists overlap."""
    first, second = race(*[partial(claim, now=NOON, limit=12)] * 2)

    taken = [one.message.pk for one in [*first, *second]]
    assert len(taken) == len(set(taken)) == 20


def test_a_zombie_and_its_successor_send_once(twenty_due):
    """A paused sender wakes up beside the one that took over its messages.

    Mutant: without `attempt=` in `_mine`, the zombie renews a lease that is not its own,
    hands over as well and more than 20 hand-overs are counted."""
    provider = Counting()
    zombie = claim(now=NOON, limit=20)
    later = NOON + LEASE + timedelta(seconds=1)
    successor = claim(now=later, limit=20)

    def work(claims: list[Claim]) -> list[str]:
        return [deliver_by(one, provider, running_on(later)) for one in claims]

    woken, took_over = race(partial(work, zombie), partial(work, successor))

    assert set(woken) == {"later"}
    assert set(took_over) == {State.SENT}
    assert len(provider.handed) == InboxItem.objects.count() == 20


def test_a_cancellation_under_way_is_waited_for(book, session):
    """The sender asks whether the message is owed while the booking is being cancelled.

    Mutant: without FOR SHARE in `locked_group`, the sender reads the booking as it was
    and the confirmation leaves in the middle of the cancellation."""
    booking = book(slot_at(session, 16))
    (one,) = claim(now=NOON, limit=1)
    is_cancelled, may_commit = Event(), Event()

    def cancel_slowly() -> None:
        with transaction.atomic():
            cancel(booking=booking, now=NOON)
            is_cancelled.set()
            may_commit.wait(timeout=30)

    def send() -> str:
        is_cancelled.wait(timeout=30)
        Timer(0.5, may_commit.set).start()
        return deliver_by(one, Inbox(), running_on(NOON))

    _cancelled, end = race(cancel_slowly, send)

    assert end == State.VOID
    assert send_due(now=NOON).sent == 1
    assert InboxItem.objects.get().kind == Kind.CANCELLED
