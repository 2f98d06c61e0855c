"""Quotas follow demand: after each day, unsold minutes move between online and walk-in.

For every hall, kind of session and hour, yesterday's demand says which share of the minutes
walk-ins asked for. The slots of the coming seven days in the same hour and kind move towards
that share, within bounds: what is booked stays, walk-ins keep their least share, a night moves
at most a small part of a slot, nothing moves that has begun. Assisted minutes never move, nor
do those that are kept for a link; student sessions stay all walk-in. Every move says why and
can be taken back.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appointments.demanding import ALL_WALK_IN, HourDemand, Key, demand_of
from appointments.models import QuotaMove, RebalanceRun
from config import civil
from config.refusals import Refusal
from windows.models import Slot, Staff
from windows.rules import rules

DAYS_MOVED = 7
FEWEST_ASKED = 5  # fewer people in an hour say nothing about the next week
LEAST_MOVE = 3  # fewer minutes serve nobody
ONLINE, WALK_IN = "online", "walkin"
BOUNDS = ["walkin_min_percent", "rebalance_max_percent"]

MOVE = """
UPDATE windows_slot s SET online_quota = s.online_quota - m.minutes,
  walkin_quota = s.walkin_quota + m.minutes
FROM unnest(%(slots)s::bigint[], %(minutes)s::int[]) AS m(slot_id, minutes)
WHERE s.id = m.slot_id AND s.is_open AND s.starts_at > %(now)s
  AND s.online_quota - s.online_taken >= m.minutes AND s.walkin_quota + m.minutes >= 0
RETURNING s.id
"""


class MoveCannotBeUndone(Refusal):
    code = "move_cannot_be_undone"
    message = _("These minutes are booked by now, so they stay where they are.")


class MoveTooLate(Refusal):
    code = "move_too_late"
    message = _("This time has begun or is cancelled; its quotas stay as they are.")


class DayNotOver(Refusal):
    code = "day_not_over"
    message = _("The demand of a day is known when the day is over.")
    field = "day"


@dataclass(frozen=True)
class PlannedMove:
    """Minutes of one slot that would move, and the figures behind it."""

    slot: Slot
    from_channel: str
    to_channel: str
    minutes: int
    facts: dict[str, Any]

    @property
    def to_walk_in(self) -> int:
        """Minutes that walk-ins gain; negative when online gains."""
        return self.minutes if self.to_channel == WALK_IN else -self.minutes


def plan_moves(*, demand_day: date, now: datetime) -> list[PlannedMove]:
    """What a rebalancing after that day would move now; nothing is written.

    Refuses: DayNotOver.
    """
    return _planned(_slots(demand_day, now), demand_day, now)


@transaction.atomic
def rebalance(*, demand_day: date, now: datetime, by: Staff | None = None) -> RebalanceRun:
    """Unsold minutes of the coming week stand where that day's demand wants them.

    Slots that somebody is booking at this moment are left for the next night, so that a
    booking never waits for us while we wait for it. Refuses: DayNotOver.
    """
    locked = _slots(demand_day, now).select_for_update(skip_locked=True, of=("self",))
    planned = {move.slot.pk: move for move in _planned(locked, demand_day, now)}
    moved = _move({pk: move.to_walk_in for pk, move in planned.items()}, now)
    run = RebalanceRun.objects.create(demand_day=demand_day, ran_at=now, by=by)
    QuotaMove.objects.bulk_create(
        QuotaMove(
            run=run,
            slot_id=pk,
            from_channel=planned[pk].from_channel,
            to_channel=planned[pk].to_channel,
            minutes=planned[pk].minutes,
            facts=planned[pk].facts,
            moved_at=now,
        )
        for pk in sorted(moved)
    )
    return run


@transaction.atomic
def undo_move(*, move: QuotaMove, by: Staff | None, now: datetime) -> QuotaMove:
    """The minutes are back where they were; undoing twice changes nothing.

    Refuses: MoveTooLate, MoveCannotBeUndone.
    """
    locked = QuotaMove.objects.select_for_update(of=("self",)).select_related("slot")
    mine = locked.get(pk=move.pk)
    if mine.undone_at:
        return mine
    if not mine.slot.is_open or mine.slot.starts_at <= now:
        raise MoveTooLate
    gained = mine.minutes if mine.to_channel == WALK_IN else -mine.minutes
    if not _move({mine.slot_id: -gained}, now):
        raise MoveCannotBeUndone
    mine.undone_at, mine.undone_by = now, by
    mine.save(update_fields=["undone_at", "undone_by"])
    return mine


def _move(to_walk_in: dict[int, int], now: datetime) -> set[int]:
    """Moves the minutes in one guarded statement; the slots in which they were free."""
    if not to_walk_in:
        return set()
    asked: dict[str, Any] = {
        "slots": list(to_walk_in),
        "minutes": list(to_walk_in.values()),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, asked)
        return {row[0] for row in cursor.fetchall()}


def _slots(demand_day: date, now: datetime) -> QuerySet[Slot]:
    coming = Slot.objects.filter(
        service_day__gt=demand_day, service_day__lte=demand_day + timedelta(days=DAYS_MOVED)
    )
    open_ones = coming.filter(starts_at__gt=now, is_open=True, session__state="open")
    return (
        open_ones.exclude(session__kind=ALL_WALK_IN)
        .select_related("session", "hall")
        .order_by("pk")
    )


def _planned(slots: Iterable[Slot], demand_day: date, now: datetime) -> list[PlannedMove]:
    if demand_day >= civil.city_date(now):
        raise DayNotOver
    demand = {key: one for key, one in demand_of(demand_day).items() if one.people >= FEWEST_ASKED}
    moved = _moved_tonight(now)
    bounds: dict[int, dict[str, int]] = {}
    moves = []
    for slot in slots:
        key: Key = (slot.hall_id, slot.session.kind, civil.city_time(slot.starts_at).hour)
        if key not in demand:
            continue
        if slot.hall_id not in bounds:
            bounds[slot.hall_id] = rules(BOUNDS, hall=slot.hall_id, day=civil.city_date(now))
        move = plan_move(slot, demand[key], bounds[slot.hall_id], moved[slot.pk])
        if move:
            about = {"demand_day": demand_day.isoformat(), "hour": key[2]}
            move.facts.update(about)
            moves.append(move)
    return moves


def _moved_tonight(now: datetime) -> dict[int, int]:
    """Minutes that moved in each slot since the city's midnight, undone ones too."""
    midnight = civil.city_day(civil.city_date(now))[0]
    moves = QuotaMove.objects.filter(moved_at__gte=midnight).values("slot")
    rows = moves.annotate(sum=Sum("minutes")).order_by("slot").values_list("slot", "sum")
    return defaultdict(int, rows)


