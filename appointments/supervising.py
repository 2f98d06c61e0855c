"""What a supervisor sees of one hall: today at a glance, and its sessions of the next days.

Read only; numbers and windows, no names of citizens.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Sum

from appointments import saying
from appointments.alarming import (
    EXTEND,
    HELP,
    NAMES,
    QUOTA,
    WINDOW,
    Alert,
    Arrivals,
    Facts,
    alerts_of,
    arrivals_of,
    digest_of,
)
from appointments.help_words import HelpShown
from appointments.standing import WindowNow, windows_now
from config import civil
from queues.board import Board, MatterWait, board_from, snapshot_of
from queues.doubting import waiting_at
from queues.estimating import pacing_of
from queues.models import Ticket
from windows.helping import requests_of
from windows.models import Hall, HallSession, SessionWindow, Slot
from windows.rules import rules

DAYS_SHOWN = 7


@dataclass(frozen=True)
class SessionRow:
    """A session in a list, in words, with how full it is."""

    session: HallSession
    day: str
    hours: str
    windows: int
    online_quota: int
    online_taken: int

    @property
    def fill(self) -> int | None:
        return round(100 * self.online_taken / self.online_quota) if self.online_quota else None


@dataclass(frozen=True)
class HallNow:
    """What moves in a hall, at one instant."""

    board: Board
    service_day: date
    served: int
    windows: list[WindowNow]
    arrivals: Arrivals
    online_left: int
    thresholds: dict[str, int]
    alerts: list[Alert]
    help: list[HelpShown]

    @property
    def heard(self) -> str:
        """The alerts and requests as a mark: another one when there is something new."""
        requests = [f"{one.request.pk}{one.request.state}" for one in self.help]
        return "-".join([digest_of(self.alerts), *requests])

    @property
    def worst(self) -> MatterWait | None:
        """The matter with the longest wait for who comes now: of those that somebody waits for,
        else of all."""
        known = self.board.known_waits
        known = [wait for wait in known if wait.waiting] or known
        return max(known, key=lambda wait: wait.estimate.half if wait.estimate else 0, default=None)

    @property
    def walk_ins_left(self) -> str:
        """How many more walk-ins fit their share, in a word: it is never exact."""
        left = self.board.walk_ins_left
        return "–" if left is None else f"≈ {left}" if left else "0"

    @property
    def worst_range(self) -> str:
        estimate = self.worst.estimate if self.worst else None
        return f"{estimate.half}–{estimate.most}" if estimate else ""

    @property
    def remedies(self) -> tuple[str, ...]:
        """What can be done in the hall; each has its own preview."""
        return (WINDOW, EXTEND, QUOTA, HELP)


def hall_now(hall: Hall, *, now: datetime) -> HallNow:
    """The line, the windows against the roster, the alerts, help asked and given."""
    snapshot = snapshot_of(hall, now)
    board = board_from(snapshot)
    session = board.session
    running = session is not None and session.stage != "before"
    day = session.service_day if session and running else civil.city_date(now)
    numbers = rules(NAMES, hall=hall, day=civil.city_date(now))
    late = timedelta(minutes=numbers["checkin_late_minutes"])
    facts = Facts(
        now=now,
        board=board,
        foreseen=snapshot.foreseen,
        windows=windows_now(hall, now),
        arrivals=arrivals_of(hall, day, due_before=now - late),
        matters={pace.code: pk for pk, pace in pacing_of(hall, snapshot.day).matters.items()},
        online_left=online_left(hall, now),
        rules=numbers,
        doubtful=waiting_at(hall.pk).count(),
    )
    served = Ticket.objects.of_day(hall.pk, day).filter(state=Ticket.State.FINISHED)
    return HallNow(
        board=board,
        service_day=day,
        served=served.count(),
        windows=facts.windows,
        arrivals=facts.arrivals,
        online_left=facts.online_left,
        thresholds=numbers,
        alerts=alerts_of(facts),
        help=_help(hall, now),
    )


def _help(hall: Hall, now: datetime) -> list[HelpShown]:
    """What others want of the hall first, then what it asked for itself."""
    asked, wanted = requests_of(hall, now=now)
    shown = [HelpShown(one, is_ours=False) for one in wanted]
    return shown + [HelpShown(one, is_ours=True) for one in asked]


def online_left(hall: Hall, now: datetime) -> int:
    """Window-minutes of the running sessions' coming times that nobody booked."""
    running = Slot.objects.filter(
        hall=hall, is_open=True, starts_at__gt=now, session__state="open",
        session__starts_at__lte=now, session__ends_at__gt=now,
    )  # fmt: skip
    left = running.aggregate(left=Sum(F("online_quota") - F("online_taken")))
    return int(left["left"] or 0)


@dataclass(frozen=True)
class HallSessions:
    """The sessions of the day and of the coming ones."""

    today: list[SessionRow]
    coming: list[SessionRow]


def hall_sessions(hall: Hall, day: date) -> HallSessions:
    """In three queries."""
    rows = session_rows(hall, first=day, last=day + timedelta(days=DAYS_SHOWN))
    return HallSessions(
        today=[row for row in rows if row.session.service_day == day],
        coming=[row for row in rows if row.session.service_day > day],
    )


def session_rows(hall: Hall, *, first: date, last: date) -> list[SessionRow]:
    """The open sessions of those service days, both included, in three queries."""
    sessions = HallSession.objects.filter(
        hall=hall, state=HallSession.State.OPEN, service_day__range=(first, last)
    ).order_by("starts_at", "pk")
    ids = [session.pk for session in sessions]
    slots = Slot.objects.filter(session__in=ids, is_open=True).values_list("session").order_by()
    quotas = {
        pk: (quota, taken)
        for pk, quota, taken in slots.annotate(Sum("online_quota"), Sum("online_taken"))
    }
    staffed = SessionWindow.objects.filter(session__in=ids, is_cancelled=False)
    windows = dict(staffed.values_list("session").annotate(Count("pk")).order_by())
    return [
        _session_row(session, windows.get(session.pk, 0), *quotas.get(session.pk, (0, 0)))
        for session in sessions
    ]


def _session_row(session: HallSession, windows: int, quota: int, taken: int) -> SessionRow:
    return SessionRow(
        session=session,
        day=saying.short_day(session.service_day),
        hours=saying.hours(session.starts_at, session.ends_at),
        windows=windows,
        online_quota=quota,
        online_taken=taken,
    )
