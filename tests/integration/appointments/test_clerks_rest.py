"""Simulated clerks rest and pick somebody, by the commands that real ones use. # C26"""

from datetime import timedelta
from random import Random

import pytest

from appointments.simulating import clerking
from queues.calling import call_next, park
from queues.issuing import issue_walk_in
from queues.models import Call
from tests.conftest import NOON
from windows.models import Break, Shift


@pytest.fixture
def simulated(at_window_3, clerk):
    plan = []
    luck = Random(1)  # noqa: S311
    made = clerking.Clerk(
        clerk, at_window_3, clerking.BRISK, lambda seconds, act: plan.append(act), luck
    )
    return made, plan


def test_when_nobody_waits_a_break_begins_and_ends(simulated, monkeypatch):
    monkeypatch.setattr(clerking, "RESTS", 1.0)
    clerk, _plan = simulated

    clerk.act(NOON)
    paused = Shift.objects.get().is_paused
    clerk.act(NOON + timedelta(minutes=2))

    assert paused
    assert not Shift.objects.get().is_paused
    assert Break.objects.get().ended_at == NOON + timedelta(minutes=2)


def test_who_is_back_from_a_form_is_picked(simulated, hall, renewal, monkeypatch):
    monkeypatch.setattr(clerking, "PICKED", 1.0)
    clerk, plan = simulated
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    ticket = call_next(window=clerk.window, staff=clerk.staff, now=NOON)
    park(ticket=ticket, staff=clerk.staff, now=NOON)

    clerk._comes_back(ticket, 30)
    plan[0](NOON + timedelta(minutes=1))

    assert Call.objects.latest("pk").picked == "back"
