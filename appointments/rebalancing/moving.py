"""Quotas follow demand: unsold minutes move between online and walk-in, and back.

A run plans without locks, then takes its turn among rebalancings (an advisory lock), then the
slots by id, leaving those that somebody is booking at this moment; one guarded statement moves
what is still free, within what the day may still move. Where quotas move only when somebody
approves, the run stays proposed (deciding.py). Every move says why and can be taken back.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from appointments.claiming import lock_slots
from appointments.models import QuotaMove, RebalanceRun, StaffProposal
from appointments.rebalancing.planning import Plan, PlannedMove, make_plan
from appointments.rebalancing.problem import WALK_IN
from appointments.rebalancing.standing_slots import (
    day_limit,
    floor_of,
    looked_at,
    moved_in_halls,
    moved_today,
)
from config import civil
from config.refusals import Refusal
from windows.models import Slot, Staff

Kind, State = RebalanceRun.Kind, RebalanceRun.State

MOVE = """
UPDATE windows_slot s SET online_quota = s.online_quota - m.minutes,
  walkin_quota = s.walkin_quota + m.minutes
FROM unnest(%(slots)s::bigint[], %(minutes)s::int[], %(floors)s::int[])
  AS m(slot_id, minutes, least)
WHERE s.id = m.slot_id AND s.is_open AND s.starts_at > %(now)s
  AND s.online_quota - s.online_taken >= m.minutes
  AND (m.minutes > 0 OR s.walkin_quota + m.minutes >= m.least)
RETURNING s.id
"""


class MoveCannotBeUndone(Refusal):
    code = "move_cannot_be_undone"
    message = _("These minutes are booked by now, so they stay where they are.")


class MoveTooLate(Refusal):
    code = "move_too_late"
    message = _("This time has begun or is cancelled; its quotas stay as they are.")


class MoveIsProposed(Refusal):
    code = "move_is_proposed"
    message = _("This move is only proposed; nothing has moved yet.")


@transaction.atomic
def rebalance(
    *,
    demand_day: date,
    now: datetime,
    by: Staff | None = None,
    kind: str = Kind.NIGHT,
    halls: Collection[int] | None = None,
) -> RebalanceRun:
    """Unsold minutes of the coming days stand where demand wants them; else it is proposed.

    Slots that somebody is booking at this moment are left for the next time, so that a
    booking never waits for us while we wait for it. Refuses: DayNotOver.
    """
    return carry_out(
        make_plan(demand_day=demand_day, now=now, kind=kind, halls=halls),
        demand_day=demand_day,
        now=now,
        by=by,
    )


@transaction.atomic
def step(*, now: datetime, by: Staff | None = None) -> RebalanceRun | None:
    """Today and the next days take a small step, where quotas move by themselves; None when
    nothing had to move. A step that must be asked for would always come too late."""
    demand_day = civil.city_date(now) - timedelta(days=1)
    plan = make_plan(demand_day=demand_day, now=now, kind=Kind.STEP)
    if not any(_is_automatic(plan, move) for move in plan.moves):
        return None
    return carry_out(plan, demand_day=demand_day, now=now, by=by)


@transaction.atomic
def carry_out(
    plan: Plan, *, demand_day: date, now: datetime, by: Staff | None = None
) -> RebalanceRun:
    """The plan is stored; what may move by itself has moved, the rest is proposed."""
    inputs = plan.inputs()  # while nothing is locked
    take_turn()
    automatic = {move.slot.pk: move for move in plan.moves if _is_automatic(plan, move)}
    asked = [move for move in plan.moves if move.slot.pk not in automatic]
    if plan.kind == Kind.STEP:
        asked = []
    locked = Slot.objects.filter(pk__in=automatic).order_by("pk")
    locked = locked.select_for_update(skip_locked=True, no_key=True, of=("self",))
    moved = move_within_limits(
        [automatic[slot.pk] for slot in locked], plan.standing.limits, now, plan.kind
    )
    _supersede(asked, now)
    run = RebalanceRun.objects.create(
        demand_day=demand_day,
        ran_at=now,
        by=by,
        kind=plan.kind,
        state=State.PROPOSED if asked else State.APPLIED,
        forecast_id=plan.standing.forecast_id,
        inputs=inputs,
        objective_before=plan.solution.objective_before,
        objective_after=plan.solution.objective_after,
    )
    made = [automatic[pk] for pk in sorted(moved)]
    _store(run, made, now)
    _store(run, asked, None)
    _store_staff(run, plan)
    return run


def _is_automatic(plan: Plan, move: PlannedMove) -> bool:
    return bool(plan.standing.limits[move.slot.hall_id]["rebalance_is_automatic"])


def _store(run: RebalanceRun, moves: Iterable[PlannedMove], moved_at: datetime | None) -> None:
    QuotaMove.objects.bulk_create(
        QuotaMove(
            run=run,
            slot_id=move.slot.pk,
            from_channel=move.from_channel,
            to_channel=move.to_channel,
            minutes=move.minutes,
            facts=move.facts,
            moved_at=moved_at,
        )
        for move in moves
    )


def _store_staff(run: RebalanceRun, plan: Plan) -> None:
    StaffProposal.objects.bulk_create(
        StaffProposal(
            run=run,
            from_hall_id=move.from_hall,
            to_hall_id=move.to_hall,
            service_day=move.service_day,
            from_hour=move.from_hour,
            to_hour=move.to_hour,
            hours=move.hours,
            windows=move.windows,
            facts={
                "gain": round(move.gain, 1),
                "unmet_before": round(move.unmet_before, 1),
                "unmet_after": round(move.unmet_after, 1),
                "wait_before": round(move.wait_before, 1),
                "wait_after": round(move.wait_after, 1),
            },
        )
        for move in plan.solution.staff
    )


def _supersede(asked: Iterable[PlannedMove], now: datetime) -> None:
    """What was proposed for these slots before, and not decided, gives way to the new."""
    old = QuotaMove.objects.filter(moved_at=None, undone_at=None)
    old = old.filter(slot__in=[move.slot.pk for move in asked])
    runs = set(old.values_list("run", flat=True))
    old.update(undone_at=now)
    for run in RebalanceRun.objects.filter(pk__in=runs).order_by("pk"):
        settle(run, by=None, now=now)


def settle(run: RebalanceRun, *, by: Staff | None, now: datetime) -> None:
    """The run's state follows its moves: proposed while one is to be decided, then applied,
    undone or declined."""
    moves = list(run.moves.values_list("moved_at", "undone_at"))
    if any(moved is None and undone is None for moved, undone in moves):
        return
    made = [undone for moved, undone in moves if moved]
    state = State.APPLIED if not moves or any(undone is None for undone in made) else State.UNDONE
    if moves and not made:
        state = State.DECLINED
    if run.state != state:
        run.state, run.decided_at, run.decided_by = state, now, by
        run.save(update_fields=["state", "decided_at", "decided_by"])


def take_turn() -> None:
    """Rebalancings change slots one after the other, so that a day's limits hold for all of
    them together. Taken before any slot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rebalance'))")


