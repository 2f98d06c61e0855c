"""Cancelling a booking, and undoing that."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.booking import TAKEN, VisitThatDay, same_matter_first
from appointments.changes import questions
from appointments.changing import State, check_changeable, lock_those_with
from appointments.claiming import lock_people, lock_slots
from appointments.journal import record
from appointments.models import Booking, ReturningPlace
from appointments.returning import release
from config import civil
from config.refusals import Refusal, refusing
from windows.models import Slot, Staff
from windows.rules import rule


class NothingToUndo(Refusal):
    code = "nothing_to_undo"
    message = _("This cancellation can no longer be undone. Please book again.")


class PlaceTaken(Refusal):
    code = "place_taken"
    message = _("Somebody else has this time by now. Please choose another one.")


@transaction.atomic
def cancel(*, booking: Booking, now: datetime, by: Staff | None = None) -> Booking:
    """The place is given up; cancelling twice changes nothing.

    Allowed until the slot starts; a cancellation after the deadline is journaled as late.
    Refuses: AlreadyOver, AlreadyStarted.
    """
    lock_slots([booking.slot_id])
    locked = Booking.objects.select_for_update(of=("self",)).select_related("group")
    mine = locked.get(pk=booking.pk)
    if mine.slot_id != booking.slot_id:  # it moved meanwhile
        return cancel(booking=mine, now=now, by=by)
    if mine.state == State.CANCELLED:
        return mine
    check_changeable(mine, now)
    before = rule("cancel_before_minutes", hall=mine.hall_id, day=mine.service_day)
    late = mine.starts_at - timedelta(minutes=before) < now
    was_confirmed = mine.state == State.CONFIRMED
    release(mine, State.CANCELLED, "cancelled", now=now, by=by, late=late)
    questions.note_declined([mine], now)
    if was_confirmed:
        reminding.promise_cancelled(booking=mine, now=now)
    return mine


@transaction.atomic
def cancel_visit(*, booking: Booking, now: datetime, together: bool = False) -> list[Booking]:
    """All that the person comes for is given up; with `together` the whole group's visit.

    Companions whose time has begun keep theirs. Refuses: AlreadyOver, AlreadyStarted.
    """
    return [
        cancel(booking=one, now=now)
        for one in lock_those_with(booking, together=together)
        if one.id_index == booking.id_index or one.starts_at > now
    ]


def undo_until(booking: Booking) -> datetime | None:
    """Until when the holder can take the cancellation back; None when there is none."""
    if booking.state != State.CANCELLED or not booking.confirmed_at or not booking.ended_at:
        return None
    minutes = rule("undo_minutes", hall=booking.hall_id, day=civil.city_date(booking.ended_at))
    return min(booking.ended_at + timedelta(minutes=minutes), booking.starts_at)


@transaction.atomic
def undo_cancel(*, booking: Booking, now: datetime) -> Booking:
    """The cancelled booking stands again, in its old place; undoing twice changes nothing.

    The place is the one that was left while it is not on offer yet, else a free one, else
    minutes of the walk-in share above its floor: a slip of the finger costs nobody a visit.
    Refuses: NothingToUndo, PlaceTaken, AlreadyBooked, VisitThatDay.
    """
    lock_people([bytes(booking.id_index)], None)
    lock_slots([booking.slot_id])
    locked = Booking.objects.select_for_update(of=("self",)).select_related("group", "slot")
    mine = locked.get(pk=booking.pk)
    if mine.state == State.CONFIRMED:
        return mine
    until = undo_until(mine)
    if until is None or until <= now:
        raise NothingToUndo
    if not mine.slot.is_open or not (_take_back(mine, now) or _take_again(mine)):
        raise PlaceTaken
    mine.state, mine.ended_at = State.CONFIRMED, None
    mine.version += 1
    try:
        with refusing(TAKEN):
            mine.save(update_fields=["state", "ended_at", "version", "channel"])
    except VisitThatDay as refusal:
        raise same_matter_first(refusal, [(bytes(mine.id_index), mine.matter_id)]) from refusal
    reminding.void_unsent(booking=mine)
    record(mine, "undone", now=now, was=State.CANCELLED)
    reminding.promise(booking=mine, now=now)
    return mine


@transaction.atomic
def undo_visit(*, booking: Booking, now: datetime) -> list[Booking]:
    """All that was cancelled in the group by the same press stands again, or nothing.

    Refuses: as undo_cancel.
    """
    same_press = Booking.objects.filter(
        group_id=booking.group_id, state=State.CANCELLED, ended_at=booking.ended_at
    )
    gone = list(same_press.filter(confirmed_at__isnull=False).order_by("position", "pk"))
    lock_people([bytes(one.id_index) for one in gone], None)
    lock_slots([one.slot_id for one in gone])
    return [undo_cancel(booking=one, now=now) for one in gone or [booking]]


def _take_back(booking: Booking, now: datetime) -> bool:
    """The minutes that this booking left are still counted for it, all of them."""
    left = ReturningPlace.objects.filter(
        booking=booking, slot_id=booking.slot_id, minutes=booking.minutes, ended_at__isnull=True
    )
    return bool(left.update(ended_at=now, end=ReturningPlace.End.RECLAIMED))


def _take_again(booking: Booking) -> bool:
    """Free minutes of the slot, else of its walk-in share above the floor: a booking borrows
    there once, for who cancels and undoes in turn would move all of it to booked places."""
    if booking.channel == Booking.Channel.RESERVED:  # its share may be everyone's by now
        booking.channel = Booking.Channel.ONLINE
    taken, quota = f"{booking.channel}_taken", f"{booking.channel}_quota"
    slot = Slot.objects.filter(pk=booking.slot_id)
    more = {taken: F(taken) + booking.minutes}
    if slot.filter(**{f"{taken}__lte": F(quota) - booking.minutes}).update(**more):
        return True
    if booking.events.filter(kind="undone").exists():
        return False
    least = rule("walkin_min_percent", hall=booking.hall_id, day=booking.service_day)
    above = slot.filter(walkin_quota__gte=F("minutes") * least / 100 + booking.minutes)
    lend = {"walkin_quota": F("walkin_quota") - booking.minutes, quota: F(quota) + booking.minutes}
    return bool(above.update(**lend, **more))
