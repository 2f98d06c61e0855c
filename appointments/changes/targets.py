"""What a session would be after a change, and everything that speaks against it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import saying
from appointments.changes.wanting import (
    Ask,
    ClosureInOrder,
    ClosureInPast,
    ClosureTooLong,
    HasDraw,
    Kind,
    NotASlotsStart,
    NothingChanges,
    NotLonger,
    NotShorter,
    PeopleAreHere,
    TooLate,
)
from appointments.models import Draw
from config import civil
from queues.models import Ticket
from windows.closing_halls import closed_already, closed_then
from windows.models import Hall, HallSession, Window
from windows.planning import SessionInPast, SessionTooFar, SessionTooLong, SessionTooShort
from windows.planning import busy_windows as busy_in
from windows.rules import rule
from windows.sessions import (
    EndsEarlier,
    HallClosed,
    NoWindows,
    SessionOver,
    WindowElsewhere,
    busy_refusal,
)

GONE = [Ticket.State.FINISHED, Ticket.State.VOID]
A_MINUTE = timedelta(minutes=1)
SHORTEST = timedelta(minutes=30)
FARTHEST = timedelta(days=180)
LONGEST_CLOSURE = timedelta(days=60)


@dataclass(frozen=True)
class Target:
    """The session's place, hours and windows afterwards; `gone`: it does not take place."""

    hall: Hall
    service_day: date
    starts_at: datetime
    ends_at: datetime
    windows: list[Window]
    gone: bool = False


def target_of(ask: Ask, session: HallSession, now: datetime) -> Target:
    """Where the change leads. Refuses what the kinds below refuse."""
    return {Kind.EXTEND: _extended, Kind.CUT: _cut, Kind.MOVE: _moved, Kind.CANCEL: _cancelled}[
        Kind(ask.kind)
    ](ask, session, now)


def present(session: HallSession) -> Target:
    """The session as it is."""
    staffed = Window.objects.filter(staffed__session=session, staffed__is_cancelled=False)
    return Target(
        session.hall,
        session.service_day,
        session.starts_at,
        session.ends_at,
        list(staffed.order_by("number", "pk")),
    )


def people_here(session: HallSession) -> int:
    """How many have a number for the session that is not over."""
    return Ticket.objects.filter(session=session).exclude(state__in=GONE).count()


def _extended(ask: Ask, session: HallSession, now: datetime) -> Target:
    """Refuses: SessionOver, TooLate, EndsEarlier, NotLonger, NoWindows, SessionTooLong,
    WindowElsewhere, HallClosed, WindowBusy, ClosedAlready."""
    had = _alive(session, now)
    starts, ends = ask.starts_at or had.starts_at, ask.ends_at or had.ends_at
    windows = _named(ask, session.hall) or had.windows
    if starts != had.starts_at and min(starts, had.starts_at) <= now:
        raise TooLate
    if ends != had.ends_at and ends < had.ends_at + A_MINUTE:
        raise EndsEarlier
    if starts != had.starts_at and starts > had.starts_at - A_MINUTE:
        raise NotLonger(field="starts_at")
    if not windows:
        raise NoWindows
    if not {one.pk for one in had.windows} <= {one.pk for one in windows}:
        raise NotLonger(field="windows")
    target = replace(had, starts_at=starts, ends_at=ends, windows=windows)
    if target == had:
        raise NothingChanges
    _check_room(target, session, field="ends_at")
    _check_not_shut(target.hall, starts, had.starts_at)
    _check_not_shut(target.hall, had.ends_at, ends)
    return target


def _cut(ask: Ask, session: HallSession, now: datetime) -> Target:
    """Refuses: SessionOver, TooLate, NotShorter, NothingChanges, NoWindows, WindowElsewhere,
    NotASlotsStart, SessionTooShort."""
    had = _alive(session, now)
    starts, ends = ask.starts_at or had.starts_at, ask.ends_at or had.ends_at
    windows = had.windows if ask.windows is None else _named(ask, session.hall)
    target = replace(had, starts_at=starts, ends_at=ends, windows=windows)
    _check_smaller(had, target)
    if starts != had.starts_at and min(starts, had.starts_at) <= now:
        raise TooLate
    if ends <= now:
        raise TooLate(field="ends_at")
    if ends - starts < SHORTEST:
        raise SessionTooShort(field="ends_at")
    if starts != had.starts_at:
        _check_start(session, starts)
    return target


def _check_smaller(had: Target, target: Target) -> None:
    """Refuses: NoWindows, NotShorter, NothingChanges."""
    if not target.windows:
        raise NoWindows
    if target.ends_at > had.ends_at:
        raise NotShorter
    if target.starts_at < had.starts_at:
        raise NotShorter(field="starts_at")
    if not {one.pk for one in target.windows} <= {one.pk for one in had.windows}:
        raise NotShorter(field="windows")
    if target == had:
        raise NothingChanges