def move_within_limits(
    moves: Iterable[PlannedMove],
    limits: Mapping[int, dict[str, int]],
    now: datetime,
    kind: str,
) -> set[int]:
    """Moves what is still free and may still move today; the slots in which it did.

    Called in one's turn, with the slots locked.
    """
    moves = list(moves)
    of_slots, of_halls = moved_today(now, kind), moved_in_halls(now)
    avoided = looked_at([move.slot.pk for move in moves], now)
    most = _hall_minutes(moves, limits)
    chosen: dict[int, int] = {}
    floors: dict[int, int] = {}
    for move in moves:
        slot, of_hall = move.slot, limits[move.slot.hall_id]
        key = (slot.hall_id, slot.service_day)
        if slot.pk in avoided or of_halls[key] + move.minutes > most[key]:
            continue
        if of_slots[slot.pk] + move.minutes > day_limit(slot, of_hall, kind):
            continue
        of_halls[key] += move.minutes
        chosen[slot.pk], floors[slot.pk] = move.to_walk_in, floor_of(slot, of_hall)
    return move_minutes(chosen, now, floors=floors)


def _hall_minutes(
    moves: Iterable[PlannedMove], limits: Mapping[int, dict[str, int]]
) -> dict[tuple[int, date], int]:
    """The most that one day may move in each hall's service day."""
    days = {(move.slot.hall_id, move.slot.service_day) for move in moves}
    minutes: dict[tuple[int, date], int] = defaultdict(int)
    open_ones = Slot.objects.filter(
        hall__in={hall_id for hall_id, _day in days},
        service_day__in={day for _hall_id, day in days},
        is_open=True,
    )
    for hall_id, day, one in open_ones.values_list("hall", "service_day", "minutes"):
        minutes[hall_id, day] += one
    return {key: minutes[key] * limits[key[0]]["rebalance_hall_percent"] // 100 for key in days}


def move_minutes(
    to_walk_in: Mapping[int, int], now: datetime, *, floors: Mapping[int, int] | None = None
) -> set[int]:
    """Moves the minutes in one guarded statement; the slots in which they were free."""
    if not to_walk_in:
        return set()
    asked: dict[str, Any] = {
        "slots": list(to_walk_in),
        "minutes": list(to_walk_in.values()),
        "floors": [(floors or {}).get(slot_id, 0) for slot_id in to_walk_in],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, asked)
        return {row[0] for row in cursor.fetchall()}


def gained(move: QuotaMove) -> int:
    """Minutes that walk-ins gained by the move; negative when online did."""
    return move.minutes if move.to_channel == WALK_IN else -move.minutes


@transaction.atomic
def undo_move(*, move: QuotaMove, by: Staff | None, now: datetime) -> QuotaMove:
    """The minutes are back where they were; undoing twice changes nothing.

    Refuses: MoveIsProposed, MoveTooLate, MoveCannotBeUndone.
    """
    lock_slots([move.slot_id])
    locked = QuotaMove.objects.select_for_update(of=("self",)).select_related("slot", "run")
    mine = locked.get(pk=move.pk)
    if mine.undone_at:
        return mine
    if mine.moved_at is None:
        raise MoveIsProposed
    if not mine.slot.is_open or mine.slot.starts_at <= now:
        raise MoveTooLate
    if not move_minutes({mine.slot_id: -gained(mine)}, now):
        raise MoveCannotBeUndone
    mine.undone_at, mine.undone_by = now, by
    mine.save(update_fields=["undone_at", "undone_by"])
    settle(mine.run, by=by, now=now)
    return mine


def moves_of(run: RebalanceRun | None, *, halls: Iterable[int] | None = None) -> list[QuotaMove]:
    """A run's moves with their slots and halls, in the order of time."""
    moves = QuotaMove.objects.filter(run=run).select_related("slot__hall", "slot__session")
    if halls is not None:
        moves = moves.filter(slot__hall__in=halls)
    return list(moves.order_by("slot__hall__code", "slot__starts_at", "pk"))
