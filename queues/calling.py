"""Calling tickets to windows and what follows there: recall, start, finish, park, leave.

Missing and returning: queues.missing; sending elsewhere: queues.handing_on.
"""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal, refusing
from queues.handing_on import transfer
from queues.issuing import record
from queues.missing import MissedTooOften, TooFewCalls, give_back, no_show
from queues.models import Call, Ticket
from queues.models.ticket import TicketQuerySet
from queues.moving import (
    AT_WINDOW,
    NotAtYourWindow,
    NotPossibleNow,
    add_call,
    mine,
    move,
)
from windows.access import CLERK, SUPERVISOR, has_role
from windows.models import Matter, Shift, Staff, Window
from windows.rules import rule
from windows.shifts import NotSignedIn, end_shift, lock_open_shift
from windows.telling import tell_boards

__all__ = [
    "JustCalled", "MissedTooOften", "NobodyWaiting", "NotAtYourWindow", "NotPossibleNow",
    "StillServing", "TooFewCalls", "UnknownOutcome", "WindowPaused", "call_next", "finish",
    "give_back", "no_show", "park", "recall", "sign_out", "start", "transfer",
]  # fmt: skip

State = Ticket.State
OUTCOMES = set(Ticket.Outcome.values) - {Ticket.Outcome.ELSEWHERE}


class NobodyWaiting(Refusal):
    code = "nobody_waiting"
    message = _("Nobody is waiting for this window.")


class StillServing(Refusal):
    code = "still_serving"
    message = _("Finish the present ticket first.")


class WindowPaused(Refusal):
    code = "window_paused"
    message = _("This window is paused. Resume it first.")


class UnknownOutcome(Refusal):
    code = "unknown_outcome"
    message = _("Choose one of the outcomes.")
    field = "outcome"


class JustCalled(Refusal):
    code = "just_called"
    message = _("This ticket was called a moment ago. Wait %(seconds)s seconds.")


@transaction.atomic
def call_next(*, window: Window, staff: Staff, now: datetime) -> Ticket:
    """The first person in line whom this window can serve is called to it.

    Order: `rank_at`, then number of issue; a green-channel ticket may go first, at most
    once in three calls of the hall; who needs an accessible window goes to one while one
    is open (`servable_at`). Refuses: NotSignedIn, WindowPaused, StillServing,
    NobodyWaiting. Raises NotFound for a window of another hall.
    """
    lock_shift(window, staff)
    if Ticket.objects.filter(window=window, state__in=[State.CALLED, State.SERVING]).exists():
        raise StillServing
    line = Ticket.objects.waiting().servable_at(window)
    urgent = _urgent(line, window.hall_id)
    ticket = urgent or _first(line)
    if ticket is None:
        raise NobodyWaiting
    jumped = urgent is not None and line.filter(rank_at__lt=urgent.rank_at).exists()
    with refusing({"window_serves_one": StillServing}):
        _call(ticket, window, staff, now, jumped=jumped)
    return ticket


def _first(line: TicketQuerySet) -> Ticket | None:
    return line.in_calling_order().select_for_update(skip_locked=True, of=("self",)).first()


def _urgent(line: TicketQuerySet, hall_id: int) -> Ticket | None:
    """The green channel's first ticket when the hall's last two calls did not jump."""
    urgent = line.exclude(priority="")
    if not urgent.exists():
        return None
    with connection.cursor() as cursor:  # one decision at a time keeps the bound exact
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('green channel'), %s)", [hall_id])
    last = Call.objects.filter(hall_id=hall_id).order_by("-pk").values_list("jumped", flat=True)
    return None if any(last[:2]) else _first(urgent)


def lock_shift(window: Window, staff: Staff) -> Shift:
    """The clerk's open shift at the window, locked: a double press waits here."""
    shift = (
        Shift.objects.select_for_update()
        .filter(staff=staff, window=window, period__upper_inf=True)
        .first()
    )
    if shift is None:
        if not has_role(staff, window.hall_id, CLERK, SUPERVISOR):
            raise NotFound
        raise NotSignedIn
    if shift.is_paused:
        raise WindowPaused
    return shift


