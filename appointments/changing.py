"""Changing a booking: cancel, undo that, reschedule."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.booking import AlreadyBooked, SlotFull, SlotGone, VisitThatDay
from appointments.changes import questions
from appointments.claiming import lock_people, lock_slots
from appointments.confirming import HoldExpired
from appointments.journal import record
from appointments.models import Booking, BookingEvent, ReturningPlace
from appointments.offering import last_day
from appointments.returning import add_taken, leave, reclaim, release
from config import civil
from config.refusals import Refusal, refusing
from windows.models import Slot, Staff
from windows.rules import rule, rules
from windows.served import matters_of

State = Booking.State
CHANGEABLE = (State.HELD, State.CONFIRMED)


class AlreadyOver(Refusal):
    code = "already_over"
    message = _("This booking can no longer be changed: %(state)s.")


class AlreadyStarted(Refusal):
    code = "already_started"
    message = _("This time has begun. Come now: late arrivals are served in walk-in order.")


class TooManyChanges(Refusal):
    code = "too_many_changes"
    message = _(
        "The time was changed %(most)s times within %(days)s days. Your present time stands; you "
        "can also come without a booking."
    )


class NothingToUndo(Refusal):
    code = "nothing_to_undo"
    message = _("This cancellation can no longer be undone. Please book again.")


class PlaceTaken(Refusal):
    code = "place_taken"
    message = _("Somebody else has this time by now. Please choose another one.")


def _lock(booking: Booking, *targets: int, together: bool = False) -> list[Booking]:
    """The bookings that change with this one, locked after their slots and the targets.

    All of the person's matters of this visit, or the whole group. Slots come first
    everywhere: a claim and a withdrawn session hold them while they wait for bookings.
    """
    slots = set(_with(booking, together).values_list("slot_id", flat=True))
    lock_slots([*slots, *targets])
    locked = list(_with(booking, together).select_for_update(of=("self",)).order_by("position"))
    if {one.slot_id for one in locked} <= slots | set(targets):
        return locked
    return _lock(booking, *targets, together=together)  # it moved meanwhile


def _with(booking: Booking, together: bool) -> QuerySet[Booking]:
    group = Booking.objects.filter(group_id=booking.group_id).select_related("group")
    mine = group if together else group.filter(id_index=booking.id_index)
    return mine.filter(Q(pk=booking.pk) | Q(state__in=CHANGEABLE))


def _check_open(booking: Booking, now: datetime) -> None:
    if booking.state not in CHANGEABLE:
        raise AlreadyOver(state=booking.get_state_display())
    if booking.starts_at <= now:
        raise AlreadyStarted


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
    _check_open(mine, now)
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
        for one in _lock(booking, together=together)
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
    with refusing(
        {
            "booking_person_once_per_matter": AlreadyBooked,
            "booking_person_one_visit_a_day": VisitThatDay,
        }
    ):
        mine.save(update_fields=["state", "ended_at", "version", "channel"])
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
    people = _with(booking, together).values_list("id_index", flat=True)
    lock_people(map(bytes, people), None)
    slots = _slot_and_next(slot_id)
    moving = _lock(booking, *slots, together=together)
    mine = next(one for one in moving if one.pk == booking.pk)
    _check_open(mine, now)
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
