"""Races around one's own ticket: stepping back while a window calls, sweeps that tell."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from appointments import alerting
from appointments.alerting import tell_near
from appointments.models import Message, TurnAlert
from appointments.proving import token_for
from queues import choosing
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from queues.postponing import AlreadyPostponed, JustCalledToWindow, postpone
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.interleaving import meanwhile, uncommitted
from tests.conftest import NOON, PHONE, race
from windows.prepared import Prepared

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line(hall, session, renewal, at_window_3):
    return [
        issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(seconds=n)) for n in range(4)
    ]


def test_pressed_while_being_called_one_of_both_wins(line, at_window_3, clerk):
    """Called, the place stays; stepped back, the window has the next person, unless it had read
    the line a moment before: calls of one instant may change places (docs/adr/0005)."""
    outcome, called = race(
        partial(postpone, ticket=line[0], now=NOON),
        partial(call_next, window=at_window_3, staff=clerk, now=NOON),
    )

    mine = Ticket.objects.get(pk=line[0].pk)
    if outcome is JustCalledToWindow:
        assert (called.pk, mine.state, mine.postponed_at) == (mine.pk, "called", None)
    elif called.pk == mine.pk:  # the window had read the line a moment before the step back
        assert (mine.state, mine.postponed_at) == ("called", NOON)
    else:
        assert (called.pk, mine.state) == (line[1].pk, "waiting")
        assert mine.rank_at > line[0].rank_at
    assert Call.objects.count() == 1
    nothing_is_broken()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "mutant"])
def test_who_steps_back_after_the_line_was_read_is_not_called(
    line, at_window_3, clerk, guarded, monkeypatch
):
    """The statement has its view of the line and no lock yet when the person steps back.

    Mutant: where a ticket was seen does not count, and who was just told that others go
    first is called."""
    reading = "SELECT CASE\n    WHEN (SELECT pg_advisory_xact_lock(7) IS NULL) THEN 'paused'"
    slow = choosing.statement().replace("SELECT CASE", reading, 1)
    if not guarded:
        slow = slow.replace(choosing.WHERE_IT_WAS_SEEN, "")
    monkeypatch.setattr(choosing, "CALL_NEXT", Prepared(f"call_next_slow_{guarded:d}", slow))

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        with meanwhile(partial(call_next, window=at_window_3, staff=clerk, now=NOON)) as running:
            postpone(ticket=line[0], now=NOON)
            cursor.execute("SELECT pg_advisory_unlock(7)")
            called = running.result(timeout=60)

    assert called.pk == line[1 if guarded else 0].pk


def test_who_is_called_while_pressing_hears_of_the_window(line, at_window_3, clerk):
    """Mutant: the window is joined to the row that is locked; it is still that of before, none,
    and the person hears that nobody waits."""
    call = partial(call_next, window=at_window_3, staff=clerk, now=NOON)
    press = partial(postpone, ticket=line[0], now=NOON)

    with uncommitted(call) as commit, meanwhile(press) as pressed:
        commit.set()
        assert pressed.result(timeout=60) is JustCalledToWindow


def test_pressed_many_times_at_once_moves_once(line):
    outcomes = race(*[partial(postpone, ticket=line[0], now=NOON) for _ in range(6)])

    assert outcomes.count(AlreadyPostponed) == 5
    assert line[0].events.filter(kind="postponed").count() == 1


def test_two_neighbours_who_step_back_at_once_both_do(line):
    race(*[partial(postpone, ticket=ticket, now=NOON) for ticket in line[:2]])

    assert Ticket.objects.filter(postponed_at=NOON).count() == 2
    nothing_is_broken()


@pytest.fixture
def alert(line):
    proof = token_for(PHONE, until=NOON + timedelta(hours=1))
    return alerting.alert_proven(ticket=line[2], proof=proof, language="en", now=NOON)


def test_however_many_sweeps_run_at_once_one_message_is_owed(alert):
    told = race(*[partial(tell_near, now=NOON) for _ in range(8)])

    assert sum(told) == 1
    assert Message.objects.filter(kind=Message.Kind.SOON).count() == 1
    nothing_is_broken()


def test_without_the_lock_two_sweeps_tell_and_the_constraint_keeps_one(alert, monkeypatch):
    """Mutant: the sweep trusts what it read. message_once_per_version is left."""
    both_have_looked = Barrier(2)

    def unlocked(given):
        both_have_looked.wait(timeout=30)
        return given

    monkeypatch.setattr(alerting, "_take", unlocked)
    told = race(*[partial(tell_near, now=NOON) for _ in range(2)])

    assert told == [1, 1]
    assert Message.objects.filter(kind=Message.Kind.SOON).count() == 1


def test_asked_for_twice_at_once_is_one_alert(line):
    proof = token_for(PHONE, until=NOON + timedelta(hours=1))
    ask = partial(alerting.alert_proven, ticket=line[2], proof=proof, language="en", now=NOON)

    race(*[ask for _ in range(4)])

    assert TurnAlert.objects.count() == 1
