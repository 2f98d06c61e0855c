"""Arriving: a booking becomes a ticket in today's line."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.attending import needs_of
from appointments.id_numbers import IdNumber
from appointments.journal import record
from appointments.models import Booking
from appointments.sealing import blind_index
from config import civil
from config.refusals import Refusal
from queues.issuing import current_session, issue
from queues.models import Ticket
from windows.models import Hall, HallSession, Staff
from windows.rules import rules

State = Booking.State


class NothingBooked(Refusal):
    code = "nothing_booked"
    message = _("No open booking was found. You can take a walk-in ticket here.")


class WrongHall(Refusal):
    code = "wrong_hall"
    message = _("This booking is at %(hall)s on %(at)s. You can take a walk-in ticket here.")


class WrongDay(Refusal):
    code = "wrong_day"
    message = _("This booking is for %(at)s. You can take a walk-in ticket today.")


class TooEarly(Refusal):
    code = "too_early"
    message = _("Your time is %(at)s. You can check in from %(opens)s.")


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
    start) the rank is the slot's start; later it is the arrival, and nobody is sent away.
    Refuses: NothingBooked, WrongHall, WrongDay, TooEarly, NotConfirmed, HallClosed.
    """
    visit = _visit_with(_the_one(_mine(reference, id_number), hall, now))
    expected = [booking for booking in visit if booking.ticket_id is None]
    if not expected:
        return Ticket.objects.get(bookings=visit[0])
    first, *others = expected
    numbers = rules(
        ["checkin_early_minutes", "checkin_late_minutes"], hall=hall, day=first.service_day
    )
    opens = first.starts_at - timedelta(minutes=numbers["checkin_early_minutes"])
    _check_place_and_time(first, hall, opens, now)
    late = now > first.starts_at + timedelta(minutes=numbers["checkin_late_minutes"])
    ticket = issue(
        hall=hall,
        session=_session(first, hall, now),
        matter=first.matter,
        source=Ticket.Source.BOOKING,
        rank_at=now if late else first.starts_at,
        now=now,
        by=by,
        booked_for=first.starts_at,
        needs_accessible="wheelchair" in needs_of(first),
        then=[other.matter_id for other in others],
        simulated=first.group.is_simulated,
    )
    for booking in expected:
        _arrive(booking, ticket, late, now, by)
    return ticket


def _arrive(booking: Booking, ticket: Ticket, late: bool, now: datetime, by: Staff | None) -> None:
    was = booking.state
    booking.state, booking.arrived_at = State.ARRIVED, now
    booking.was_late, booking.ticket = late, ticket
    booking.save(update_fields=["state", "arrived_at", "was_late", "ticket"])
    record(booking, "arrived", now=now, was=was, by=by, ticket=ticket.label, late=late)


def _mine(reference: str | None, id_number: IdNumber | None) -> QuerySet[Booking]:
    if reference and "\x00" not in reference:
        who = Q(reference=reference.strip().upper())
    elif id_number:
        who = Q(id_index=blind_index(id_number.number, purpose="id_number"))
    else:
        raise NothingBooked
    return Booking.objects.filter(who, state__in=Booking.OPEN)


def _the_one(mine: QuerySet[Booking], hall: Hall, now: datetime) -> Booking:
    """The booking meant: here and nearest in time first."""
    found = list(mine.only("pk", "group_id", "id_index", "hall_id", "starts_at"))
    if not found:
        raise NothingBooked
    return min(found, key=lambda one: (one.hall_id != hall.pk, abs(one.starts_at - now), one.pk))


def _visit_with(booking: Booking) -> list[Booking]:
    """The person's open bookings of this visit in their order; locked, so that two presses
    at two kiosks give one ticket."""
    visit = Booking.objects.filter(
        group_id=booking.group_id, id_index=booking.id_index, state__in=Booking.OPEN
    ).select_related("matter", "hall", "group", "slot__session")
    locked = list(visit.order_by("pk").select_for_update(of=("self",)))
    if not locked:
        raise NothingBooked
    return sorted(locked, key=lambda one: one.position)


def _check_place_and_time(booking: Booking, hall: Hall, opens: datetime, now: datetime) -> None:
    starts = civil.city_time(booking.starts_at)
    at = f"{starts:%Y-%m-%d %H:%M}"
    if booking.hall_id != hall.pk:
        raise WrongHall(hall=booking.hall.name, at=at)
    if booking.state == State.HELD:
        raise NotConfirmed
    if now < opens:
        if civil.city_date(now) not in (booking.service_day, starts.date()):
            raise WrongDay(at=at)
        raise TooEarly(at=f"{starts:%H:%M}", opens=f"{civil.city_time(opens):%H:%M}")


def _session(booking: Booking, hall: Hall, now: datetime) -> HallSession:
    """The booked session while it runs, else the one that runs now. Refuses: HallClosed."""
    booked = booking.slot.session
    if booked.state == HallSession.State.OPEN and now < booked.ends_at:
        return booked
    return current_session(hall=hall, now=now)
