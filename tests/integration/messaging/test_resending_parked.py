"""A message in doubt is decided by a person: once more, or left. C18.

Mutants: with one reference for both letters of a provider that does not remove duplicates
(`keeps_reference` always true) the second letter cannot be told from the first; with a new
one for a provider that does (always false) the second arrives as well; when the family stays
bundled, nobody sends it; without `why_not_owed` a cancelled visit is confirmed; with the
attempt set back to 0 a sender that slept finds its own number again.
"""

from datetime import timedelta

import pytest

from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.confirming import confirm, find
from appointments.messaging import parked, resending_parked
from appointments.messaging.resending_parked import (
    DecidedMeanwhile,
    NotOwedNow,
    ask_provider,
    leave,
    send_again,
    settle_as_told,
)
from appointments.models import InboxItem, Message, MessageDecision
from appointments.providing import Fate, Inbox, Letter
from appointments.sending import claim, running_on, send_due
from config.refusals import NotFound
from tests.conftest import NOON, PHONE, a_person, make_staff, slot_at
from tests.handing_over import deliver_by
from tests.integration.appointments.scripted import LATER, Scripted

Kind, State = Message.Kind, Message.State
TODAY = NOON + timedelta(minutes=5)


@pytest.fixture
def admin(db):
    return make_staff("admin", None, "admin")


@pytest.fixture
def booking(book, session):
    return book(slot_at(session, 16), language="en")


@pytest.fixture
def confirmation(booking) -> Message:
    return Message.objects.get(booking=booking, kind=Kind.CONFIRMED)


def park(message: Message, provider: str = "scripted") -> Message:
    """In doubt, as after a sender that died and a provider that does not know it."""
    Message.objects.filter(pk=message.pk).update(
        state=State.CLAIMED, attempt=2, lease_until=NOON, provider=provider
    )
    Message.objects.filter(pk=message.pk).update(
        state=State.UNKNOWN, lease_until=None, settled_at=NOON,
        error="the provider does not know it",
    )  # fmt: skip
    return Message.objects.get(pk=message.pk)


def fail(message: Message, provider: str = "inbox") -> Message:
    park(message, provider)
    Message.objects.filter(pk=message.pk).update(
        state=State.FAILED, sent_at=NOON, accepted_as="17", error="no such number"
    )
    return Message.objects.get(pk=message.pk)


def letter_of(message: Message) -> Letter:
    return Letter(message.provider_reference, PHONE, "sms", message.kind, "x", NOON)


def again(message: Message, admin, now=TODAY, reason="nothing came") -> int:
    seen = f"{message.state}.{message.attempt}"
    return send_again(number=message.pk, seen=seen, reason=reason, by=admin, now=now)


def test_a_message_in_doubt_leaves_once_more_and_it_is_written_who_let_it(confirmation, admin):
    was = park(confirmation)

    assert again(was, admin) == 1

    confirmation.refresh_from_db()
    assert (confirmation.state, confirmation.provider, confirmation.attempt) == ("ready", "", 2)
    assert (confirmation.resent_by, confirmation.resent_at) == (admin, TODAY)
    assert (confirmation.due_at, confirmation.settled_at, confirmation.error) == (TODAY, None, "")
    decision = MessageDecision.objects.get()
    assert (decision.what, decision.by, decision.reason) == ("again", admin, "nothing came")
    assert (decision.was_state, decision.was_provider) == ("unknown", "scripted")
    assert send_due(now=TODAY).sent == 1
    assert InboxItem.objects.get().to == PHONE


def test_a_provider_that_removes_duplicates_gets_the_same_reference(confirmation, admin):
    was = park(confirmation, "inbox")
    Inbox().send(letter_of(was))  # it had arrived after all

    again(was, admin)

    confirmation.refresh_from_db()
    assert confirmation.provider_reference == was.provider_reference
    assert send_due(now=TODAY).sent == 1
    assert InboxItem.objects.count() == 1


def test_any_other_provider_gets_a_new_one(confirmation, admin, monkeypatch):
    was = park(confirmation)
    monkeypatch.setattr(resending_parked, "provider_of", lambda name: Scripted(dedupes=False))

    again(was, admin)

    confirmation.refresh_from_db()
    assert confirmation.provider_reference != was.provider_reference
    assert MessageDecision.objects.get().was_reference == was.provider_reference


def test_what_failed_gets_a_new_reference_or_it_would_be_swallowed(confirmation, admin):
    was = fail(confirmation)

    assert again(was, admin) == 1

    confirmation.refresh_from_db()
    assert confirmation.provider_reference != was.provider_reference
    assert (confirmation.sent_at, confirmation.accepted_as) == (None, "")


@pytest.fixture
def family(session, renewal):
    """Two people of one visit, confirmed together and sent as one message that got lost."""
    held = hold(
        slot_id=slot_at(session, 16).pk, matter=renewal, people=[a_person(1), a_person(2)],
        phone=PHONE, now=NOON,
    ).bookings  # fmt: skip
    confirm(booking=find(held[0].reference, held[0].secret), now=NOON)
    send_due(now=NOON, by=Scripted(TimeoutError(), dedupes=False))
    send_due(now=NOON + LATER, by=Scripted(dedupes=False))
    lead = Message.objects.get(kind=Kind.CONFIRMED, bundled_into=None)
    assert (lead.state, lead.bundled.count()) == (State.UNKNOWN, 1)
    return lead


