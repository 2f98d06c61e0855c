"""A family hears one message, not one each; and nobody in it is forgotten. C18.

Those that leave with the first are led by it: its end is theirs.
"""

from datetime import timedelta

import pytest

from appointments.cancelling import cancel
from appointments.invariants import holds
from appointments.models import InboxItem, Message
from appointments.providing import Accepted, Inbox, Letter, NotDelivered
from appointments.sending import LEASE, MOST_REFUSALS, Counts, send_due
from config import civil
from tests.conftest import NOON
from tests.integration.messaging.conftest import SATURDAY

pytestmark = pytest.mark.django_db
EVENING = civil.city_instant(SATURDAY - timedelta(days=1), NOON.time().replace(hour=18))
Kind, State = Message.Kind, Message.State
LATER = LEASE + timedelta(seconds=1)


class Once(Inbox):
    """Claims one message at a time, as a provider that does not remove duplicates gets it."""

    at_once = 1


class Breaking(Inbox):
    """Takes the letter and breaks off."""

    def send(self, letter: Letter) -> Accepted:
        super().send(letter)
        raise TimeoutError


class Refusing(Inbox):
    def send(self, letter: Letter) -> Accepted:
        raise NotDelivered("busy")


def confirmations() -> list[tuple[str, bool]]:
    """State, and whether it is led by another one, in the order of the family."""
    of_kind = Message.objects.filter(kind=Kind.CONFIRMED).order_by("booking__position")
    return [(one.state, one.bundled_into_id is not None) for one in of_kind]


@pytest.mark.parametrize("provider", [Inbox(), Once()], ids=["twenty at once", "one at a time"])
def test_one_message_names_everybody(family, provider):
    assert send_due(now=NOON, by=provider).sent == 1

    text = InboxItem.objects.get().text
    assert all(name in text for name in ("陈*宁", "李*英", "陈*贝"))
    assert confirmations() == [(State.SENT, False), (State.SENT, True), (State.SENT, True)]
    assert set(Message.objects.filter(state=State.SENT).values_list("provider", flat=True)) == {
        "inbox"
    }
    assert send_due(now=NOON + LATER, by=provider) == Counts()
    assert holds(NOON) == []


def test_the_reminder_too_and_without_who_cancelled_since(family):
    send_due(now=NOON)
    cancel(booking=family[1], now=NOON)
    send_due(now=NOON)
    InboxItem.objects.all().delete()

    send_due(now=EVENING)

    text = InboxItem.objects.get().text
    assert "陈*宁" in text
    assert "陈*贝" in text
    assert "李*英" not in text


def test_when_it_is_refused_all_are_ready_again_and_one_that_cancels_leaves_the_bundle(family):
    assert send_due(now=NOON, by=Refusing()).sent == 0
    assert confirmations() == [(State.READY, False)] * 3
    cancel(booking=family[2], now=NOON)

    send_due(now=NOON + timedelta(seconds=11))

    text = InboxItem.objects.get(kind=Kind.CONFIRMED).text
    assert "李*英" in text
    assert "陈*贝" not in text
    assert confirmations() == [(State.SENT, False), (State.SENT, True), (State.VOID, False)]


def test_doubt_about_the_first_is_doubt_about_all_and_asked_once(family):
    """Mutant: without `bundled_into_id IS NULL` in CLAIM the led ones are claimed when their
    lease ends, and each sends the family's message once more."""
    assert send_due(now=NOON, by=Breaking()) == Counts(later=1)
    assert InboxItem.objects.count() == 1
    assert [state for state, _led in confirmations()] == [State.CLAIMED] * 3

    assert send_due(now=NOON + LATER) == Counts(sent=1)
    assert InboxItem.objects.count() == 1
    assert [state for state, _led in confirmations()] == [State.SENT] * 3


def test_when_the_first_fails_for_good_so_do_the_others(family):
    now = NOON
    for _attempt in range(MOST_REFUSALS):
        send_due(now=now, by=Refusing())
        now += timedelta(minutes=20)

    assert [state for state, _led in confirmations()] == [State.FAILED] * 3


def test_when_the_first_is_not_owed_any_more_the_others_leave(family):
    """Its sender died before it named a provider, and its booking was cancelled since."""
    first = Message.objects.get(booking=family[0], kind=Kind.CONFIRMED)
    led = Message.objects.filter(kind=Kind.CONFIRMED).exclude(pk=first.pk)
    Message.objects.filter(kind=Kind.CONFIRMED).update(
        state=State.CLAIMED, lease_until=NOON + LEASE, attempt=1
    )
    led.update(bundled_into=first)
    cancel(booking=family[0], now=NOON)

    send_due(now=NOON + LATER)
    send_due(now=NOON + LATER)

    assert [state for state, _led in confirmations()] == [State.VOID, State.SENT, State.SENT]
    assert "陈*宁" not in InboxItem.objects.get(kind=Kind.CONFIRMED).text
