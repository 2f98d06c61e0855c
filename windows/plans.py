"""Weekly plans make the sessions of the coming days, as `windows/foreseeing.py` foresees.

A plan makes one session on each of its days and keeps it like the plan says for as long as
nobody has touched it. A session counts as touched when it was changed by hand or cancelled,
and when any row of any other table refers to it or to its slots: bookings, tickets, draws,
rosters, links (`windows/touching.py`).
Locks: the hall's hours and its plans (advisory), then sessions, then slots, each in the order
of their keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal, refusing
from windows.calendar_days import DayKind, day_kinds
from windows.foreseeing import Fate, What, foresee
from windows.generated import erase, lay
from windows.hall_hours import keep_open
from windows.models import Hall, HallSession, Slot, WeeklyPlan
from windows.rules import rule
from windows.sessions import WindowJustTaken

TRIES = 3


class TooManySlots(Refusal):
    code = "too_many_slots"
    message = _(
        "That would make %(slots)s slots; %(most)s is the most in one go. "
        "Choose fewer days, or longer times."
    )
    field = "days"


class DaysBackwards(Refusal):
    code = "days_backwards"
    message = _("The last day is before the first one.")
    field = "last"


@dataclass(frozen=True)
class Reason:
    """Why a day of a plan has not what the plan says."""

    hall: Hall
    day: date
    why: str
    session: HallSession | None = None


@dataclass
class Generated:
    """What was made, or would be."""

    made: int = 0
    kept: int = 0
    replaced: int = 0
    withdrawn: int = 0
    slots: int = 0
    left_alone: list[Reason] = field(default_factory=list)

    def __iadd__(self, other: "Generated") -> "Generated":
        self.made += other.made
        self.kept += other.kept
        self.replaced += other.replaced
        self.withdrawn += other.withdrawn
        self.slots += other.slots
        self.left_alone += other.left_alone
        return self

    def add(self, hall: Hall, fates: list[Fate]) -> None:
        for fate in fates:
            self.made += fate.what is What.MAKE
            self.kept += fate.what is What.KEEP
            self.replaced += fate.what is What.REPLACE
            self.withdrawn += fate.what is What.WITHDRAW
            if fate.why:
                self.left_alone.append(Reason(hall, fate.day, fate.why, fate.session))


def generate(
    *,
    first: date,
    last: date,
    halls: Iterable[Hall] | None = None,
    now: datetime,
    dry_run: bool = False,
) -> Generated:
    """Each hall's coming days have the sessions of its plans; hall by hall, one transaction
    each, so that a hall that breaks leaves the others whole.

    Refuses: DaysBackwards, TooManySlots, before anything is computed.
    """
    first = max(first, civil.city_date(now))
    here = list(Hall.objects.filter(is_open=True).order_by("code") if halls is None else halls)
    check_amount(first=first, last=last, halls=here, now=now)
    calendar = day_kinds(first, last)
    done = Generated()
    for hall in here:
        fates, slots = _of_hall(hall, calendar, now, dry_run=dry_run)
        done.add(hall, fates)
        done.slots += slots
    return done


def check_amount(*, first: date, last: date, halls: list[Hall], now: datetime) -> None:
    """Counts by arithmetic alone. Refuses: DaysBackwards, TooManySlots."""
    if last < first:
        raise DaysBackwards
    days = (last - first).days + 1
    plans = living_plans(halls, first, last)
    lengths = plans.values_list("weekdays", "opens", "closes", "slot_minutes")
    slots = sum(
        -(-_minutes(opens, closes) // (length or 30)) * (days * len(weekdays) // 7 + 1)
        for weekdays, opens, closes, length in lengths
    )
    most = rule("plan_slots_most", hall=None, day=civil.city_date(now))
    if slots > most or days > 3660:
        raise TooManySlots(slots=slots, most=most)


def _minutes(opens: object, closes: object) -> int:
    starts, ends = civil.session_hours(date(2000, 1, 3), opens, closes)  # type: ignore[arg-type]
    return int((ends - starts).total_seconds() // 60)


def living_plans(halls: Iterable[Hall], first: date, last: date) -> QuerySet[WeeklyPlan]:
    """Plans of the halls that say something of those days."""
    alive = WeeklyPlan.objects.filter(hall__in=[h.pk for h in halls], ended_at=None)
    ends_later = Q(valid_until=None) | Q(valid_until__gte=first)
    return alive.filter(ends_later, valid_from__lte=last)


def _of_hall(
    hall: Hall, calendar: dict[date, DayKind], now: datetime, *, dry_run: bool
) -> tuple[list[Fate], int]:
    """What becomes of the hall's days, and how many slots were made. Somebody who takes a
    window in the meantime is found the next time round."""
    for _again in range(TRIES - 1):
        try:
            return _try_hall(hall, calendar, now, dry_run=dry_run)
        except WindowJustTaken:
            continue
    return _try_hall(hall, calendar, now, dry_run=dry_run)


@transaction.atomic
def _try_hall(
    hall: Hall, calendar: dict[date, DayKind], now: datetime, *, dry_run: bool
) -> tuple[list[Fate], int]:
    if dry_run:
        return foresee(hall=hall, calendar=calendar, now=now), 0
    keep_open([hall])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('plans'), %s)", [hall.pk])
    _lock_sessions(hall, calendar, now)
    fates = foresee(hall=hall, calendar=calendar, now=now)
    with refusing({"window_in_one_session_at_a_time": WindowJustTaken}):
        erase([f.session for f in fates if f.what is What.WITHDRAW and f.session])
        slots = lay([f for f in fates if f.what in (What.MAKE, What.REPLACE)], now)
        _adopt([f for f in fates if f.what is What.KEEP])
    return fates, slots


def _lock_sessions(hall: Hall, calendar: dict[date, DayKind], now: datetime) -> None:
    """Nobody books in the hall's untouched planned sessions while they are looked at."""
    sessions = HallSession.objects.filter(
        hall=hall, plan__isnull=False, service_day__in=calendar, starts_at__gt=now,
        is_by_hand=False, state=HallSession.State.OPEN,
    )  # fmt: skip
    ids = list(sessions.order_by("pk").select_for_update().values_list("pk", flat=True))
    slots = Slot.objects.filter(session__in=ids).order_by("pk").select_for_update()
    list(slots.values_list("pk", flat=True))


def _adopt(kept: list[Fate]) -> None:
    """Sessions that are as another plan says now belong to that one."""
    for fate in kept:
        if fate.session and fate.wanted and fate.session.plan_id != fate.wanted.plan.pk:
            HallSession.objects.filter(pk=fate.session.pk).update(plan=fate.wanted.plan)
