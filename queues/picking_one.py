"""Calling a particular person, with a reason: back from a form, needs help, belongs together."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal
from queues.calling import lock_shift
from queues.issuing import record
from queues.models import Call, Ticket
from queues.moving import add_call, locked, needs_state
from windows.access import CLERK, SUPERVISOR
from windows.models import Staff, Window
from windows.telling import tell_boards

State = Ticket.State


class ReasonNeeded(Refusal):
    code = "reason_needed"
    message = _("Say why this person is called and not the next in line.")
    field = "reason"


class NoteNeeded(Refusal):
    code = "note_needed"
    message = _("Say in a few words what the other reason is.")
    field = "note"


class NotServedHere(Refusal):
    code = "not_served_here"
    message = _("This window does not serve the matter of %(label)s.")


class OneCallFirst(Refusal):
    code = "one_call_first"
    message = _(
        "Others wait longer, and somebody went first a moment ago. Call the next in line;"
        " after at most two calls of the hall this person can be called."
    )


@transaction.atomic
def call_this(
    *,
    ticket: Ticket,
    window: Window,
    staff: Staff,
    reason: str,
    now: datetime,
    note: str = "",
) -> Ticket:
    """A waiting or parked person is called out of turn; the reason stays with the call.

    Going before people of a lower rank counts as a jump, at most one in three
    calls of a hall. Refuses: ReasonNeeded, NoteNeeded, NotSignedIn, WindowPaused,
    StillServing, NotPossibleNow, NotServedHere, OneCallFirst. Raises NotFound for a window
    or ticket of another hall.
    """
    if reason not in Call.Picked.values:
        raise ReasonNeeded
    if reason == Call.Picked.OTHER and not note.strip():
        raise NoteNeeded
    lock_shift(window, staff)
    one = locked(ticket, staff, CLERK, SUPERVISOR)
    if one.hall_id != window.hall_id:
        raise NotFound
    needs_state(one, State.WAITING, State.PARKED)
    if not window.matters.filter(pk=one.matter_id).exists():
        raise NotServedHere(label=one.label)
    jumped = goes_before_others(one, window)
    if jumped and not may_jump(window.hall_id):
        raise OneCallFirst
    return _call(one, window, staff, now, reason=reason, note=note.strip(), jumped=jumped)


def goes_before_others(ticket: Ticket, window: Window) -> bool:
    """Whether people of a lower rank wait whom the window could call."""
    before = Q(rank_at__lt=ticket.rank_at) | Q(rank_at=ticket.rank_at, pk__lt=ticket.pk)
    line = Ticket.objects.waiting().servable_at(window)
    return line.filter(before).exists()


def may_jump(hall_id: int) -> bool:
    """Whether neither of the hall's last two calls from the line jumped.

    One decision of a hall at a time, until the transaction ends: the bound is exact.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('green channel'), %s)", [hall_id])
    calls = Call.objects.filter(hall_id=hall_id).exclude(why__has_key="recall")
    return not any(calls.order_by("-pk").values_list("jumped", flat=True)[:2])


def _call(
    ticket: Ticket,
    window: Window,
    staff: Staff,
    now: datetime,
    *,
    reason: str,
    note: str,
    jumped: bool,
) -> Ticket:
    was = ticket.state
    ticket.state, ticket.window, ticket.round = State.CALLED, window, ticket.round + 1
    ticket.called_at = ticket.called_at or now
    ticket.save(update_fields=["state", "window", "round", "called_at"])
    why = {
        "source": ticket.source,
        "rank_at": ticket.rank_at.isoformat(),
        "issued_at": ticket.issued_at.isoformat(),
        "booked_for": ticket.booked_for.isoformat() if ticket.booked_for else None,
        "priority": ticket.priority,
        "picked": reason,
        "note": note,
        "jumped": jumped,
        "was": was,
    }
    add_call(ticket, window, staff, now, why=why, jumped=jumped, picked=reason)
    kind = "called" if ticket.round == 1 else "recalled"
    record(ticket, kind, now=now, was=was, by=staff, picked=reason, note=note)
    tell_boards(window.hall_id)
    return ticket
