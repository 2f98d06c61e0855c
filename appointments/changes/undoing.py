"""Taking a change back, as long as nothing of it has been noticed outside.

Everything stands again exactly as it was: hours, windows, slots, rosters, and everybody in
the place that they had. Not any more when a message has left, when somebody has answered,
booked what was added or has a number there, or when the session was changed again since.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.changes.locking import lock_sessions
from appointments.changes.recording import bounds, session_facts, slot_facts
from appointments.changes.resettling import take_minutes, void_unsent
from appointments.changes.restoring import (
    comes_back,
    old_channel,
    people_back,
    session_back,
    slots_back,
)
from appointments.claiming import lock_people, lock_slots
from appointments.models import Booking, Displaced, Message
from config.refusals import Refusal
from queues.models import Ticket
from windows.hall_hours import keep_open
from windows.models import HallClosure, SessionChange, Slot, Staff
from windows.sessions import SessionOver
from windows.telling import tell_boards

State = Displaced.State
STANDING = (State.MOVED, State.OFFERED, State.WITHDRAWN)


class UndoTooLate(Refusal):
    code = "undo_too_late"
    message = _("People have been told by now. Make another change instead.")


class UndoBooked(Refusal):
    code = "undo_booked"
    message = _("Somebody has booked there or has a number by now, so the change stands.")


class UndoPlaced(UndoBooked):
    message = _("Somebody who lost a place has booked another one by now, so the change stands.")


class UndoOvertaken(Refusal):
    code = "undo_overtaken"
    message = _("This was changed again since. Take the later change back first.")


class UndoShut(Refusal):
    code = "undo_shut"
    message = _("The hall is closed %(period)s, so this stands. Open the hall again first.")


def why_no_undo(change: SessionChange, now: datetime) -> str:
    """What speaks against taking it back, in words; "" when it can be."""
    try:
        with transaction.atomic():
            for one in _with(change):
                _check(one, _people(one), now)
    except Refusal as refusal:
        return str(refusal)
    return ""


@transaction.atomic
def undo_change(change: SessionChange, *, by: Staff | None, now: datetime) -> list[SessionChange]:
    """The change never was; a closure's changes are taken back together, with it.

    Undoing twice changes nothing. Refuses: UndoTooLate, UndoBooked, UndoOvertaken, UndoShut,
    SessionOver, WindowJustTaken.
    """
    together = _with(change)
    if all(one.undone_at for one in together):
        return together
    _lock(together)
    together = _with(change)
    for one in together:
        if one.undone_at is None:
            _undo(one, by, now)
    if change.closure_id:
        closure = HallClosure.objects.filter(pk=change.closure_id, reopened_at__isnull=True)
        closure.update(reopened_at=now, reopened_by=by)
    return together


@transaction.atomic
def undo_closure(closure: HallClosure, *, by: Staff | None, now: datetime) -> HallClosure:
    """The hall was never closed. Refuses: as undo_change."""
    first = closure.changes.order_by("pk").first()
    if first is not None:
        undo_change(first, by=by, now=now)
    else:
        HallClosure.objects.filter(pk=closure.pk, reopened_at__isnull=True).update(
            reopened_at=now, reopened_by=by
        )
    closure.refresh_from_db()
    return closure


def _with(change: SessionChange) -> list[SessionChange]:
    rows = SessionChange.objects.select_related("session__hall")
    if change.closure_id is None:
        return [rows.get(pk=change.pk)]
    closing = rows.filter(closure=change.closure_id, kind=SessionChange.Kind.CLOSE)
    return list(closing.order_by("pk"))


def _people(change: SessionChange) -> list[Displaced]:
    mine = Displaced.objects.filter(change=change).exclude(state=State.UNDONE)
    related = mine.select_related(
        "booking__group", "booking__hall", "booking__matter", "old_slot__hall"
    )
    return list(related.order_by("pk"))


def _lock(changes: list[SessionChange]) -> None:
    """The hall's hours, sessions, people, slots, bookings, messages: the written order."""
    keep_open(one.session.hall_id for one in changes)
    lock_sessions(one.session_id for one in changes)
    people = [one for change in changes for one in _people(change)]
    lock_people([bytes(one.booking.id_index) for one in people], None)
    own = [one["id"] for change in changes for one in change.facts.get("slots", [])]
    there = [change.facts.get("to_session") for change in changes]
    own += Slot.objects.filter(session__in=[one for one in there if one]).values_list(
        "pk", flat=True
    )
    lock_slots([*own, *(pk for one in people for pk in (one.old_slot_id, one.new_slot_id) if pk)])
    bookings = Booking.objects.filter(pk__in=[one.booking_id for one in people]).order_by("pk")
    list(bookings.select_for_update(of=("self",)).values_list("pk"))
    messages = Message.objects.filter(booking__in=[one.booking_id for one in people])
    list(messages.order_by("pk").select_for_update().values_list("pk"))


def _undo(change: SessionChange, by: Staff | None, now: datetime) -> None:
    people = _people(change)
    _check(change, people, now)
    void_unsent([one.booking for one in people])
    take_minutes([one.booking for one in people if one.state != State.WITHDRAWN], sign=-1)
    session_back(change, now)
    back = [one for one in people if comes_back(one, now)]
    people_back(change, back, by, now)
    slots_back(change, back)
    Displaced.objects.filter(pk__in=[one.pk for one in people]).update(
        state=State.UNDONE, ended_at=now
    )
    change.undone_by, change.undone_at = by, now
    change.save(update_fields=["undone_by", "undone_at"])
    tell_boards(change.session.hall_id)


