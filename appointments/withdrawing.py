"""Withdrawing: the hall takes a session back, and everybody who would have come is told.

Who has a number keeps it and is served; everyone else's booking is withdrawn and goes first
on the waiting list. A session that has begun ends now instead of vanishing. It is the
cancellation of `appointments/changes` with nobody moved; proposals are made there.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from appointments.changes.applying import apply_change
from appointments.changes.displacing import MOVABLE
from appointments.changes.resettling import WITHDRAW
from appointments.changes.targets import people_here
from appointments.changes.wanting import Ask, PeopleAreHere
from appointments.models import Booking, DrawEntry
from windows import sessions
from windows.models import HallSession, Staff

State = Booking.State


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
    coming = Booking.objects.filter(slot__session=session, slot__ends_at__gt=now)
    states = list(coming.filter(state__in=MOVABLE).values_list("state", flat=True))
    return Loss(
        confirmed=states.count(State.CONFIRMED),
        held=states.count(State.HELD),
        in_hall=people_here(session),
    )


def withdraw_session(*, session: HallSession, by: Staff | None, now: datetime) -> Withdrawal:
    """The session is cancelled, or ends now when it runs; who had a place is owed a message.

    Withdrawing a cancelled session changes nothing. Refuses: SessionOver, PeopleAreHere.
    """
    present = HallSession.objects.get(pk=session.pk)
    if present.state == HallSession.State.CANCELLED:
        return Withdrawal(present)
    done = apply_change(Ask.cancel(present), by=by, now=now, default=WITHDRAW)
    assert done.session is not None  # noqa: S101  it was one session
    return Withdrawal(done.session, len(done.displaced) + done.ended_holds)


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
