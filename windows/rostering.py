"""Rosters: who stands at which window when. Planning somebody, moving, taking out.

An entry counts within its session's present hours, and not at all when the session is
cancelled: nothing has to follow a change of the session, and undoing the change brings the
roster back. What is left over stands aside when its person or window is planned anew.
"""

from datetime import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.access import CLERK, GUIDE, SUPERVISOR, has_role
from windows.candidates import Candidate, free_staff
from windows.duties import duty_of
from windows.models import (
    Absence,
    HallSession,
    HelpRequest,
    RosterEntry,
    Staff,
    Swap,
    Window,
)
from windows.planned import planned_at, planned_now, roster_of, window_of
from windows.sessions import SessionOver
from windows.shifts import lock_place

__all__ = ["Candidate", "free_staff", "planned_at", "planned_now", "roster_of", "window_of"]

AT_WINDOWS, ON_THE_FLOOR = (CLERK, SUPERVISOR), (CLERK, SUPERVISOR, GUIDE)


class NotOfThisHall(Refusal):
    code = "not_of_this_hall"
    message = _("%(name)s does not work at windows of this hall. Choose somebody else.")
    field = "staff"


class OutsideSession(Refusal):
    code = "outside_session"
    message = _("The session is from %(hours)s. Choose hours within it.")
    field = "begins"


class _Elsewhere(Refusal):
    """Carries what is in the way, so that a page can lead there."""

    field = "staff"
    about: dict[str, int | None]

    def body(self) -> dict[str, object]:
        return super().body() | {"facts": self.about}


class PlannedElsewhere(_Elsewhere):
    code = "planned_elsewhere"
    message = _("%(name)s is planned then already: %(where)s, %(when)s.")


class WindowPlanned(_Elsewhere):
    code = "window_planned"
    message = _("Window %(number)s is planned then already for %(name)s, %(when)s.")


class IsAbsent(_Elsewhere):
    code = "is_absent"
    message = _("%(name)s is absent then: %(when)s.")


class JustPlanned(Refusal):
    code = "just_planned"
    message = _("Somebody has planned this person or this window just now. Look again.")
    field = "staff"


class EntryGone(Refusal):
    code = "entry_gone"
    message = _("This is not planned any more.")


@transaction.atomic
def assign(
    *,
    staff: Staff,
    session: HallSession,
    window: Window | None,
    period: DateTimeTZRange | None = None,
    by: Staff | None,
    now: datetime,
) -> RosterEntry:
    """The person is planned there for that time, or for the whole session.

    Without a window: on the floor. Who is planned there already in other hours of the
    session has these instead. Refuses: SessionOver, OutsideSession, NotOfThisHall, IsAbsent,
    PlannedElsewhere, WindowPlanned. Raises NotFound for another hall's window.
    """
    locked = lock_session(session, now)
    if window is not None and (window.hall_id != locked.hall_id or not window.is_in_use):
        raise NotFound
    asked = _within(locked, period)
    lock_people([staff.pk], window)
    _check_person(staff, locked, window, asked)
    mine = _in_the_way(staff, window, asked, locked)
    refusals = {
        "roster_nobody_twice_at_once": JustPlanned,
        "roster_window_once_at_a_time": JustPlanned,
    }
    with refusing(refusals):
        if mine is not None:
            return _in_other_hours(mine, asked)
        return RosterEntry.objects.create(
            staff=staff, session=locked, window=window, period=asked, made_by=by, made_at=now
        )


@transaction.atomic
def remove(*, entry: RosterEntry, by: Staff | None, now: datetime) -> RosterEntry:
    """The person is not planned there any more; questions about it are withdrawn.

    Removing twice changes nothing.
    """
    locked = _lock_entry(entry)
    if not locked.is_cancelled:
        withdraw_swaps(locked, by, now)
        locked.is_cancelled = True
        locked.save(update_fields=["is_cancelled"])
    return locked


@transaction.atomic
def end(*, entry: RosterEntry, by: Staff | None, now: datetime) -> RosterEntry:
    """The person stands there no longer: what has passed stays in the roster.

    What has not begun yet is removed. Ending twice changes nothing.
    """
    duty = duty_of(_lock_entry(entry))
    if duty is None or duty.begins >= now:
        return remove(entry=entry, by=by, now=now)
    locked = duty.entry
    if not locked.is_cancelled and duty.ends > now:
        withdraw_swaps(locked, by, now)
        locked.period = DateTimeTZRange(locked.period.lower, now)
        locked.save(update_fields=["period"])
    return locked


@transaction.atomic
def move(
    *, entry: RosterEntry, window: Window | None, by: Staff | None, now: datetime
) -> RosterEntry:
    """The person is planned at the other window of the session, or on the floor, instead.

    Refuses: EntryGone, and what `assign` refuses.
    """
    lock_session(entry.session, now)
    locked = _lock_entry(entry)
    if locked.is_cancelled:
        raise EntryGone
    if locked.window_id == (window.pk if window else None):
        return locked
    duty = duty_of(locked)
    remove(entry=locked, by=by, now=now)
    period = DateTimeTZRange(duty.begins, duty.ends) if duty else None
    return assign(
        staff=locked.staff, session=locked.session, window=window, period=period, by=by, now=now
    )


def lock_session(session: HallSession, now: datetime) -> HallSession:
    """The session, which nobody changes meanwhile. Refuses: SessionOver."""
    rows = HallSession.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("hall").get(pk=session.pk)
    if locked.state != HallSession.State.OPEN or locked.ends_at <= now:
        raise SessionOver
    return locked


