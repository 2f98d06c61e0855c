"""The slots as they stand, with what supervisors allow: the problem of a rebalancing."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from appointments.demanding import ALL_WALK_IN
from appointments.lately import slots_behind_rooms
from appointments.models import Booking, Draw, QuotaMove, RebalanceRun, ReturningPlace, WaitOffer
from appointments.rebalancing.demand_for import QUIET, Hour, Known, demand_for
from appointments.rebalancing.problem import Bounds, Cell, HourDemand, Problem, SlotState
from config import civil
from windows.models import Hall, Slot
from windows.rules import rule_by_hall, rules

Kind = RebalanceRun.Kind
DAYS_MOVED = 7
DAYS_STEPPED = 2
BOUNDS = [
    "walkin_min_percent",
    "rebalance_max_percent",
    "rebalance_step_percent",
    "rebalance_hall_percent",
    "rebalance_is_automatic",
]
Limits = dict[int, dict[str, int]]  # rules by hall


@dataclass(frozen=True)
class Standing:
    """Everything that a rebalancing looks at, and what it was made from."""

    problem: Problem
    slots: dict[int, Slot]
    known: dict[Cell, Known]
    limits: Limits
    demand_day: date
    forecast_id: int | None = None
    fixed: set[int] = field(default_factory=set)

    def known_of(self, cell: Cell) -> Known:
        """What is known of the hour; of one that nobody asks for of their own accord, and that
        others are expected to turn to, only that and the past day that shows it."""
        if cell in self.known:
            return self.known[cell]
        weeks = (cell[1] - self.demand_day - timedelta(days=1)).days // 7 + 1
        return Known(HourDemand(), QUIET, cell[1] - timedelta(weeks=weeks), cell[2])


def standing(
    *, demand_day: date, now: datetime, kind: str, halls: Collection[int] | None = None
) -> Standing:
    """The problem as it is at this moment; nothing is locked."""
    slots = list(coming_slots(demand_day, now, kind, halls))
    today = civil.city_date(now)
    limits = {
        hall_id: rules(BOUNDS, hall=hall_id, day=today)
        for hall_id in sorted({slot.hall_id for slot in slots})
    }
    fixed = looked_at([slot.pk for slot in slots], now)
    moved = moved_today(now, kind)
    states = tuple(
        _state(slot, limits[slot.hall_id], moved[slot.pk], kind, slot.pk in fixed) for slot in slots
    )
    hours = {
        Hour(slot.hall_id, slot.service_day, hour_of(slot), slot.session.kind) for slot in slots
    }
    known, run = demand_for(hours, demand_day=demand_day, now=now)
    gap = rules(["rebalance_district_gap_percent"], hall=None, day=today)
    bounds = Bounds(
        hall_limits=hall_limits(states, limits, now),
        district_gap=gap["rebalance_district_gap_percent"] / 100,
        flexible_in=_flexible(limits, {slot.service_day for slot in slots}),
        staff_most=0 if kind == Kind.STEP else Bounds.staff_most,
    )
    demand = {cell: one.demand for cell, one in known.items()}
    return Standing(
        problem=Problem(slots=states, demand=demand, bounds=bounds),
        slots={slot.pk: slot for slot in slots},
        known=known,
        limits=limits,
        demand_day=demand_day,
        forecast_id=run.pk if run else None,
        fixed=fixed,
    )


def _flexible(halls: Collection[int], days: Collection[date]) -> dict[tuple[int, date], float]:
    """Share of those whose hour is full who take another one: by hall, as the day's rule says."""
    found: dict[tuple[int, date], float] = {}
    of_halls = Hall.objects.filter(pk__in=list(halls)).order_by()
    for day in sorted(days):
        percents = of_halls.annotate(percent=rule_by_hall("twin_another_hour_percent", day))
        for hall_id, percent in percents.values_list("pk", "percent"):
            found[hall_id, day] = percent / 100
    return found


def coming_slots(
    demand_day: date, now: datetime, kind: str, halls: Collection[int] | None
) -> QuerySet[Slot]:
    """Slots that have not begun, of the coming week; a step looks at today and the next days.

    Student sessions stay all walk-in."""
    today = civil.city_date(now)
    last = today + timedelta(days=DAYS_STEPPED)
    if kind != Kind.STEP:
        last = demand_day + timedelta(days=DAYS_MOVED)
    coming = Slot.objects.filter(
        service_day__gt=demand_day,
        service_day__lte=last,
        starts_at__gt=now,
        is_open=True,
        session__state="open",
    )
    if halls is not None:
        coming = coming.filter(hall__in=halls)
    coming = coming.exclude(session__kind=ALL_WALK_IN)
    return coming.select_related("session", "hall").order_by("pk")


