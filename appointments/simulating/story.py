"""The tickets of played days as rows: numbers, calls, services, ratings, the journal."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from django.db import connection

from appointments.simulating.city import clerk_name
from appointments.simulating.copying import Row, copy_in, with_ids
from appointments.simulating.day import Visit
from appointments.simulating.events import city_events
from appointments.simulating.foretold import usual_pacing
from queues.models import Call, NumberCounter, Prediction, Rating, Ticket, TicketEvent
from queues.models.ticket import public_id
from queues.pacing import Pacing
from windows.models import DemandEvent, Matter, Shift, Staff, Window

HallDay = tuple[int, date]
RATED = 0.34
LEVELS = [(5, 78), (4, 15), (3, 4), (2, 2), (1, 1)]
REASONS = ["speed", "skill", "manner", "waiting", "place"]


@dataclass
class World:
    """What every day needs to know, read once."""

    now: datetime
    windows: dict[int, Window]
    matters_at: dict[int, frozenset[int]]
    matters: dict[int, Matter]
    clerk_at: dict[int, int]
    hall_codes: dict[int, str]
    events: list[DemandEvent]

    @cached_property
    def pacing(self) -> Pacing:
        """Services as the matters' own pages say."""
        return usual_pacing(self.matters.values())

    @classmethod
    def read(cls, now: datetime) -> "World":
        windows = {w.pk: w for w in Window.objects.select_related("hall")}
        served: dict[int, set[int]] = {pk: set() for pk in windows}
        for window_id, matter_id in Window.matters.through.objects.values_list(
            "window_id", "matter_id"
        ):
            served[window_id].add(matter_id)
        staff = dict(Staff.objects.filter(is_simulated=True).values_list("username", "pk"))
        names = {w.pk: clerk_name(w.hall.code, w.number) for w in windows.values()}
        return cls(
            now=now,
            windows=windows,
            matters_at={pk: frozenset(ids) for pk, ids in served.items()},
            matters={m.pk: m for m in Matter.objects.all()},
            clerk_at={pk: staff[name] for pk, name in names.items() if name in staff},
            hall_codes={w.hall_id: w.hall.code for w in windows.values()},
            events=city_events(),
        )


@dataclass
class Story:
    """Rows of tickets and what belongs to them, kept until they are copied in."""

    tickets: list[Row] = field(default_factory=list)
    calls: list[tuple[Row, Row]] = field(default_factory=list)
    events: list[tuple[Row, Row]] = field(default_factory=list)
    ratings: list[tuple[Row, Row]] = field(default_factory=list)
    predictions: list[tuple[Row, Row]] = field(default_factory=list)
    shifts: list[Row] = field(default_factory=list)
    closed: dict[int, datetime] = field(default_factory=dict)
    bookings: list[tuple[Row, Row]] = field(default_factory=list)  # (booking, ticket)

    def note(self, ticket: Row, at: datetime, kind: str, was: str, to: str, **more: Any) -> None:
        event = {
            "at": at, "kind": kind, "from_state": was, "to_state": to,
            "window_id": more.pop("window_id", None), "by_id": more.pop("by_id", None),
            "facts": more,
        }  # fmt: skip
        self.events.append((ticket, event))

    def write(self) -> None:
        self.tickets.sort(key=lambda row: row["issued_at"])
        with_ids(Ticket, self.tickets)
        copy_in(Ticket, self.tickets)
        self._write_counters()
        for model, pairs, when in (
            (Call, self.calls, "called_at"),
            (TicketEvent, self.events, "at"),
            (Rating, self.ratings, "made_at"),
            (Prediction, self.predictions, "made_at"),
        ):
            pairs.sort(key=lambda pair: pair[1][when])
            rows = [{"ticket_id": ticket["id"], **row} for ticket, row in pairs]
            copy_in(model, with_ids(model, rows))
        copy_in(Shift, self.shifts)
        for booking, ticket in self.bookings:
            booking["ticket_id"] = ticket["id"]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE windows_hallsession s SET closed_at = c.at"
                " FROM unnest(%s::bigint[], %s::timestamptz[]) AS c(id, at) WHERE s.id = c.id",
                [list(self.closed), list(self.closed.values())],
            )

    def _write_counters(self) -> None:
        last: dict[tuple[int, date, str], int] = {}
        for row in self.tickets:
            key = row["hall_id"], row["service_day"], row["prefix"]
            last[key] = max(last.get(key, 0), row["number"])
        copy_in(
            NumberCounter,
            [
                {"hall_id": hall, "service_day": day, "prefix": prefix, "last": number}
                for (hall, day, prefix), number in last.items()
            ],
        )


