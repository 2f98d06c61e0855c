"""The days that were, and today until now: who came, was called, served and rated."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil
from random import Random

from appointments.models import Booking
from appointments.simulating import day as playing
from appointments.simulating.booked import DEMAND, Book
from appointments.simulating.copying import Row
from appointments.simulating.day import Opening, Visit
from appointments.simulating.events import uplift_on
from appointments.simulating.foretold import DAYS_TOLD, foretell
from appointments.simulating.story import HallDay, Story, World, tell_call, ticket_of
from windows.models import HallSession

BUSIEST = ("H01", "H02", "H03")
PER_HOUR = 4.0  # people without a booking, in a hall; the busiest have twice that
CALLING_IN_H01 = {1, 2}  # windows 3 to 6 are left to people who try the demo
LINE_TODAY = (5, 12)
STILL_THERE = timedelta(minutes=30)


def tell(
    hall_day: HallDay,
    sessions: list[HallSession],
    staffed: dict[int, list[int]],
    bookings: list[Row],
    session_of: dict[int, int],
    world: World,
    book: Book,
    story: Story,
) -> None:
    """Plays one hall's service day until now, and writes it into book and story."""
    hall_id, day = hall_day
    luck = Random(f"{hall_id} {day}")
    now = world.now
    ends = {s.pk: s.ends_at for s in sessions}
    visits = playing.arrivals_booked(bookings, session_of, luck)
    visits = [v for v in visits if v.at < ends[v.session_id] - timedelta(minutes=2)]
    openings = []
    for session in sessions:
        if session.starts_at < now and (windows := _windows(session, staffed, world)):
            opening = Opening(session.pk, session.starts_at, session.ends_at, windows)
            visits += _walk_ins(opening, world, luck, session)
            openings.append(_enough(opening, visits, runs=session.ends_at > now))
    if not openings:
        return
    over = max(s.ends_at for s in sessions) + STILL_THERE < now
    played = playing.play(openings, visits, now, luck)
    if not over:
        _set_line(openings, played, world, luck)
    tickets = _write_visits(hall_day, played.visits, world, book, story)
    if world.hall_codes[hall_id] in BUSIEST and over and now - openings[0].ends_at < DAYS_TOLD:
        in_order = sorted(played.visits, key=_at)
        story.predictions += foretell(in_order, tickets, openings, world.pacing)
    _write_shifts(played, day, world, story)
    if over and all(ticket["state"] in ("finished", "missed") for ticket in tickets):
        _close(sessions, bookings, tickets, book, story)


def _windows(
    session: HallSession, staffed: dict[int, list[int]], world: World
) -> list[tuple[int, frozenset[int]]]:
    """The session's windows, those that serve most first. In the first hall the simulated
    clerks of today stand at windows 1 and 2 only."""
    windows = [world.windows[pk] for pk in staffed.get(session.pk, [])]
    if world.hall_codes[session.hall_id] == "H01" and session.ends_at > world.now:
        windows = [w for w in world.windows.values() if w.hall_id == session.hall_id]
        windows = [w for w in windows if w.number in CALLING_IN_H01]
    ordered = sorted(windows, key=lambda w: (-len(world.matters_at[w.pk]), w.number))
    return [(w.pk, world.matters_at[w.pk]) for w in ordered]


def _enough(opening: Opening, visits: list[Visit], *, runs: bool) -> Opening:
    """The same with only as many windows calling as the day's work asks for."""
    work = sum(v.minutes for v in visits if v.session_id == opening.session_id)
    hours = (opening.ends_at - opening.starts_at).total_seconds() / 3600
    least = max(2 if runs else 1, ceil(work / (60 * hours) / 0.8))
    wanted = frozenset().union(*(matters for _, matters in opening.windows))
    calling: list[tuple[int, frozenset[int]]] = []
    served: frozenset[int] = frozenset()
    for window, matters in opening.windows:
        if served != wanted or len(calling) < least:
            calling.append((window, matters))
            served |= matters
    return replace(opening, windows=calling)


def _walk_ins(opening: Opening, world: World, luck: Random, session: HallSession) -> list[Visit]:
    served = frozenset().union(*(matters for _, matters in opening.windows))
    matters = [(m.pk, m.minutes, DEMAND[m.code]) for m in world.matters.values() if m.pk in served]
    per_hour = PER_HOUR * (2 if world.hall_codes[session.hall_id] in BUSIEST else 1)
    per_hour *= uplift_on(session.service_day, world.events)
    if session.kind == HallSession.Kind.STUDENT:
        first = {m.pk for m in world.matters.values() if m.code.startswith("FIRST")}
        matters = [(pk, minutes, w * (9 if pk in first else 1)) for pk, minutes, w in matters]
        per_hour *= 2
    return playing.arrivals_without(opening, per_hour, matters, luck)


def _set_line(openings: list[Opening], played: playing.Hall, world: World, luck: Random) -> None:
    """Today: a handful of people wait at this moment, neither nobody nor a crowd."""
    running = [o for o in openings if o.starts_at <= world.now < o.ends_at]
    waiting = [v for v in played.visits if v.called_at is None or v.called_at >= world.now]
    wanted = luck.randint(*LINE_TODAY)
    if running:
        _occupy(running[0], played, world, luck)
        for _ in range(wanted - len(waiting)):
            played.visits.append(_newcomer(running[0], world, luck))
    later = sorted(waiting, key=lambda v: (v.booking is not None, v.at))  # they come, or do not
    gone = {id(visit) for visit in later[: max(0, len(waiting) - LINE_TODAY[1])]}
    played.visits = [visit for visit in played.visits if id(visit) not in gone]


