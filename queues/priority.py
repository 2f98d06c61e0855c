"""The green channel given later: somebody who waits already goes first, with a reason."""

from datetime import datetime

from django.db import transaction

from queues.issuing import SayWhatIsUrgent, record
from queues.models import Ticket
from queues.moving import locked, needs_state
from windows.access import GUIDE, SUPERVISOR
from windows.models import Staff
from windows.telling import tell_boards


@transaction.atomic
def give_priority(
    *, ticket: Ticket, staff: Staff, priority: str, note: str = "", now: datetime
) -> Ticket:
    """The waiting person goes first, as far as the bound of the hall lets anyone jump.

    An empty `priority` takes it back; the rank stays in both cases. The journal keeps the
    reason, the note and who gave it. Refuses: NotPossibleNow, SayWhatIsUrgent.
    """
    waits = locked(ticket, staff, GUIDE, SUPERVISOR)
    needs_state(waits, Ticket.State.WAITING)
    if priority == Ticket.Priority.URGENT and not note:
        raise SayWhatIsUrgent
    before, waits.priority, waits.priority_note = waits.priority, priority, note
    waits.save(update_fields=["priority", "priority_note"])
    record(
        waits, "prioritised", now=now, was=waits.state, by=staff,
        priority=priority, note=note, before=before,
    )  # fmt: skip
    tell_boards(waits.hall_id)
    return waits
