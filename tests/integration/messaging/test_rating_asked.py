"""After a visit its person is asked how it was, once, and only while it can be told. C18, C24."""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.housekeeping import mark_served
from appointments.messaging.owing import standing
from appointments.models import Booking, Contact, Message
from appointments.reminding import promise_rating
from config import civil
from queues.calling import call_next, finish, start
from queues.models import Rating, Ticket
from tests.conftest import DAY, NOON, slot_at
from windows.models import Rule

pytestmark = pytest.mark.django_db
Kind = Message.Kind
HALF_AN_HOUR = timedelta(minutes=30)
AT = NOON + HALF_AN_HOUR


@pytest.fixture
def served(hall, book, session, at_window_3, clerk):
    booking = book(slot_at(session, 12, 30), language="en")
    check_in(hall=hall, reference=booking.reference, now=NOON)
    call_next(window=at_window_3, staff=clerk, now=AT)
    ticket = Ticket.objects.get()
    start(ticket=ticket, staff=clerk, now=AT)
    finish(ticket=ticket, staff=clerk, now=AT)
    return booking


def asked() -> list[Message]:
    return list(Message.objects.filter(kind=Kind.RATING))


def test_half_an_hour_later_and_once(served):
    mark_served(now=AT)
    promise_rating(booking=Booking.objects.get(), now=AT + timedelta(minutes=5))

    (one,) = asked()
    assert (one.due_at, one.useless_after) == (AT + HALF_AN_HOUR, AT + timedelta(hours=24.5))


def test_a_rule_ends_it(served):
    Rule.objects.create(name="rating_after_minutes", value=0, effective_on=DAY)

    mark_served(now=AT)

    assert asked() == []


def test_who_has_rated_is_not_asked(served):
    mark_served(now=AT)
    (one,) = asked()
    assert standing(one, AT + HALF_AN_HOUR).why_not == ""

    Rating.objects.create(ticket=Ticket.objects.get(), level=5, made_at=NOON)

    assert standing(one, AT + HALF_AN_HOUR).why_not == "rated already"


def test_who_wants_no_more_than_needed_is_not_asked(served):
    mark_served(now=AT)
    (one,) = asked()
    Contact.objects.create(address_index=one.to_index, channel="sms", opted_out_at=NOON)

    assert standing(one, AT + HALF_AN_HOUR).why_not == "not wanted"


def test_after_a_night_session_the_question_waits_for_the_morning(served):
    Ticket.objects.update(finished_at=civil.city_instant(DAY, NOON.time().replace(hour=23)))

    mark_served(now=AT)

    (one,) = asked()
    assert civil.city_time(one.due_at).hour == 7
