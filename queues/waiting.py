"""One's own ticket: where it stands, how long it may take, what one can do meanwhile."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from config import civil
from queues import place_words
from queues.board import Snapshot, snapshot_of
from queues.estimating import Estimate, Line, Paces, paces_of
from queues.leaving import away_until
from queues.models import Rating, Ticket
from queues.postponing import Step, step_back
from windows.models import Hall, Rule
from windows.models.hall import in_language
from windows.rules import RULES

OF_THE_LINE = ("ahead", "estimate", "leave_until", "step_back", "only_window", "served_after")
WAITS = {"waiting"}
IS_CALLED = {"called", "serving"}
NEAR = 3  # people ahead from which one should stand by


@dataclass(frozen=True)
class GoesOn:
    """The person's new number: in another hall, or after this one was missed too often."""

    public_id: str
    number: str
    hall_zh: str
    hall_en: str

    @property
    def hall_name(self) -> str:
        return in_language(self.hall_zh, self.hall_en)


@dataclass(frozen=True)
class StepBack:
    """What “I need more minutes” would do now."""

    minutes: int
    places: int


@dataclass(frozen=True)
class Place:
    """A ticket as its holder sees it; no name, no ID number."""

    public_id: str
    number: str
    hall_code: str
    hall_zh: str
    hall_en: str
    matter_code: str
    matter_zh: str
    matter_en: str
    state: str
    outcome: str
    window: int | None
    round: int
    missed_times: int
    ahead: int | None
    estimate: Estimate | None
    leave_until: datetime | None
    step_back: StepBack | None
    postponed_at: datetime | None
    only_window: int | None
    goes_on: GoesOn | None
    served_after: datetime | None
    issued_at: datetime
    booked_for: datetime | None
    called_at: datetime | None
    finished_at: datetime | None
    is_rated: bool

    @property
    def hall_name(self) -> str:
        return in_language(self.hall_zh, self.hall_en)

    @property
    def matter(self) -> str:
        return in_language(self.matter_zh, self.matter_en)

    @property
    def is_over(self) -> bool:
        return self.state in ("finished", "void")

    @property
    def headline(self) -> str:
        return place_words.headline(self)

    @property
    def hint(self) -> str:
        return place_words.hint(self)

    @property
    def is_near(self) -> bool:
        return self.ahead is not None and self.ahead <= NEAR

    @property
    def meaning(self) -> str:
        """Changes when there is something new to say aloud, not with each minute."""
        if self.state in WAITS:
            stage = "next" if not self.ahead else "near" if self.is_near else "line"
            moved = "back" if self.postponed_at else ""
            return f"waiting-{stage}-{self.only_window or ''}-{moved}"
        return f"{self.state}-{self.window or ''}-{self.round}"

    def as_json(self) -> dict[str, Any]:
        """The same for programs: times with the city's offset."""
        told = asdict(self)
        for name, value in told.items():
            if isinstance(value, datetime):
                told[name] = civil.city_time(value).isoformat()
        return told


def tickets_shown(public_ids: Iterable[str]) -> list[Ticket]:
    """The tickets with all that their pages show; one query."""
    shown = Ticket.objects.filter(public_id__in=list(public_ids))
    with_names = shown.select_related("hall", "matter", "window", "only_window", "session")
    return list(
        with_names.annotate(
            was_rated=Exists(Rating.objects.filter(ticket=OuterRef("pk"))),
            step_minutes=_number("postpone_minutes"),
            leave_reserve=_number("leave_reserve_minutes"),
        )
    )


def _number(name: str) -> Coalesce:
    """The rule in force for the ticket's hall and day, inside the same query."""
    rows = Rule.objects.filter(Q(hall=OuterRef("hall")) | Q(hall__isnull=True))
    in_force = rows.filter(name=name, effective_on__lte=OuterRef("service_day"))
    latest = in_force.order_by(F("hall").asc(nulls_last=True), "-effective_on")
    return Coalesce(Subquery(latest.values("value")[:1]), RULES[name][0])


