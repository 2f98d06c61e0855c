"""Rescheduling: a visit stands in another slot, with all who come together or not at all."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.booking import SlotFull, SlotGone, VisitThatDay
from appointments.changes import questions
from appointments.changing import State, check_changeable, lock_those_with, those_with
from appointments.claiming import lock_people
from appointments.confirming import HoldExpired
from appointments.journal import record
from appointments.models import Booking, BookingEvent
from appointments.offering import last_day
from appointments.returning import add_taken, leave, reclaim
from config import civil
from config.refusals import Refusal, refusing
from windows.models import Slot, Staff
from windows.rules import rules
from windows.served import matters_of


class TooManyChanges(Refusal):
    code = "too_many_changes"
    message = _(
        "The time was changed %(most)s times within %(days)s days. Your present time stands; you "
        "can also come without a booking."
    )


@transaction.atomic
def reschedule(
    *,
    booking: Booking,
    slot_id: int,
    now: datetime,
    together: bool = False,
    by: Staff | None = None,
) -> Booking:
    """The visit stands in the new slot; the old place is given up only with it.

    All matters of the person move together, with `together` the whole group; what the
    slot cannot hold stands in the adjacent one. Staff (`by`) are not counted, nor is who
    chooses another time instead of one that the hall gave them (appointments/changes).
    Refuses: AlreadyOver, AlreadyStarted, HoldExpired, TooManyChanges, SlotGone, SlotFull,
    VisitThatDay.
    """
    people = those_with(booking, together).values_list("id_index", flat=True)
    lock_people(map(bytes, people), None)
    slots = _slot_and_next(slot_id)
    moving = lock_those_with(booking, *slots, together=together)
    mine = next(one for one in moving if one.pk == booking.pk)
    check_changeable(mine, now)
    if mine.state == State.HELD and mine.hold_expires_at and mine.hold_expires_at <= now:
        raise HoldExpired
    if mine.slot_id == slot_id:
        return mine
    asked = questions.asked_of(moving).exists()
    if by is None and not asked:
        _check_changes(moving, now)
    channel, places = _places_for(moving, slots, now)
    with refusing({"booking_person_one_visit_a_day": VisitThatDay}):
        for one, slot in zip(moving, places, strict=True):
            _stand_in(one, slot, now, by, channel=channel, instead=asked)
    questions.note_changed(moving, now)
    return mine


def _slot_and_next(slot_id: int) -> list[int]:
    """The slot and the one that follows without a gap in its session."""
    slot = Slot.objects.filter(pk=slot_id).first()
    if slot is None:
        return [slot_id]
    following = Slot.objects.filter(session_id=slot.session_id, starts_at=slot.ends_at)
    return [slot_id, *following.values_list("pk", flat=True)]


def _check_changes(moving: list[Booking], now: datetime) -> None:
    """Counted per person over all bookings, by visit; not those that the hall caused."""
    numbers = rules(["person_changes_most", "limit_days"], hall=None, day=civil.city_date(now))
    since = now - timedelta(days=numbers["limit_days"])
    for one in moving:
        moves = BookingEvent.objects.filter(
            booking__id_index=one.id_index, kind="moved", by__isnull=True, at__gt=since
        )
        own = moves.exclude(facts__has_key="instead")
        times = own.values("booking__group_id", "at").distinct().count()
        if times >= numbers["person_changes_most"]:
            raise TooManyChanges(most=numbers["person_changes_most"], days=numbers["limit_days"])


def _places_for(
    moving: list[Booking], slot_ids: list[int], now: datetime
) -> tuple[str, list[Slot]]:
    """The channel and the new slot of each booking, whose minutes are taken; all or none."""
    slots = {slot.pk: slot for slot in Slot.objects.filter(pk__in=slot_ids)}
    matters = {one.matter_id for one in moving}
    open_slots = [slots[pk] for pk in slot_ids if pk in slots and _bookable(slots[pk], now)]
    if not open_slots or open_slots[0].pk != slot_ids[0] or not _serves(open_slots[0], matters):
        raise SlotGone
    for channel in _channels(moving, open_slots[0]):
        with suppress(SlotFull), transaction.atomic():
            return channel, _fill(moving, open_slots, channel, now)
    raise SlotFull


def _channels(moving: list[Booking], slot: Slot) -> list[str]:
    """Where room is looked for: the share of the link by which they came is in its session
    alone; elsewhere they stand among those who book online."""
    channel, link = moving[0].channel, moving[0].group.link
    if link and link.session_id == slot.session_id:
        return [Booking.Channel.RESERVED, Booking.Channel.ONLINE]
    return [Booking.Channel.ONLINE if channel == Booking.Channel.RESERVED else channel]


def _fill(moving: list[Booking], open_slots: list[Slot], channel: str, now: datetime) -> list[Slot]:
    """The slot of each, in order. Refuses: SlotFull."""
    at, places = 0, list[Slot]()
    room = _room(open_slots[0], moving, channel, now)
    for one in moving:
        while one.minutes > room:
            at += 1
            if at == len(open_slots) or not places:
                raise SlotFull
            room = _room(open_slots[at], moving[len(places) :], channel, now)
        room -= one.minutes
        places.append(open_slots[at])
        add_taken(open_slots[at].pk, channel, one.minutes)
    return places


def _room(slot: Slot, moving: list[Booking], channel: str, now: datetime) -> int:
    """The free minutes of the locked slot, with those that these people left there."""
    phone = moving[0].group.phone_index
    reclaim(
        slot_id=slot.pk,
        channel=channel,
        minutes=sum(one.minutes for one in moving),
        id_indexes=[bytes(one.id_index) for one in moving],
        phone_index=bytes(phone) if phone else None,
        now=now,
    )
    slot.refresh_from_db(fields=[f"{channel}_quota", f"{channel}_taken"])
    return int(getattr(slot, f"{channel}_quota") - getattr(slot, f"{channel}_taken"))


def _bookable(slot: Slot, now: datetime) -> bool:
    open_now = slot.is_open and slot.booking_opens_at <= now < slot.starts_at
    return open_now and slot.service_day <= last_day(now)


def _serves(slot: Slot, matters: set[int]) -> bool:
    """The session serves each of the matters, also one that is no longer offered."""
    return matters <= set(matters_of(slot.session).values_list("pk", flat=True))


def _stand_in(
    booking: Booking,
    slot: Slot,
    now: datetime,
    by: Staff | None,
    *,
    channel: str = "",
    instead: bool = False,
) -> None:
    """The booking is in the slot, whose minutes were taken from the channel (none: its own).

    `instead`: of a time that the hall gave them; it counts as no change of theirs.
    """
    left = booking.starts_at
    facts = {"instead": True} if instead else {}
    leave(booking, now=now)
    booking.channel = channel or booking.channel
    booking.slot, booking.hall_id = slot, slot.hall_id
    booking.service_day, booking.starts_at = slot.service_day, slot.starts_at
    booking.version += 1
    booking.save(update_fields=["channel", "slot", "hall", "service_day", "starts_at", "version"])
    reminding.void_unsent(booking=booking)
    record(booking, "moved", now=now, was=booking.state, by=by, left=left.isoformat(), **facts)
    if booking.state == State.CONFIRMED:
        reminding.promise_moved(booking=booking, now=now)