def _call(ticket: Ticket, window: Window, staff: Staff, now: datetime, *, jumped: bool) -> None:
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
        "jumped": jumped,
    }
    add_call(ticket, window, staff, now, jumped=jumped, why=why)
    record(ticket, "called" if ticket.round == 1 else "recalled", now=now, was=was, by=staff)
    tell_boards(window.hall_id)


@transaction.atomic
def recall(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The called person is called once more (a new round), after a short pause.

    Refuses: NotPossibleNow, NotAtYourWindow, JustCalled.
    """
    at = mine(ticket, staff, State.CALLED)
    pause = rule("recall_pause_seconds", hall=at.hall_id, day=at.service_day)
    last = at.calls.latest("round")
    left = pause - (now - last.called_at).total_seconds()
    if left > 0:
        raise JustCalled(seconds=int(left) + 1)
    at.round += 1
    at.save(update_fields=["round"])
    assert at.window is not None  # noqa: S101  ticket_called_has_window
    add_call(at, at.window, staff, now, jumped=False, why={**last.why, "recall": True})
    record(at, "recalled", now=now, was=at.state, by=staff)
    tell_boards(at.hall_id)
    return at


@transaction.atomic
def start(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The called person is at the window. Refuses: NotPossibleNow, NotAtYourWindow."""
    at = mine(ticket, staff, State.CALLED)
    return move(at, State.SERVING, "started", now=now, by=staff, started_at=now)


@transaction.atomic
def finish(
    *, ticket: Ticket, staff: Staff, now: datetime, outcome: str = Ticket.Outcome.DONE
) -> Ticket:
    """The present matter is over, with its outcome: the visit goes on with the next one, or
    is over; it is over when the person left.

    One that was never started counts from its call. Refuses: NotPossibleNow,
    NotAtYourWindow, UnknownOutcome.
    """
    if outcome not in OUTCOMES:
        raise UnknownOutcome
    at = mine(ticket, staff, State.CALLED, State.SERVING)
    if at.state == State.CALLED:
        called_at = at.calls.latest("round").called_at
        at = move(at, State.SERVING, "started", now=now, by=staff, started_at=called_at)
    if at.then and outcome != Ticket.Outcome.STOPPED:
        return _go_on(at, staff, now, outcome)
    return move(
        at, State.FINISHED, "finished", now=now, by=staff, about=_unless_done(outcome),
        finished_at=now, outcome=outcome,
    )  # fmt: skip


def _unless_done(outcome: str) -> dict[str, str]:
    return {} if outcome == Ticket.Outcome.DONE else {"outcome": outcome}


def _go_on(ticket: Ticket, staff: Staff, now: datetime, outcome: str) -> Ticket:
    """The next matter of the visit: here when the window serves it, else back in line.

    The number and the rank stay; the clock of the service begins again.
    """
    done, (following, *rest) = ticket.matter_id, ticket.then
    goes_on = Matter.objects.get(pk=following)
    here = Window.objects.filter(ticket=ticket, matters=goes_on).exists()
    return move(
        ticket, State.SERVING if here else State.WAITING, "continued", now=now, by=staff,
        about={"done": done, **_unless_done(outcome)}, matter=goes_on, then=rest, only_window=None,
        started_at=now if here else None,
    )  # fmt: skip


@transaction.atomic
def park(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The person steps aside (a form, a photo) and keeps the rank.

    Refuses: NotPossibleNow, NotAtYourWindow.
    """
    at = mine(ticket, staff, State.CALLED, State.SERVING)
    return move(at, State.PARKED, "parked", now=now, by=staff)


@transaction.atomic
def sign_out(*, staff: Staff, now: datetime) -> Shift:
    """The clerk's shift ends, and a break with it. Refuses: NotSignedIn, StillServing."""
    shift = lock_open_shift(staff)
    if Ticket.objects.filter(window=shift.window_id, state__in=AT_WINDOW).exists():
        raise StillServing
    end_shift(shift, now)
    tell_boards(shift.window.hall_id)
    return shift