def lock_sessions(sessions: list[int]) -> None:
    """One change of these sessions' rosters at a time."""
    rows = HallSession.objects.select_for_update(of=("self",), no_key=True)
    list(rows.filter(pk__in=sessions).order_by("pk").values_list("pk"))


def lock_people(people: list[int], window: Window | None = None) -> None:
    """One change of a person's plans at a time; a window after its people, as at sign-in."""
    if window is not None:
        lock_place(Staff.objects.filter(pk__in=people), window)
        return
    rows = Staff.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk")
    list(rows.values_list("pk"))


def _lock_entry(entry: RosterEntry) -> RosterEntry:
    """The entry, its session first: whatever changes a roster waits there."""
    lock_sessions([entry.session_id])
    rows = RosterEntry.objects.select_for_update(of=("self",))
    return rows.select_related("staff", "session__hall", "window").get(pk=entry.pk)


def withdraw_swaps(entry: RosterEntry, by: Staff | None, now: datetime) -> None:
    """Nobody is asked to take over what is not planned any more."""
    about = Q(entry=entry) | Q(for_entry=entry)
    open_ones = Swap.objects.filter(about, state__in=[Swap.State.ASKED, Swap.State.AGREED])
    open_ones.update(state=Swap.State.WITHDRAWN, decided_by=by, decided_at=now)


def _within(session: HallSession, period: DateTimeTZRange | None) -> DateTimeTZRange:
    """The time asked for, inside the session. Refuses: OutsideSession."""
    if period is None:
        return DateTimeTZRange(session.starts_at, session.ends_at)
    begins, ends = period.lower or session.starts_at, period.upper or session.ends_at
    if not session.starts_at <= begins < ends <= session.ends_at:
        raise OutsideSession(hours=_hours(session.starts_at, session.ends_at))
    return DateTimeTZRange(begins, ends)


def _check_person(
    staff: Staff, session: HallSession, window: Window | None, period: DateTimeTZRange
) -> None:
    roles = ON_THE_FLOOR if window is None else AT_WINDOWS
    belongs = staff.is_active and has_role(staff, session.hall_id, *roles)
    if not belongs and not _is_lent(staff, session):
        raise NotOfThisHall(name=str(staff))
    absences = Absence.objects.filter(staff=staff, is_cancelled=False, period__overlap=period)
    absence = absences.order_by("period").first()
    if absence is not None:
        refusal = IsAbsent(name=str(staff), when=span_words(absence.period))
        refusal.about = {"absence": absence.pk}
        raise refusal


def _is_lent(staff: Staff, session: HallSession) -> bool:
    granted = HelpRequest.objects.filter(session=session, state=HelpRequest.State.GRANTED)
    return granted.filter(lent=staff).exists()


def _in_the_way(
    staff: Staff, window: Window | None, period: DateTimeTZRange, session: HallSession
) -> RosterEntry | None:
    """The person's entry there, if any. Refuses: PlannedElsewhere, WindowPlanned."""
    mine = None
    for entry in _overlapping(staff, window, period):
        duty = None if entry.session.state != "open" else duty_of(entry)
        if duty is None or not (duty.begins < period.upper and period.lower < duty.ends):
            _stand_aside(entry, duty)
        elif entry.staff_id != staff.pk:
            raise _conflict(WindowPlanned, entry)
        elif (entry.session_id, entry.window_id) != (session.pk, window.pk if window else None):
            raise _conflict(PlannedElsewhere, entry)
        else:
            mine = entry
    return mine


def _in_other_hours(entry: RosterEntry, period: DateTimeTZRange) -> RosterEntry:
    if entry.period != period:
        entry.period = period
        entry.save(update_fields=["period"])
    return entry


def _overlapping(
    staff: Staff, window: Window | None, period: DateTimeTZRange
) -> QuerySet[RosterEntry]:
    who = Q(staff=staff) | Q(window=window) if window else Q(staff=staff)
    live = RosterEntry.objects.filter(who, is_cancelled=False, period__overlap=period)
    rows = live.select_related("staff", "window", "session__hall").order_by("pk")
    return rows.select_for_update(of=("self",))


def _stand_aside(entry: RosterEntry, duty: object) -> None:
    """What is left over of a session that was cancelled or cut makes room."""
    live = duty_of(entry) if duty is not None else None
    if live is None:
        entry.is_cancelled = True
        entry.save(update_fields=["is_cancelled"])
        return
    entry.period = DateTimeTZRange(live.begins, live.ends)
    entry.save(update_fields=["period"])


def _conflict(kind: type[_Elsewhere], entry: RosterEntry) -> _Elsewhere:
    number = entry.window.number if entry.window else None
    where = gettext("the floor of %(hall)s")
    if number:
        where = gettext("window %(number)s in %(hall)s")
    refusal = kind(
        name=str(entry.staff),
        number=number,
        where=where % {"number": number, "hall": entry.session.hall.name},
        when=span_words(entry.period),
    )
    refusal.about = {"session": entry.session_id, "window": entry.window_id, "entry": entry.pk}
    return refusal


def _hours(begins: datetime, ends: datetime) -> str:
    return f"{civil.city_time(begins):%H:%M}–{civil.city_time(ends):%H:%M}"


def span_words(period: DateTimeTZRange) -> str:
    """2027-03-04 18:30–21:30, or both days when it ends on another one."""
    begins, ends = (civil.city_time(at) if at else None for at in (period.lower, period.upper))
    if begins is None or ends is None:
        return "…"
    last = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{begins:%Y-%m-%d %H:%M}–{last}"
