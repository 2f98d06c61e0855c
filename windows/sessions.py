"""Opening and undoing sessions of a hall.

What a session would be is computed in `windows/planning.py`. Bookings and tickets are not
seen from here: a session that people may have booked is changed in `appointments/changes/`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Unpack
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal, refusing
from windows.closing_halls import closed_already, closed_then
from windows.hall_hours import keep_open
from windows.models import Hall, HallSession, SessionWindow, Slot, Staff, WeeklyPlan, Window
from windows.planning import (
    BusyWindow,
    PlannedSlot,
    SessionPreview,
    Shape,
    preview_session,
)


class HallClosed(Refusal):
    code = "hall_closed"
    message = _("This hall is out of use. Choose another hall.")
    field = "hall"


class NoWindows(Refusal):
    code = "no_windows"
    message = _("Choose at least one window that will be staffed.")
    field = "windows"


class WindowElsewhere(Refusal):
    code = "window_elsewhere"
    message = _("This window does not belong to the hall.")
    field = "windows"


class WindowBusy(Refusal):
    code = "window_busy"
    message = _("Window %(number)s is in the session %(hours)s on %(day)s at that time.")
    field = "windows"
    session: int | None = None  # the other one's key

    def body(self) -> dict[str, Any]:
        return super().body() | ({"facts": {"session": self.session}} if self.session else {})


class WindowJustTaken(Refusal):
    code = "window_busy"
    message = _("One of these windows has just been given to another session. Look again.")
    field = "windows"


class HasBookings(Refusal):
    code = "has_bookings"
    message = _("Somebody has booked already. Cancel the session instead; they get a message.")


class SessionOver(Refusal):
    code = "session_over"
    message = _("This session is over or cancelled.")


class EndsEarlier(Refusal):
    code = "ends_earlier"
    message = _("A session can be extended to a later hour only.")
    field = "ends_at"


@transaction.atomic
def open_session(
    *,
    hall: Hall,
    kind: str,
    day: date,
    opens: time,
    closes: time,
    windows: Sequence[Window],
    by: Staff | None,
    now: datetime,
    booking_opens_at: datetime | None = None,
    release: str = HallSession.Release.PLAIN,
    simulated: bool = False,
    plan: WeeklyPlan | None = None,
    series: UUID | None = None,
    **shape: Unpack[Shape],
) -> HallSession:
    """The hall is open in those hours with those windows, and can be booked at once.

    Hours that end at or before their beginning end on the next calendar day, and the
    service day stays `day`. `release` says how the places open; a draw is announced by
    `appointments/releasing.py`. `shape` is what `preview_session` takes beside: slot length,
    shares, audience, matters; what is left out is as usual for the kind. `plan` and `series`
    say what it belongs to. Refuses: HallClosed, NoWindows, WindowElsewhere, WindowBusy, and
    what `preview_session` refuses.
    """
    keep_open([hall])
    seen = preview_session(
        hall=hall, kind=kind, day=day, opens=opens, closes=closes, windows=windows, now=now,
        booking_opens_at=booking_opens_at, **shape,
    )  # fmt: skip
    _check_windows(seen)
    session = HallSession.objects.create(
        **_as_seen(seen), release=release, plan=plan, series=series,
        opened_by=by, opened_at=now, is_simulated=simulated,
    )  # fmt: skip
    _add_windows(session, seen.windows)
    _add_slots(session, seen.slots)
    return session


def _as_seen(seen: SessionPreview) -> dict[str, Any]:
    """What the session has in common with its preview."""
    return {
        "hall": seen.hall,
        "kind": seen.kind,
        "service_day": seen.service_day,
        "starts_at": seen.starts_at,
        "ends_at": seen.ends_at,
        "slot_minutes": seen.slot_minutes,
        "booking_opens_at": seen.booking_opens_at,
        "audience_zh": seen.audience_zh,
        "audience_en": seen.audience_en,
        "matter_ids": list(seen.matter_ids),
    }


def _check_windows(plan: SessionPreview) -> None:
    if not plan.hall.is_open:
        raise HallClosed
    if not plan.windows:
        raise NoWindows
    if any(w.hall_id != plan.hall.pk or not w.is_in_use for w in plan.windows):
        raise WindowElsewhere
    if plan.busy:
        raise busy_refusal(plan.busy[0])
    if shut := closed_then(plan.hall, plan.starts_at, plan.ends_at):
        raise closed_already(shut, field="opens")


def busy_refusal(busy: BusyWindow) -> WindowBusy:
    """Names the window and the other session that has it."""
    starts, ends = (civil.city_time(at) for at in (busy.session.starts_at, busy.session.ends_at))
    refusal = WindowBusy(
        number=busy.number,
        hours=f"{starts:%H:%M}–{ends:%H:%M}",
        day=f"{busy.session.service_day:%Y-%m-%d}",
    )
    refusal.session = busy.session.pk
    return refusal


def _add_windows(session: HallSession, windows: list[Window]) -> None:
    """The windows stand in the session for its whole time. Refuses: WindowJustTaken."""
    period = DateTimeTZRange(session.starts_at, session.ends_at)
    staffed = [SessionWindow(session=session, window=one, period=period) for one in windows]
    with refusing({"window_in_one_session_at_a_time": WindowJustTaken}):
        SessionWindow.objects.bulk_create(staffed)


def _add_slots(session: HallSession, planned: list[PlannedSlot]) -> None:
    Slot.objects.bulk_create(
        Slot(
            session=session,
            hall_id=session.hall_id,
            service_day=session.service_day,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            booking_opens_at=session.booking_opens_at,
            minutes=slot.minutes,
            online_quota=slot.online,
            assisted_quota=slot.assisted,
            walkin_quota=slot.walkin,
        )
        for slot in planned
    )


def _running(session: HallSession, now: datetime) -> HallSession:
    """The session, locked, when it is not over."""
    locked = HallSession.objects.select_for_update().get(pk=session.pk)
    if locked.state != HallSession.State.OPEN or locked.ends_at <= now:
        raise SessionOver
    return locked


@transaction.atomic
def undo_session(*, session: HallSession, by: Staff | None, now: datetime) -> HallSession:
    """The session never was: nothing of it can be booked. Only until the first booking.

    Undoing twice changes nothing. Refuses: HasBookings, SessionOver.
    """
    locked = HallSession.objects.select_for_update().get(pk=session.pk)
    if locked.state == HallSession.State.CANCELLED:
        return locked
    _running(locked, now)
    slots = Slot.objects.filter(session=locked).order_by("pk").select_for_update()
    if any(slot.online_taken or slot.assisted_taken or slot.reserved_taken for slot in slots):
        raise HasBookings
    return close_places(session=locked, now=now)


def close_places(*, session: HallSession, now: datetime) -> HallSession:
    """Takes the session out of the offer: slots closed, windows free, state cancelled."""
    Slot.objects.filter(session=session).update(is_open=False)
    SessionWindow.objects.filter(session=session).update(is_cancelled=True)
    session.state = HallSession.State.CANCELLED
    session.save(update_fields=["state"])
    return session
