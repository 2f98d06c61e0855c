"""Booking for somebody else: staff promise places at once, look up, move and cancel.

For people without a phone, or who cannot do it alone (帮办代办). Places come from the
assisted quota; no code is asked for, and neither limits nor missed visits stand in the
way. Who did what is in the journal of the booking, also who looked.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments.attending import Attendee
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.chaining import by_person
from appointments.claiming import lock_slots
from appointments.confirming import confirm, find
from appointments.id_numbers import IdNumber
from appointments.journal import record
from appointments.models import Booking
from appointments.rescheduling import reschedule
from appointments.sealing import blind_index, unseal
from config.refusals import NotFound, Refusal
from windows.access import AGENT, GUIDE, SUPERVISOR, halls_of
from windows.models import Matter, Slot, Staff

WHO = (GUIDE, SUPERVISOR, AGENT)
FACE_TO_FACE = (GUIDE, SUPERVISOR)
State = Booking.State


class AnotherName(Refusal):
    code = "another_name"
    message = _(
        "There is a booking for this number under another name. The person can come to any hall "
        "with the ID card: the guides there put it right."
    )
    field = "name"


@transaction.atomic
def book_for(
    *,
    slot_id: int,
    matter: Matter,
    people: list[Attendee],
    phone: str | None,
    by: Staff,
    now: datetime,
    language: str = "zh-hans",
) -> list[Booking]:
    """Places of the assisted quota are promised to all of them, or to none.

    With a phone its messages are owed; without one nobody is written to. Refuses what
    `hold` refuses for the slot and the people. Raises NotFound for a slot of a hall in
    which the person who books has no such role.
    """
    if not Slot.objects.filter(pk=slot_id, hall__in=halls_of(by, *WHO)).exists():
        raise NotFound
    held = hold(
        slot_id=slot_id,
        matter=matter,
        people=people,
        phone=phone,
        now=now,
        language=language,
        channel=Booking.Channel.ASSISTED,
        by_id=by.pk,
        limited=False,
    )
    first = find(held.bookings[0].reference, held.bookings[0].secret)
    confirm(booking=first, now=now, by=by)
    made = Booking.objects.filter(group_id=held.group_id).select_related("hall", "matter", "slot")
    return list(made.order_by("position"))


@dataclass(frozen=True)
class Found:
    """A visit that is booked for the person; `other_name`: somebody else's name stands there."""

    bookings: list[Booking]
    other_name: bool


def look_up(
    *,
    name: str,
    by: Staff,
    now: datetime,
    reference: str | None = None,
    id_number: IdNumber | None = None,
) -> list[Found]:
    """The open visits of the person; each look is in the bookings' journal.

    Whoever stands before a guide shows the card, so another name in the booking is shown
    too: somebody may have booked with this person's number. On the phone nobody can see a
    card. Refuses: AnotherName.
    """
    open_ones = Booking.objects.filter(state__in=Booking.OPEN).select_related(
        "hall", "matter", "slot", "group"
    )
    if id_number:
        index = blind_index(id_number.number, purpose="id_number")
        bookings = list(open_ones.filter(id_index=index))
    else:
        bookings = _visit_of(open_ones.filter(reference=(reference or "").upper()).first())
    face_to_face = halls_of(by, *FACE_TO_FACE).exists()
    found = [
        Found(visit, unseal(visit[0].name_sealed, purpose="name") != name)
        for visit in _visits(bookings)
    ]
    with transaction.atomic():  # a look that is refused was a look too
        for one in found:
            for booking in one.bookings:
                facts = {"other_name": one.other_name}
                record(booking, "seen", now=now, was=booking.state, by=by, **facts)
    if not face_to_face and any(one.other_name for one in found):
        raise AnotherName
    return found


def _visits(bookings: list[Booking]) -> list[list[Booking]]:
    """The matters of one person in one group are one visit; the nearest comes first."""
    groups: dict[int, list[Booking]] = {}
    for booking in sorted(bookings, key=lambda one: (one.starts_at, one.pk)):
        groups.setdefault(booking.group_id, []).append(booking)
    return [visit for group in groups.values() for visit in by_person(group)]


def _visit_of(booking: Booking | None) -> list[Booking]:
    if booking is None:
        return []
    visit = Booking.objects.filter(
        group_id=booking.group_id, id_index=booking.id_index, state__in=Booking.OPEN
    )
    return list(visit.select_related("hall", "matter", "slot", "group").order_by("position"))


@transaction.atomic
def cancel_for(*, booking: Booking, by: Staff, now: datetime) -> list[Booking]:
    """The person's whole visit is given up, as the person wishes.

    Refuses: AlreadyOver, AlreadyStarted.
    """
    visit = [one for one in _visit_of(booking) if one.state != State.ARRIVED] or [booking]
    lock_slots([one.slot_id for one in visit])
    return [cancel(booking=one, now=now, by=by) for one in visit]


@transaction.atomic
def move_for(*, booking: Booking, slot_id: int, by: Staff, now: datetime) -> Booking:
    """The person's whole visit stands in the new slot, as the person wishes.

    Refuses what `reschedule` refuses, but for the number of changes. Raises NotFound for a
    slot of a hall in which the person who moves it has no such role.
    """
    if not Slot.objects.filter(pk=slot_id, hall__in=halls_of(by, *WHO)).exists():
        raise NotFound
    return reschedule(booking=booking, slot_id=slot_id, now=now, by=by)
