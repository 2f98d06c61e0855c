"""Who stands at which window of a hall, who is planned there, and since when it is silent.

Read only; windows and people who work there, no names of citizens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments import saying
from config import civil
from queues.models import Call, Ticket
from windows.duties import duty_of
from windows.models import Hall, RosterEntry, Shift, Window

LOOKED_BACK = timedelta(hours=18)  # the longest day at a window
CALLS_READ = 300  # of the hall, newest first: each window's last one is among them


@dataclass(frozen=True)
class WindowNow:
    """A window, who is there, who should be, and what is going on."""

    pk: int
    number: int
    clerk: str
    state: str
    kind: str
    ticket: str
    minutes: int | None
    matters: frozenset[int] = frozenset()
    planned: str = ""
    planned_hours: str = ""
    is_other: bool = False  # somebody else is there than was planned
    is_paused: bool = False
    quiet_minutes: int = 0  # since the last sign of work there
    late_minutes: int = 0  # since who is planned should have been there

    @property
    def is_staffed(self) -> bool:
        return bool(self.clerk)

    @property
    def is_serving(self) -> bool:
        return self.kind == "now"


@dataclass(frozen=True)
class _Seen:
    """What was read of a hall's windows."""

    now: datetime
    shifts: Mapping[int, Shift]
    tickets: Mapping[int, Ticket]
    worked: Mapping[int, datetime]
    planned: Mapping[int, RosterEntry]


def windows_now(hall: Hall, now: datetime) -> list[WindowNow]:
    """Every window in use with its clerk, the number there and the roster; seven queries."""
    there = Ticket.objects.filter(
        hall=hall, state__in=[Ticket.State.CALLED, Ticket.State.SERVING], window__isnull=False
    )
    entries = RosterEntry.objects.filter(
        session__hall=hall, session__state="open", session__ends_at__gt=now,
        window__isnull=False, is_cancelled=False, period__contains=now,
    )  # fmt: skip
    seen = _Seen(
        now=now,
        shifts={shift.window_id: shift for shift in _shifts(hall)},
        tickets={ticket.window_id: ticket for ticket in there if ticket.window_id},
        worked=_worked(hall, now),
        planned={
            one.window_id: one
            for one in entries.select_related("staff", "session")
            if one.window_id
        },
    )
    windows = hall.windows.filter(is_in_use=True).prefetch_related("matters").order_by("number")
    return [_window_now(window, seen) for window in windows]


def _shifts(hall: Hall) -> list[Shift]:
    """Those who are signed in; `rests_since` and `rested_at` say when they last paused."""
    here = Shift.objects.filter(window__hall=hall, period__upper_inf=True).select_related("staff")
    return list(
        here.annotate(
            rests_since=Max("breaks__began_at", filter=Q(breaks__ended_at__isnull=True)),
            rested_at=Max("breaks__ended_at"),
        )
    )


def _worked(hall: Hall, now: datetime) -> dict[int, datetime]:
    """By window: the newest call, or the newest end of a service when that is later."""
    newest = Call.objects.filter(hall=hall).order_by("-pk")[:CALLS_READ]
    done = Ticket.objects.filter(
        hall=hall,
        service_day__gte=civil.city_date(now - LOOKED_BACK),
        finished_at__isnull=False,
        window__isnull=False,
    )
    worked: dict[int, datetime] = {}
    ends = done.order_by().values_list("window").annotate(Max("finished_at"))
    for window, at in [*newest.values_list("window", "called_at"), *ends]:
        worked[window] = max(at, worked.get(window, at))
    return worked


def _window_now(window: Window, seen: _Seen) -> WindowNow:
    shift, ticket = seen.shifts.get(window.pk), seen.tickets.get(window.pk)
    entry = seen.planned.get(window.pk)
    since = ticket and (ticket.started_at or ticket.called_at)
    if shift is not None and shift.is_paused and ticket is None:
        since = getattr(shift, "rests_since", None)
    state, kind = _state(shift, ticket)
    return WindowNow(
        pk=window.pk,
        number=window.number,
        clerk=str(shift.staff) if shift else "",
        state=state,
        kind=kind,
        ticket=ticket.label if ticket else "",
        minutes=_minutes(since, seen.now) if since else None,
        matters=frozenset(matter.pk for matter in window.matters.all()),
        planned=str(entry.staff) if entry else "",
        planned_hours=_hours(entry),
        is_other=bool(entry and shift and entry.staff_id != shift.staff_id),
        is_paused=bool(shift and shift.is_paused),
        quiet_minutes=_quiet(shift, seen) if shift else 0,
        late_minutes=_minutes(entry.period.lower or seen.now, seen.now)
        if entry and not shift
        else 0,
    )


def _state(shift: Shift | None, ticket: Ticket | None) -> tuple[str, str]:
    """What is going on there: in a word, and its colour."""
    if shift is None:
        return _("Nobody there"), "quiet"
    if ticket is not None and ticket.state == Ticket.State.SERVING:
        return _("Serving"), "now"
    if ticket is not None:
        return _("Called"), "warn"
    if shift.is_paused:
        return _("Paused"), "warn"
    return pgettext("window", "Free"), "ok"


def _hours(entry: RosterEntry | None) -> str:
    duty = duty_of(entry) if entry else None
    return f"{saying.clock(duty.begins)}–{saying.clock(duty.ends)}" if duty else ""


def _quiet(shift: Shift, seen: _Seen) -> int:
    """Minutes since the clerk called, finished, came or came back; a pause is no work."""
    began = shift.period.lower or seen.now
    worked = seen.worked.get(shift.window_id, began)
    rested = getattr(shift, "rested_at", None) or began
    return _minutes(max(began, worked, rested), seen.now)


def _minutes(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds() // 60))
