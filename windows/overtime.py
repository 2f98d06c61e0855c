"""Overtime: minutes that somebody stayed after the planned end, kept in a ledger."""

from datetime import datetime

from windows.models import HallSession, OvertimeEntry, Shift


def earn(*, shift: Shift, now: datetime) -> OvertimeEntry | None:
    """The minutes from the session's planned end to the end of the shift are in the ledger.

    The session is the one of that service day in which the window was staffed; without
    one, or with less than a whole minute, nothing is earned. Once per shift
    (overtime_once_per_shift); the caller holds the shift's lock.
    """
    session = _session_of(shift)
    if session is None or shift.period.lower is None:
        return None
    stayed = now - max(session.ends_at, shift.period.lower)
    minutes = int(stayed.total_seconds() // 60)
    if minutes < 1:
        return None
    return OvertimeEntry.objects.create(
        staff_id=shift.staff_id,
        shift=shift,
        session=session,
        service_day=session.service_day,
        minutes=minutes,
        made_at=now,
    )


def _session_of(shift: Shift) -> HallSession | None:
    """The last session of the day that began before the shift ended there."""
    of_day = HallSession.objects.filter(
        hall_id=shift.window.hall_id, service_day=shift.service_day, state="open"
    )
    return of_day.filter(staffed__window=shift.window_id).order_by("-ends_at", "-pk").first()
