"""Resettling people: they stand in the place that was proposed, or are withdrawn.

Many at once: what becomes of each is worked out first, then written in a few statements.
The caller holds the locks, and the slots that are left have given their minutes back.
"""

from datetime import datetime

from appointments import reminding
from appointments.changes import telling
from appointments.changes.candidates import Column
from appointments.changes.displacing import Lost
from appointments.changes.engine import Plan
from appointments.models import Booking, BookingEvent, Displaced, Message
from appointments.returning import add_taken
from windows.models import SessionChange, Slot, Staff

MOVE, OFFER, WITHDRAW = "move", "offer", "withdraw"
STATES = {
    MOVE: Displaced.State.MOVED,
    OFFER: Displaced.State.OFFERED,
    WITHDRAW: Displaced.State.WITHDRAWN,
}
PLACE = ["slot", "hall", "service_day", "starts_at", "channel", "version"]
END = ["state", "ended_at", "version"]


class Resettling:
    """What becomes of the people of one plan; nothing is kept before `write`."""

    def __init__(self, made: Plan, changes: dict[int, SessionChange], by: Staff | None) -> None:
        self.made, self.changes, self.by = made, changes, by
        self.rows = list[Displaced]()
        self.messages = list[Message]()
        self.events = list[BookingEvent]()
        self.moved, self.withdrawn = list[Booking](), list[Booking]()
        ids = {one.place.slot_id for one in made.places.values() if one.place.slot_id}
        self.slots = Slot.objects.select_related("session").in_bulk(ids)
        self.new = {one.starts_at: one.slot for one in made.new if one.slot is not None}

    def resettle(self, lost: Lost, choice: str) -> None:
        booking, old = lost.booking, lost.booking.slot
        column = self.made.places.get(booking.pk)
        due, until = self.made.due(booking), None
        if choice == WITHDRAW or column is None:
            choice, column = WITHDRAW, None
            self._withdraw(booking, due)
        else:
            until = self.made.answer_by(booking, column) if choice == OFFER else None
            self._move(lost, column, until=until, due=due)
        self.rows.append(
            Displaced(
                change=self.changes[lost.plan.session.pk],
                booking=booking,
                old_slot=old,
                new_slot=booking.slot if column else None,
                state=STATES[choice],
                answer_by=until,
                made_at=self.made.now,
            )
        )

    def _withdraw(self, booking: Booking, due: datetime) -> None:
        now = self.made.now
        self.events.append(withdraw(booking, now, self.by))
        self.withdrawn.append(booking)
        last = booking.slot.ends_at
        self.messages += telling.withdrawn(booking, due=due, last=last, now=now)

    def _move(self, lost: Lost, column: Column, *, until: datetime | None, due: datetime) -> None:
        booking, now = lost.booking, self.made.now
        old, words = booking.slot, telling.where_and_when(booking)
        facts = self.changes[lost.plan.session.pk].facts
        facts.setdefault("channels", {})[str(booking.pk)] = booking.channel
        left = {"left": booking.starts_at.isoformat(), "left_slot": booking.slot_id}
        slot_id = column.place.slot_id
        slot = self.slots[slot_id] if slot_id else self.new[column.place.starts_at]
        stand_in(booking, slot, column.channel)
        booking.hall = column.place.hall
        self.events.append(event(booking, "displaced", booking.state, now, self.by, **left))
        self.moved.append(booking)
        last = telling.useless_after(old, slot)
        self.messages += telling.moved(booking, old=words, until=until, due=due, last=last, now=now)

    def void_earlier(self) -> None:
        """What was owed to them before is not true any more; the change knows which messages
        it was, so that they are owed again when it is taken back."""
        before = {one.pk: one.version - 1 for one in self.moved + self.withdrawn}
        change_of = {row.booking_id: row.change for row in self.rows}
        for change in self.changes.values():
            change.facts["voided"] = []
        unsent = Message.objects.filter(
            booking__in=before, state__in=[Message.State.READY, Message.State.CLAIMED]
        )
        for pk, booking_id, version in unsent.values_list("pk", "booking_id", "version"):
            if booking_id is not None and version == before[booking_id]:
                change_of[booking_id].facts["voided"].append(pk)
        void_unsent(self.moved + self.withdrawn)

    def write(self) -> None:
        """Everything is kept; `void_earlier` has been called."""
        Booking.objects.bulk_update(self.moved, PLACE, batch_size=500)
        Booking.objects.bulk_update(self.withdrawn, END, batch_size=500)
        BookingEvent.objects.bulk_create(self.events)
        take_minutes(self.moved)
        Displaced.objects.bulk_create(self.rows)
        reminding.owe_all(self.messages)


def stand_in(booking: Booking, slot: Slot, channel: str) -> None:
    booking.slot, booking.hall_id, booking.channel = slot, slot.hall_id, channel
    booking.service_day, booking.starts_at = slot.service_day, slot.starts_at
    booking.version += 1


def withdraw(booking: Booking, now: datetime, by: Staff | None) -> BookingEvent:
    was = booking.state
    booking.state, booking.ended_at = Booking.State.WITHDRAWN, now
    booking.version += 1
    return event(booking, "withdrawn", was, now, by)


def event(
    booking: Booking, kind: str, was: str, now: datetime, by: Staff | None, **facts: object
) -> BookingEvent:
    return BookingEvent(
        booking=booking, at=now, kind=kind, from_state=was, to_state=booking.state, by=by,
        facts=facts,
    )  # fmt: skip


def void_unsent(bookings: list[Booking]) -> None:
    """What was owed for them before is not true any more."""
    ready = Message.objects.filter(booking__in=bookings, state=Message.State.READY)
    ready.update(state=Message.State.VOID)


def take_minutes(bookings: list[Booking], *, sign: int = 1) -> None:
    """The slots in which they stand have their minutes taken (or, with -1, again)."""
    minutes: dict[tuple[int, str], int] = {}
    for one in bookings:
        key = (one.slot_id, one.channel)
        minutes[key] = minutes.get(key, 0) + one.minutes * sign
    for (slot_id, channel), more in sorted(minutes.items()):
        add_taken(slot_id, channel, more)


def end_holds(made: Plan, by: Staff | None) -> None:
    """Who was only just booking is told by the page, not by a message."""
    held = [lost.booking for lost in made.loss.held]
    events = [withdraw(booking, made.now, by) for booking in held]
    void_unsent(held)
    Booking.objects.bulk_update(held, END, batch_size=500)
    BookingEvent.objects.bulk_create(events)
