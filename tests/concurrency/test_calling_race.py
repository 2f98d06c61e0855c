"""Races at the windows. Each guard is taken away once, to see the test turn red. # C13 C16"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from random import Random
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from appointments.invariants import holds
from config.refusals import Refusal
from queues import choosing
from queues.calling import NobodyWaiting, StillServing, WindowPaused, call_next, finish
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from queues.moving import NotPossibleNow
from queues.picking_one import OneCallFirst, call_this
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, make_staff, race
from windows.models import Shift, Window
from windows.once import once
from windows.prepared import Prepared
from windows.shifts import NotSignedIn, WindowTaken, pause, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(minutes=60)
GREEN_CHANNEL = "I16 the green channel goes first at most once in three calls"


def staffed(count, hall, *matters):
    """So many windows more, each with its clerk signed in."""
    pairs = []
    for n in range(11, 11 + count):
        window = Window.objects.create(hall=hall, number=n)
        window.matters.add(*matters)
        clerk = make_staff(f"clerk-at-{n}", hall, "clerk")
        sign_in(staff=clerk, window=window, now=NOON)
        pairs.append((window, clerk))
    return pairs


@pytest.fixture
def two(hall, renewal, session):
    return staffed(2, hall, renewal)


def line_of(count, hall, renewal, **more):
    return [issue_walk_in(hall=hall, matter=renewal, now=NOON, **more) for _ in range(count)]


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


@contextmanager
def uncommitted(command: Callable[[], Any]) -> Iterator[Event]:
    """The command has run in another connection; it commits when the event is set."""
    done, commit = Event(), Event()

    def run():
        try:
            with transaction.atomic():
                command()
                done.set()
                commit.wait(timeout=60)
        finally:
            done.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            assert done.wait(timeout=60)
            yield commit
        finally:
            commit.set()
            running.result()


@contextmanager
def meanwhile(command: Callable[[], Any]) -> Iterator[Future]:
    """The command runs in a connection of its own; we are here once it waits or is done."""

    def run():
        try:
            return command()
        except Refusal as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        until = time.monotonic() + 60
        while not running.done() and not somebody_waits():
            assert time.monotonic() < until
            time.sleep(0.01)
        yield running


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])


def after(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, bool]:
    """What `second` gives while `first` has run and commits; and whether it waited."""
    with uncommitted(first) as commit, meanwhile(second) as running:
        waited = not running.done()
        commit.set()
        return running.result(timeout=60), waited


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


class TestOneWindow:
    def test_pressed_at_once_calls_one_person(self, hall, renewal, two):
        line_of(5, hall, renewal)
        window, clerk = two[0]

        outcomes = race(*[partial(call_next, window=window, staff=clerk, now=LATER)] * 8)

        assert outcomes.count(StillServing) == 7
        assert Call.objects.count() == 1
        nothing_is_broken()

    def test_the_second_press_waits_for_the_first(self, hall, renewal, two):
        line_of(2, hall, renewal)
        press = partial(call_next, window=two[0][0], staff=two[0][1], now=LATER)

        assert after(press, press) == (StillServing, True)

    def test_a_view_older_than_the_lock_is_caught_by_the_constraint(
        self, hall, renewal, two, monkeypatch
    ):
        """Mutant: the statement does not see that somebody is at the window."""
        blind = choosing.statement().replace("state IN ('called', 'serving')", "false")
        monkeypatch.setattr(choosing, "CALL_NEXT", Prepared("call_next_blind", blind))
        line_of(3, hall, renewal)
        window, clerk = two[0]
        call_next(window=window, staff=clerk, now=LATER)

        with pytest.raises(StillServing):
            call_next(window=window, staff=clerk, now=LATER)
        with transaction.atomic():
            with pytest.raises(StillServing):
                call_next(window=window, staff=clerk, now=LATER)
            assert Call.objects.count() == 1  # the transaction goes on

    def test_a_pause_of_this_moment_counts(self, hall, renewal, two):
        line_of(1, hall, renewal)
        window, clerk = two[0]

        called = after(
            partial(pause, staff=clerk, now=LATER),
            partial(call_next, window=window, staff=clerk, now=LATER),
        )

        assert called == (WindowPaused, True)

    def test_signing_out_at_this_moment_counts(self, hall, renewal, two):
        from queues.calling import sign_out

        line_of(1, hall, renewal)
        window, clerk = two[0]

        called = after(
            partial(sign_out, staff=clerk, now=LATER),
            partial(call_next, window=window, staff=clerk, now=LATER),
        )

        assert called == (NotSignedIn, True)

    def test_a_repeated_key_never_calls_a_second_person(self, hall, renewal, two):
        line_of(5, hall, renewal)
        window, clerk = two[0]

        def press():
            def run():
                return 200, call_next(window=window, staff=clerk, now=LATER).label

            return once(actor="s1", route="call-next", key="same", body="", now=LATER, run=run)[:2]

        outcomes = race(*[press for _ in range(8)])

        assert set(outcomes) == {(200, "A001")}
        assert Call.objects.count() == 1
        nothing_is_broken()


class TestGreenChannel:
    """Two windows that serve different matters, each with its own urgent person."""

    @pytest.fixture
    def presses(self, hall, renewal, pickup, session):
        pairs = staffed(1, hall, renewal)
        window = Window.objects.create(hall=hall, number=40)
        window.matters.add(pickup)
        clerk = make_staff("clerk-at-40", hall, "clerk")
        sign_in(staff=clerk, window=window, now=NOON)
        for matter in (renewal, pickup):
            line_of(2, hall, matter)
            issue_walk_in(
                hall=hall, matter=matter, now=NOON + timedelta(minutes=1), priority="urgent"
            )
        both = [*pairs, (window, clerk)]
        return [partial(call_next, window=w, staff=c, now=LATER) for w, c in both]

    def test_two_windows_do_not_jump_at_once(self, presses):
        called, waited = after(*presses)

        assert (called.priority, waited) == ("", True)
        nothing_is_broken()

    def test_without_the_halls_lock_both_jump(self, presses, monkeypatch):
        """Mutant: the decision to jump is not made one at a time in a hall."""
        monkeypatch.setattr(choosing, "THE_GREEN_CHANNEL", "SELECT 1; ")

        called, waited = after(*presses)

        assert (called.priority, waited) == ("urgent", False)
        assert [broken.name for broken in holds(NOON)] == [GREEN_CHANNEL]

    def test_a_picked_person_counts_as_well(self, hall, pickup, presses):
        last = issue_walk_in(hall=hall, matter=pickup, now=NOON + timedelta(minutes=2))
        second = presses[1].keywords
        pick = partial(call_this, ticket=last, reason="help", **second)

        assert after(presses[0], pick) == (OneCallFirst, True)
        nothing_is_broken()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_bound_holds_whatever_the_interleaving(hall, renewal, pickup, session, seed):
    """Six windows press next and pick at random while half of the people are urgent."""
    pairs = staffed(6, hall, renewal, pickup)
    line_of(20, hall, renewal)
    line_of(20, hall, pickup, priority="urgent")

    def works(window, clerk):
        luck = Random(seed * 100 + window.number)  # noqa: S311
        for _ in range(8):
            waiting = list(Ticket.objects.waiting().order_by("pk"))
            press = partial(call_next, window=window, staff=clerk, now=LATER)
            if luck.random() < 0.4 and waiting:
                press = partial(
                    call_this, ticket=luck.choice(waiting), window=window, staff=clerk,
                    reason="help", now=LATER,
                )  # fmt: skip
            with suppress(Refusal):
                finish(ticket=press(), staff=clerk, now=LATER)

    race(*[partial(works, *pair) for pair in pairs])

    assert Call.objects.filter(jumped=True).exists()
    nothing_is_broken()


def test_who_is_picked_is_not_called_by_another_window(hall, renewal, two):
    first, second = line_of(2, hall, renewal)
    (window, clerk), (there, other) = two
    pick = partial(call_this, ticket=first, window=window, staff=clerk, reason="help", now=LATER)
    next_one = partial(call_next, window=there, staff=other, now=LATER)

    assert after(pick, next_one) == (second, False)


def test_who_is_called_cannot_be_picked(hall, renewal, two):
    first, _second = line_of(2, hall, renewal)
    (window, clerk), (there, other) = two
    next_one = partial(call_next, window=there, staff=other, now=LATER)
    pick = partial(call_this, ticket=first, window=window, staff=clerk, reason="help", now=LATER)

    assert after(next_one, pick) == (NotPossibleNow, True)
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
