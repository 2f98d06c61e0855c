"""Materials looked through by a guide while the person waits, so that the visit is short."""

from datetime import datetime

from django.db import transaction

from queues.issuing import record
from queues.models import Ticket
from queues.moving import locked, needs_state
from windows.access import GUIDE, SUPERVISOR
from windows.models import Staff

# Materials belong to a matter: for another one they are looked through anew.
NOT_CHECKED: dict[str, object] = {"papers_checked_at": None, "papers_checked_by": None}
BEFORE_THE_WINDOW = (Ticket.State.WAITING, Ticket.State.PARKED, Ticket.State.MISSED)


@transaction.atomic
def check_papers(*, ticket: Ticket, staff: Staff, now: datetime, are_there: bool = True) -> Ticket:
    """What the person brought is complete, said who and when; or it is not after all.

    Refuses: NotPossibleNow, once the person is at a window.
    """
    brought = locked(ticket, staff, GUIDE, SUPERVISOR)
    needs_state(brought, *BEFORE_THE_WINDOW)
    if are_there and brought.papers_checked_at:
        return brought  # whoever looked first stays named
    brought.papers_checked_at = now if are_there else None
    brought.papers_checked_by = staff if are_there else None
    brought.save(update_fields=["papers_checked_at", "papers_checked_by"])
    kind = "papers_checked" if are_there else "papers_open"
    record(brought, kind, now=now, was=brought.state, by=staff)
    return brought
