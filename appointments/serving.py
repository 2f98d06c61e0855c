"""What the clerk sees: the person at the window, what to check, who comes next, my day.

Read only. Names and ID numbers leave here masked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.attending import needs_of
from appointments.elsewhere import Elsewhere, elsewhere_for, free_colleagues
from appointments.id_numbers import mask_id, mask_name
from appointments.models import Booking
from appointments.sealing import unseal
from config import civil
from queues.board import Board, Snapshot, board_from, snapshot_of
from queues.checking import BEFORE_THE_WINDOW
from queues.estimating import paces_of
from queues.explaining import why
from queues.missing import MISSES, NOBODY_STANDS_THERE
from queues.models import Call, Ticket, TicketEvent
from windows.breaks import Rest, coming_breaks, rest_of
from windows.models import Hall, Material, Matter, PlannedBreak, Shift, Staff

AT_WINDOW = (Ticket.State.CALLED, Ticket.State.SERVING)
ASIDE = (Ticket.State.PARKED, Ticket.State.MISSED)
NEXT_SHOWN, LINE_SHOWN = 5, 30
NO_CARD = {"TEMP", "PICKUP"}  # matters that end without a new card
SHORT_NEEDS = {
    "wheelchair": gettext_lazy("wheelchair"),
    "sign": gettext_lazy("sign language"),
    "time": gettext_lazy("more time"),
}
WHAT_HELPS = {
    "wheelchair": gettext_lazy("Comes in a wheelchair or cannot climb steps: help with the way."),
    "sign": gettext_lazy(
        "Speaks sign language or reads lips: face the person, write down what matters."
    ),
    "time": gettext_lazy("Needs more time: the visit is planned longer, there is no hurry."),
}


@dataclass(frozen=True)
class InLine:
    """One person in line, by number; what helps and the matters that follow in words."""

    ticket: Ticket
    waited: int
    needs: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    @property
    def is_void(self) -> bool:
        """Missed too often: who still comes gets a new number."""
        return self.ticket.state == Ticket.State.VOID

    @property
    def is_aside(self) -> bool:
        return self.ticket.state in ASIDE

    @property
    def can_be_checked(self) -> bool:
        return self.ticket.state in BEFORE_THE_WINDOW

    @property
    def is_booked(self) -> bool:
        return self.ticket.booked_for is not None


@dataclass(frozen=True)
class AtWindow:
    """The person at the window now."""

    ticket: Ticket
    person: str
    guardian: str
    helps: list[str]
    then: list[Matter]
    goes_on_here: bool
    why: str
    came: str
    papers_checked: bool
    checklist: list[Material]
    usual_from: int
    usual_to: int
    elapsed: str

    @property
    def is_serving(self) -> bool:
        return self.ticket.state == Ticket.State.SERVING

    @property
    def since(self) -> datetime | None:
        return self.ticket.started_at if self.is_serving else self.ticket.called_at

    @property
    def stands(self) -> str:
        """Changes with whatever happens to the person; a screen that differs is stale."""
        return f"{self.ticket.pk}/{self.ticket.state}/{self.ticket.round}/{self.ticket.matter_id}"


@dataclass(frozen=True)
class MyDay:
    served: int
    minutes: float | None
    signed_in_at: datetime | None


@dataclass(frozen=True)
class Console:
    """Everything on the clerk's screen."""

    shift: Shift
    board: Board
    now: AtWindow | None
    next: list[InLine]
    next_waiting: int
    aside: list[InLine]
    my_day: MyDay
    rest: Rest
    breaks: list[PlannedBreak]
    elsewhere: Elsewhere | None
    colleagues: list[Staff]

    @property
    def stands(self) -> str:
        if self.now:
            return self.now.stands
        return "paused" if self.shift.is_paused else "free"

    @property
    def can_pick(self) -> bool:
        return self.now is None and not self.shift.is_paused


