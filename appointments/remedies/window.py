"""Another window, now: who could stand there, what it would bring, calling them there."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appointments.changes.asking import Ask, apply_change
from appointments.changes.undoing import undo_change
from config.refusals import Refusal
from windows import rostering
from windows.candidates import Candidate, free_staff
from windows.models import (
    Hall,
    HallSession,
    RosterEntry,
    SessionChange,
    SessionWindow,
    Shift,
    Staff,
    Window,
)


class NoSessionNow(Refusal):
    code = "no_session_now"
    message = _("No session runs in this hall now. Open one first.")


class WindowIsStaffed(Refusal):
    code = "window_is_staffed"
    message = _("Somebody has signed in at this window meanwhile.")
    field = "window"


class StandsThere(Refusal):
    code = "stands_there"
    message = _("This person is planned at window %(number)s already, and that window is open.")
    field = "staff"


@dataclass(frozen=True)
class OnCall:
    """Somebody who could come to the window now, and as what."""

    staff: Staff
    entry: RosterEntry | None = None  # planned in this session, without a window or elsewhere
    candidate: Candidate | None = None
    is_lent: bool = False

    @property
    def is_planned(self) -> bool:
        return self.entry is not None


@dataclass(frozen=True)
class Opened:
    """Who was called where; `change` when the session has a window more by it."""

    entry: RosterEntry
    change: SessionChange | None


def running_session(hall: Hall, now: datetime) -> HallSession:
    """The session that runs now, the one that ends last. Refuses: NoSessionNow."""
    running = HallSession.objects.filter(
        hall=hall, state=HallSession.State.OPEN, starts_at__lte=now, ends_at__gt=now
    )
    session = running.select_related("hall").order_by("-ends_at", "pk").first()
    if session is None:
        raise NoSessionNow
    return session


def on_call(session: HallSession, window: Window, now: datetime) -> list[OnCall]:
    """Who is free now: who is planned there, lent people, then the hall's free ones.

    Who stands at a window is not among them.
    """
    standing = Shift.objects.filter(period__upper_inf=True).values("staff")
    planned = RosterEntry.objects.filter(
        Q(window__isnull=True) | Q(window=window),
        session=session, is_cancelled=False, period__contains=now,
    )  # fmt: skip
    planned = planned.exclude(staff__in=standing).select_related("staff", "window")
    lent = set(session.help.filter(state="granted").values_list("lent", flat=True))
    here = [OnCall(one.staff, one, is_lent=one.staff_id in lent) for one in planned]
    here.sort(key=lambda one: (not one.is_lent, one.entry is not None and not one.entry.window_id))
    free = free_staff(
        hall=session.hall,
        period=DateTimeTZRange(now, session.ends_at),
        matter_ids=[matter.pk for matter in window.matters.all()],
        service_day=session.service_day,
        now=now,
    )
    return here + [OnCall(one.staff, candidate=one) for one in free]


@transaction.atomic
def open_window(
    *, session: HallSession, window: Window, staff: Staff, by: Staff, now: datetime
) -> Opened:
    """The person is planned at the window until the session ends; a window that was not part
    of the session becomes one, with its minutes.

    Whoever was planned there and did not come stands aside. Refuses: WindowIsStaffed,
    StandsThere, what planning and extending refuse.
    """
    if Shift.objects.filter(window=window, period__upper_inf=True).exists():
        raise WindowIsStaffed
    change = _staffed(session, window, by, now)
    rostering.lock_session(session, now)
    _stand_aside(session, window, staff, by, now)
    period = DateTimeTZRange(now, session.ends_at)
    entry = rostering.assign(
        staff=staff, session=session, window=window, period=period, by=by, now=now
    )
    return Opened(entry, change)


def _staffed(
    session: HallSession, window: Window, by: Staff, now: datetime
) -> SessionChange | None:
    """The session has the window; None when it had it before."""
    staffed = SessionWindow.objects.filter(session=session, is_cancelled=False)
    had = tuple(staffed.order_by("window").values_list("window", flat=True))
    if window.pk in had:
        return None
    ask = Ask.extend(session, windows=(*had, window.pk))
    return apply_change(ask, by=by, now=now).change


def _stand_aside(
    session: HallSession, window: Window, staff: Staff, by: Staff, now: datetime
) -> None:
    """Who is planned at the window from now on, and where the person was planned, ends.

    Refuses: StandsThere.
    """
    planned = RosterEntry.objects.filter(
        Q(window=window) | Q(staff=staff), session=session, is_cancelled=False,
        period__endswith__gt=now,
    )  # fmt: skip
    for entry in planned.select_related("window", "session").order_by("pk"):
        if entry.staff_id == staff.pk and _is_at(entry):
            raise StandsThere(number=entry.window.number if entry.window else 0)
        rostering.remove(entry=entry, by=by, now=now)


def _is_at(entry: RosterEntry) -> bool:
    """Whether the person has signed in at the window of the entry."""
    there = Shift.objects.filter(staff=entry.staff_id, window=entry.window_id)
    return bool(entry.window_id) and there.filter(period__upper_inf=True).exists()


@transaction.atomic
def call_off(*, entry: RosterEntry, by: Staff, now: datetime) -> RosterEntry:
    """The person is not called to the window any more; twice changes nothing.

    The window leaves the session again when it was added for this.
    """
    added = SessionChange.objects.filter(
        session=entry.session_id, kind=SessionChange.Kind.EXTEND, made_at=entry.made_at,
        undone_at__isnull=True,
    )  # fmt: skip
    for change in added:
        undo_change(change, by=by, now=now)
    return rostering.remove(entry=entry, by=by, now=now)
