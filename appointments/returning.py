"""Places that were given up: they come back after a random time, so that nobody can hand
one over.

The minutes stay counted in the slot until then. Who left may have the place back meanwhile
(the own second thoughts), the waiting list is asked first when the time is over, and then
it is on offer to everyone.
"""

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from appointments import reminding
from appointments.claiming import lock_slots
from appointments.journal import record
from appointments.models import Booking, ReturningPlace
from windows.models import Slot, Staff
from windows.rules import rules

End = ReturningPlace.End
CHANCE = random.SystemRandom()
AT_A_TIME = 500
NO_PHONE = Q(booking__group__phone_index__isnull=True)


def release(
    booking: Booking,
    state: str,
    kind: str,
    *,
    now: datetime,
    by: Staff | None = None,
    **facts: object,
) -> None:
    """Ends a locked, open booking: its place is left, its unsent messages are void.

    The slot comes before the booking's change: a claim for the same person holds the
    slot while it waits for that change.
    """
    was = booking.state
    if state == Booking.State.WITHDRAWN:
        add_taken(booking.slot_id, booking.channel, -booking.minutes)
    else:
        leave(booking, now=now)
    booking.state, booking.ended_at = state, now
    booking.version += 1
    booking.save(update_fields=["state", "ended_at", "version"])
    reminding.void_unsent(booking=booking)
    record(booking, kind, now=now, was=was, by=by, **facts)


def leave(booking: Booking, *, now: datetime) -> ReturningPlace:
    """The booking's minutes in its present slot will be on offer after a random time.

    Drawn evenly from `cooling_min_minutes` to `cooling_max_minutes`, in milliseconds.
    """
    names = ["cooling_min_minutes", "cooling_max_minutes"]
    numbers = rules(names, hall=booking.hall_id, day=booking.service_day)
    least, most = (numbers[name] * 60_000 for name in names)
    cooling = timedelta(milliseconds=CHANCE.randint(least, max(least, most)))
    return ReturningPlace.objects.create(
        slot_id=booking.slot_id,
        booking=booking,
        channel=booking.channel,
        minutes=booking.minutes,
        left_at=now,
        returns_at=now + cooling,
    )


def add_taken(slot_id: int, channel: str, minutes: int) -> None:
    """The slot's channel has so many more minutes taken (fewer when negative)."""
    taken = f"{channel}_taken"
    Slot.objects.filter(pk=slot_id).update(**{taken: F(taken) + minutes})


def give_back(place: ReturningPlace, *, now: datetime, end: str = End.RETURNED) -> bool:
    """The place's minutes are on offer; False when somebody else ended its return."""
    mine = ReturningPlace.objects.filter(pk=place.pk, ended_at__isnull=True)
    if not mine.update(ended_at=now, end=end):
        return False
    add_taken(place.slot_id, place.channel, -place.minutes)
    return True


def reclaim(
    *,
    slot_id: int,
    channel: str,
    minutes: int,
    id_indexes: list[bytes],
    phone_index: bytes | None,
    now: datetime,
) -> bool:
    """What these people left in the slot, from the same phone, is free for them to claim: as
    much of it as they lack to have `minutes`. What is beyond cools off as before.

    Within the caller's transaction: nobody else sees it free. True when there was any.
    """
    same = Q(booking__group__phone_index=phone_index) if phone_index else NO_PHONE
    mine = Q(channel=channel, booking__id_index__in=id_indexes)
    left = ReturningPlace.objects.filter(same, mine, slot_id=slot_id, ended_at__isnull=True)
    if not left.exists():  # as nearly always: a full slot is not locked for nothing
        return False
    lock_slots([slot_id])
    places = list(left.order_by("pk"))
    slot = Slot.objects.get(pk=slot_id)
    lacking = minutes - getattr(slot, f"{channel}_quota") + getattr(slot, f"{channel}_taken")
    for place in places:
        if lacking > 0 and give_back(place, now=now, end=End.RECLAIMED):
            lacking -= place.minutes
            if lacking < 0:
                _keep_rest(place, -lacking)
    return bool(places)


def _keep_rest(place: ReturningPlace, minutes: int) -> None:
    """So many of the minutes that were just given back are still to return, at the old time."""
    place.pk, place.minutes, place.ended_at, place.end = None, minutes, None, ""
    place.save(force_insert=True)
    add_taken(place.slot_id, place.channel, minutes)


def return_due(*, now: datetime) -> int:
    """Places whose time is over are offered to the waiting list, then to everyone.

    Returns how many are on offer again.
    """
    from appointments.offering_back import offer_place

    due = ReturningPlace.objects.filter(ended_at__isnull=True, returns_at__lte=now)
    places = due.select_related("slot").order_by("returns_at", "pk")[:AT_A_TIME]
    returned = 0
    for place in places:
        bookable = place.slot.is_open and place.slot.starts_at > now
        if bookable and offer_place(place=place, now=now):
            continue
        returned += _return(place, now)
    return returned


@transaction.atomic
def _return(place: ReturningPlace, now: datetime) -> bool:
    """The slot first, then the place: as a claim of its own person does."""
    slot = Slot.objects.select_for_update(no_key=True).get(pk=place.slot_id)
    return give_back(place, now=now, end=End.RETURNED if slot.is_open else End.CLOSED)
