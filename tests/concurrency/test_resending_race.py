"""Two people decide about the same message at the same instant: one of them does. C18.

Mutant: without `select_for_update` on the message in `resending_parked._locked` both find it
in doubt; then a second decision is written, or the move breaks message_moves_legally.
"""

from datetime import timedelta
from functools import partial

import pytest

from appointments.messaging.resending_parked import DecidedMeanwhile, leave, send_again
from appointments.models import Message, MessageDecision
from appointments.sending import send_due
from tests.conftest import NOON, make_staff, race, slot_at
from tests.integration.messaging.test_resending_parked import park

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def parked(book, session) -> Message:
    booking = book(slot_at(session, 16))
    return park(Message.objects.get(booking=booking, kind=Message.Kind.CONFIRMED))


def test_one_of_those_who_press_at_once_decides(parked):
    asked = {"number": parked.pk, "seen": "unknown.2", "reason": "x", "now": LATER}
    people = [make_staff(f"admin-{n}", None, "admin") for n in range(4)]

    answers = race(
        *[partial(command, by=by, **asked) for by, command in zip(
            people, [send_again, leave, send_again, leave], strict=True
        )]
    )  # fmt: skip

    assert answers.count(DecidedMeanwhile) == 3
    decision = MessageDecision.objects.get()
    state = "ready" if decision.what == "again" else "failed"
    assert Message.objects.get(pk=parked.pk).state == state


def test_it_is_handed_over_once_whoever_pressed_and_however_many_send(parked):
    asked = {"number": parked.pk, "seen": "unknown.2", "reason": "x", "now": LATER}
    by = make_staff("admin", None, "admin")

    race(*[partial(send_again, by=by, **asked)] * 3, *[partial(send_due, now=LATER)] * 2)
    send_due(now=LATER + timedelta(seconds=5))

    message = Message.objects.get(pk=parked.pk)
    assert (message.state, message.attempt) == ("sent", 3)
    assert MessageDecision.objects.count() == 1
