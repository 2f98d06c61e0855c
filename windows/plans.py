"""What weekly plans make of the coming days: `foresee` says it, `generate` does it.

A plan makes one session on each of its days and keeps it like the plan says for as long as
nobody has touched it. A session counts as touched when it was changed by hand or cancelled,
and when any row of any other table refers to it or to its slots: bookings, tickets, draws,
rosters, links (`windows/touching.py`).
Locks: the hall's plans (advisory), then sessions, then slots, each in the order of their keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config import civil
from config.refusals import Refusal, refusing
from windows.calendar_days import DayKind, day_kinds
from windows.generated import erase, lay
from windows.kinds import KindFacts
from windows.models import Hall, HallSession, Slot, WeeklyPlan
from windows.planning import slots_like
from windows.rules import rule
from windows.sessions import WindowJustTaken
from windows.touching import touched_of
from windows.wanted import HallPlans, Wanted

TRIES = 3


class TooManySlots(Refusal):
    code = "too_many_slots"
    message = gettext_lazy(
        "That would make %(slots)s slots; %(most)s is the most in one go. "
        "Choose fewer days, or longer times."
    )
    field = "days"


class DaysBackwards(Refusal):
    code = "days_backwards"
    message = gettext_lazy("The last day is before the first one.")
    field = "last"


class What(StrEnum):
    """What becomes of a day of a plan."""

    MAKE = "make"
    KEEP = "keep"
    REPLACE = "replace"
    WITHDRAW = "withdraw"
    LEAVE = "leave"


@dataclass(frozen=True)
class Reason:
    """Why a day of a plan has not what the plan says."""

    hall: Hall
    day: date
    why: str
    session: HallSession | None = None


@dataclass(frozen=True)
class Fate:
    """One day of one plan. `windows` are the ids of those that are free for it; `why` says
    what is not as planned, "" when all is."""

    what: What
    day: date
    wanted: Wanted | None = None
    session: HallSession | None = None
    windows: tuple[int, ...] = ()
    why: str = ""


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


def foresee(*, hall: Hall, calendar: dict[date, DayKind], now: datetime) -> list[Fate]:
    """What becomes of each day of each plan of the hall. Nothing is written."""
    plans = HallPlans.read(hall, calendar, now)
    owned, strays = _theirs(plans)
    fates: list[Fate] = []
    for wanted in plans.wanted():
        session = owned.pop((wanted.plan.pk, wanted.day), None)
        session = session or _stray_for(wanted, strays)
        fates.append(_fate(plans, wanted, session))
        if fates[-1].what in (What.MAKE, What.REPLACE):
            plans.take(wanted, fates[-1].windows)
    over = [*owned.values(), *(one for rest in strays.values() for one in rest)]
    return _judged([*fates, *[_unwanted(plans, session) for session in over]])


Strays = dict[date, list[HallSession]]


def _theirs(plans: HallPlans) -> tuple[dict[tuple[int, date], HallSession], Strays]:
    """The plans' sessions by plan and day; those of plans that say nothing of the day any
    more apart, by day: another plan may have come in the place of theirs."""
    wanted = {(one.plan.pk, one.day) for one in plans.wanted()}
    owned: dict[tuple[int, date], HallSession] = {}
    strays: Strays = {}
    for session in plans.sessions:
        key = (session.plan_id or 0, session.service_day)
        if key in wanted:
            owned[key] = session
        else:
            strays.setdefault(session.service_day, []).append(session)
    return owned, strays


def _stray_for(wanted: Wanted, strays: Strays) -> HallSession | None:
    """A session of a plan before this one that the wanted one takes the place of."""
    for session in strays.get(wanted.day, []):
        alive = session.state == HallSession.State.OPEN
        if alive and session.starts_at < wanted.ends_at and wanted.starts_at < session.ends_at:
            strays[wanted.day].remove(session)
            return session
    return None


def _fate(plans: HallPlans, wanted: Wanted, session: HallSession | None) -> Fate:
    """What becomes of this day; a change is judged once more by `_judged`."""
    if session and (why := _set_by_hand(session)):
        return Fate(What.LEAVE, wanted.day, wanted, session, why=why)
    if closed := plans.closed(wanted):
        what = What.KEEP if session else What.LEAVE
        return Fate(what, wanted.day, wanted, session, why="" if session else closed)
    free, busy = plans.free(wanted, session.pk if session else None)
    if not free:
        why = _("Its windows are in another session.") if busy else _("It has no window.")
        other = session or next(iter(busy.values()), None)
        return Fate(What.LEAVE, wanted.day, wanted, other, why=why)
    why = _missing_words(busy)
    if session is None:
        return Fate(What.MAKE, wanted.day, wanted, None, free, why)
    alike = _is_like(session, wanted, plans.windows_of(session), free, now=plans.now)
    return Fate(What.KEEP if alike else What.REPLACE, wanted.day, wanted, session, free, why)


def _set_by_hand(session: HallSession) -> str:
    """Why a plan keeps its hands off the session; "" when it does not."""
    if session.state != HallSession.State.OPEN:
        return _("It was cancelled.")
    return _("It was changed by hand.") if session.is_by_hand else ""


def _missing_words(busy: dict[int, HallSession]) -> str:
    if not busy:
        return ""
    numbers = ", ".join(str(number) for number in sorted(busy))
    return _("Without window %(numbers)s, in another session then.") % {"numbers": numbers}


def _unwanted(plans: HallPlans, session: HallSession) -> Fate:
    """A session whose plan says nothing of the day any more."""
    day, alive = session.service_day, session.state == HallSession.State.OPEN
    if not alive or session.starts_at <= plans.now:
        return Fate(What.KEEP, day, None, session)
    if session.is_by_hand:
        return Fate(What.LEAVE, day, None, session, why=_("It was changed by hand."))
    return Fate(What.WITHDRAW, day, None, session)


def _is_like(
    session: HallSession, wanted: Wanted, has: set[int], free: tuple[int, ...], *, now: datetime
) -> bool:
    """Whether the session is what the plan says, but for the shares of its slots."""
    facts: KindFacts = wanted.facts
    said = (
        wanted.plan.kind, wanted.starts_at, wanted.ends_at, facts.slot_minutes, facts.audience_zh,
        facts.audience_en, list(facts.matter_ids), facts.release, set(free),
    )  # fmt: skip
    stands = (
        session.kind, session.starts_at, session.ends_at, session.slot_minutes,
        session.audience_zh, session.audience_en, sorted(session.matter_ids), session.release, has,
    )  # fmt: skip
    opens = max(session.booking_opens_at, now) == max(wanted.booking_opens_at, now)
    return said == stands and opens


def _judged(fates: list[Fate]) -> list[Fate]:
    """Changes of sessions that somebody has touched are not made; shares that a plan has
    changed since are."""
    asked = [f for f in fates if f.session and f.what in (What.REPLACE, What.WITHDRAW)]
    other_shares = _of_other_shares([f for f in fates if f.what is What.KEEP and f.wanted])
    touched = touched_of([f.session for f in asked if f.session] + list(other_shares.values()))
    told = []
    for fate in fates:
        pk = fate.session.pk if fate.session else 0
        if fate.what in (What.REPLACE, What.WITHDRAW) and pk in touched:
            fate = Fate(What.LEAVE, fate.day, fate.wanted, fate.session, why=touched[pk])
        elif fate.what is What.KEEP and pk in other_shares and pk not in touched:
            fate = Fate(What.REPLACE, fate.day, fate.wanted, fate.session, fate.windows, fate.why)
        told.append(fate)
    return told


def _of_other_shares(kept: list[Fate]) -> dict[int, HallSession]:
    """Sessions whose slots are shared out otherwise than their plan says now."""
    ids = [fate.session.pk for fate in kept if fate.session]
    sums = {
        pk: (minutes, walkin, assisted)
        for pk, minutes, walkin, assisted in Slot.objects.filter(session__in=ids)
        .values_list("session_id")
        .annotate(Sum("minutes"), Sum("walkin_quota"), Sum("assisted_quota"))
    }
    found = {}
    for fate in kept:
        if fate.session and fate.wanted and fate.windows:
            slots = slots_like(
                fate.wanted.facts, starts_at=fate.wanted.starts_at, ends_at=fate.wanted.ends_at,
                windows=len(fate.windows),
            )  # fmt: skip
            said = tuple(
                sum(getattr(s, n) for s in slots) for n in ("minutes", "walkin", "assisted")
            )
            if sums.get(fate.session.pk) != said:
                found[fate.session.pk] = fate.session
    return found


def _adopt(kept: list[Fate]) -> None:
    """Sessions that are as another plan says now belong to that one."""
    for fate in kept:
        if fate.session and fate.wanted and fate.session.plan_id != fate.wanted.plan.pk:
            HallSession.objects.filter(pk=fate.session.pk).update(plan=fate.wanted.plan)