def test_a_family_is_released_together_and_leaves_as_one_again(family, admin):
    assert parked.troubled(family.pk).others == 1

    assert again(family, admin) == 2

    confirmations = Message.objects.filter(kind=Kind.CONFIRMED)
    assert set(confirmations.values_list("state", "bundled_into")) == {("ready", None)}
    provider = Scripted()
    send_due(now=TODAY, by=provider)
    assert len(provider.got) == 1
    assert provider.got[0].reference == Message.objects.get(pk=family.pk).provider_reference
    assert set(confirmations.values_list("state", flat=True)) == {"sent"}


def test_of_a_family_only_who_still_comes_is_told(family, admin):
    cancel(booking=family.booking, now=NOON + timedelta(minutes=3))

    assert again(family, admin) == 1

    family.refresh_from_db()
    assert (family.state, family.bundled_into) == (State.FAILED, None)
    assert Message.objects.filter(kind=Kind.CONFIRMED, state=State.READY).count() == 1


def test_what_is_not_owed_any_more_is_not_sent_again(confirmation, booking, admin):
    was = park(confirmation)
    cancel(booking=booking, now=NOON)

    with pytest.raises(NotOwedNow, match="the booking has changed since"):
        again(was, admin)

    confirmation.refresh_from_db()
    assert confirmation.state == State.UNKNOWN
    assert not MessageDecision.objects.exists()


def test_what_would_come_too_late_is_not_sent_again(confirmation, admin):
    with pytest.raises(NotOwedNow, match="it would come too late"):
        again(park(confirmation), admin, now=confirmation.useless_after)


def test_who_looked_at_something_else_decides_nothing(confirmation, admin):
    was = park(confirmation)
    again(was, admin)

    with pytest.raises(DecidedMeanwhile):
        again(was, admin)

    park(confirmation)
    Message.objects.filter(pk=confirmation.pk).update(attempt=3)
    with pytest.raises(DecidedMeanwhile):
        again(was, admin)
    assert MessageDecision.objects.count() == 1


def test_a_sender_that_slept_all_the_while_finds_nothing_of_its_own(confirmation, admin):
    """The attempt goes on counting through a person's decision (I12)."""
    (sleeper,) = claim(now=NOON, limit=10)
    park_claimed = Message.objects.filter(pk=confirmation.pk)
    park_claimed.update(state=State.UNKNOWN, provider="inbox", lease_until=None, settled_at=NOON)
    confirmation.refresh_from_db()
    again(confirmation, admin)
    (follower,) = claim(now=TODAY, limit=10)

    assert deliver_by(sleeper, Inbox(), running_on(TODAY)) == "later"
    assert deliver_by(follower, Inbox(), running_on(TODAY)) == State.SENT
    assert InboxItem.objects.count() == 1


def test_it_can_be_left(family, admin):
    leave(
        number=family.pk, seen=f"unknown.{family.attempt}", reason="she came", by=admin, now=TODAY
    )

    states = Message.objects.filter(kind=Kind.CONFIRMED).values_list("state", "error", "settled_at")
    assert set(states) == {("failed", "left", TODAY)}
    assert send_due(now=TODAY).sent == 0
    assert MessageDecision.objects.get().what == "leave"


def test_what_failed_need_not_be_left(confirmation, admin):
    was = fail(confirmation)

    with pytest.raises(DecidedMeanwhile):
        leave(number=was.pk, seen=f"failed.{was.attempt}", reason="x", by=admin, now=TODAY)


def test_nobody_decides_about_nothing(admin):
    with pytest.raises(NotFound):
        leave(number=1, seen="unknown.1", reason="x", by=admin, now=TODAY)


@pytest.mark.parametrize(
    ("told", "state", "after"),
    [
        (Fate.DELIVERED, "unknown", "delivered"),
        (Fate.SENT, "unknown", "sent"),
        (Fate.FAILED, "unknown", "failed"),
        (Fate.ABSENT, "unknown", "unknown"),
        (None, "unknown", "unknown"),
        (Fate.DELIVERED, "failed", "delivered"),
        (Fate.SENT, "failed", "failed"),
        (Fate.FAILED, "failed", "failed"),
    ],
)
def test_the_provider_is_asked_and_its_word_is_written_down(
    told, state, after, confirmation, admin
):
    was = park(confirmation) if state == "unknown" else fail(confirmation)

    settle_as_told(number=was.pk, seen=f"{state}.{was.attempt}", told=told, by=admin, now=TODAY)

    confirmation.refresh_from_db()
    assert confirmation.state == after
    decision = MessageDecision.objects.get()
    assert (decision.what, decision.reason) == ("asked", told.value if told else "no answer")
    assert parked.story(was.pk)[-1].by == "admin"


def test_only_a_provider_that_is_set_up_can_be_asked(confirmation):
    assert ask_provider(number=park(confirmation, "an older one").pk) is None
    assert ask_provider(number=10**6) is None
    Message.objects.filter(pk=confirmation.pk).update(provider="inbox")
    Inbox().send(letter_of(confirmation))
    assert ask_provider(number=confirmation.pk) is Fate.SENT


def test_a_page_tells_the_end_of_an_address_and_no_number_out_of_a_reason(confirmation):
    park(confirmation)
    Message.objects.filter(pk=confirmation.pk).update(error=f"{PHONE} is not a number")

    (one,) = parked.in_doubt()

    assert one.to == "****8000"
    assert one.why == "+… is not a number"
