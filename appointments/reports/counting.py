"""Counting a hall's service day from its journal: tickets, bookings, slots, shifts, ratings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Q

from appointments.demanded.hours import hour_of
from appointments.models import Booking
from appointments.reports import names
from appointments.reports.names import Key, edge_of, lead_of
from config import civil
from queues.models import Call, Rating, Ticket, TicketEvent
from windows.models import Break, Hall, HallSession, Shift, Slot


@dataclass
class Figure:
    count: int = 0
    seconds: int = 0


Figures = dict[Key, Figure]


@dataclass(frozen=True)
class _Fact:
    """Something that happened, with all that it can be counted by."""

    name: str
    bucket: str = ""
    matter_id: int | None = None
    window_id: int | None = None
    hour: int | None = None
    count: int = 1
    seconds: int = 0

    def counts_in(self) -> Iterator[Key]:
        yield Key(self.name, bucket=self.bucket)
        if self.matter_id is not None:
            yield Key(self.name, matter_id=self.matter_id, bucket=self.bucket)
        if self.window_id is not None:
            yield Key(self.name, window_id=self.window_id, bucket=self.bucket)
        if self.hour is not None:
            yield Key(self.name, hour=self.hour, bucket=self.bucket)


def counted(hall: Hall, day: date, *, now: datetime) -> Figures:
    """Every figure of the day but its marker; what is zero is left out."""
    found: Figures = defaultdict(Figure)
    for fact in _facts(hall, day, now):
        for key in fact.counts_in():
            found[key].count += fact.count
            found[key].seconds += fact.seconds
    return {key: one for key, one in found.items() if one.count or one.seconds}


def was_open(hall: Hall, day: date) -> bool:
    return HallSession.objects.filter(hall=hall, service_day=day, state="open").exists()


def _facts(hall: Hall, day: date, now: datetime) -> Iterator[_Fact]:
    yield from _visits(hall, day)
    yield from _waits(hall, day)
    yield from _bookings(hall, day)
    yield from _places(hall, day)
    yield from _ratings(hall, day)
    yield from _work(hall, day, now)


def _visits(hall: Hall, day: date) -> Iterator[_Fact]:
    """What became of every number, event by event."""
    events = TicketEvent.objects.filter(ticket__hall=hall, ticket__service_day=day)
    rows: Iterable[Any] = events.order_by("ticket_id", "id").values(
        "ticket_id", "at", "kind", "from_state", "to_state", "window_id",
        "ticket__matter_id", "ticket__source", "ticket__outcome", "ticket__started_at",
    )  # fmt: skip
    for _ticket, story in groupby(rows, key=lambda row: row["ticket_id"]):
        yield from _of_ticket(story, day)


def _of_ticket(story: Iterable[dict[str, Any]], day: date) -> Iterator[_Fact]:
    """A stretch of service goes from its start to whatever ends it; a visit that was finished
    without a press for its start counts from its call, as the ticket itself says."""
    began: datetime | None = None
    for one in story:
        matter, window, to = one["ticket__matter_id"], one["window_id"], one["to_state"]
        at, hour = one["at"], hour_of(one["at"], day)
        if one["kind"] == "issued":
            yield _Fact(names.CAME, one["ticket__source"], matter, hour=hour)
        if to == "finished":
            began = one["ticket__started_at"] or began
            yield _Fact(names.SERVED, "", matter, window, hour)
        elif to == "missed":
            yield _Fact(names.MISSED, "", matter, window, hour)
        elif to == "void":
            elsewhere = one["ticket__outcome"] == Ticket.Outcome.ELSEWHERE
            yield _Fact(names.WENT_ON if elsewhere else names.LEFT, "", matter, hour=hour)
        if began and to != "serving":
            seconds = max(round((at - began).total_seconds()), 0)
            yield _Fact(
                names.SERVICE, edge_of(seconds), matter, window, hour_of(began, day), 1, seconds
            )
        began = (began or at) if to == "serving" else None


def _waits(hall: Hall, day: date) -> Iterator[_Fact]:
    """From the number to the first call, by the hour of the number."""
    calls = Call.objects.filter(ticket__hall=hall, ticket__service_day=day)
    first = calls.order_by("ticket_id", "round").distinct("ticket_id")
    rows = first.values_list(
        "ticket__issued_at", "ticket__called_at", "called_at", "ticket__matter_id", "window_id"
    )
    for issued_at, first_at, called_at, matter, window in rows:
        seconds = max(round(((first_at or called_at) - issued_at).total_seconds()), 0)
        hour = hour_of(issued_at, day)
        yield _Fact(names.WAIT, edge_of(seconds), matter, window, hour, 1, seconds)


def _bookings(hall: Hall, day: date) -> Iterator[_Fact]:
    """Bookings that stood on the day, and those that people took back themselves."""
    stood = Q(state__in=["confirmed", "arrived", "served", "no_show"])
    theirs = Q(state=Booking.State.CANCELLED, confirmed_at__isnull=False)
    bookings = Booking.objects.filter(stood | theirs, hall=hall, service_day=day)
    rows = bookings.values_list("state", "matter_id", "starts_at", "made_at")
    for state, matter, starts_at, made_at in rows:
        lead = lead_of((day - civil.city_date(made_at)).days)
        hour = hour_of(starts_at, day)
        if state == Booking.State.CANCELLED:
            yield _Fact(names.CANCELLED, lead, matter, hour=hour)
            continue
        yield _Fact(names.BOOKED, lead, matter, hour=hour)
        if state == Booking.State.NO_SHOW:
            yield _Fact(names.NO_SHOW, lead, matter, hour=hour)


def _places(hall: Hall, day: date) -> Iterator[_Fact]:
    """Window-minutes on offer and booked, by channel; closed and cancelled times are none."""
    slots = Slot.objects.filter(hall=hall, service_day=day, is_open=True, session__state="open")
    for slot in slots.order_by("pk"):
        hour = hour_of(slot.starts_at, day)
        for channel in names.BUCKETS[names.OFFERED]:
            minutes = getattr(slot, f"{channel}_quota")
            yield _Fact(names.OFFERED, channel, hour=hour, count=minutes)
        for channel in names.BUCKETS[names.TAKEN]:
            minutes = getattr(slot, f"{channel}_taken")
            yield _Fact(names.TAKEN, channel, hour=hour, count=minutes)


def _ratings(hall: Hall, day: date) -> Iterator[_Fact]:
    """By the window where the visit ended and the hour in which it did."""
    ratings = Rating.objects.filter(ticket__hall=hall, ticket__service_day=day)
    rows = ratings.values_list(
        "level", "ticket__matter_id", "ticket__window_id", "ticket__finished_at"
    )
    for level, matter, window, ended_at in rows:
        hour = hour_of(ended_at, day) if ended_at else None
        yield _Fact(names.RATING, str(level), matter, window, hour)


def _work(hall: Hall, day: date, now: datetime) -> Iterator[_Fact]:
    """Time at windows and time of breaks; nobody is named."""
    for shift in Shift.objects.filter(window__hall=hall, service_day=day).order_by("pk"):
        began_at, until = shift.period.lower, shift.period.upper or now
        assert began_at is not None  # signed in: a shift begins
        seconds = round((until - began_at).total_seconds())
        yield _Fact(names.STAFFED, window_id=shift.window_id, seconds=seconds)
    breaks = Break.objects.filter(shift__window__hall=hall, shift__service_day=day)
    for began_at, ended_at, window in breaks.values_list(
        "began_at", "ended_at", "shift__window_id"
    ):
        seconds = round(((ended_at or now) - began_at).total_seconds())
        yield _Fact(names.RESTED, window_id=window, seconds=seconds)
