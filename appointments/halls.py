"""Halls as citizens see them: how busy now, open until when, when open next."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext, ngettext

from appointments import saying
from appointments.changes.recording import bounds
from config import civil
from queues.models import Ticket
from windows.closing_halls import closures_among, closures_coming, shut_words
from windows.models import Hall, HallClosure, HallSession, Shift
from windows.models.hall import in_language

QUIET, BUSY = 2, 5  # people waiting per staffed window
DAYS_SHOWN = 10


@dataclass(frozen=True)
class HallNow:
    """One hall at this moment."""

    hall: Hall
    state: str
    is_open: bool
    waiting: str
    busy: str
    kind: str
    level: str


@dataclass(frozen=True)
class Opening:
    """One session of a hall's next days."""

    day: str
    hours: str
    kind: str
    note: str
    service_day: date
    shut: str = ""


def halls_now(*, now: datetime, near: str = "", code: str = "") -> list[HallNow]:
    """Every hall with its line, in five queries."""
    halls = Hall.objects.filter(is_open=True).order_by("district_en", "code")
    if code:
        halls = halls.filter(code=code)
    waiting = dict(
        Ticket.objects.waiting().values_list("hall").annotate(Count("pk")).order_by("hall")
    )
    staffed = dict(
        Shift.objects.filter(period__upper_inf=True, is_paused=False)
        .values_list("window__hall")
        .annotate(Count("pk"))
        .order_by("window__hall")
    )
    sessions: dict[int, HallSession] = {}
    coming = HallSession.objects.filter(state="open", ends_at__gt=now)
    for session in coming.filter(starts_at__lt=now + timedelta(days=DAYS_SHOWN)).order_by(
        "-starts_at", "-pk"
    ):
        sessions[session.hall_id] = session
    near_ones = [hall for hall in halls if is_near(hall, near)]
    shut = closures_among(near_ones, now)
    found = [
        _hall_now(
            hall, sessions.get(hall.pk), waiting.get(hall.pk, 0), staffed.get(hall.pk, 0), now
        )
        for hall in near_ones
    ]
    return [_unless_shut(one, shut.get(one.hall.pk), now) for one in found]


def _unless_shut(one: HallNow, closure: HallClosure | None, now: datetime) -> HallNow:
    """A hall that is closed now says until when, whatever its sessions were to be."""
    if closure is None or bounds(closure.period)[0] > now:
        return one
    return replace(one, state=shut_words(closure), is_open=False, busy="", kind="", level="")


def is_near(hall: Hall, near: str) -> bool:
    """Whether every part of what was typed occurs in the hall's names or address."""
    words = (hall.name_zh, hall.name_en, hall.district_zh, hall.district_en, hall.address_zh)
    parts = near.lower().split()
    return all(any(part in word.lower() for word in words) for part in parts)


def _hall_now(
    hall: Hall, session: HallSession | None, waiting: int, staffed: int, now: datetime
) -> HallNow:
    is_open = bool(session and session.starts_at <= now)
    if session is None:
        state = gettext("No opening is planned in the next days")
    elif is_open:
        state = gettext("Open until %(time)s") % {"time": _until(session, now)}
    else:
        state = gettext("Opens %(when)s") % {"when": saying.when(session.starts_at)}
    words = ngettext("%(n)s person waiting", "%(n)s people waiting", waiting) % {"n": waiting}
    busy, level = _busy(waiting, staffed) if is_open else ("", "")
    return HallNow(
        hall=hall,
        state=state,
        is_open=is_open,
        waiting=words if is_open or waiting else "",
        busy=busy,
        kind=session.kind if session and is_open else "",
        level=level,
    )


def _until(session: HallSession, now: datetime) -> str:
    if civil.city_date(session.ends_at) == civil.city_date(now):
        return saying.clock(session.ends_at)
    return saying.when(session.ends_at)


def _busy(waiting: int, staffed: int) -> tuple[str, str]:
    """A word and its level; the people waiting per window with a clerk."""
    each = waiting / max(staffed, 1)
    if each < QUIET:
        return gettext("Quiet"), "ok"
    if each < BUSY:
        return gettext("Some waiting"), "warn"
    return gettext("Busy"), "bad"


def openings(*, hall: Hall, now: datetime) -> list[Opening]:
    """The hall's sessions of the next days."""
    until = now + timedelta(days=DAYS_SHOWN)
    sessions = HallSession.objects.filter(
        hall=hall, state="open", ends_at__gt=now, starts_at__lt=until
    )
    closures = closures_coming(hall, now)
    return [
        Opening(
            day=saying.short_day(session.service_day),
            hours=saying.hours(session.starts_at, session.ends_at),
            kind=session.kind,
            note=in_language(session.note_zh, session.note_en),
            service_day=session.service_day,
            shut=_shut(session, closures),
        )
        for session in sessions.order_by("starts_at", "pk")
    ]


def _shut(session: HallSession, closures: list[HallClosure]) -> str:
    """Which part of the session falls into a closing: all of it, or some hours."""
    for one in closures:
        closes, opens = bounds(one.period)
        starts, ends = max(closes, session.starts_at), min(opens, session.ends_at)
        if starts < ends:
            facts = {"hours": saying.hours(starts, ends), "why": one.get_reason_display()}
            return gettext("closed %(hours)s (%(why)s)") % facts
    return ""


def closings(*, hall: Hall, now: datetime) -> list[tuple[str, str]]:
    """What the public is told of the hall's closings: the sentence, and the note."""
    return [(_closing_words(one, now), one.note) for one in closures_coming(hall, now)]


def _closing_words(closure: HallClosure, now: datetime) -> str:
    closes, opens = bounds(closure.period)
    if closes <= now:
        return shut_words(closure)
    facts = {"period": saying.period(closes, opens), "why": closure.get_reason_display()}
    return gettext("Closed %(period)s (%(why)s)") % facts