def _moved(ask: Ask, session: HallSession, now: datetime) -> Target:
    """Refuses: SessionOver, TooLate, PeopleAreHere, HasDraw, NothingChanges, SessionInPast,
    SessionTooShort, SessionTooLong, SessionTooFar, HallClosed, NoWindows, WindowElsewhere,
    WindowBusy, ClosedAlready."""
    had = _alive(session, now)
    if session.starts_at <= now:
        raise TooLate
    if people_here(session):
        raise PeopleAreHere
    if Draw.objects.filter(session=session, drawn_at__isnull=True).exists():
        raise HasDraw
    hall = ask.hall or session.hall
    starts, ends = ask.starts_at or had.starts_at, ask.ends_at or had.ends_at
    after_midnight = civil.city_date(had.starts_at) - had.service_day
    day = ask.service_day or civil.city_date(starts) - after_midnight
    target = Target(hall, day, starts, ends, _windows_there(ask, hall, had))
    if target == had:
        raise NothingChanges(field="starts_at")
    _check_time(target, now)
    _check_room(target, session, field="ends_at")
    _check_not_shut(hall, starts, ends)
    return target


def _windows_there(ask: Ask, hall: Hall, had: Target) -> list[Window]:
    """The named windows, else those with the same numbers. Refuses: NoWindows."""
    if ask.windows is not None:
        windows = _named(ask, hall)
    elif hall.pk == had.hall.pk:
        windows = had.windows
    else:
        numbers = [one.number for one in had.windows]
        windows = list(hall.windows.filter(number__in=numbers, is_in_use=True).order_by("number"))
    if not windows:
        raise NoWindows
    return windows


def _check_time(target: Target, now: datetime) -> None:
    """Refuses: SessionInPast, SessionTooShort, SessionTooFar."""
    if target.starts_at <= now:
        raise SessionInPast(field="starts_at")
    if target.ends_at - target.starts_at < SHORTEST:
        raise SessionTooShort(field="ends_at")
    if target.starts_at > now + FARTHEST:
        raise SessionTooFar(field="starts_at")


def _cancelled(ask: Ask, session: HallSession, now: datetime) -> Target:
    """A session that runs ends now, and who is there is served.

    Refuses: SessionOver, PeopleAreHere.
    """
    had = _alive(session, now)
    if session.starts_at >= now and people_here(session):
        raise PeopleAreHere
    return replace(had, ends_at=now if session.starts_at < now else had.starts_at, gone=True)


def _alive(session: HallSession, now: datetime) -> Target:
    if session.state != HallSession.State.OPEN or session.ends_at <= now:
        raise SessionOver
    return present(session)


def _named(ask: Ask, hall: Hall) -> list[Window]:
    """The windows that were named, in order. Refuses: WindowElsewhere."""
    if ask.windows is None:
        return []
    found = list(hall.windows.filter(pk__in=ask.windows, is_in_use=True).order_by("number", "pk"))
    if len(found) < len(set(ask.windows)):
        raise WindowElsewhere
    return found


def _check_start(session: HallSession, starts: datetime) -> None:
    begins = session.slots.filter(is_open=True).order_by("starts_at")
    times = list(begins.values_list("starts_at", flat=True))
    if starts not in times:
        raise NotASlotsStart(times=", ".join(saying.clock(at) for at in times))


def _check_room(target: Target, session: HallSession, *, field: str) -> None:
    """Hours, hall and windows that such a session can have."""
    if not target.hall.is_open:
        raise HallClosed
    most = rule("session_max_hours", hall=target.hall, day=target.service_day)
    if target.ends_at - target.starts_at > timedelta(hours=most):
        raise SessionTooLong(field=field, hours=most)
    busy = busy_in(hall=target.hall, starts_at=target.starts_at, ends_at=target.ends_at)
    mine = {one.number for one in target.windows}
    others = [one for one in busy if one.number in mine and one.session.pk != session.pk]
    if others:
        raise busy_refusal(others[0])


def _check_not_shut(hall: Hall, first: datetime, last: datetime) -> None:
    """Nothing is added to a closed hall; what the closure shut in the session stays so.

    Refuses: ClosedAlready.
    """
    if first < last and (shut := closed_then(hall, first, last)):
        raise closed_already(shut, field="ends_at")


def check_closure(ask: Ask, now: datetime) -> DateTimeTZRange:
    """The time of the closure.

    Refuses: ClosureInOrder, ClosureInPast, ClosureTooLong, ClosedAlready.
    """
    closes, opens, hall = ask.closes_at, ask.opens_at, ask.hall
    assert closes is not None  # noqa: S101  Ask.close asks for both
    assert opens is not None  # noqa: S101
    assert hall is not None  # noqa: S101
    if opens <= closes:
        raise ClosureInOrder
    if opens <= now:
        raise ClosureInPast
    if opens - closes > LONGEST_CLOSURE:
        raise ClosureTooLong
    period = DateTimeTZRange(closes, opens)
    if shut := closed_then(hall, closes, opens):
        raise closed_already(shut)
    return period
