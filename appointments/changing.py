"""Which bookings change together, and whether they still can.

Cancelling and undoing that are in `cancelling`, another time is in `rescheduling`.
"""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.claiming import lock_slots
from appointments.models import Booking
from config.refusals import Refusal

State = Booking.State
CHANGEABLE = (State.HELD, State.CONFIRMED)


class AlreadyOver(Refusal):
    code = "already_over"
    message = _("This booking can no longer be changed: %(state)s.")


class AlreadyStarted(Refusal):
    code = "already_started"
    message = _("This time has begun. Come now: late arrivals are served in walk-in order.")


def lock_those_with(booking: Booking, *targets: int, together: bool = False) -> list[Booking]:
    """The bookings that change with this one, locked after their slots and the targets.

    All of the person's matters of this visit, or the whole group. Slots come first
    everywhere: a claim and a withdrawn session hold them while they wait for bookings.
    """
    slots = set(those_with(booking, together).values_list("slot_id", flat=True))
    lock_slots([*slots, *targets])
    locked = list(
        those_with(booking, together).select_for_update(of=("self",)).order_by("position")
    )
    if {one.slot_id for one in locked} <= slots | set(targets):
        return locked
    return lock_those_with(booking, *targets, together=together)  # it moved meanwhile


def those_with(booking: Booking, together: bool) -> QuerySet[Booking]:
    """The booking and what else can still change of the person's visit, or of the group's."""
    group = Booking.objects.filter(group_id=booking.group_id).select_related("group")
    mine = group if together else group.filter(id_index=booking.id_index)
    return mine.filter(Q(pk=booking.pk) | Q(state__in=CHANGEABLE))


def check_changeable(booking: Booking, now: datetime) -> None:
    """Refuses: AlreadyOver, AlreadyStarted."""
    if booking.state not in CHANGEABLE:
        raise AlreadyOver(state=booking.get_state_display())
    if booking.starts_at <= now:
        raise AlreadyStarted
