"""“Your turn is near”, by message: asked for, once, never to a stranger. Row C18."""

from datetime import timedelta

import pytest

from appointments.alerting import (
    NoMessageNeeded,
    PhoneNotKnown,
    ToldAlready,
    alert_booked,
    alert_proven,
    end_alert,
    known_phone,
    tell_near,
)
from appointments.arriving import check_in
from appointments.housekeeping import forget
from appointments.models import InboxItem, Message, TurnAlert
from appointments.proving import PhoneNotProven, token_for
from appointments.sealing import unseal
from appointments.sending import send_due
from appointments.tasks import send_due as send_due_task
from queues.calling import call_next, finish, no_show, start
from queues.issuing import issue_walk_in
from queues.models import Ticket
from queues.postponing import postpone
from tests.conftest import NOON, PHONE, slot_at
from windows.models import Rule

pytestmark = pytest.mark.django_db
PROOF = token_for(PHONE, until=NOON + timedelta(hours=3))


@pytest.fixture
def line(hall, session, renewal, at_window_3) -> list[Ticket]:
    return [
        issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(seconds=n)) for n in range(6)
    ]


@pytest.fixture
def alert(line) -> TurnAlert:
    """The fifth in line: four people are before."""
    return alert_proven(ticket=line[4], proof=PROOF, language="en", now=NOON)


def words() -> list[str]:
    found = Message.objects.filter(kind=Message.Kind.SOON).order_by("pk")
    return [unseal(one.text_sealed, purpose="message") for one in found]


def serve(window, clerk, now=NOON) -> Ticket:
    called = call_next(window=window, staff=clerk, now=now)
    return finish(ticket=called, staff=clerk, now=now)


