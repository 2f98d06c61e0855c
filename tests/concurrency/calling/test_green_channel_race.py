"""Races for the green channel and of picking: the bound of three holds. # C13"""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random

import pytest

from appointments.invariants import holds
from config.refusals import Refusal
from queues import choosing
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from queues.picking_one import OneCallFirst, call_this
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.calling.conftest import LATER, line_of, staffed
from tests.concurrency.interleaving import after
from tests.conftest import NOON, make_staff, race
from windows.models import Window
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
GREEN_CHANNEL = "I16 the green channel goes first at most once in three calls"


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
                hall=hall, matter=matter, now=NOON + timedelta(minutes=1), priority="urgent",
                note="exam",
            )  # fmt: skip
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
    line_of(20, hall, pickup, priority="urgent", note="exam")

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