def place_of(ticket: Ticket, now: datetime) -> Place:
    """Where the ticket stands now."""
    waits = ticket.state in WAITS
    return place_in(snapshot_of(ticket.hall, now) if waits else None, ticket)


def place_in(snapshot: Snapshot | None, ticket: Ticket) -> Place:
    """The same from a hall that has been read already; one who does not wait needs none."""
    if ticket.state in WAITS and not hasattr(ticket, "was_rated"):
        (ticket,) = tickets_shown([ticket.public_id])
    hall, matter = ticket.hall, ticket.matter
    return Place(
        public_id=ticket.public_id,
        number=ticket.label,
        hall_code=hall.code,
        hall_zh=hall.name_zh,
        hall_en=hall.name_en,
        matter_code=matter.code,
        matter_zh=matter.name_zh,
        matter_en=matter.name_en,
        state=ticket.state,
        outcome=ticket.outcome,
        window=ticket.window.number if ticket.window and ticket.state in IS_CALLED else None,
        round=ticket.round,
        missed_times=ticket.missed_times,
        postponed_at=ticket.postponed_at,
        goes_on=_goes_on(ticket) if ticket.state == Ticket.State.VOID else None,
        issued_at=ticket.issued_at,
        booked_for=ticket.booked_for,
        called_at=ticket.called_at,
        finished_at=ticket.finished_at,
        is_rated=_is_rated(ticket),
        **_in_line(snapshot, ticket),
    )


def _is_rated(ticket: Ticket) -> bool:
    known: bool | None = getattr(ticket, "was_rated", None)
    if known is None:
        known = ticket.state == Ticket.State.FINISHED and ticket.ratings.exists()
    return known


def _in_line(snapshot: Snapshot | None, ticket: Ticket) -> dict[str, Any]:
    """What only somebody who waits is told: place, estimate, whether one may be away."""
    told: dict[str, Any] = dict.fromkeys(OF_THE_LINE)
    if snapshot is None or ticket.state not in WAITS:
        return told
    line, paces = snapshot.line, paces_of(ticket.hall, ticket.service_day)
    matter_id, place = ticket.matter_id, (ticket.rank_at, ticket.pk)
    told["ahead"] = len(line.ahead_of(matter_id, place))
    told["estimate"] = snapshot.foreseen.of(ticket.pk)
    told["leave_until"] = away_until(
        early=snapshot.foreseen.early.get(ticket.pk) if told["estimate"] else None,
        reserve=getattr(ticket, "leave_reserve", 0),
        at=snapshot.at,
    )
    step = None if ticket.postponed_at else _step(line, paces, ticket)
    told["step_back"] = StepBack(step.minutes, step.places) if step else None
    told["only_window"] = ticket.only_window.number if ticket.only_window else None
    told["served_after"] = _after_closing(ticket, told["estimate"], snapshot.at)
    return told


def _after_closing(ticket: Ticket, wait: Estimate | None, at: datetime) -> datetime | None:
    """The closing time, when the turn may come after it: people worry about that."""
    closes = ticket.session.ends_at
    most = timedelta(minutes=wait.most if wait else 0)
    return closes if at + most >= closes else None


def _step(line: Line, paces: Paces, ticket: Ticket) -> Step | None:
    return step_back(
        line=line,
        paces=paces,
        matter_id=ticket.matter_id,
        place=(ticket.rank_at, ticket.pk),
        minutes=getattr(ticket, "step_minutes", 0),
    )


def _goes_on(ticket: Ticket) -> GoesOn | None:
    """The number that follows; one more query, for a ticket that is over."""
    new = ticket.goes_on.select_related("hall").first()
    if new is None:
        return None
    return GoesOn(new.public_id, new.label, new.hall.name_zh, new.hall.name_en)


def places_in_hall(hall: Hall, public_ids: Iterable[str], now: datetime) -> dict[str, Place]:
    """The places of several tickets of one hall, by public id; the hall is read once."""
    tickets = tickets_shown(public_ids)
    if not tickets:
        return {}
    snapshot = snapshot_of(hall, now)
    return {ticket.public_id: place_in(snapshot, ticket) for ticket in tickets}
