"""Issuing tickets: a number, a rank, a line in the journal.

The calling order is one number, `rank_at`: a booked person who checked in on time ranks
at the slot's start, a late one at arrival, a walk-in at arrival plus the hall's patience.
So a walk-in can be overtaken only by bookings that start within the patience after the
walk-in's arrival. Windows call the lowest rank that they can serve.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal
from queues.models import Ticket, TicketEvent
from queues.models.ticket import BLOCK_NUMBERS
from queues.predicting import promise
from queues.ranking import walk_in_rank
from windows.closing_halls import refuse_if_shut
from windows.models import Hall, HallSession, Matter, Staff, Window
from windows.rules import rule
from windows.telling import tell_boards


class HallClosed(Refusal):
    code = "hall_closed"
    message = _("The hall is closed now. It opens next at %(opens)s.")


class HallClosedForGood(Refusal):
    code = "hall_closed"
    message = _("The hall is closed now, and no opening is planned yet.")


class MatterNotServed(Refusal):
    code = "matter_not_served"
    message = _("No window of this hall serves this matter.")
    field = "matter"


class SayWhatIsUrgent(Refusal):
    code = "say_what_is_urgent"
    message = _("Say what is urgent: the exam, the journey, the illness.")
    field = "note"


def record(
    ticket: Ticket,
    kind: str,
    *,
    now: datetime,
    was: str,
    by: Staff | None,
    at_window: int | None = None,
    **facts: object,
) -> None:
    """One line of the ticket's journal, in the command's transaction.

    `at_window` is the window's id when the ticket has left it by now.
    """
    TicketEvent.objects.create(
        ticket=ticket,
        at=now,
        kind=kind,
        from_state=was,
        to_state=ticket.state,
        window_id=at_window or ticket.window_id,
        by=by,
        facts=facts,
    )


def current_session(*, hall: Hall, now: datetime) -> HallSession:
    """The session that gives tickets now: from shortly before it opens until it closes.

    Refuses: HallClosed with the next opening, HallShut with until when.
    """
    refuse_if_shut(hall, now)
    early = rule("checkin_early_minutes", hall=hall, day=civil.city_date(now))
    coming = HallSession.objects.filter(hall=hall, state="open", ends_at__gt=now)
    running = coming.filter(starts_at__lte=now + timedelta(minutes=early))
    session = running.order_by("starts_at", "pk").first()
    if session is None or not hall.is_open:
        following = coming.order_by("starts_at", "pk").first()
        if following is None or not hall.is_open:
            raise HallClosedForGood
        opens = civil.city_time(following.starts_at)
        raise HallClosed(opens=f"{opens:%Y-%m-%d %H:%M}")
    return session


@transaction.atomic
def issue_walk_in(
    *,
    hall: Hall,
    matter: Matter,
    now: datetime,
    by: Staff | None = None,
    priority: str = "",
    note: str = "",
    simulated: bool = False,
) -> Ticket:
    """A person without a booking has a place in line; never refused while the hall is open.

    Who goes first for something urgent says what it is, at a machine as to a person.
    Refuses: HallClosed, HallShut, MatterNotServed, SayWhatIsUrgent.
    """
    if priority == Ticket.Priority.URGENT and not note:
        raise SayWhatIsUrgent
    session = current_session(hall=hall, now=now)
    patience = rule("patience_minutes", hall=hall, day=session.service_day)
    return issue(
        hall=hall,
        session=session,
        matter=matter,
        source=Ticket.Source.WALK_IN,
        rank_at=walk_in_rank(now, timedelta(minutes=patience)),
        now=now,
        by=by,
        priority=priority,
        note=note,
        simulated=simulated,
    )


@transaction.atomic
def issue(
    *,
    hall: Hall,
    session: HallSession,
    matter: Matter,
    source: str,
    rank_at: datetime,
    now: datetime,
    by: Staff | None = None,
    booked_for: datetime | None = None,
    priority: str = "",
    note: str = "",
    needs_accessible: bool = False,
    then: Sequence[int] = (),
    came_from: Ticket | None = None,
    simulated: bool = False,
) -> Ticket:
    """The next number of the hall, service day and letter is given to this person.

    `then` are the matters that follow in the same visit; `came_from` is the number of the
    same person in the hall before. Refuses: MatterNotServed.
    """
    _check_served(hall, matter)
    ticket = Ticket.objects.create(
        **_next_place(hall, session, matter), source=source, rank_at=rank_at, issued_at=now,
        booked_for=booked_for, priority=priority, priority_note=note,
        needs_accessible=needs_accessible, then=list(then), came_from=came_from,
        is_simulated=simulated,
    )  # fmt: skip
    record(ticket, "issued", now=now, was="", by=by, rank_at=rank_at.isoformat())
    tell_boards(hall)
    promise(ticket, now)
    return ticket


def _check_served(hall: Hall, matter: Matter) -> None:
    """Refuses: MatterNotServed."""
    if not Window.objects.filter(hall=hall, matters=matter, is_in_use=True).exists():
        raise MatterNotServed


def _next_place(hall: Hall, session: HallSession, matter: Matter) -> dict[str, Any]:
    """Where the ticket stands, and its number there."""
    return {
        "hall": hall,
        "session": session,
        "service_day": session.service_day,
        "matter": matter,
        "prefix": matter.prefix,
        "number": _next_number(hall.pk, session.service_day, matter.prefix),
    }


def _next_number(hall_id: int, service_day: date, prefix: str) -> int:
    """The next number; the counter's row lock makes the numbers gapless and unique.

    The numbers reserved for blocks are stepped over.
    """
    first, last = BLOCK_NUMBERS
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO queues_numbercounter (hall_id, service_day, prefix, last)"
            " VALUES (%s, %s, %s, 1)"
            " ON CONFLICT ON CONSTRAINT number_counter_once"
            " DO UPDATE SET last = queues_numbercounter.last"
            " + CASE queues_numbercounter.last WHEN %s THEN %s ELSE 1 END RETURNING last",
            [hall_id, service_day, prefix, first - 1, last - first + 2],
        )
        return int(cursor.fetchone()[0])
