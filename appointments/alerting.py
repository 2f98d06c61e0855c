"""“Your turn is near”, by message: asked for, never assumed, one message for each wish.

A booked person presses once, since their phone is known; anybody else proves a phone, so
that nobody can send to strangers. A sweep (`tell_near`) finds whose turn is near by the
same rule of who is ahead as the page, and owes the message in the transaction that marks
the alert as told: however many sweeps run at once, one of them tells.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from appointments import alert_words, reminding
from appointments.models import Message, TurnAlert
from appointments.proving import phone_of_token
from appointments.sealing import blind_index, seal, unseal
from config.refusals import Refusal
from queues.board import line_of
from queues.estimating import Line
from queues.models import Ticket
from windows.models import Hall
from windows.rules import rule

State = Ticket.State
USEFUL = timedelta(minutes=15)
TELL_AT_ONCE = {State.CALLED, State.MISSED}
TOO_LATE = {State.SERVING, State.FINISHED, State.VOID}
TOO_LATE_TO_ASK = TOO_LATE | {State.CALLED}
CARRIED = ("phone_sealed", "phone_index", "language", "place")
MOST_PLACES = 20  # turn_alert_place_sensible


class NoMessageNeeded(Refusal):
    code = "no_message_needed"
    message = _("This number is not waiting any more, so there is nothing to tell you later.")


class PhoneNotKnown(Refusal):
    code = "phone_not_known"
    message = _("No phone is known for this number. Enter one below.")


class ToldAlready(Refusal):
    code = "told_already"
    message = _("The message has been sent: your turn is near. Please come back to the hall.")


def known_phone(ticket: Ticket) -> str | None:
    """The phone (E.164) that the ticket's booking was made with."""
    booking = ticket.bookings.select_related("group").order_by("pk").first()
    if booking is None or booking.group.phone_sealed is None:
        return None
    return unseal(booking.group.phone_sealed, purpose="phone")


def alert_booked(*, ticket: Ticket, language: str, now: datetime) -> TurnAlert:
    """The phone of the booking is told when the turn is near.

    Refuses: PhoneNotKnown, NoMessageNeeded, ToldAlready.
    """
    phone = known_phone(ticket)
    if phone is None:
        raise PhoneNotKnown
    return _wish(ticket, phone, language, now)


def alert_proven(*, ticket: Ticket, proof: str, language: str, now: datetime) -> TurnAlert:
    """The phone that the token proves is told when the turn is near.

    Refuses: PhoneNotProven, NoMessageNeeded, ToldAlready.
    """
    return _wish(ticket, phone_of_token(proof, now=now), language, now)


@transaction.atomic
def end_alert(*, ticket: Ticket, now: datetime) -> None:
    """Nothing is sent any more; what was owed and has not left is void. Again changes nothing."""
    for alert in TurnAlert.objects.select_for_update().filter(ticket=ticket, ended_at=None):
        _end(alert, now)
    unsent = Message.objects.filter(subject=_subject(ticket.pk), state=Message.State.READY)
    unsent.filter(kind=Message.Kind.SOON).update(state=Message.State.VOID)


@transaction.atomic
def _wish(ticket: Ticket, phone: str, language: str, now: datetime) -> TurnAlert:
    """One alert per ticket (turn_alert_once_per_ticket), asked for again or on another phone.

    Who was told and has stepped back since is told once more.
    """
    fresh = Ticket.objects.select_related("hall").get(pk=ticket.pk)
    if fresh.state in TOO_LATE_TO_ASK:
        raise NoMessageNeeded
    places = rule("turn_alert_places", hall=fresh.hall_id, day=fresh.service_day)
    wished = {
        "phone_sealed": seal(phone, purpose="phone"),
        "phone_index": blind_index(phone, purpose="phone"),
        "language": language,
        "place": max(1, min(places, MOST_PLACES)),
        "made_at": now,
    }
    TurnAlert.objects.bulk_create([TurnAlert(ticket=fresh, **wished)], ignore_conflicts=True)
    alert = TurnAlert.objects.select_for_update().get(ticket=fresh)
    if alert.told_at is not None and not _is_far(fresh, alert.place, now):
        raise ToldAlready
    for name, value in (wished | {"told_at": None, "ended_at": None}).items():
        setattr(alert, name, value)
    alert.save(update_fields=[*wished, "told_at", "ended_at"])
    return alert


def _is_far(ticket: Ticket, place: int, now: datetime) -> bool:
    if ticket.state != State.WAITING:
        return False
    return people_ahead(line_of(ticket.hall, now), ticket) > place


