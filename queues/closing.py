"""Closing late, and closing a hall's day.

At the closing time no more numbers are given, but calling goes on until the last person
who is there has been served: then the session is closed (`close_session`). Hours later the
numbers that nobody called, or nobody came back to, end (`void_left`), never while a window
of the hall still serves (`still_serves`).
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from queues.issuing import record
from queues.models import Ticket, TicketEvent
from windows.models import HallSession, Shift
from windows.telling import tell_boards

State = Ticket.State
PRESENT = [State.WAITING, State.PARKED, State.CALLED, State.SERVING]
QUIET_FOR = timedelta(hours=1)  # nobody works on the day's numbers any more
LOOK_BACK = timedelta(hours=18)  # a session that ended before is the night's work
WAY_OUT: dict[str, list[str]] = {
    State.WAITING: [State.VOID],
    State.PARKED: [State.VOID],
    State.MISSED: [State.VOID],
    State.CALLED: [State.MISSED, State.VOID],
}


class NotOverYet(Refusal):
    code = "session_not_over"
    message = _("People of this session are still here, or it is still open.")


@transaction.atomic
def close_session(*, session: HallSession, now: datetime) -> HallSession:
    """The session is closed at the time its last person was served, the planned end at least.

    Somebody who missed the call holds nothing up; one who comes back later moves the time
    on. Doing it again changes nothing. Refuses: NotOverYet.
    """
    locked = HallSession.objects.select_for_update().get(pk=session.pk)
    tickets = Ticket.objects.filter(session=locked)
    if locked.ends_at > now or tickets.filter(state__in=PRESENT).exists():
        raise NotOverYet
    last = tickets.aggregate(last=Max("finished_at"))["last"]
    closed = max(locked.ends_at, last or locked.ends_at)
    if locked.closed_at is None or locked.closed_at < closed:
        locked.closed_at = closed
        locked.save(update_fields=["closed_at"])
        tell_boards(locked.hall_id)
    return locked


def close_over(*, now: datetime) -> int:
    """Every session whose last person has been served is closed; returns how many."""
    here = Ticket.objects.filter(session=OuterRef("pk"), state__in=PRESENT)
    ended = HallSession.objects.filter(
        state=HallSession.State.OPEN, ends_at__lte=now, ends_at__gt=now - LOOK_BACK
    )
    over = ended.filter(~Exists(here)).annotate(last=Max("ticket__finished_at"))
    closed = 0
    for session in over.filter(Q(closed_at=None) | Q(last__gt=F("closed_at"))).order_by("pk"):
        try:
            close_session(session=session, now=now)
        except NotOverYet:
            continue  # somebody came back in between
        closed += 1
    return closed


def still_serves(*, hall_id: int, service_day: date, now: datetime) -> bool:
    """Whether a window of the hall still works on the numbers of that day.

    A person is being served at a staffed window, or staff have moved a number within the
    last hour.
    """
    staffed = Shift.objects.filter(window=OuterRef("window"), period__upper_inf=True)
    of_day = Ticket.objects.of_day(hall_id, service_day)
    if of_day.filter(Exists(staffed), state=State.SERVING).exists():
        return True
    moved = TicketEvent.objects.filter(
        ticket__hall=hall_id, ticket__service_day=service_day, by__isnull=False
    )
    return moved.filter(at__gt=now - QUIET_FOR).exists()


@transaction.atomic
def void_left(*, hall_id: int, service_day: date, now: datetime) -> int:
    """Every number of the day that is not served is void; returns how many.

    Someone who is being served stays: the clerk finishes. Doing it again changes nothing,
    and a number that somebody is changing just now is left for the next time.
    """
    left = Ticket.objects.of_day(hall_id, service_day).filter(state__in=list(WAY_OUT))
    locked = list(left.order_by("pk").select_for_update(skip_locked=True, of=("self",)))
    for ticket in locked:
        _end(ticket, now)
    if locked:
        tell_boards(hall_id)
    return len(locked)


def _end(ticket: Ticket, now: datetime) -> None:
    """Walks the legal moves to void, each with its line in the journal."""
    for state in WAY_OUT[ticket.state]:
        was, window_id = ticket.state, ticket.window_id
        ticket.state, ticket.window = state, None
        ticket.save(update_fields=["state", "window"])
        record(ticket, "closed", now=now, was=was, by=None, window_id=window_id)
