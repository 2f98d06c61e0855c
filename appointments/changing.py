"""Changing a booking: cancel, reschedule, give its minutes back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.booking import SlotFull, SlotGone
from appointments.journal import record
from appointments.models import Booking
from appointments.offering import last_day
from config.refusals import Refusal
from windows.models import SessionWindow, Slot, Staff
from windows.rules import rule

State = Booking.State


class AlreadyOver(Refusal):
    code = "already_over"
    message = _("This booking can no longer be changed: %(state)s.")


class AlreadyStarted(Refusal):
    code = "already_started"
    message = _("This time has begun. Come now: late arrivals are served in walk-in order.")


def give_minutes_back(booking: Booking) -> None:
    """The slot's channel has the booking's minutes again."""
    taken = f"{booking.channel}_taken"
    Slot.objects.filter(pk=booking.slot_id).update(**{taken: F(taken) - booking.minutes})


def release(
    booking: Booking,
    state: str,
    kind: str,
    *,
    now: datetime,
    by: Staff | None = None,
    **facts: object,
) -> None:
    """Ends a locked, open booking: its place is free, its unsent messages are void.

    The slot comes before the booking's change: a claim for the same person holds the
    slot while it waits for that change.
    """
    was = booking.state
    give_minutes_back(booking)
    booking.state, booking.ended_at = state, now
    booking.version += 1
    booking.save(update_fields=["state", "ended_at", "version"])
    reminding.void_unsent(booking=booking)
    record(booking, kind, now=now, was=was, by=by, **facts)


def _lock(booking: Booking, *targets: int) -> Booking:
    """The booking as it is now, locked after its slot and the target slots (by id).

    Slots come first everywhere: a claim and a withdrawn session hold them while they
    wait for bookings.
    """
    held = Booking.objects.values_list("slot_id", flat=True).get(pk=booking.pk)
    slots = Slot.objects.filter(pk__in=[held, *targets]).order_by("pk")
    list(slots.select_for_update(no_key=True).values_list("pk"))
    mine = Booking.objects.select_for_update().get(pk=booking.pk)
    return mine if mine.slot_id == held else _lock(mine, *targets)  # it moved meanwhile


def _check_open(booking: Booking, now: datetime) -> None:
    if booking.state not in (State.HELD, State.CONFIRMED):
        raise AlreadyOver(state=booking.get_state_display())
    if booking.starts_at <= now:
        raise AlreadyStarted


@transaction.atomic
def cancel(*, booking: Booking, now: datetime) -> Booking:
    """The place is given up by its holder; cancelling twice changes nothing.

    Allowed until the slot starts; a cancellation after the deadline is journaled as late.
    Refuses: AlreadyOver, AlreadyStarted.
    """
    mine = _lock(booking)
    if mine.state == State.CANCELLED:
        return mine
    _check_open(mine, now)
    before = rule("cancel_before_minutes", hall=mine.hall_id, day=mine.service_day)
    late = mine.starts_at - timedelta(minutes=before) < now
    was_confirmed = mine.state == State.CONFIRMED
    release(mine, State.CANCELLED, "cancelled", now=now, late=late)
    if was_confirmed:
        reminding.promise_cancelled(booking=mine, now=now)
    return mine


@transaction.atomic
def reschedule(*, booking: Booking, slot_id: int, now: datetime) -> Booking:
    """The booking stands in the new slot; the old place is given up only with it.

    Refuses: AlreadyOver, AlreadyStarted, SlotGone, SlotFull.
    """
    mine = _lock(booking, slot_id)
    _check_open(mine, now)
    target = Slot.objects.filter(pk=slot_id).first()
    if target is None or not _bookable(target, mine, now):
        raise SlotGone
    if target.pk == mine.slot_id:
        return mine
    taken, quota = f"{mine.channel}_taken", f"{mine.channel}_quota"
    room = Slot.objects.filter(pk=target.pk, **{f"{taken}__lte": F(quota) - mine.minutes})
    if not room.update(**{taken: F(taken) + mine.minutes}):
        raise SlotFull
    give_minutes_back(mine)
    return _stand_in(mine, target, now)


def _bookable(slot: Slot, booking: Booking, now: datetime) -> bool:
    served = SessionWindow.objects.filter(
        session_id=slot.session_id, is_cancelled=False, window__matters=booking.matter_id
    )
    open_now = slot.is_open and slot.booking_opens_at <= now < slot.starts_at
    return open_now and slot.service_day <= last_day(now) and served.exists()


def _stand_in(booking: Booking, slot: Slot, now: datetime) -> Booking:
    left = booking.starts_at
    booking.slot, booking.hall_id = slot, slot.hall_id
    booking.service_day, booking.starts_at = slot.service_day, slot.starts_at
    booking.version += 1
    booking.save(update_fields=["slot", "hall", "service_day", "starts_at", "version"])
    reminding.void_unsent(booking=booking)
    record(booking, "moved", now=now, was=booking.state, left=left.isoformat())
    if booking.state == State.CONFIRMED:
        reminding.promise_moved(booking=booking, now=now)
    return booking