def people_ahead(line: Line, ticket: Ticket) -> int:
    return len(line.ahead_of(ticket.matter_id, (ticket.rank_at, ticket.pk)))


def tell_near(*, now: datetime) -> int:
    """Everybody whose turn is near, or who was called before, is told; returns how many.

    The wish of somebody who was given another number goes on with that one. One cheap
    question while nobody wants to be told; else one more for each hall.
    """
    alerts = list(_to_look_at().order_by("pk"))
    lines = _lines({alert.ticket.hall for alert in alerts if _waits(alert)}, now)
    told = 0
    for alert in alerts:
        if alert.onward:  # type: ignore[attr-defined]
            _carry(alert, alert.onward, now)  # type: ignore[attr-defined]
        elif alert.ticket.state in TOO_LATE:
            TurnAlert.objects.filter(pk=alert.pk, ended_at=None).update(ended_at=now)
        elif alert.ticket.state in TELL_AT_ONCE:
            told += _tell(alert, 0, now)
        elif _waits(alert):
            ahead = people_ahead(lines[alert.ticket.hall_id], alert.ticket)
            told += _tell(alert, ahead, now) if ahead <= alert.place else 0
    return told


def _to_look_at() -> QuerySet[TurnAlert]:
    """What is not told yet, and with `onward` the number with which its holder goes on.

    Who said before the visit that no message is wanted gets none for the next number.
    """
    next_numbers = Ticket.objects.filter(came_from=OuterRef("ticket"), alerts=None)
    still = next_numbers.exclude(state__in=TOO_LATE)
    turn_came = Coalesce("ticket__started_at", "ticket__finished_at")
    goes_on = Q(onward__isnull=False) & (Q(ended_at=None) | Q(ended_at__gte=turn_came))
    alerts = TurnAlert.objects.annotate(onward=Subquery(still.values("pk")[:1]))
    wanted = alerts.filter(Q(told_at=None, ended_at=None) | goes_on)
    return wanted.select_related("ticket__hall", "ticket__window")


@transaction.atomic
def _carry(alert: TurnAlert, onward: int, now: datetime) -> None:
    """The same wish for the number with which the person goes on, however often we look."""
    wished = {name: getattr(alert, name) for name in CARRIED}
    TurnAlert.objects.bulk_create(
        [TurnAlert(ticket_id=onward, made_at=now, **wished)], ignore_conflicts=True
    )
    TurnAlert.objects.filter(pk=alert.pk, ended_at=None).update(ended_at=now)


def _waits(alert: TurnAlert) -> bool:
    return alert.ticket.state == State.WAITING


def _lines(halls: Iterable[Hall], now: datetime) -> dict[int, Line]:
    return {hall.pk: line_of(hall, now) for hall in halls}


@transaction.atomic
def _tell(alert: TurnAlert, ahead: int, now: datetime) -> int:
    """The message is owed and the alert told, together; 0 when another sweep has it."""
    mine = _take(alert)
    if mine is None:
        return 0
    subject = _subject(alert.ticket_id)
    earlier = Message.objects.filter(subject=subject, kind=Message.Kind.SOON).count()
    reminding.owe(
        subject=subject,
        kind=Message.Kind.SOON,
        version=earlier + 1,
        to_sealed=mine.phone_sealed,
        text=alert_words.turn_text(alert.ticket, ahead=ahead, language=mine.language),
        useless_after=now + USEFUL,
        now=now,
    )
    mine.told_at = now
    mine.save(update_fields=["told_at"])
    return 1


def _take(alert: TurnAlert) -> TurnAlert | None:
    """The alert, locked; None when it is told, not wanted any more or in another's hands."""
    open_still = TurnAlert.objects.filter(pk=alert.pk, told_at=None, ended_at=None)
    return open_still.select_for_update(skip_locked=True, of=("self",)).first()


def why_not_owed(message: Message) -> str:
    """Why a message is not worth sending any more; empty when it is.

    Somebody who has been called in these seconds is still told: the words are “come back”.
    """
    ticket = Ticket.objects.filter(pk=int(message.subject.partition(":")[2])).first()
    if ticket is None or ticket.state in TOO_LATE:
        return "the turn is over"
    ended = TurnAlert.objects.filter(ticket=ticket, ended_at__isnull=False).exists()
    return "not wanted any more" if ended else ""


def _subject(ticket_id: int) -> str:
    return f"ticket:{ticket_id}"


def _end(alert: TurnAlert, now: datetime) -> None:
    alert.ended_at = now
    alert.save(update_fields=["ended_at"])
