"""The night's run and the day's steps are taken once each. C8"""

from datetime import timedelta

import pytest

from appointments import housekeeping, tasks
from appointments.models import RebalanceRun
from tests.conftest import slot_at
from tests.integration.rebalancing.conftest import NIGHT

pytestmark = pytest.mark.django_db


def test_a_step_is_taken_once_in_an_hour(ten_came, tomorrow):
    """Mutant: without takes_period the second one of the hour writes another run."""
    by_day = NIGHT + timedelta(hours=7)

    assert housekeeping.rebalance_step(now=by_day)
    assert not housekeeping.rebalance_step(now=by_day + timedelta(minutes=5))

    assert RebalanceRun.objects.filter(kind="step").count() == 1
    assert slot_at(tomorrow, 12).walkin_quota == 34


def test_the_task_takes_the_step_of_its_clock(ten_came, tomorrow, monkeypatch):
    monkeypatch.setattr(tasks, "right_now", lambda: NIGHT + timedelta(hours=7))

    tasks.rebalance_step()

    assert RebalanceRun.objects.get().kind == "step"


def test_the_night_stores_what_it_knew_and_hoped_for(ten_came, tomorrow, hall):
    assert housekeeping.rebalance_yesterday(now=NIGHT)

    run = RebalanceRun.objects.get()
    assert run.kind == "night"
    assert run.objective_after < run.objective_before
    assert run.inputs["slots"] == 16
    assert run.inputs["sources"] == {"day": 1}
    assert run.inputs["halls"][str(hall.pk)]["objective"][0] > 0
