"""Runs that wait for approval, and runs taken back: the exact quotas return. C8

Seen red: undo_move without its look at a cancelled slot (the refusal then speaks of bookings).
"""

from datetime import timedelta

import pytest

from appointments.models import QuotaMove, RebalanceRun, UnmetDemand
from appointments.rebalancing import (
    MoveIsProposed,
    MoveTooLate,
    NothingToDecide,
    NothingToUndo,
    approve,
    decline,
    rebalance,
    undo_move,
    undo_run,
)
from tests.conftest import DAY, slot_at
from tests.integration.rebalancing.conftest import NIGHT, quotas_of
from windows.models import Rule, Slot

pytestmark = pytest.mark.django_db
State = RebalanceRun.State


def decide(command, run, hall, by=None):
    outcome = command(run=run, halls=[hall.pk], by=by, now=NIGHT)
    run.refresh_from_db()
    return outcome


class TestProposed:
    def test_nothing_moves_until_somebody_approves(self, proposed, tomorrow, hall, supervisor):
        assert proposed.state == State.PROPOSED
        assert proposed.moves.filter(moved_at=None).count() == 2
        assert slot_at(tomorrow, 12).walkin_quota == 30

        outcome = decide(approve, proposed, hall, by=supervisor)

        assert (len(outcome.done), outcome.stuck) == (2, [])
        assert slot_at(tomorrow, 12).walkin_quota == 39
        assert (proposed.state, proposed.decided_by) == (State.APPLIED, supervisor)
        assert set(proposed.moves.values_list("moved_at", flat=True)) == {NIGHT}

    def test_what_is_declined_does_not_move(self, proposed, tomorrow, hall, supervisor):
        decide(decline, proposed, hall, by=supervisor)

        assert slot_at(tomorrow, 12).walkin_quota == 30
        assert (proposed.state, proposed.decided_by) == (State.DECLINED, supervisor)
        with pytest.raises(NothingToDecide):
            decide(approve, proposed, hall)

    def test_a_hall_decides_about_its_own(self, proposed, tomorrow, other_hall):
        """Mutant: without `slot__hall__in` in deciding._proposed the other hall approves."""
        for command in (approve, decline):
            with pytest.raises(NothingToDecide):
                decide(command, proposed, other_hall)

        assert slot_at(tomorrow, 12).walkin_quota == 30

    def test_what_was_booked_meanwhile_is_told(self, proposed, tomorrow, hall):
        """Mutant: without the guard in MOVE the database breaks slot_online_within_quota."""
        slot = slot_at(tomorrow, 12)
        Slot.objects.filter(pk=slot.pk).update(online_taken=60)

        outcome = decide(approve, proposed, hall)

        assert [move.slot_id for move in outcome.stuck] == [slot.pk]
        assert len(outcome.done) == 1
        assert proposed.state == State.APPLIED

    @pytest.mark.parametrize("change", [{"is_open": False}, {"starts_at": NIGHT}])
    def test_what_was_closed_or_has_begun_meanwhile_stays(self, proposed, tomorrow, hall, change):
        """Mutant: without `is_open` or `starts_at` in MOVE it moves."""
        slot = slot_at(tomorrow, 12)
        Slot.objects.filter(pk=slot.pk).update(**change)

        outcome = decide(approve, proposed, hall)

        assert [move.slot_id for move in outcome.stuck] == [slot.pk]
        slot.refresh_from_db()
        assert slot.walkin_quota == 30

    def test_walk_ins_keep_their_least_share_as_it_is_when_somebody_approves(
        self, tomorrow, hall, renewal, by_approval
    ):
        """Mutant: without `m.least` in MOVE the walk-ins go below it."""
        UnmetDemand.objects.create(
            hall=hall, matter=renewal, service_day=DAY, asked_on=DAY, count=80
        )
        run = rebalance(demand_day=DAY, now=NIGHT)
        assert set(run.moves.values_list("to_channel", flat=True)) == {"online"}
        Rule.objects.update_or_create(
            name="walkin_min_percent", hall=hall, effective_on=DAY, defaults={"value": 33}
        )

        outcome = decide(approve, run, hall)

        assert (outcome.done, len(outcome.stuck)) == ([], run.moves.count())
        assert set(tomorrow.slots.values_list("walkin_quota", flat=True)) == {30}

    def test_a_day_moves_no_more_than_its_bound_by_approval(self, proposed, tomorrow, hall):
        """Nine minutes of the slot moved by another run since; nine are all of a day.

        Mutant: without the look at `of_slots` in move_within_limits both move."""
        slot = slot_at(tomorrow, 12)
        other = RebalanceRun.objects.create(demand_day=DAY, ran_at=NIGHT)
        moved = proposed.moves.get(slot=slot)
        moved.pk, moved.run, moved.moved_at = None, other, NIGHT
        moved.save(force_insert=True)

        outcome = decide(approve, proposed, hall)

        assert [move.slot_id for move in outcome.stuck] == [slot.pk]

    def test_a_halls_day_moves_no_more_than_its_bound_by_approval(self, proposed, tomorrow, hall):
        """16 slots of 90 minutes: 1 % are 14 minutes, the two moves are 9 each.

        Mutant: without `of_halls` in move_within_limits, or its sum, both move."""
        Rule.objects.create(name="rebalance_hall_percent", value=1, effective_on=DAY)

        outcome = decide(approve, proposed, hall)

        assert (len(outcome.done), len(outcome.stuck)) == (1, 1)
        assert {slot_at(tomorrow, 12, minute).walkin_quota for minute in (0, 30)} == {30, 39}

    def test_a_newer_proposal_takes_the_place_of_an_older_one(self, proposed, hall):
        newer = rebalance(demand_day=DAY, now=NIGHT)

        proposed.refresh_from_db()
        assert (proposed.state, newer.state) == (State.DECLINED, State.PROPOSED)
        assert not QuotaMove.objects.filter(run=proposed, undone_at=None).exists()

    def test_what_is_only_proposed_cannot_be_undone(self, proposed, hall):
        with pytest.raises(MoveIsProposed):
            undo_move(move=proposed.moves.first(), by=None, now=NIGHT)
        with pytest.raises(NothingToUndo):
            decide(undo_run, proposed, hall)

    def test_halls_that_move_by_themselves_do_so_beside_those_that_ask(
        self, ten_came, tomorrow, hall, other_hall
    ):
        Rule.objects.create(
            name="rebalance_is_automatic", value=0, effective_on=DAY, hall=other_hall
        )

        run = rebalance(demand_day=DAY, now=NIGHT)

        assert run.state == State.APPLIED
        assert slot_at(tomorrow, 12).walkin_quota == 39


