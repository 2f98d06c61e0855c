"""A sender died or heard nothing: the provider is asked, nobody hears twice. C18."""

import time as time_module
from datetime import timedelta

from appointments.models import InboxItem, Message
from appointments.providing import Accepted, Inbox, Letter
from appointments.sending import (
    MOST_ATTEMPTS,
    Counts,
    running_on,
    send_due,
)
from tests.conftest import NOON, PHONE, slot_at
from tests.handing_over import deliver_by
from tests.integration.appointments.scripted import (
    LATER,
    Scripted,
    the_only_claim,
    the_only_claim_of,
)

Kind, State = Message.Kind, Message.State


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

    assert (first.sent + first.later, first.sent in (1, 2)) == (4, True)
    ready = Message.objects.filter(kind=Kind.CONFIRMED, state=State.READY)
    assert set(ready.values_list("provider", "lease_until")) == {("", None)}
    assert send_due(now=NOON).sent == first.later
