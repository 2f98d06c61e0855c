"""Sending the person at the window on: to another window, matter or hall, with the rank."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal
from queues.checking import NOT_CHECKED
from queues.issuing import MatterNotServed, current_session, issue
from queues.models import Ticket
from queues.moving import AT_WINDOW, mine, move
from windows.models import Hall, Matter, Shift, Staff, Window

State = Ticket.State


class WindowNotOpen(Refusal):
    code = "window_not_open"
    message = _("Window %(number)s is not open for this matter now. Choose another one.")
    field = "window"


@transaction.atomic
def transfer(
    *,
    ticket: Ticket,
    staff: Staff,
    now: datetime,
    matter: Matter | None = None,
    window: Window | None = None,
) -> Ticket:
    """The person is back in line with the old rank; for another matter, for one window.

    A window that was named calls the number as long as somebody is there; after that the
    others do. Refuses: NotPossibleNow, NotAtYourWindow, MatterNotServed, WindowNotOpen.
    Raises NotFound for a window of another hall.
    """
    at = mine(ticket, staff, *AT_WINDOW)
    goes_on = matter or at.matter
    if window is not None:
        _needs_open(window, at.hall_id, goes_on)
    elif not _is_served(at.hall_id, goes_on.pk):
        raise MatterNotServed
    about = {"to_window": window.number} if window else {}
    materials = NOT_CHECKED if goes_on.pk != at.matter_id else {}
    return move(
        at, State.WAITING, "transferred", now=now, by=staff, about=about, matter=goes_on,
        only_window=window, then=_still_follow(at, goes_on), **materials,
    )  # fmt: skip


def _still_follow(ticket: Ticket, goes_on: Matter) -> list[int]:
    """The matters after this one; one that is brought forward does not follow once more."""
    return [pk for pk in ticket.then if pk != goes_on.pk]


def _needs_open(window: Window, hall_id: int, matter: Matter) -> None:
    if window.hall_id != hall_id:
        raise NotFound
    here = Shift.objects.filter(window=window, period__upper_inf=True, is_paused=False)
    if not here.filter(window__matters=matter).exists():
        raise WindowNotOpen(number=window.number)


def _is_served(hall_id: int, matter_id: int) -> bool:
    return Window.objects.filter(hall=hall_id, matters=matter_id, is_in_use=True).exists()


@transaction.atomic
def transfer_to_hall(
    *, ticket: Ticket, staff: Staff, hall: Hall, now: datetime, matter: Matter | None = None
) -> Ticket:
    """The person goes on in another hall: a new number there with the rank of the old one.

    The old number ends, as gone elsewhere. Refuses: NotPossibleNow, NotAtYourWindow,
    HallClosed, MatterNotServed. Raises NotFound for the ticket's own hall.
    """
    at = mine(ticket, staff, *AT_WINDOW)
    if hall.pk == at.hall_id:
        raise NotFound
    session = current_session(hall=hall, now=now)
    goes_on = matter or at.matter
    then = _still_follow(at, goes_on)
    if not all(_is_served(hall.pk, pk) for pk in (goes_on.pk, *then)):
        raise MatterNotServed
    move(
        at, State.VOID, "left", now=now, by=staff, about={"to_hall": hall.code},
        outcome=Ticket.Outcome.ELSEWHERE, finished_at=now,
    )  # fmt: skip
    return issue(
        hall=hall,
        session=session,
        matter=goes_on,
        source=at.source,
        rank_at=at.rank_at,
        now=now,
        by=staff,
        booked_for=at.booked_for,
        priority=at.priority,
        note=at.priority_note,
        needs_accessible=at.needs_accessible,
        then=then,
        came_from=at,
        simulated=at.is_simulated,
    )
