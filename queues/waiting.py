"""One's own ticket: where it stands, how many are ahead, how long it may take."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from config import civil
from queues.board import Snapshot, snapshot_of
from queues.estimating import Estimate, Paces, estimate, paces_of
from queues.models import Ticket
from windows.models import Hall
from windows.models.hall import in_language

WAITS = {"waiting"}
IS_CALLED = {"called", "serving"}


@dataclass(frozen=True)
class Place:
    """A ticket as its holder sees it; no name, no ID number."""

    public_id: str
    number: str
    hall_code: str
    hall_zh: str
    hall_en: str
    matter_zh: str
    matter_en: str
    state: str
    window: int | None
    round: int
    ahead: int | None
    estimate: Estimate | None
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

    def as_json(self) -> dict[str, Any]:
        """The same for programs: times with the city's offset."""
        told = asdict(self)
        for name in ("issued_at", "booked_for", "called_at", "finished_at"):
            told[name] = civil.city_time(told[name]).isoformat() if told[name] else None
        return told


def tickets_shown(public_ids: Iterable[str]) -> list[Ticket]:
    """The tickets with all that their pages show; one query."""
    shown = Ticket.objects.filter(public_id__in=list(public_ids))
    return list(shown.select_related("hall", "matter", "window").prefetch_related("ratings"))


def place_of(ticket: Ticket, now: datetime) -> Place:
    """Where the ticket stands now."""
    waits = ticket.state in WAITS
    return place_in(snapshot_of(ticket.hall, now) if waits else None, ticket)


def place_in(snapshot: Snapshot | None, ticket: Ticket) -> Place:
    """The same from a hall that has been read already; one who does not wait needs none."""
    line = snapshot.line if snapshot and ticket.state in WAITS else None
    paces: Paces = paces_of(ticket.hall, ticket.service_day) if line else {}
    at = (ticket.rank_at, ticket.pk)
    hall, matter = ticket.hall, ticket.matter
    return Place(
        public_id=ticket.public_id,
        number=ticket.label,
        hall_code=hall.code,
        hall_zh=hall.name_zh,
        hall_en=hall.name_en,
        matter_zh=matter.name_zh,
        matter_en=matter.name_en,
        state=ticket.state,
        window=ticket.window.number if ticket.window and ticket.state in IS_CALLED else None,
        round=ticket.round,
        ahead=len(line.ahead_of(matter.pk, at)) if line else None,
        estimate=estimate(line=line, paces=paces, matter_id=matter.pk, place=at) if line else None,
        issued_at=ticket.issued_at,
        booked_for=ticket.booked_for,
        called_at=ticket.called_at,
        finished_at=ticket.finished_at,
        is_rated=bool(ticket.ratings.all()),
    )


def places_in_hall(hall: Hall, public_ids: Iterable[str], now: datetime) -> dict[str, Place]:
    """The places of several tickets of one hall, by public id; the hall is read once."""
    tickets = tickets_shown(public_ids)
    if not tickets:
        return {}
    snapshot = snapshot_of(hall, now)
    return {ticket.public_id: place_in(snapshot, ticket) for ticket in tickets}
