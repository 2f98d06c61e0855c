"""After the demo was off for a while: what had been going on is brought to its end."""

from datetime import datetime, timedelta

from django.db.models import Max, Q

from queues.calling import finish, sign_out
from queues.issuing import record
from queues.models import Call, Ticket
from windows.models import Shift

State = Ticket.State
A_WHILE = timedelta(minutes=30)
A_SERVICE = timedelta(minutes=6)


def wake_up(now: datetime) -> bool:
    """Simulated people and clerks do not wait for hours at the place where the demo stopped.

    Who was at a window was served, clerks went home, who waited has left. True when it was
    needed.
    """
    last = Call.objects.filter(hall__is_simulated=True).aggregate(at=Max("called_at"))["at"]
    if last is None or last > now - A_WHILE:
        return False
    for shift in _open_shifts():
        _end_shift(shift, now)
    waiting = Ticket.objects.filter(is_simulated=True, issued_at__lt=now - A_WHILE)
    for ticket in waiting.filter(state__in=[State.WAITING, State.PARKED, State.MISSED]):
        _leave(ticket, now)
    return True


def _open_shifts() -> list[Shift]:
    """Those of simulated clerks, who cannot sign in themselves."""
    nobody = Q(staff__password="") | Q(staff__password__startswith="!")
    rows = Shift.objects.filter(nobody, staff__is_simulated=True, period__upper_inf=True)
    return list(rows.select_related("staff", "window"))


def _end_shift(shift: Shift, now: datetime) -> None:
    began = shift.period.lower
    assert began is not None  # noqa: S101  a shift has its beginning
    calls = Call.objects.filter(window_id=shift.window_id, staff_id=shift.staff_id)
    last = calls.aggregate(at=Max("called_at"))["at"] or began
    at = min(max(last, began) + A_SERVICE, now)
    present = Ticket.objects.filter(
        window_id=shift.window_id, state__in=[State.CALLED, State.SERVING]
    ).first()
    if present:
        finish(ticket=present, staff=shift.staff, now=at)
    sign_out(staff=shift.staff, now=at)


def _leave(ticket: Ticket, now: datetime) -> None:
    was = ticket.state
    ticket.state = State.VOID
    ticket.save(update_fields=["state"])
    record(ticket, "closed", now=now, was=was, by=None)
