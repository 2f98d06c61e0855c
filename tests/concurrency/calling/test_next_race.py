"""Races of many windows for one line: nobody is called twice, nobody waits. # C16"""

from functools import partial

import pytest

from queues import choosing
from queues.calling import NobodyWaiting, call_next, finish
from queues.models import Call, Ticket
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.calling.conftest import LATER, line_of, staffed
from tests.concurrency.interleaving import after
from tests.conftest import race
from windows.prepared import Prepared

pytestmark = pytest.mark.django_db(transaction=True)


def drain(window, clerk):
    """Calls and finishes until nobody waits; returns the tickets that were told."""
    told = []
    while True:
        try:
            ticket = call_next(window=window, staff=clerk, now=LATER)
        except NobodyWaiting:
            if not Ticket.objects.waiting().exists():
                return told
            continue
        told.append(ticket.pk)
        finish(ticket=ticket, staff=clerk, now=LATER)


def test_forty_windows_drain_two_hundred_tickets(hall, renewal, session):
    forty = staffed(40, hall, renewal)
    line = line_of(180, hall, renewal) + line_of(20, hall, renewal, priority="elderly")

    told = race(*[partial(drain, window, clerk) for window, clerk in forty])

    flat = [pk for one in told for pk in one]
    assert sorted(flat) == sorted(ticket.pk for ticket in line)
    assert Call.objects.count() == 200
    assert Call.objects.filter(jumped=True).exists()
    nothing_is_broken()


def test_the_next_window_does_not_wait_for_the_one_before(hall, renewal, two):
    first, second = line_of(2, hall, renewal)
    calls = [partial(call_next, window=w, staff=c, now=LATER) for w, c in two]

    called, waited = after(*calls)

    assert (called, waited) == (second, False)
    assert Call.objects.filter(ticket=first).count() == 1


def test_without_the_guard_a_person_is_called_twice(hall, renewal, two, monkeypatch):
    """Mutant: the head of the line is read without FOR NO KEY UPDATE SKIP LOCKED."""
    unguarded = Prepared("call_next_unguarded", choosing.statement(guard=""))
    monkeypatch.setattr(choosing, "CALL_NEXT", unguarded)
    first, _second = line_of(2, hall, renewal)
    calls = [partial(call_next, window=w, staff=c, now=LATER) for w, c in two]

    called, waited = after(*calls)

    assert (called, waited) == (first, True)
    assert Call.objects.filter(ticket=first).count() == 2


def test_a_ticket_in_other_hands_is_not_waited_for(hall, renewal, two):
    line_of(1, hall, renewal)
    calls = [partial(call_next, window=w, staff=c, now=LATER) for w, c in two]

    assert after(*calls) == (NobodyWaiting, False)