def console_of(shift: Shift, now: datetime, *, choices: bool = True) -> Console:
    """The clerk's screen; without `choices` only what moves by itself."""
    hall = shift.window.hall
    snapshot = snapshot_of(hall, now)
    mine = set(shift.window.matters.values_list("pk", flat=True))
    at = _at_window(shift, snapshot)
    return Console(
        shift=shift,
        board=board_from(snapshot),
        now=at,
        next=next_for(shift, now),
        next_waiting=sum(one.matter_id in mine for one in snapshot.line.waiting),
        aside=set_aside(hall, now),
        my_day=_my_day(shift),
        rest=rest_of(shift, now),
        breaks=coming_breaks(shift.window, now) if choices else [],
        elsewhere=elsewhere_for(at.ticket, now) if at and choices else None,
        colleagues=free_colleagues(shift) if choices else [],
    )


def next_for(shift: Shift, now: datetime) -> list[InLine]:
    """The first in line whom the window can serve."""
    line = Ticket.objects.waiting().servable_at(shift.window).in_calling_order()
    return _in_line(line[:NEXT_SHOWN], now)


def waiting_in(hall: Hall, now: datetime) -> list[InLine]:
    """The hall's line in calling order."""
    line = Ticket.objects.waiting().filter(hall=hall).in_calling_order()
    return _in_line(line[:LINE_SHOWN], now)


def set_aside(hall: Hall, now: datetime) -> list[InLine]:
    """Those who were parked or missed and can come back, void numbers as new ones."""
    since = civil.city_date(now) - timedelta(days=1)
    missed_out = Q(
        state=Ticket.State.VOID,
        missed_times__gte=MISSES,
        goes_on__isnull=True,
        session__ends_at__gte=now - NOBODY_STANDS_THERE,
    )
    aside = Ticket.objects.filter(hall=hall, service_day__gte=since)
    aside = aside.filter(Q(state__in=ASIDE) | missed_out)
    return _in_line(aside.order_by("rank_at", "pk")[:LINE_SHOWN], now)


def person_here(ticket: Ticket, now: datetime) -> InLine:
    """One person of the hall, by number, as the line shows them."""
    return _in_line(Ticket.objects.filter(pk=ticket.pk), now)[0]


def _in_line(tickets: QuerySet[Ticket], now: datetime) -> list[InLine]:
    shown = list(tickets.select_related("matter", "papers_checked_by"))
    needs, names = _needs_in(shown), _matters_after(shown)
    return [
        InLine(
            ticket,
            max(0, ticket.waited_minutes(now)),
            tuple(str(SHORT_NEEDS[need]) for need in needs.get(ticket.pk, ())),
            tuple(names[pk].name for pk in ticket.then),
        )
        for ticket in shown
    ]


def _needs_in(tickets: Iterable[Ticket]) -> dict[int, tuple[str, ...]]:
    """What helps the people of these tickets; those who need nothing are left out."""
    came_with = {ticket.pk: _first_number(ticket).pk for ticket in tickets}
    told = Booking.objects.filter(ticket__in=came_with.values(), needs_sealed__isnull=False)
    by_ticket = {one.ticket_id: one for one in told.only("ticket", "needs_sealed")}
    return {pk: needs_of(by_ticket[old]) for pk, old in came_with.items() if old in by_ticket}


def _matters_after(tickets: Iterable[Ticket]) -> dict[int, Matter]:
    """The matters that follow in the visits of these tickets."""
    return Matter.objects.in_bulk({pk for ticket in tickets for pk in ticket.then})


