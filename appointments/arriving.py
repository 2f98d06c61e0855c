"""Arriving: a booking becomes a ticket in today's line."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.attending import needs_of
from appointments.id_numbers import IdNumber
from appointments.journal import record
from appointments.messaging import contacts
from appointments.models import Booking
from appointments.sealing import blind_index
from config import civil
from config.refusals import Refusal
from queues.issuing import current_session, issue
from queues.models import Ticket
from queues.ranking import booked_rank
from windows.closing_halls import refuse_if_shut
from windows.models import Hall, HallSession, Matter, Staff, Window
from windows.rules import rules

State = Booking.State


class NothingBooked(Refusal):
    code = "nothing_booked"
    message = _("No open booking was found. You can take a walk-in ticket here.")


class NotHereNow(Refusal):
    """The booking stands, elsewhere or at another time: `told` says where, when and what
    can be done meanwhile. Programs get it as `facts`, pages through `hall_forms.Said`."""

    def __init__(self, *, told: dict[str, Any], **words: object) -> None:
        super().__init__()
        self.facts, self.told = words, told

    def body(self) -> dict[str, Any]:
        return super().body() | {"facts": self.told}


class WrongHall(NotHereNow):
    code = "wrong_hall"
    message = _("This booking is at %(hall)s on %(at)s. You can take a walk-in ticket here.")


class WrongDay(NotHereNow):
    code = "wrong_day"
    message = _("This booking is for %(at)s. You can take a walk-in ticket today.")


class DayOver(NotHereNow):
    code = "wrong_day"
    message = _("This booking was for %(at)s. You can take a walk-in ticket today.")


class TooEarly(NotHereNow):
    code = "too_early"
    message = _("Your time is %(at)s. You can check in from %(opens)s, and wait here.")


class NotConfirmed(Refusal):
    code = "not_confirmed"
    message = _("This booking was not confirmed. You can take a walk-in ticket here.")


@transaction.atomic
def check_in(
    *,
    hall: Hall,
    now: datetime,
    reference: str | None = None,
    id_number: IdNumber | None = None,
    by: Staff | None = None,
) -> Ticket:
    """The booked person has a ticket; checking in again gives the same ticket.

    Any booking of a visit with several matters checks the whole visit in: one number.
    On time (`checkin_early_minutes` before to `checkin_late_minutes` after the slot's
    start) the rank is the slot's start; later it is the arrival, and nobody is sent away. Whom
    messages do not reach is told so once (contacts.unreached_at).
    Refuses: NothingBooked, WrongHall, WrongDay, DayOver, TooEarly, NotConfirmed, HallShut,
    HallClosed.
    """
    mine = bookings_of(reference, id_number)
    if reference and not mine.exists():
        _tell_that_it_is_over(reference, hall, now)
    visit = visit_with(the_one_for(mine, hall, now))
    expected = [booking for booking in visit if booking.ticket_id is None]
    if not expected:
        return _given_already(visit[0], hall, now)
    first, *others = expected
    opens, late_from = _window(first)
    check_place_and_time(first, hall, opens, now)
    late = now > late_from
    ticket = issue(
        hall=hall,
        session=_session(first, hall, now),
        matter=first.matter,
        source=Ticket.Source.BOOKING,
        rank_at=booked_rank(first.starts_at, now, late_from),
        now=now,
        by=by,
        booked_for=first.starts_at,
        needs_accessible="wheelchair" in needs_of(first),
        then=[other.matter_id for other in others],
        simulated=first.group.is_simulated,
    )
    for booking in expected:
        mark_arrived(booking, ticket, late, now, by)
    contacts.tell(first.group, now=now)
    return ticket


def _window(booking: Booking) -> tuple[datetime, datetime]:
    """From when one can check in, and until when one is on time."""
    names = ["checkin_early_minutes", "checkin_late_minutes"]
    numbers = rules(names, hall=booking.hall_id, day=booking.service_day)
    early, late = (timedelta(minutes=numbers[name]) for name in names)
    return booking.starts_at - early, booking.starts_at + late


def _given_already(booking: Booking, hall: Hall, now: datetime) -> Ticket:
    """The number of a visit that is checked in. Refuses: WrongHall."""
    ticket = Ticket.objects.select_related("hall").get(bookings=booking)
    if ticket.hall_id != hall.pk:
        at = f"{civil.city_time(booking.starts_at):%Y-%m-%d %H:%M}"
        told = _told(booking, ticket.hall, hall, _window(booking)[0], now)
        raise WrongHall(told=told, hall=ticket.hall.name, at=at)
    return ticket


def mark_arrived(
    booking: Booking, ticket: Ticket, late: bool, now: datetime, by: Staff | None
) -> None:
    """The booking has its ticket, and the journal says so."""
    was = booking.state
    booking.state, booking.arrived_at = State.ARRIVED, now
    booking.was_late, booking.ticket = late, ticket
    booking.save(update_fields=["state", "arrived_at", "was_late", "ticket"])
    record(booking, "arrived", now=now, was=was, by=by, ticket=ticket.label, late=late)


def bookings_of(reference: str | None, id_number: IdNumber | None) -> QuerySet[Booking]:
    """Open bookings with the reference, else of the person. Refuses: NothingBooked."""
    if reference and "\x00" not in reference:
        who = Q(reference=reference.strip().upper())
    elif id_number:
        who = Q(id_index=blind_index(id_number.number, purpose="id_number"))
    else:
        raise NothingBooked
    return Booking.objects.filter(who, state__in=Booking.OPEN)


def _tell_that_it_is_over(reference: str, hall: Hall, now: datetime) -> None:
    """Who holds the reference of a visit that passed hears when it was. Refuses: DayOver."""
    passed = Booking.objects.filter(reference=reference.strip().upper(), state=State.NO_SHOW)
    booking = passed.select_related("hall", "matter").filter(arrived_at=None).first()
    if booking is not None:
        told = _told(booking, booking.hall, hall, _window(booking)[0], now)
        raise DayOver(told=told, at=f"{civil.city_time(booking.starts_at):%Y-%m-%d %H:%M}")


def the_one_for(mine: QuerySet[Booking], hall: Hall, now: datetime) -> Booking:
    """The booking meant: here and nearest in time first."""
    found = list(mine.only("pk", "group_id", "id_index", "hall_id", "starts_at"))
    if not found:
        raise NothingBooked
    return min(found, key=lambda one: (one.hall_id != hall.pk, abs(one.starts_at - now), one.pk))


def visit_with(booking: Booking) -> list[Booking]:
    """The person's open bookings of this visit in their order; locked, so that two presses
    at two kiosks give one ticket."""
    visit = Booking.objects.filter(
        group_id=booking.group_id, id_index=booking.id_index, state__in=Booking.OPEN
    ).select_related("matter", "hall", "group", "slot__session")
    locked = list(visit.order_by("pk").select_for_update(of=("self",)))
    if not locked:
        raise NothingBooked
    return sorted(locked, key=lambda one: one.position)


def check_place_and_time(booking: Booking, hall: Hall, opens: datetime, now: datetime) -> None:
    """Refuses what is elsewhere, or at another time, and says where and when."""
    starts = civil.city_time(booking.starts_at)
    at = f"{starts:%Y-%m-%d %H:%M}"
    told = partial(_told, booking, booking.hall, hall, opens, now)
    if booking.hall_id != hall.pk:
        raise WrongHall(told=told(), hall=booking.hall.name, at=at)
    if booking.state == State.HELD:
        raise NotConfirmed
    another_day = civil.city_date(now) not in (booking.service_day, starts.date())
    if another_day and now > max(booking.slot.ends_at, booking.slot.session.ends_at):
        raise DayOver(told=told(), at=at)
    if another_day and now < opens:
        raise WrongDay(told=told(), at=at)
    if now < opens:
        clock = f"{civil.city_time(opens):%H:%M}"
        raise TooEarly(told=told(), at=f"{starts:%H:%M}", opens=clock)


def _told(
    booking: Booking, place: Hall, here: Hall, opens: datetime, now: datetime
) -> dict[str, Any]:
    """Where and when the booking is, how to get there, and whether the hall where the
    person stands gives a number for the same matter now. No name, no ID number."""
    return {
        "hall": place.code,
        "hall_name": place.name,
        "address": place.address,
        "transport": place.transport,
        "page": f"/halls/{place.code}/",
        "starts_at": civil.city_time(booking.starts_at).isoformat(),
        "check_in_from": civil.city_time(opens).isoformat(),
        "matter": booking.matter.code,
        "walk_in_here": gives_numbers(here, booking.matter, now),
    }


def gives_numbers(hall: Hall, matter: Matter, now: datetime) -> bool:
    """Whether one can take a number for the matter in the hall now."""
    served = Window.objects.filter(hall=hall, matters=matter, is_in_use=True)
    try:
        current_session(hall=hall, now=now)
    except Refusal:
        return False
    return served.exists()


def _session(booking: Booking, hall: Hall, now: datetime) -> HallSession:
    """The booked session while it runs, else the one that runs now.

    Refuses: HallShut, HallClosed.
    """
    refuse_if_shut(hall, now)
    booked = booking.slot.session
    if booked.state == HallSession.State.OPEN and now < booked.ends_at:
        return booked
    return current_session(hall=hall, now=now)