def test_nobody_is_told_who_has_not_asked(line, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert tell_near(now=NOON) == 0

    assert words() == []


def test_told_when_three_people_are_left(alert, line, at_window_3, clerk):
    assert tell_near(now=NOON) == 0

    serve(at_window_3, clerk)

    assert tell_near(now=NOON) == 1
    (told,) = words()
    assert told.startswith("Dengta: 3 people are before number A005 in Hetang Hall.")
    assert "come back" in told
    assert f"/t/{line[4].public_id}/" in told


def test_told_once_however_often_it_is_looked(alert, line, at_window_3, clerk):
    for _ in range(4):
        serve(at_window_3, clerk)
        tell_near(now=NOON)
        tell_near(now=NOON)

    assert len(words()) == 1


def test_the_hall_sets_from_which_place(line, hall):
    Rule.objects.create(name="turn_alert_places", hall=hall, value=4, effective_on="2027-01-01")
    alert_proven(ticket=line[4], proof=PROOF, language="en", now=NOON)

    assert tell_near(now=NOON) == 1


def test_a_hall_is_read_once_for_all_who_want_to_know(line, django_assert_num_queries):
    for ticket in line[4:]:
        alert_proven(ticket=ticket, proof=PROOF, language="en", now=NOON)

    with django_assert_num_queries(2):
        tell_near(now=NOON)


def test_in_chinese_when_it_was_asked_for_in_chinese(line):
    alert_proven(ticket=line[0], proof=PROOF, language="zh-hans", now=NOON)

    tell_near(now=NOON)

    assert "禾塘办证大厅" in words()[0]


def test_told_at_once_when_called_before(alert, line, at_window_3, clerk):
    """A window that only this person fits, the green channel: no sweep saw them near."""
    Ticket.objects.filter(pk__in=[t.pk for t in line[:4]]).update(state="void")
    call_next(window=at_window_3, staff=clerk, now=NOON)

    tell_near(now=NOON)

    assert "is called to window 3" in words()[0]


def test_told_what_to_do_when_missed_before(alert, line, hall, at_window_3, clerk):
    Rule.objects.create(name="missed_after_calls", hall=hall, value=1, effective_on="2027-01-01")
    Ticket.objects.filter(pk__in=[t.pk for t in line[:4]]).update(state="void")
    called = call_next(window=at_window_3, staff=clerk, now=NOON)
    no_show(ticket=called, staff=clerk, now=NOON)

    tell_near(now=NOON)

    assert "Nothing is lost" in words()[0]


def test_nothing_at_a_ticket_that_is_over(line, at_window_3, clerk):
    alert_proven(ticket=line[0], proof=PROOF, language="en", now=NOON)
    serve(at_window_3, clerk)

    assert tell_near(now=NOON) == 0

    assert words() == []
    assert TurnAlert.objects.get().ended_at == NOON


def test_switched_off_nothing_is_sent(alert, line, at_window_3, clerk):
    serve(at_window_3, clerk)
    end_alert(ticket=line[4], now=NOON)

    assert tell_near(now=NOON) == 0
    assert words() == []


def test_switched_off_while_it_is_on_its_way(line):
    alert_proven(ticket=line[0], proof=PROOF, language="en", now=NOON)
    tell_near(now=NOON)
    end_alert(ticket=line[0], now=NOON)

    assert Message.objects.get().state == Message.State.VOID


def test_who_stepped_back_after_the_message_can_be_told_again(line, hall, at_window_3):
    Rule.objects.create(name="turn_alert_places", hall=hall, value=1, effective_on="2027-01-01")
    Rule.objects.create(name="postpone_minutes", hall=hall, value=30, effective_on="2027-01-01")
    mine = line[0]
    alert_proven(ticket=mine, proof=PROOF, language="en", now=NOON)
    tell_near(now=NOON)
    with pytest.raises(ToldAlready):
        alert_proven(ticket=mine, proof=PROOF, language="en", now=NOON)
    postpone(ticket=mine, now=NOON)

    alert_proven(ticket=mine, proof=PROOF, language="en", now=NOON)
    tell_near(now=NOON)
    assert len(words()) == 1

    Ticket.objects.filter(pk__in=[t.pk for t in line[1:]]).update(state="void")
    tell_near(now=NOON)
    assert len(words()) == 2


class TestWho:
    def test_a_booked_person_needs_no_code(self, hall, session, book):
        booking = book(slot_at(session, 12, 30))
        ticket = check_in(hall=hall, reference=booking.reference, now=NOON)

        assert known_phone(ticket) == PHONE
        alert = alert_booked(ticket=ticket, language="en", now=NOON)
        assert unseal(alert.phone_sealed, purpose="phone") == PHONE

    def test_a_walk_in_has_no_known_phone(self, line):
        with pytest.raises(PhoneNotKnown):
            alert_booked(ticket=line[0], language="en", now=NOON)

    @pytest.mark.parametrize("proof", ["", "nonsense", f"{PROOF[:-3]}xyz"])
    def test_a_phone_that_is_not_proven_gets_nothing(self, line, proof):
        with pytest.raises(PhoneNotProven):
            alert_proven(ticket=line[0], proof=proof, language="en", now=NOON)

        assert not TurnAlert.objects.exists()

    def test_nobody_asks_at_a_ticket_that_is_over(self, line, at_window_3, clerk):
        done = serve(at_window_3, clerk)

        with pytest.raises(NoMessageNeeded):
            alert_proven(ticket=done, proof=PROOF, language="en", now=NOON)

    def test_asked_again_it_goes_to_the_phone_that_was_given_last(self, line):
        other = token_for("+85251234567", until=NOON + timedelta(hours=1))
        alert_proven(ticket=line[4], proof=PROOF, language="en", now=NOON)
        alert_proven(ticket=line[4], proof=other, language="zh-hans", now=NOON)

        alert = TurnAlert.objects.get()
        assert unseal(alert.phone_sealed, purpose="phone") == "+85251234567"
        assert alert.language == "zh-hans"


@pytest.mark.django_db(transaction=True)
class TestSending:
    def test_it_lands_in_the_demonstrations_inbox(self, line, settings):
        alert_proven(ticket=line[0], proof=PROOF, language="en", now=NOON)
        tell_near(now=NOON)

        send_due(now=NOON)

        item = InboxItem.objects.get(kind="soon")
        assert item.to == PHONE
        assert "is next in Hetang Hall" in item.text

    def test_not_when_the_person_is_at_the_window_by_now(self, line, at_window_3, clerk):
        alert_proven(ticket=line[0], proof=PROOF, language="en", now=NOON)
        tell_near(now=NOON)
        start(ticket=call_next(window=at_window_3, staff=clerk, now=NOON), staff=clerk, now=NOON)

        send_due(now=NOON)

        assert Message.objects.get().state == Message.State.VOID
        assert not InboxItem.objects.exists()

    def test_not_a_quarter_of_an_hour_later(self, line):
        alert_proven(ticket=line[0], proof=PROOF, language="en", now=NOON)
        tell_near(now=NOON)

        send_due(now=NOON + timedelta(minutes=16))

        assert not InboxItem.objects.exists()

    def test_the_worker_looks_before_it_sends(self, line, monkeypatch):
        monkeypatch.setattr("appointments.tasks.right_now", lambda: NOON)
        alert_proven(ticket=line[0], proof=PROOF, language="en", now=NOON)

        send_due_task()

        assert InboxItem.objects.filter(kind="soon").count() == 1


def test_the_phone_is_forgotten_the_next_day(alert, line):
    tell_near(now=NOON)

    forget(now=NOON + timedelta(hours=25))

    assert not TurnAlert.objects.exists()
    assert words() == []
