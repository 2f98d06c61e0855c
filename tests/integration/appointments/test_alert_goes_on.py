"""“Your turn is near” goes on with the number that the person is given next. Row C18."""

from datetime import timedelta

import pytest

from appointments.alerting import alert_proven, end_alert, tell_near
from appointments.models import Message, TurnAlert
from appointments.proving import token_for
from appointments.sealing import unseal
from queues.calling import call_next, start
from queues.handing_on import transfer_to_hall
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import NOON, PHONE, make_session
from windows.models import Window

pytestmark = pytest.mark.django_db
PROOF = token_for(PHONE, until=NOON + timedelta(hours=3))
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def there(other_hall, renewal):
    """The other hall is open, and ten people wait in it already."""
    Window.objects.create(hall=other_hall, number=1).matters.add(renewal)
    make_session(other_hall, [])
    for _ in range(10):
        issue_walk_in(hall=other_hall, matter=renewal, now=NOON - timedelta(hours=1))
    return other_hall


@pytest.fixture
def waits(hall, session, renewal) -> Ticket:
    return issue_walk_in(hall=hall, matter=renewal, now=NOON)


def moved(waits, there, at_window_3, clerk, *, first_start=False) -> Ticket:
    called = call_next(window=at_window_3, staff=clerk, now=NOON)
    assert called == waits
    if first_start:
        start(ticket=called, staff=clerk, now=NOON)
        tell_near(now=NOON)
    return transfer_to_hall(ticket=called, staff=clerk, hall=there, now=NOON)


def soon() -> list[str]:
    found = Message.objects.filter(kind=Message.Kind.SOON).order_by("pk")
    return [unseal(one.text_sealed, purpose="message") for one in found]


def serve_some(there, count) -> None:
    first = Ticket.objects.waiting().filter(hall=there).order_by("pk")[:count]
    Ticket.objects.filter(pk__in=[one.pk for one in first]).update(state="void")


@pytest.mark.parametrize("first_start", [False, True])
def test_told_when_the_turn_in_the_other_hall_is_near(
    waits, there, at_window_3, clerk, first_start
):
    alert_proven(ticket=waits, proof=PROOF, language="en", now=NOON)
    new = moved(waits, there, at_window_3, clerk, first_start=first_start)

    tell_near(now=LATER)
    carried = TurnAlert.objects.get(ticket=new)
    assert (carried.told_at, carried.ended_at) == (None, None)
    assert soon() == []  # ten people are before

    serve_some(there, 7)
    assert tell_near(now=LATER) == 1
    (told,) = soon()
    assert new.label in told
    assert "Guilan Hall" in told


def test_also_who_was_told_in_the_first_hall(waits, there, at_window_3, clerk):
    alert_proven(ticket=waits, proof=PROOF, language="en", now=NOON)
    tell_near(now=NOON)
    new = moved(waits, there, at_window_3, clerk)

    tell_near(now=LATER)
    serve_some(there, 7)
    tell_near(now=LATER)

    assert [new.label in words for words in soon()] == [False, True]


def test_carried_once_however_often_we_look(waits, there, at_window_3, clerk):
    alert_proven(ticket=waits, proof=PROOF, language="en", now=NOON)
    new = moved(waits, there, at_window_3, clerk)
    for _ in range(3):
        tell_near(now=LATER)
    end_alert(ticket=new, now=LATER)

    tell_near(now=LATER)
    serve_some(there, 10)
    tell_near(now=LATER)

    assert TurnAlert.objects.filter(ticket=new).count() == 1
    assert soon() == []  # it was not wanted any more


def test_who_wanted_none_any_more_gets_none_there(waits, there, at_window_3, clerk):
    alert_proven(ticket=waits, proof=PROOF, language="en", now=NOON - timedelta(minutes=5))
    end_alert(ticket=waits, now=NOON - timedelta(minutes=4))
    new = moved(waits, there, at_window_3, clerk)

    tell_near(now=LATER)

    assert not TurnAlert.objects.filter(ticket=new).exists()


def test_looking_for_it_costs_no_further_question(
    waits, there, at_window_3, clerk, django_assert_num_queries
):
    alert_proven(ticket=waits, proof=PROOF, language="en", now=NOON)
    moved(waits, there, at_window_3, clerk)
    tell_near(now=LATER)

    with django_assert_num_queries(2):  # the wishes, the line of one hall
        tell_near(now=LATER)
