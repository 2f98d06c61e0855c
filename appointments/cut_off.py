"""After a kiosk was cut off: its numbers are tickets, and who had booked has arrived.

What cannot be a ticket by itself waits for a supervisor (`queues/doubting.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from appointments import arriving
from appointments.attending import needs_of
from appointments.models import Booking
from config.refusals import Refusal
from queues import doubting
from queues.blocks import KNOWN, MADE, REFUSED, Fate, Given, take_back
from queues.issuing import record
from queues.models import DoubtfulNumber, Ticket
from windows.models import DeviceToken, Hall, Matter, Staff
from windows.rules import rules


@dataclass(frozen=True)
class Told:
    """A number that was given, with the booking's reference when its holder typed one."""

    given: Given
    reference: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of the number, and why its booking could not be joined with it."""

    fate: Fate
    is_joined: bool = False
    booking_refusal: Refusal | None = None


@dataclass(frozen=True)
class Row:
    """A row as it came, and what it says; None when it is malformed."""

    came: object
    told: Told | None


@transaction.atomic
def receive(*, device: DeviceToken, rows: Sequence[Row], now: datetime) -> list[Outcome]:
    """Each row has its own fate, in their order: a ticket, known, or refused with a reason.

    What is refused, and all that a kiosk tells which was shut out meanwhile, is kept for a
    supervisor to decide about. A second time changes nothing.
    """
    read = [row.told for row in rows if row.told is not None]
    judged = iter(
        [_refused(one.given, doubting.KioskShutOut()) for one in read]
        if device.revoked_at
        else reconcile(device=device, told=read, now=now)
    )
    outcomes = [next(judged) if row.told else _malformed(row.came, now) for row in rows]
    outcomes = _as_known(outcomes, device)
    doubtful = zip(rows, outcomes, strict=True)
    refused = [(row.came, one.fate.refusal.code) for row, one in doubtful if one.fate.refusal]
    doubting.keep(device=device, rows=refused, now=now)
    return outcomes


def _refused(given: Given, refusal: Refusal) -> Outcome:
    return Outcome(Fate(given, REFUSED, refusal=refusal))


def _malformed(came: object, now: datetime) -> Outcome:
    read = doubting.understood(came)
    given = Given(read.prefix, read.number or 0, read.matter, read.taken_at or now)
    return _refused(given, doubting.MalformedRow())


def _as_known(outcomes: list[Outcome], device: DeviceToken) -> list[Outcome]:
    """Who was let in meanwhile, or told before the kiosk was shut out, is known."""
    ids = [one.fate.given.public_id for one in outcomes if one.fate.refusal]
    tickets = Ticket.objects.filter(hall=device.hall_id, public_id__in=[id for id in ids if id])
    known = {(one.public_id, one.prefix, one.number): one for one in tickets}

    def judged(one: Outcome) -> Outcome:
        given = one.fate.given
        ticket = known.get((given.public_id, given.prefix, given.number))
        return Outcome(Fate(given, KNOWN, ticket)) if one.fate.refusal and ticket else one

    return [judged(one) for one in outcomes]


@transaction.atomic
def let_in(
    *, doubtful: DoubtfulNumber, staff: Staff, now: datetime, matter: Matter | None = None
) -> Outcome:
    """The number is a ticket; a booking named beside it has arrived with it where it can.

    Refuses: DecidedAlready, NobodyCanRead, NotOfYourBlock, NotOfThisLetter, NoSessionThen.
    Raises NotFound for another hall's.
    """
    fate = doubting.let_in(doubtful=doubtful, staff=staff, now=now, matter=matter)
    return _joined(fate, doubting.told_in(doubtful).reference, now)


@transaction.atomic
def reconcile(*, device: DeviceToken, told: Sequence[Told], now: datetime) -> list[Outcome]:
    """Each number is a ticket (`take_back`); a booking named beside it has arrived with it.

    A booking that cannot be joined changes nothing about the number: its holder is served
    as a walk-in, and the guide can help.
    """
    fates = take_back(device=device, given=[one.given for one in told], now=now)
    outcomes: dict[Told, Outcome] = {}
    for fate, one in zip(fates, told, strict=True):
        if one not in outcomes:  # a row that is told twice happened once
            outcomes[one] = _joined(fate, one.reference, now)
    return [outcomes[one] for one in told]


def _joined(fate: Fate, reference: str, now: datetime) -> Outcome:
    if fate.outcome != MADE or fate.ticket is None or not reference:
        return Outcome(fate)
    try:
        with transaction.atomic():
            _join(fate.ticket, reference, now)
    except Refusal as refusal:
        return Outcome(fate, booking_refusal=refusal)
    return Outcome(fate, is_joined=True)


def _join(ticket: Ticket, reference: str, now: datetime) -> None:
    """The booked person came when the number was given, and ranks as if checked in then.

    Refuses what a check-in refuses.
    """
    hall, came = ticket.hall, ticket.issued_at
    mine = arriving.bookings_of(reference, None)
    visit = arriving.visit_with(arriving.the_one_for(mine, hall, came))
    expected = [booking for booking in visit if booking.ticket_id is None]
    if not expected:
        raise arriving.NothingBooked
    first, *others = expected
    late = _is_late(first, hall, came)
    ticket.refresh_from_db(fields=["state"])  # it has ended when the day has
    ticket.source, ticket.booked_for = Ticket.Source.BOOKING, first.starts_at
    ticket.rank_at = came if late else first.starts_at
    ticket.matter, ticket.then = first.matter, [other.matter_id for other in others]
    ticket.needs_accessible = "wheelchair" in needs_of(first)
    ticket.save(
        update_fields=["source", "booked_for", "rank_at", "matter", "then", "needs_accessible"]
    )
    record(ticket, "joined", now=now, was=ticket.state, by=None, booked=first.reference)
    for booking in expected:
        arriving.mark_arrived(booking, ticket, late, now, None)


def _is_late(booking: Booking, hall: Hall, came: datetime) -> bool:
    """As at a check-in at that time. Refuses: WrongHall, WrongDay, TooEarly, NotConfirmed."""
    names = ["checkin_early_minutes", "checkin_late_minutes"]
    minutes = rules(names, hall=hall, day=booking.service_day)
    opens = booking.starts_at - timedelta(minutes=minutes["checkin_early_minutes"])
    arriving.check_place_and_time(booking, hall, opens, came)
    return came > booking.starts_at + timedelta(minutes=minutes["checkin_late_minutes"])
