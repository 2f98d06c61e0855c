"""Calling tickets to windows and what follows there: recall, start, finish, park, leave.

Missing and returning: queues.missing; sending elsewhere: queues.handing_on.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal
from queues.checking import NOT_CHECKED
from queues.choosing import choose
from queues.handing_on import transfer
from queues.issuing import record
from queues.missing import MissedTooOften, TooFewCalls, give_back, no_show
from queues.models import Ticket
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


REFUSALS = {"paused": WindowPaused, "serving": StillServing, "nobody": NobodyWaiting}


def call_next(*, window: Window, staff: Staff, now: datetime) -> Ticket:
    """The first person in line whom this window can serve is called to it.

    Order: `rank_at`, then number of issue; a green-channel ticket may go first, at most
    once in three calls of the hall; who needs an accessible window goes to one while one
    is open, who was sent to a window to that one (queues.choosing). Refuses: NotSignedIn,
    WindowPaused, StillServing, NobodyWaiting. Raises NotFound for a window of another hall.
    """
    outcome, ticket = choose(window, staff, now)
    if ticket is not None:
        return ticket
    if outcome == "away":
        raise _not_here(window, staff)
    raise REFUSALS[outcome]


def _not_here(window: Window, staff: Staff) -> Exception:
    is_clerk = has_role(staff, window.hall_id, CLERK, SUPERVISOR)
    return NotSignedIn() if is_clerk else NotFound()


def lock_shift(window: Window, staff: Staff) -> Shift:
    """The clerk's open shift at the window, locked: a double press waits here.

    Refuses: NotSignedIn, WindowPaused, StillServing. Raises NotFound for another hall.
    """
    here = Shift.objects.filter(staff=staff, window=window, period__upper_inf=True)
    shift = here.select_for_update(no_key=True).first()
    if shift is None:
        raise _not_here(window, staff)
    if shift.is_paused:
        raise WindowPaused
    if Ticket.objects.filter(window=window, state__in=AT_WINDOW).exists():
        raise StillServing
    return shift


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
        started_at=now if here else None, **NOT_CHECKED,
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
