"""Deciding about what was proposed, hall by hall, and taking a whole run back.

A run covers the whole city; a supervisor decides about the moves of the halls that are theirs.
The run is decided when the last of its moves is.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.claiming import lock_slots
from appointments.models import QuotaMove, RebalanceRun, StaffProposal
from appointments.rebalancing.moving import (
    gained,
    move_minutes,
    move_within_limits,
    settle,
    take_turn,
)
from appointments.rebalancing.planning import PlannedMove
from appointments.rebalancing.standing_slots import BOUNDS
from config import civil
from config.refusals import Refusal
from windows.models import Staff
from windows.rules import rules


class NothingToDecide(Refusal):
    code = "nothing_to_decide"
    message = _("Everything in these halls is decided already.")


class NothingToUndo(Refusal):
    code = "nothing_to_undo"
    message = _("Nothing of it can be taken back any more.")


class ProposalDecided(Refusal):
    code = "proposal_decided"
    message = _("Somebody has decided about this proposal already.")


@dataclass(frozen=True)
class Outcome:
    """The moves that were made or taken back, and those that could not be."""

    done: list[QuotaMove] = field(default_factory=list)
    stuck: list[QuotaMove] = field(default_factory=list)


@transaction.atomic
def approve(
    *, run: RebalanceRun, halls: Collection[int], by: Staff | None, now: datetime
) -> Outcome:
    """The proposed moves of these halls are made, as far as their minutes are still free and
    the day's limits allow; what is not possible any more is dropped and told.

    Refuses: NothingToDecide.
    """
    take_turn()
    open_ones = _locked(_proposed(run, halls))
    if not open_ones:
        raise NothingToDecide
    today = civil.city_date(now)
    limits = {
        hall_id: rules(BOUNDS, hall=hall_id, day=today)
        for hall_id in {move.slot.hall_id for move in open_ones}
    }
    planned = [
        PlannedMove(move.slot, move.from_channel, move.to_channel, move.minutes, move.facts)
        for move in open_ones
    ]
    moved = move_within_limits(planned, limits, now, run.kind)
    outcome = _parted(open_ones, moved)
    _mark(outcome.done, moved_at=now)
    _mark(outcome.stuck, undone_at=now)
    settle(run, by=by, now=now)
    return outcome


@transaction.atomic
def decline(
    *, run: RebalanceRun, halls: Collection[int], by: Staff | None, now: datetime
) -> Outcome:
    """The proposed moves of these halls will not be made.

    Refuses: NothingToDecide.
    """
    take_turn()
    open_ones = _locked(_proposed(run, halls))
    if not open_ones:
        raise NothingToDecide
    _mark(open_ones, undone_at=now, undone_by=by)
    settle(run, by=by, now=now)
    return Outcome(done=open_ones)


@transaction.atomic
def undo_run(
    *, run: RebalanceRun, halls: Collection[int], by: Staff | None, now: datetime
) -> Outcome:
    """The run's moves in these halls are taken back; those whose minutes are booked by now,
    or whose time has begun, stay and are told.

    Refuses: NothingToUndo.
    """
    take_turn()
    made = run.moves.filter(moved_at__isnull=False, undone_at=None, slot__hall__in=list(halls))
    moves = _locked(made)
    back = move_minutes({move.slot_id: -gained(move) for move in moves}, now)
    if not back:
        raise NothingToUndo
    outcome = _parted(moves, back)
    _mark(outcome.done, undone_at=now, undone_by=by)
    settle(run, by=by, now=now)
    return outcome


@transaction.atomic
def decide_proposal(
    *, proposal: StaffProposal, takes: bool, by: Staff, now: datetime
) -> StaffProposal:
    """Somebody says whether they take the proposal; saying the same again changes nothing.

    Refuses: ProposalDecided.
    """
    mine = StaffProposal.objects.select_for_update().get(pk=proposal.pk)
    state = StaffProposal.State.TAKEN if takes else StaffProposal.State.LEFT
    if mine.state not in (StaffProposal.State.OPEN, state):
        raise ProposalDecided
    if mine.state == StaffProposal.State.OPEN:
        mine.state, mine.decided_at, mine.decided_by = state, now, by
        mine.save(update_fields=["state", "decided_at", "decided_by"])
    return mine


def _proposed(run: RebalanceRun, halls: Collection[int]) -> QuerySet[QuotaMove]:
    return run.moves.filter(moved_at=None, undone_at=None, slot__hall__in=list(halls))


def _locked(moves: QuerySet[QuotaMove]) -> list[QuotaMove]:
    """The moves with their slots, both locked: slots by id first, as booking does."""
    lock_slots(moves.values_list("slot_id", flat=True))
    locked = moves.select_for_update(of=("self",)).select_related("slot__hall")
    return list(locked.order_by("slot_id"))


def _parted(moves: list[QuotaMove], done: set[int]) -> Outcome:
    return Outcome(
        done=[move for move in moves if move.slot_id in done],
        stuck=[move for move in moves if move.slot_id not in done],
    )


def _mark(moves: list[QuotaMove], **values: object) -> None:
    QuotaMove.objects.filter(pk__in=[move.pk for move in moves]).update(**values)
