"""What a supervisor sees of one hall: today at a glance, and its sessions of the next days.

Read only; numbers and windows, no names of citizens.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from appointments import saying
from config import civil
from queues.board import Board, board_of
from queues.models import Ticket
from windows.models import Hall, HallSession, SessionWindow, Shift, Slot, Window
from windows.rules import rule

DAYS_SHOWN = 7


@dataclass(frozen=True)
class WindowNow:
    """A window and who is there."""

    number: int
    clerk: str
    state: str
    kind: str
    ticket: str
    minutes: int | None


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
class HallToday:
    """The hall at one instant."""

    board: Board
    service_day: date
    served: int
    windows: list[WindowNow]
    today: list[SessionRow]
    coming: list[SessionRow]
    alerts: list[str]


def hall_today(hall: Hall, *, now: datetime) -> HallToday:
    """The hall as it stands now, in at most ten queries."""
    board = board_of(hall, now)
    session = board.session
    running = session is not None and session.stage != "before"
    day = session.service_day if session and running else civil.city_date(now)
    windows = windows_now(hall, now)
    rows = session_rows(hall, first=day, last=day + timedelta(days=DAYS_SHOWN))
    served = Ticket.objects.of_day(hall.pk, day).filter(state=Ticket.State.FINISHED)
    return HallToday(
        board=board,
        service_day=day,
        served=served.count(),
        windows=windows,
        today=[row for row in rows if row.session.service_day == day],
        coming=[row for row in rows if row.session.service_day > day],
        alerts=_alerts(hall, board, windows, now),
    )


def windows_now(hall: Hall, now: datetime) -> list[WindowNow]:
    """Every window in use with its clerk and the number there."""
    there = Ticket.objects.filter(
        hall=hall, state__in=[Ticket.State.CALLED, Ticket.State.SERVING], window__isnull=False
    )
    tickets = {ticket.window_id: ticket for ticket in there}
    shifts = Shift.objects.filter(window__hall=hall, period__upper_inf=True)
    clerks = {shift.window_id: shift for shift in shifts.select_related("staff")}
    windows = hall.windows.filter(is_in_use=True).order_by("number")
    return [_window_now(w, clerks.get(w.pk), tickets.get(w.pk), now) for w in windows]


def _window_now(
    window: Window, shift: Shift | None, ticket: Ticket | None, now: datetime
) -> WindowNow:
    since = ticket and (ticket.started_at or ticket.called_at)
    if shift is None:
        state, kind = _("Nobody there"), "quiet"
    elif ticket is not None and ticket.state == Ticket.State.SERVING:
        state, kind = _("Serving"), "now"
    elif ticket is not None:
        state, kind = _("Called"), "warn"
    elif shift.is_paused:
        state, kind = _("Paused"), "warn"
    else:
        state, kind = pgettext("window", "Free"), "ok"
    return WindowNow(
        number=window.number,
        clerk=str(shift.staff) if shift else "",
        state=state,
        kind=kind,
        ticket=ticket.label if ticket else "",
        minutes=int((now - since).total_seconds() // 60) if since else None,
    )


def _alerts(hall: Hall, board: Board, windows: list[WindowNow], now: datetime) -> list[str]:
    """What asks for a decision now, the most pressing first."""
    alerts = []
    if board.waiting and not any(window.clerk for window in windows):
        alerts.append(_("People are waiting and no window is staffed."))
    if board.waiting >= rule("alert_waiting", hall=hall, day=civil.city_date(now)):
        said = ngettext("%(n)s person is waiting.", "%(n)s people are waiting.", board.waiting)
        alerts.append(said % {"n": board.waiting})
    return alerts


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
