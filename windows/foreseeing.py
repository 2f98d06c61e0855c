"""What becomes of each day of a hall's weekly plans: made, kept, replaced, withdrawn or left.

Nothing is written here: `windows/plans.py` does what is foreseen. What somebody has touched
(`windows/touching.py`) is left as it is.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Sum
from django.utils.translation import gettext as _

from windows.calendar_days import DayKind
from windows.kinds import KindFacts
from windows.models import Hall, HallSession, Slot
from windows.planning import slots_like
from windows.touching import touched_of
from windows.wanted import HallPlans, Wanted

Strays = dict[date, list[HallSession]]


class What(StrEnum):
    """What becomes of a day of a plan."""

    MAKE = "make"
    KEEP = "keep"
    REPLACE = "replace"
    WITHDRAW = "withdraw"
    LEAVE = "leave"


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
