"""Races at the windows. Each guard is taken away once, to see the test turn red."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, transaction

from queues import calling
from queues.calling import NobodyWaiting, call_next, finish
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, make_staff, race
from windows.models import Shift, Window
from windows.once import once
from windows.shifts import WindowTaken, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(minutes=60)


@pytest.fixture
def twenty(hall, renewal, session):
    """Twenty windows, each with its clerk signed in."""
    pairs = []
    for n in range(11, 31):
        window = Window.objects.create(hall=hall, number=n)
        window.matters.add(renewal)
        clerk = make_staff(f"clerk-at-{n}", hall, "clerk")
        sign_in(staff=clerk, window=window, now=NOON)
        pairs.append((window, clerk))
    return pairs


def line_of(count, hall, renewal):
    return [issue_walk_in(hall=hall, matter=renewal, now=NOON) for _ in range(count)]


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


def test_twenty_windows_drain_three_hundred_tickets(hall, renewal, twenty):
    line = line_of(300, hall, renewal)

    told = race(*[partial(drain, window, clerk) for window, clerk in twenty])

    flat = [pk for one in told for pk in one]
    assert sorted(flat) == sorted(ticket.pk for ticket in line)
    assert Call.objects.count() == 300
    nothing_is_broken()


def test_without_the_lock_a_person_is_called_twice(hall, renewal, twenty, monkeypatch):
    """Mutant: the head of the line is read without FOR UPDATE SKIP LOCKED."""
    line_of(1, hall, renewal)
    both_have_looked = Barrier(2)

    def unlocked(line):
        ticket = line.in_calling_order().first()
        both_have_looked.wait(timeout=30)
        return ticket

    monkeypatch.setattr(calling, "_first", unlocked)
    monkeypatch.setattr(calling, "add_call", lambda *a, **k: None)
    outcomes = race(
        *[partial(call_next, window=w, staff=c, now=LATER) for w, c in twenty[:2]],
    )

    assert len(outcomes) == 2
    assert len({ticket.pk for ticket in outcomes}) == 1


def test_a_repeated_key_never_calls_a_second_person(hall, renewal, twenty):
    line_of(5, hall, renewal)
    window, clerk = twenty[0]

    def press():
        def run():
            return 200, call_next(window=window, staff=clerk, now=LATER).label

        return once(actor="s1", route="call-next", key="same", body="", now=LATER, run=run)[:2]

    outcomes = race(*[press for _ in range(8)])

    assert set(outcomes) == {(200, "A001")}
    assert Call.objects.count() == 1
    nothing_is_broken()


def test_one_clerk_wins_the_window(hall, windows, session):
    clerks = [make_staff(f"early-{n}", hall, "clerk") for n in range(5)]

    outcomes = race(*[partial(sign_in, staff=c, window=windows[0], now=NOON) for c in clerks])

    assert sum(isinstance(one, Shift) for one in outcomes) == 1
    assert outcomes.count(WindowTaken) == 4


def test_numbers_have_no_gap_when_a_kiosk_fails(hall, renewal, session):
    def issue():
        return issue_walk_in(hall=hall, matter=renewal, now=NOON).number

    def fail():
        with transaction.atomic():
            issue()
            transaction.set_rollback(True)

    race(*[issue, fail] * 8)

    numbers = sorted(Ticket.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 9))
    connection.close()
