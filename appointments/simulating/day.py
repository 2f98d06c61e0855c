"""One hall's service day, played through: arrivals, a line in rank order, windows that call.

The same rules as in `queues` (rank, missed calls, closing), but in memory and for a day
that is over or has run until now; `history.py` writes it down.
"""

import heapq
from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from appointments.simulating.copying import Row
from config import civil

PATIENCE = timedelta(minutes=20)
ON_TIME = timedelta(minutes=15)
NEVER_CAME, CAME_LATE, MISSED = 0.09, 0.05, 0.03
# When people without a booking come: share of an hour of a window, by hour of the day.
SHAPE = {8: 0.8, 9: 1.3, 10: 1.9, 11: 1.2, 12: 0.5, 13: 0.6, 14: 1.5, 15: 0.9, 16: 0.4}
EVENING = 1.0
OPENS = datetime.min.replace(tzinfo=UTC)


@dataclass
class Visit:
    """A person in the hall: with a booking row, or without."""

    at: datetime
    rank_at: datetime
    matter_id: int
    minutes: int
    session_id: int
    booking: Row | None = None
    late: bool = False
    called_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    missed: bool = False
    window_id: int | None = None

    def __lt__(self, other: "Visit") -> bool:
        return (self.rank_at, self.at) < (other.rank_at, other.at)


@dataclass
class Opening:
    """A session of the day with the windows that really call."""

    session_id: int
    starts_at: datetime
    ends_at: datetime
    windows: list[tuple[int, frozenset[int]]]  # (window, matters)


@dataclass
class Hall:
    """The day's visits, and when each window had its clerk."""

    visits: list[Visit] = field(default_factory=list)
    shifts: list[tuple[int, datetime, datetime | None]] = field(default_factory=list)


def arrivals_booked(bookings: list[Row], sessions: dict[int, int], luck: Random) -> list[Visit]:
    """Who comes of those who booked: mostly a little early, some late, some never."""
    visits = []
    for booking in bookings:
        chance = luck.random()
        if chance < NEVER_CAME:
            continue
        late = chance < NEVER_CAME + CAME_LATE
        minutes = -luck.uniform(16, 40) if late else luck.uniform(2, 24)
        at = booking["starts_at"] - timedelta(minutes=minutes)
        visits.append(
            Visit(
                at=at,
                rank_at=at if late else booking["starts_at"],
                matter_id=booking["matter_id"],
                minutes=booking["minutes"],
                session_id=sessions[booking["slot_id"]],
                booking=booking,
                late=late,
            )
        )
    return visits


def arrivals_without(
    opening: Opening, per_hour: float, matters: list[tuple[int, int, int]], luck: Random
) -> list[Visit]:
    """People without a booking, in the day's shape; `matters` are (matter, minutes, weight)."""
    visits: list[Visit] = []
    at = opening.starts_at - timedelta(minutes=12)
    last = opening.ends_at - timedelta(minutes=6)
    weights = [weight for _, _, weight in matters]
    while True:
        rate = per_hour * SHAPE.get(civil.city_time(at).hour, EVENING)
        at += timedelta(hours=luck.expovariate(rate))
        if at >= last:
            return visits
        matter_id, minutes, _ = luck.choices(matters, weights)[0]
        visits.append(Visit(at, at + PATIENCE, matter_id, minutes, opening.session_id))


def play(openings: list[Opening], visits: list[Visit], until: datetime, luck: Random) -> Hall:
    """The windows call the lowest rank that they can serve until everybody is served."""
    coming = deque(sorted((v for v in visits if v.at < until), key=lambda v: v.at))
    hall = Hall(visits=list(coming))
    line: list[Visit] = []
    posts = [(opening, *window) for opening in openings for window in opening.windows]
    free = [(opening.starts_at, n) for n, (opening, _, _) in enumerate(posts)]
    heapq.heapify(free)
    busy = {window: OPENS for _, window, _ in posts}
    while free:
        now, n = heapq.heappop(free)
        if now >= until:
            continue
        opening, window, matters = posts[n]
        while coming and coming[0].at <= now:
            insort(line, coming.popleft())
        again = busy[window] if now < busy[window] else None  # still at it for another session
        if again is None and (visit := _first(line, matters)):
            again = busy[window] = _serve(visit, now, window, until, luck)
        elif again is None and now < opening.ends_at:
            again = _idle_until(coming, opening, now)
        if again is not None:
            heapq.heappush(free, (again, n))
    _note_shifts(hall, openings, until)
    return hall


def _first(line: list[Visit], matters: frozenset[int]) -> Visit | None:
    """Takes the first one that the window can serve out of the line."""
    visit = next((v for v in line if v.matter_id in matters), None)
    if visit:
        line.remove(visit)
    return visit


def _idle_until(coming: deque[Visit], opening: Opening, now: datetime) -> datetime:
    comes = coming[0].at if coming else opening.ends_at
    return max(min(comes, opening.ends_at), now + timedelta(seconds=1))


def _serve(visit: Visit, now: datetime, window_id: int, until: datetime, luck: Random) -> datetime:
    """Calls the person; returns when the window is free again."""
    visit.called_at, visit.window_id = now + timedelta(seconds=luck.uniform(2, 9)), window_id
    if luck.random() < MISSED and now + timedelta(minutes=2) < until:
        visit.missed, visit.window_id = True, window_id
        return now + timedelta(seconds=75)
    started = visit.called_at + timedelta(seconds=luck.uniform(9, 40))
    usual = 0.9 * visit.minutes if visit.minutes > 3 else 2.2
    took = timedelta(minutes=max(0.8, usual * luck.lognormvariate(0, 0.35)))
    visit.started_at, visit.finished_at = started, started + took
    return visit.finished_at + timedelta(seconds=luck.uniform(6, 30))


def _note_shifts(hall: Hall, openings: list[Opening], until: datetime) -> None:
    """When each window had its clerk: sessions that touch are one shift."""
    spans: dict[int, list[list[datetime]]] = {}
    for opening in openings:
        for window, _ in opening.windows:
            spans.setdefault(window, []).append([opening.starts_at, opening.ends_at])
    for visit in hall.visits:
        if visit.finished_at and visit.window_id in spans:
            _stretch(spans[visit.window_id], visit.called_at or visit.at, visit.finished_at)
    for window, known in spans.items():
        for starts, ends in _merged(known):
            if starts < until:
                hall.shifts.append((window, starts, ends if ends < until else None))


def _merged(spans: list[list[datetime]]) -> list[list[datetime]]:
    merged: list[list[datetime]] = []
    for starts, ends in sorted(spans):
        if merged and starts <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], ends)
        else:
            merged.append([starts, ends])
    return merged


def _stretch(spans: list[list[datetime]], called_at: datetime, finished_at: datetime) -> None:
    """The shift in which somebody was called lasts until that person is served."""
    mine = max((span for span in spans if span[0] <= called_at), default=None)
    if mine:
        mine[1] = max(mine[1], finished_at)