class TestUndone:
    @pytest.fixture
    def run(self, ten_came, tomorrow):
        self.before = quotas_of(tomorrow)
        return rebalance(demand_day=DAY, now=NIGHT)

    def test_the_exact_quotas_return(self, run, tomorrow, hall, supervisor):
        assert quotas_of(tomorrow) != self.before

        outcome = decide(undo_run, run, hall, by=supervisor)

        assert quotas_of(tomorrow) == self.before
        assert len(outcome.done) == 2
        assert (run.state, run.decided_by) == (State.UNDONE, supervisor)
        with pytest.raises(NothingToUndo):
            decide(undo_run, run, hall)

    def test_also_one_after_the_other(self, run, tomorrow):
        for move in run.moves.all():
            undo_move(move=move, by=None, now=NIGHT)

        run.refresh_from_db()
        assert quotas_of(tomorrow) == self.before
        assert run.state == State.UNDONE

    def test_minutes_that_walk_ins_gave_and_somebody_booked_stay(self, tomorrow, hall, renewal):
        UnmetDemand.objects.create(
            hall=hall, matter=renewal, service_day=DAY, asked_on=DAY, count=80
        )
        run = rebalance(demand_day=DAY, now=NIGHT)
        slot = slot_at(tomorrow, 9)
        Slot.objects.filter(pk=slot.pk).update(online_taken=65)

        outcome = decide(undo_run, run, hall)

        assert [move.slot_id for move in outcome.stuck] == [slot.pk]
        assert run.state == State.APPLIED
        assert {(s.online_quota, s.walkin_quota) for s in tomorrow.slots.exclude(pk=slot.pk)} == {
            (60, 30)
        }

    def test_a_move_in_a_slot_that_was_cancelled_stays(self, run):
        move = run.moves.first()
        Slot.objects.filter(pk=move.slot_id).update(is_open=False)

        with pytest.raises(MoveTooLate):
            undo_move(move=move, by=None, now=NIGHT)

    def test_a_run_whose_hours_have_begun_stays(self, run, tomorrow, hall):
        after = quotas_of(tomorrow)
        later = slot_at(tomorrow, 12, 30).starts_at + timedelta(minutes=1)

        with pytest.raises(NothingToUndo):
            undo_run(run=run, halls=[hall.pk], by=None, now=later)

        assert quotas_of(tomorrow) == after

    def test_another_hall_takes_nothing_back(self, run, other_hall):
        with pytest.raises(NothingToUndo):
            decide(undo_run, run, other_hall)