def ticket_of(hall_day: HallDay, visit: Visit, prefix: str, number: int) -> Row:
    return {
        "hall_id": hall_day[0],
        "session_id": visit.session_id,
        "service_day": hall_day[1],
        "matter_id": visit.matter_id,
        "prefix": prefix,
        "number": number,
        "public_id": public_id(),
        "source": "booking" if visit.booking is not None else "walk_in",
        "state": "waiting",
        "rank_at": visit.rank_at,
        "issued_at": visit.at,
        "booked_for": visit.booking["starts_at"] if visit.booking is not None else None,
        "window_id": None,
        "round": 0,
        "missed_times": 0,
        "called_at": None,
        "started_at": None,
        "finished_at": None,
        "outcome": "",
        "is_simulated": True,
    }


def tell_call(visit: Visit, ticket: Row, world: World, story: Story) -> None:
    assert visit.called_at is not None and visit.window_id is not None  # noqa: S101, PT018
    at = {"window_id": visit.window_id, "by_id": world.clerk_at[visit.window_id]}
    ticket |= {"state": "called", "window_id": visit.window_id, "called_at": visit.called_at}
    rounds = 3 if visit.missed else 1
    for n in range(rounds):
        when = visit.called_at + timedelta(seconds=22 * n)
        _add_call(ticket, n + 1, when, at, story)
        was, kind = ("called", "recalled") if n else ("waiting", "called")
        story.note(ticket, when, kind, was, "called", **at)
    ticket["round"] = rounds
    if visit.missed:
        missed_at = visit.called_at + timedelta(seconds=66)
        story.note(ticket, missed_at, "missed", "called", "missed", **at)
        ticket |= {"state": "missed", "window_id": None, "missed_times": 1}
        return
    _tell_service(visit, ticket, at, world, story)


def _add_call(ticket: Row, round_: int, when: datetime, at: dict[str, int], story: Story) -> None:
    booked = ticket["booked_for"]
    why = {
        "source": ticket["source"],
        "rank_at": ticket["rank_at"].isoformat(),
        "issued_at": ticket["issued_at"].isoformat(),
        "booked_for": booked.isoformat() if booked else None,
        "priority": "",
        "jumped": False,
    }
    if round_ > 1:
        why["recall"] = True
    call = {
        "round": round_, "hall_id": ticket["hall_id"], "window_id": at["window_id"],
        "staff_id": at["by_id"], "called_at": when, "jumped": False, "why": why,
    }  # fmt: skip
    story.calls.append((ticket, call))


def _tell_service(
    visit: Visit, ticket: Row, at: dict[str, int], world: World, story: Story
) -> None:
    assert visit.started_at is not None and visit.finished_at is not None  # noqa: S101, PT018
    if visit.started_at >= world.now:
        return
    story.note(ticket, visit.started_at, "started", "called", "serving", **at)
    ticket |= {"state": "serving", "started_at": visit.started_at}
    if visit.finished_at >= world.now:
        return
    story.note(ticket, visit.finished_at, "finished", "serving", "finished", **at)
    ticket |= {"state": "finished", "finished_at": visit.finished_at, "outcome": "done"}
    luck = Random(ticket["public_id"])
    if luck.random() < RATED:
        level = luck.choices([v for v, _ in LEVELS], [w for _, w in LEVELS])[0]
        made = min(visit.finished_at + timedelta(seconds=luck.uniform(20, 900)), world.now)
        reasons = [luck.choice(REASONS)] if level < 5 or luck.random() < 0.3 else []
        story.ratings.append((ticket, {"level": level, "reasons": reasons, "made_at": made}))
