"""Withdrawing: the hall takes a session back, and everybody who would have come is told.

Who has a number keeps it and is served; everyone else's booking is withdrawn. A session
that has begun ends now instead of vanishing. Slots are locked before bookings, as a hold
does.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.models import Booking, DrawEntry
from appointments.returning import release
from config.refusals import Refusal
from queues.models import Ticket
from windows import sessions
from windows.models import HallSession, Slot, Staff

State = Booking.State
GONE = [Ticket.State.FINISHED, Ticket.State.VOID]


class PeopleAreHere(Refusal):
    code = "people_are_here"
    message = _("People with a number for this session are in the hall. Serve them first.")


@dataclass(frozen=True)
class Loss:
    """What cancelling a session would take from people, and how many are here already."""

    confirmed: int
    held: int
    in_hall: int

    @property
    def people(self) -> int:
        """How many lose a place."""
        return self.confirmed + self.held


@dataclass(frozen=True)
class Withdrawal:
    """The session as it is now, and how many bookings were withdrawn."""

    session: HallSession
    withdrawn: int = 0


def loss_of(*, session: HallSession, now: datetime) -> Loss:
    """What cancelling the session at that instant would do; reads only."""
    states = list(_losing(session, now).values_list("state", flat=True))
    return Loss(
        confirmed=states.count(State.CONFIRMED),
        held=states.count(State.HELD),
        in_hall=_in_hall(session).count(),
    )


@transaction.atomic
def withdraw_session(*, session: HallSession, by: Staff | None, now: datetime) -> Withdrawal:
    """The session is cancelled, or ends now when it runs; who had a place is owed a message.

    Withdrawing a cancelled session changes nothing. Refuses: SessionOver, PeopleAreHere.
    """
    # A mere reference (the ticket of somebody who checks in now) does not wait for us.
    locked = HallSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    if locked.state == HallSession.State.CANCELLED:
        return Withdrawal(locked)
    if locked.ends_at <= now:
        raise sessions.SessionOver
    runs = locked.starts_at < now
    if not runs and _in_hall(locked).exists():
        raise PeopleAreHere
    list(Slot.objects.filter(session=locked).order_by("pk").select_for_update().values_list("pk"))
    losing = _losing(locked, now).select_related("group", "hall", "matter").order_by("pk")
    bookings = list(losing.select_for_update(of=("self",)))
    for booking in bookings:
        _withdraw(booking, by, now)
    end = sessions.end_now if runs else sessions.close_places
    return Withdrawal(end(session=locked, now=now), len(bookings))


@transaction.atomic
def undo_opening(*, session: HallSession, by: Staff | None, now: datetime) -> HallSession:
    """The session never was: until the first booking, registration or number.

    Undoing twice changes nothing. Refuses: PeopleAreHere, HasBookings, SessionOver.
    """
    locked = HallSession.objects.select_for_update().get(pk=session.pk)
    if locked.state != HallSession.State.CANCELLED and locked.ticket_set.exists():
        raise PeopleAreHere
    if DrawEntry.objects.filter(draw__session=locked, state=DrawEntry.State.REGISTERED).exists():
        raise sessions.HasBookings
    return sessions.undo_session(session=locked, by=by, now=now)


def _losing(session: HallSession, now: datetime) -> QuerySet[Booking]:
    """Open bookings whose slot is not over."""
    coming = Booking.objects.filter(slot__session=session, slot__ends_at__gt=now)
    return coming.filter(state__in=[State.HELD, State.CONFIRMED])


def _in_hall(session: HallSession) -> QuerySet[Ticket]:
    return Ticket.objects.filter(session=session).exclude(state__in=GONE)


def _withdraw(booking: Booking, by: Staff | None, now: datetime) -> None:
    """A held place ends silently, unless it was drawn: nobody else was told of it yet."""
    was_told = booking.state == State.CONFIRMED
    was_told |= DrawEntry.objects.filter(group_id=booking.group_id).exists()
    release(booking, State.WITHDRAWN, "withdrawn", now=now, by=by)
    if was_told:
        reminding.promise_withdrawn(booking=booking, now=now)
