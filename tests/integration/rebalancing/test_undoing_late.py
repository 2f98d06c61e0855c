"""What is taken back too late stays, and says so. C8

Seen red: undo_move without its look at a cancelled slot (the refusal then speaks of bookings).
"""

from datetime import timedelta

import pytest

from appointments.rebalancing import MoveTooLate, NothingToUndo, rebalance, undo_move, undo_run
from tests.conftest import DAY, slot_at
from tests.integration.rebalancing.conftest import NIGHT, quotas_of
from windows.models import Slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(ten_came, tomorrow):
    return rebalance(demand_day=DAY, now=NIGHT)


def test_a_move_in_a_slot_that_was_cancelled(run):
    move = run.moves.first()
    Slot.objects.filter(pk=move.slot_id).update(is_open=False)

    with pytest.raises(MoveTooLate):
        undo_move(move=move, by=None, now=NIGHT)


def test_a_run_whose_hours_have_begun(run, tomorrow, hall):
    after = quotas_of(tomorrow)
    later = slot_at(tomorrow, 12, 30).starts_at + timedelta(minutes=1)

    with pytest.raises(NothingToUndo):
        undo_run(run=run, halls=[hall.pk], by=None, now=later)

    assert quotas_of(tomorrow) == after
