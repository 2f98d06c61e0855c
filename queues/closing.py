"""Closing a hall's day: numbers that nobody called, or nobody came back to, end."""

from datetime import date, datetime

from django.db import transaction

from queues.issuing import record, tell_boards
from queues.models import Ticket

State = Ticket.State
WAY_OUT: dict[str, list[str]] = {
    State.WAITING: [State.VOID],
    State.PARKED: [State.VOID],
    State.MISSED: [State.VOID],
    State.CALLED: [State.MISSED, State.VOID],
}


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