def plan_move(
    slot: Slot, demand: HourDemand, bounds: dict[str, int], moved: int
) -> PlannedMove | None:
    """The move of one slot towards the demand, within the bounds; None when none is worth it."""
    shared = slot.minutes - slot.assisted_quota - slot.reserved_quota
    least = -(-slot.minutes * bounds["walkin_min_percent"] // 100)
    target = round(shared * demand.walk_in_share)
    wanted = max(target, least) - slot.walkin_quota
    gives, takes = (ONLINE, WALK_IN) if wanted > 0 else (WALK_IN, ONLINE)
    free = slot.online_quota - slot.online_taken if wanted > 0 else slot.walkin_quota - least
    tonight = slot.minutes * bounds["rebalance_max_percent"] // 100 - moved
    minutes = min(abs(wanted), free, tonight)
    if minutes < LEAST_MOVE:
        return None
    facts = {
        "asked_online": demand.online,
        "asked_walk_in": demand.walk_in,
        "unmet": round(demand.unmet),
        "share_before": _percent(slot.walkin_quota, slot),
        "share_after": _percent(slot.walkin_quota + (minutes if wanted > 0 else -minutes), slot),
        "share_target": _percent(target, slot),
        "bound": _bound(minutes, wanted=abs(wanted), tonight=tonight, raised=least > target),
        "limit": bounds,
    }
    return PlannedMove(slot, gives, takes, minutes, facts)


def _percent(minutes: int, slot: Slot) -> int:
    return round(100 * minutes / slot.minutes)


def _bound(minutes: int, *, wanted: int, tonight: int, raised: bool) -> str:
    """What kept the move from going all the way: the night, the bookings, the least share."""
    if minutes == wanted:
        return "least" if raised else ""
    return "night" if minutes == tonight else "sold"


BOUND_WORDS = {
    "night": _("A night moves at most %(night)s %% of a slot."),
    "sold": _("The rest is booked already."),
    "least": _("Walk-ins keep at least %(least)s %%."),
}


def why(move: QuotaMove | PlannedMove) -> str:
    """The reasons of a move in one or two sentences, made from its facts."""
    facts = move.facts
    said = gettext(
        "On %(day)s from %(hour)s:00, %(booked)s people booked, %(unmet)s found no place and"
        " %(came)s came without a booking. Walk-ins had %(before)s %% of the minutes; the day"
        " asked for %(target)s %%, now it is %(after)s %%."
    ) % {
        "day": facts["demand_day"],
        "hour": f"{facts['hour']:02d}",
        "booked": facts["asked_online"],
        "unmet": facts["unmet"],
        "came": facts["asked_walk_in"],
        "before": facts["share_before"],
        "target": facts["share_target"],
        "after": facts["share_after"],
    }
    bound = BOUND_WORDS.get(facts["bound"])
    if not bound:
        return said
    limits = facts["limit"]
    return f"{said} " + str(bound) % {
        "night": limits["rebalance_max_percent"],
        "least": limits["walkin_min_percent"],
    }


def moves_of(run: RebalanceRun | None, *, halls: Iterable[int] | None = None) -> list[QuotaMove]:
    """A run's moves with their slots and halls, in the order of time."""
    moves = QuotaMove.objects.filter(run=run).select_related("slot__hall", "slot__session")
    if halls is not None:
        moves = moves.filter(slot__hall__in=halls)
    return list(moves.order_by("slot__hall__code", "slot__starts_at", "pk"))