def looked_at(slot_ids: Iterable[int], now: datetime) -> set[int]:
    """The slots in which somebody may be looking at a place: one is held or offered, comes
    back at a moment drawn at random, is behind a waiting room or decided by a draw."""
    here = OuterRef("pk")
    held = Booking.objects.filter(slot=here, state=Booking.State.HELD, hold_expires_at__gt=now)
    offered = WaitOffer.objects.filter(ended_at=None, group__bookings__slot=here)
    coming_back = ReturningPlace.objects.filter(slot=here, ended_at=None)
    drawn = Draw.objects.filter(session=OuterRef("session"))
    drawn = drawn.filter(Q(drawn_at=None) | Q(hold_until__gt=now))
    slots = Slot.objects.filter(pk__in=list(slot_ids)).order_by()
    found = slots.filter(Exists(held) | Exists(offered) | Exists(coming_back) | Exists(drawn))
    return set(found.values_list("pk", flat=True)) | slots_behind_rooms(now=now)


def hour_of(slot: Slot) -> int:
    """The hour on the hall's wall; after midnight it goes on at 24."""
    starts = civil.city_time(slot.starts_at)
    return starts.hour + 24 * (starts.date() - slot.service_day).days


def floor_of(slot: Slot, limits: dict[str, int]) -> int:
    """The least minutes of walk-ins."""
    return -(-slot.minutes * limits["walkin_min_percent"] // 100)


def day_limit(slot: Slot, limits: dict[str, int], kind: str) -> int:
    """Minutes that may move in the slot on a day: by night, or by all steps of the day."""
    percent = limits["rebalance_max_percent"]
    if kind == Kind.STEP:
        percent = min(percent, limits["rebalance_step_percent"])
    return slot.minutes * percent // 100


def moved_today(now: datetime, kind: str) -> dict[int, int]:
    """Minutes that moved in each slot since the city's midnight, undone ones too; steps by
    day are counted for themselves."""
    moves = _moves_today(now)
    steps = Q(run__kind=Kind.STEP)
    of_kind = moves.filter(steps if kind == Kind.STEP else ~steps).values("slot")
    rows = of_kind.annotate(sum=Sum("minutes")).order_by("slot").values_list("slot", "sum")
    return defaultdict(int, rows)


def hall_limits(
    slots: Iterable[SlotState], limits: Limits, now: datetime
) -> dict[tuple[int, date], int]:
    """Minutes that may still move today in each hall's service day, by night and by day."""
    minutes: dict[tuple[int, date], int] = defaultdict(int)
    for slot in slots:
        minutes[slot.hall_id, slot.service_day] += slot.minutes
    moved = moved_in_halls(now)
    return {
        key: max(total * limits[key[0]]["rebalance_hall_percent"] // 100 - moved[key], 0)
        for key, total in minutes.items()
    }


def moved_in_halls(now: datetime) -> dict[tuple[int, date], int]:
    """Minutes that moved today in each hall's service day."""
    moves = _moves_today(now).values("slot__hall", "slot__service_day").order_by()
    rows = moves.annotate(sum=Sum("minutes"))
    return defaultdict(
        int, {(row["slot__hall"], row["slot__service_day"]): row["sum"] for row in rows}
    )


def _moves_today(now: datetime) -> QuerySet[QuotaMove]:
    midnight = civil.city_day(civil.city_date(now))[0]
    return QuotaMove.objects.filter(moved_at__gte=midnight)


def _state(slot: Slot, limits: dict[str, int], moved: int, kind: str, is_fixed: bool) -> SlotState:
    return SlotState(
        slot_id=slot.pk,
        hall_id=slot.hall_id,
        district=slot.hall.district_zh,
        service_day=slot.service_day,
        hour=hour_of(slot),
        minutes=slot.minutes,
        online_quota=slot.online_quota,
        online_taken=slot.online_taken,
        assisted_quota=slot.assisted_quota,
        assisted_taken=slot.assisted_taken,
        reserved_quota=slot.reserved_quota,
        reserved_taken=slot.reserved_taken,
        walkin_quota=slot.walkin_quota,
        walkin_floor=floor_of(slot, limits),
        moved_today=moved,
        day_limit=day_limit(slot, limits, kind),
        length=round((slot.ends_at - slot.starts_at).total_seconds() / 60),
        is_fixed=is_fixed,
    )
