"""What the clerk sees: the person at the window, what to check, who comes next, my day.

Read only. Names and ID numbers leave here masked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.attending import needs_of
from appointments.id_numbers import mask_id, mask_name
from appointments.models import Booking
from appointments.sealing import unseal
from config import civil
from queues.board import Board, Snapshot, board_from, snapshot_of
from queues.estimating import paces_of
from queues.explaining import why
from queues.models import Call, Ticket
from windows.models import Hall, Material, Matter, Shift

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
    checklist: list[Material]
    usual_from: int
    usual_to: int

    @property
    def is_serving(self) -> bool:
        return self.ticket.state == Ticket.State.SERVING

    @property
    def since(self) -> datetime | None:
        return self.ticket.started_at if self.is_serving else self.ticket.called_at


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
    elsewhere: list[Matter]


def console_of(shift: Shift, now: datetime) -> Console:
    hall = shift.window.hall
    snapshot = snapshot_of(hall, now)
    board = board_from(snapshot)
    mine = set(shift.window.matters.values_list("pk", flat=True))
    return Console(
        shift=shift,
        board=board,
        now=_at_window(shift, snapshot),
        next=next_for(shift, now),
        next_waiting=sum(one.matter_id in mine for one in snapshot.line.waiting),
        aside=set_aside(hall, now),
        my_day=_my_day(shift),
        elsewhere=list(
            Matter.objects.filter(windows__hall=hall, windows__is_in_use=True, is_offered=True)
            .distinct()
            .order_by("position", "pk")
        ),
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
    """Those who were parked or missed and can come back."""
    since = civil.city_date(now) - timedelta(days=1)
    aside = Ticket.objects.filter(hall=hall, state__in=ASIDE, service_day__gte=since)
    return _in_line(aside.order_by("rank_at", "pk")[:LINE_SHOWN], now)


def _in_line(tickets: QuerySet[Ticket], now: datetime) -> list[InLine]:
    shown = list(tickets.select_related("matter"))
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
    told = Booking.objects.filter(ticket__in=tickets, needs_sealed__isnull=False)
    by_ticket = {one.ticket_id: one for one in told.only("ticket", "needs_sealed")}
    return {pk: needs_of(one) for pk, one in by_ticket.items() if pk is not None}


def _matters_after(tickets: Iterable[Ticket]) -> dict[int, Matter]:
    """The matters that follow in the visits of these tickets."""
    return Matter.objects.in_bulk({pk for ticket in tickets for pk in ticket.then})


def _at_window(shift: Shift, snapshot: Snapshot) -> AtWindow | None:
    at = Ticket.objects.filter(window=shift.window_id, state__in=AT_WINDOW)
    ticket = at.select_related("matter", "session").first()
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
        checklist=list(Material.objects.filter(matter=ticket.matter).order_by("kind", "position")),
        usual_from=max(1, round(mean - spread)),
        usual_to=max(2, round(mean + spread)),
    )


def person_words(ticket: Ticket) -> tuple[str, str]:
    """Who it is, masked, and the guardian who comes along; empty for a walk-in."""
    booking = Booking.objects.filter(ticket=ticket).order_by("position").first()
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