def _at_window(shift: Shift, snapshot: Snapshot) -> AtWindow | None:
    at = Ticket.objects.filter(window=shift.window_id, state__in=AT_WINDOW)
    ticket = at.select_related("matter", "session", "came_from__hall", "papers_checked_by").first()
    if ticket is None:
        return None
    call = Call.objects.filter(ticket=ticket, round=ticket.round).first()
    pace = paces_of(snapshot.hall, ticket.service_day).get(ticket.matter_id)
    mean, spread = (pace.mean, pace.sd / 2) if pace else (ticket.matter.minutes, 1.0)
    person, guardian = person_words(ticket)
    after = _matters_after([ticket])
    then = [after[pk] for pk in ticket.then]
    return AtWindow(
        ticket=ticket,
        person=person,
        guardian=guardian,
        helps=[str(WHAT_HELPS[need]) for need in _needs_in([ticket]).get(ticket.pk, ())],
        then=then,
        goes_on_here=bool(then) and shift.window.matters.filter(pk=then[0].pk).exists(),
        why=why(call) if call else "",
        came=came_words(ticket),
        papers_checked=ticket.papers_checked_at is not None,
        checklist=list(Material.objects.filter(matter=ticket.matter).order_by("kind", "position")),
        usual_from=max(1, round(mean - spread)),
        usual_to=max(2, round(mean + spread)),
        elapsed=elapsed_words(ticket, snapshot.at),
    )


def elapsed_words(ticket: Ticket, now: datetime) -> str:
    """Minutes and seconds since the start, before that since the call."""
    serving = ticket.state == Ticket.State.SERVING
    since = (ticket.started_at if serving else ticket.called_at) or now
    minutes, seconds = divmod(max(0, int((now - since).total_seconds())), 60)
    return f"{minutes}:{seconds:02d}"


def came_words(ticket: Ticket) -> str:
    """From where the person was sent here, when they were; else empty."""
    sent = ticket.events.filter(kind="transferred").select_related("window", "by").last()
    if sent is not None and sent.window is not None:
        facts = {"window": sent.window.number, "who": sent.by or "–", "at": _clock(sent)}
        return _("Sent on from window %(window)s (%(who)s) at %(at)s.") % facts
    if ticket.came_from is not None and ticket.came_from.hall_id != ticket.hall_id:
        facts = {"hall": ticket.came_from.hall.name, "number": ticket.came_from.label}
        return _("Sent on from %(hall)s, was %(number)s there.") % facts
    return ""


def _clock(event: TicketEvent) -> str:
    return f"{civil.city_time(event.at):%H:%M}"


def _first_number(ticket: Ticket) -> Ticket:
    """The number that the person came with; the booking names that one."""
    while ticket.came_from is not None:
        ticket = ticket.came_from
    return ticket


def person_words(ticket: Ticket) -> tuple[str, str]:
    """Who it is, masked, and the guardian who comes along; empty for a walk-in."""
    booking = Booking.objects.filter(ticket=_first_number(ticket)).order_by("position").first()
    if booking is None:
        return "", ""
    name = mask_name(unseal(booking.name_sealed, purpose="name"))
    number = mask_id(unseal(booking.id_sealed, purpose="id_number"))
    age = civil.full_years(booking.born_on, booking.service_day)
    words = [_("Card holder %(name)s") % {"name": name}, number]
    words.append(_("%(age)s years old") % {"age": age})
    if ticket.matter.code not in NO_CARD:
        words[-1] += " → " + validity(age)
    guardian = ""
    if booking.guardian_sealed:
        guardian = mask_name(unseal(booking.guardian_sealed, purpose="name"))
    return " · ".join(words), guardian


def validity(age: int) -> str:
    """How long a card made at that age is valid (Resident Identity Card Law, article 5)."""
    if age < 16:
        return _("valid 5 years")
    if age < 26:
        return _("valid 10 years")
    if age < 46:
        return _("valid 20 years")
    return _("valid for life")


def _my_day(shift: Shift) -> MyDay:
    finished = Ticket.objects.of_day(shift.window.hall_id, shift.service_day).filter(
        state=Ticket.State.FINISHED, calls__staff=shift.staff_id, calls__round=F("round")
    )
    took = F("finished_at") - F("started_at")
    told = finished.aggregate(served=Count("pk"), took=Avg(took))
    minutes = told["took"].total_seconds() / 60 if told["took"] else None
    return MyDay(told["served"], minutes, shift.period.lower)