def _occupy(opening: Opening, played: playing.Hall, world: World, luck: Random) -> None:
    """Where people wait no window stands idle: somebody is being served there."""
    now = world.now
    for window_id, matters in opening.windows:
        mine = [v for v in played.visits if v.window_id == window_id and v.called_at]
        last = max((v.finished_at or v.called_at or v.at for v in mine), default=opening.starts_at)
        called_at = max(last + timedelta(seconds=20), now - timedelta(minutes=luck.uniform(1, 3)))
        if called_at >= now - timedelta(seconds=30):
            continue
        visit = _newcomer(opening, world, luck, matters)
        visit.at = max(opening.starts_at, called_at - timedelta(minutes=luck.uniform(2, 9)))
        visit.rank_at, visit.window_id = visit.at + playing.PATIENCE, window_id
        visit.called_at, visit.started_at = called_at, called_at + timedelta(seconds=20)
        visit.finished_at = now + timedelta(minutes=luck.uniform(1, 4))
        played.visits.append(visit)


def _newcomer(
    opening: Opening, world: World, luck: Random, at_window: frozenset[int] = frozenset()
) -> Visit:
    served = at_window or frozenset().union(*(matters for _, matters in opening.windows))
    matters = [world.matters[pk] for pk in sorted(served)]
    matter = luck.choices(matters, [DEMAND[matter.code] for matter in matters])[0]
    at = max(world.now - timedelta(minutes=luck.uniform(0.3, 9)), opening.starts_at)
    return Visit(at, at + playing.PATIENCE, matter.pk, matter.minutes, opening.session_id)


def _at(visit: Visit) -> datetime:
    return visit.at


def _write_shifts(played: playing.Hall, day: date, world: World, story: Story) -> None:
    for window_id, starts, ends in played.shifts:
        upper = ends.isoformat() if ends else ""
        story.shifts.append({
            "staff_id": world.clerk_at[window_id], "window_id": window_id, "service_day": day,
            "period": f"[{starts.isoformat()},{upper})",
        })  # fmt: skip


def _write_visits(
    hall_day: HallDay, visits: Iterable[Visit], world: World, book: Book, story: Story
) -> list[Row]:
    numbers: dict[str, int] = {}
    tickets = []
    for visit in sorted(visits, key=_at):
        prefix = world.matters[visit.matter_id].prefix
        numbers[prefix] = numbers.get(prefix, 0) + 1
        ticket = ticket_of(hall_day, visit, prefix, numbers[prefix])
        tickets.append(ticket)
        facts = {"rank_at": visit.rank_at.isoformat()}
        story.note(ticket, visit.at, "issued", "", "waiting", **facts)
        if visit.booking is not None:
            _arrive(visit, ticket, book, story)
        if visit.called_at and visit.called_at < world.now:
            tell_call(visit, ticket, world, story)
        if visit.booking is not None and ticket["state"] == "finished":
            _serve(visit, ticket, book)
    story.tickets += tickets
    return tickets


def _arrive(visit: Visit, ticket: Row, book: Book, story: Story) -> None:
    booking = visit.booking
    assert booking is not None  # noqa: S101
    label = f"{ticket['prefix']}{ticket['number']:03d}"
    booking |= {"state": "arrived", "arrived_at": visit.at, "was_late": visit.late}
    story.bookings.append((booking, ticket))
    book.note(booking, visit.at, "arrived", "confirmed", "arrived", ticket=label, late=visit.late)


def _serve(visit: Visit, ticket: Row, book: Book) -> None:
    assert visit.booking is not None  # noqa: S101
    at = ticket["finished_at"]
    visit.booking |= {"state": "served", "ended_at": at}
    book.note(visit.booking, at + timedelta(seconds=5), "served", "arrived", "served")


def _close(
    sessions: list[HallSession], bookings: list[Row], tickets: list[Row], book: Book, story: Story
) -> None:
    """The day is over: missed numbers are void, who never came is noted, sessions closed."""
    for session in sessions:
        served = [t["finished_at"] for t in tickets if t["session_id"] == session.pk]
        story.closed[session.pk] = max([session.ends_at, *[at for at in served if at]])
    last = max(story.closed[s.pk] for s in sessions) + timedelta(minutes=2)
    for ticket in tickets:
        if ticket["state"] == "missed":
            story.note(ticket, last, "closed", "missed", "void")
            ticket["state"] = "void"
    for booking in bookings:
        if booking["state"] in ("confirmed", "arrived"):
            book.note(booking, last, "no_show", booking["state"], "no_show")
            booking |= {"state": "no_show", "ended_at": last}


def bookings_of(halls_and_days: set[HallDay]) -> list[Row]:
    """Confirmed bookings of simulated people that are in the database already."""
    rows = Booking.objects.filter(state="confirmed", group__is_simulated=True, ticket=None)
    days = {day for _, day in halls_and_days}
    return [
        dict(row) for row in rows.filter(service_day__in=days).values()
        if (row["hall_id"], row["service_day"]) in halls_and_days
    ]  # fmt: skip
