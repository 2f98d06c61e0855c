"""What is known about a visit that somebody objects to: the booking's journal, the
messages that left, and what went on in the hall at that time. Read only; names masked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments import missing
from appointments.appealing import Said, said_in
from appointments.id_numbers import mask_name
from appointments.models import Appeal, Booking, BookingEvent, Closure, Message
from appointments.sealing import unseal
from queues.models import Call, Ticket
from windows.models import Shift

HAPPENED = {
    "held": gettext_lazy("A place was held"),
    "confirmed": gettext_lazy("The booking was confirmed"),
    "moved": gettext_lazy("Moved to another time"),
    "cancelled": gettext_lazy("Cancelled"),
    "undone": gettext_lazy("The cancellation was undone"),
    "no_show": gettext_lazy("The day was closed; nobody had checked in for it"),
    "appealed": gettext_lazy("The person objected"),
    "appeal_accepted": gettext_lazy("Excused"),
    "appeal_declined": gettext_lazy("Left as it was noted"),
}
BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=90)


@dataclass(frozen=True)
class Line:
    """One thing that happened, and who did it when it was one of the staff."""

    at: datetime
    words: str
    by: str = ""


@dataclass(frozen=True)
class InHall:
    """The hall around the booked time."""

    windows: int
    tickets: int
    calls: int


@dataclass(frozen=True)
class Hearing:
    """Everything a supervisor needs to decide."""

    appeal: Appeal
    said: Said
    person: str
    lines: list[Line]
    hall: InHall
    counting: int
    closed_until: Closure | None


def person_of(booking: Booking) -> str:
    return mask_name(unseal(booking.name_sealed, purpose="name"))


def hearing_of(appeal: Appeal, *, now: datetime) -> Hearing:
    booking = appeal.missed.booking
    standing = missing.closures_of(appeal.missed.id_index, now)
    return Hearing(
        appeal=appeal,
        said=said_in(appeal),
        person=person_of(booking),
        lines=_story(booking),
        hall=_around(booking),
        counting=len(missing.counting_with(appeal.missed)),
        closed_until=standing.order_by("-ends_at").first(),
    )


def _story(booking: Booking) -> list[Line]:
    """The booking's journal and the messages about it, in order."""
    events = BookingEvent.objects.filter(booking=booking).select_related("by")
    lines = [Line(e.at, _happened(e), str(e.by or "")) for e in events.order_by("id")]
    sent = Message.objects.filter(booking=booking, sent_at__isnull=False)
    lines += [
        Line(m.sent_at, _("Message sent: %(kind)s") % {"kind": m.get_kind_display()})
        for m in sent.order_by("id")
        if m.sent_at
    ]
    tickets = Ticket.objects.filter(bookings__id_index=booking.id_index)
    that_day = tickets.filter(service_day=booking.service_day).distinct()
    lines += [Line(t.issued_at, _("Number %(label)s") % {"label": t.label}) for t in that_day]
    return sorted(lines, key=attrgetter("at"))


def _happened(event: BookingEvent) -> str:
    return str(HAPPENED.get(event.kind) or Booking.State(event.to_state).label)


def _around(booking: Booking) -> InHall:
    """Windows staffed for the matter, its numbers given and called, around the time."""
    span = (booking.starts_at - BEFORE, booking.starts_at + AFTER)
    shifts = Shift.objects.filter(
        window__hall=booking.hall_id,
        window__matters=booking.matter_id,
        period__overlap=DateTimeTZRange(*span),
    )
    here = Ticket.objects.filter(hall=booking.hall_id, matter=booking.matter_id)
    calls = Call.objects.filter(hall=booking.hall_id, ticket__matter=booking.matter_id)
    return InHall(
        windows=shifts.values("window").distinct().count(),
        tickets=here.filter(issued_at__range=span).count(),
        calls=calls.filter(called_at__range=span).values("ticket").distinct().count(),
    )