def _check(change: SessionChange, people: list[Displaced], now: datetime) -> None:
    """Refuses: SessionOver, UndoTooLate, UndoOvertaken, UndoBooked, UndoPlaced, UndoShut."""
    if change.undone_at is not None:
        return
    before = change.facts.get("session", {}).get("before")
    ends_at = datetime.fromisoformat(before["ends_at"]) if before else change.session.ends_at
    if ends_at <= now:
        raise SessionOver
    if any(one.state not in STANDING for one in people):
        raise UndoTooLate
    told = Message.objects.filter(
        booking__in=[one.booking_id for one in people if one.state in STANDING],
        kind__in=[Message.Kind.DISPLACED, Message.Kind.WITHDRAWN],
        made_at__gte=change.made_at,
    ).exclude(state__in=[Message.State.READY, Message.State.VOID])
    if told.exists() or any(one.entry_id for one in people):
        raise UndoTooLate
    _check_not_overtaken(change, people)
    _check_not_booked(change, people)
    _check_not_placed([one for one in people if comes_back(one, now)])
    _check_not_shut(change, now)


def _check_not_overtaken(change: SessionChange, people: list[Displaced]) -> None:
    facts = change.facts
    later = SessionChange.objects.filter(
        Q(session=change.session_id) | Q(session=facts.get("to_session")),
        pk__gt=change.pk, undone_at__isnull=True,
    )  # fmt: skip
    same = Q(closure__isnull=False, closure=change.closure_id, kind=SessionChange.Kind.CLOSE)
    if later.exclude(same).exists():
        raise UndoOvertaken
    after = facts.get("session", {}).get("after")
    if after and session_facts(change.session) != after:
        raise UndoOvertaken
    slots = Slot.objects.in_bulk([one["id"] for one in facts.get("slots", [])])
    for one in facts.get("slots", []):
        if one["id"] not in slots or slot_facts(slots[one["id"]]) != one["after"]:
            raise UndoOvertaken
    for one in people:
        moved_on = one.state != State.WITHDRAWN and one.booking.slot_id != one.new_slot_id
        withdrawn = one.state == State.WITHDRAWN
        expected = Booking.State.WITHDRAWN if withdrawn else Booking.State.CONFIRMED
        if moved_on or one.booking.state != expected:
            raise UndoTooLate


def _check_not_booked(change: SessionChange, people: list[Displaced]) -> None:
    """What was added is still unsold, and what was left still holds all who were there."""
    facts = change.facts
    mine = {one.booking_id: one for one in people}
    slots = Slot.objects.in_bulk([one["id"] for one in facts.get("slots", [])])
    for one in facts.get("slots", []):
        slot, before = slots[one["id"]], one["before"]
        for channel in ("online", "assisted", "reserved"):
            back = sum(
                row.booking.minutes for row in people
                if row.old_slot_id == slot.pk and old_channel(change, row) == channel
            )  # fmt: skip
            here = sum(
                row.booking.minutes for row in mine.values()
                if row.new_slot_id == slot.pk and row.booking.channel == channel
            )  # fmt: skip
            quota = before[f"{channel}_quota"] if before else 0
            if getattr(slot, f"{channel}_taken") - here + back > quota:
                raise UndoBooked
    if _numbers_given(change):
        raise UndoBooked
    if there := facts.get("to_session"):
        booked = Booking.objects.filter(slot__session=there, state__in=Booking.OPEN)
        if booked.exclude(pk__in=mine).exists():
            raise UndoBooked


def _check_not_placed(people: list[Displaced]) -> None:
    """Who comes back has no other place for the matter, and no other visit on that day."""
    indexes = {bytes(one.booking.id_index) for one in people}
    others = Booking.objects.filter(id_index__in=indexes, state__in=Booking.OPEN)
    taken = list(others.exclude(pk__in=[one.booking_id for one in people]))
    for one in people:
        mine = one.booking
        for other in taken:
            that_day = other.service_day == one.old_slot.service_day
            visits = that_day and other.group_id != mine.group_id
            if other.id_index == mine.id_index and (visits or other.matter_id == mine.matter_id):
                raise UndoPlaced


def _check_not_shut(change: SessionChange, now: datetime) -> None:
    """No time opens again in a hall that has been closed for it since."""
    again = {
        one["id"]: datetime.fromisoformat(one["before"]["ends_at"])
        for one in change.facts.get("slots", [])
        if one["before"] and one["before"]["is_open"] and one["before"] != one["after"]
    }
    starts = dict(Slot.objects.filter(pk__in=again).values_list("pk", "starts_at"))
    standing = HallClosure.objects.filter(
        hall=change.session.hall_id, reopened_at__isnull=True, period__endswith__gt=now
    )
    for closure in standing.exclude(pk=change.closure_id or 0).order_by("period"):
        closes, opens = bounds(closure.period)
        if any(starts[pk] < opens and ends > closes for pk, ends in again.items()):
            raise UndoShut(period=saying.period(closes, opens))


def _numbers_given(change: SessionChange) -> bool:
    """Somebody has a number that only this change made possible."""
    facts = change.facts
    if there := facts.get("to_session"):
        return Ticket.objects.filter(session=there).exists()
    before = facts.get("session", {}).get("before")
    if change.kind != SessionChange.Kind.EXTEND or not before:
        return False
    longer = datetime.fromisoformat(before["ends_at"])
    return Ticket.objects.filter(session=change.session_id, issued_at__gte=longer).exists()
