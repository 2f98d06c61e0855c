"""What every move of a ticket needs: the right to it, the row's change, the journal."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal
from queues.issuing import record
from queues.models import Call, Ticket
from windows.access import CLERK, SUPERVISOR, has_role
from windows.models import Shift, Staff, Window
from windows.telling import tell_boards

State = Ticket.State
AT_WINDOW = (State.CALLED, State.SERVING)


class NotAtYourWindow(Refusal):
    code = "not_at_your_window"
    message = _("This ticket is not at your window.")


class NotPossibleNow(Refusal):
    code = "not_possible_now"
    message = _("This is not possible now: ticket %(label)s is in the state “%(state)s”.")


def locked(ticket: Ticket, staff: Staff, *roles: str) -> Ticket:
    """The ticket as it is now, locked, for somebody with one of the roles in its hall."""
    row = Ticket.objects.select_for_update(of=("self",)).filter(pk=ticket.pk).first()
    if row is None or not has_role(staff, row.hall_id, *roles):
        raise NotFound
    return row


def needs_state(ticket: Ticket, *states: str) -> None:
    """Refuses: NotPossibleNow when the ticket is in none of the states."""
    if ticket.state not in states:
        raise NotPossibleNow(label=ticket.label, state=ticket.get_state_display())


def mine(ticket: Ticket, staff: Staff, *states: str) -> Ticket:
    """The ticket as it is now, locked, when it is at the clerk's window in such a state.

    Refuses: NotPossibleNow, NotAtYourWindow. Raises NotFound for another hall's.
    """
    row = locked(ticket, staff, CLERK, SUPERVISOR)
    needs_state(row, *states)
    at = Shift.objects.filter(staff=staff, window=row.window_id, period__upper_inf=True)
    if not at.exists():
        raise NotAtYourWindow
    return row


def move(
    ticket: Ticket,
    to: str,
    kind: str,
    *,
    now: datetime,
    by: Staff | None,
    about: Mapping[str, object] | None = None,
    **fields: object,
) -> Ticket:
    """Changes the ticket's own row and journals it; leaving the window frees it.

    `about` are further facts for the journal.
    """
    was, window_id = ticket.state, ticket.window_id
    ticket.state = to
    for name, value in fields.items():
        setattr(ticket, name, value)
    if to not in (State.CALLED, State.SERVING, State.FINISHED):
        ticket.window = None
    ticket.save(update_fields=["state", "window", *fields])
    record(ticket, kind, now=now, was=was, by=by, at_window=window_id, **(about or {}))
    tell_boards(ticket.hall_id)
    return ticket


def add_call(
    ticket: Ticket,
    window: Window,
    staff: Staff,
    now: datetime,
    *,
    why: dict,
    jumped: bool = False,
    picked: str = "",
) -> Call:
    """One call of the ticket's present round, with the facts of the choice."""
    return Call.objects.create(
        ticket=ticket,
        round=ticket.round,
        hall_id=window.hall_id,
        window=window,
        staff=staff,
        called_at=now,
        jumped=jumped,
        picked=picked,
        why=why,
    )
