"""What the hall's screen shows: called numbers, who waits, how long it may take.

Numbers and windows only, no names. One statement reads the whole hall at one instant;
with the paces of its matters and one rule that makes three queries, mostly one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection

from config import civil
from queues.estimating import Estimate, Foreseen, Pace, Paces, foreseen_in, pacing_of
from queues.lining_up import Line, line_asked, line_from
from queues.showing import (
    MISSED_SHOWN,
    NEXT_SHOWN,
    RECENT,
    SHOWN,
    Recent,
    Shown,
    ShownCall,
    ShownSession,
    ShownWindow,
    Urgent,
    Voiced,
    shown_from,
    urgent_of,
)
from queues.voicing import voiced
from windows.models import Hall
from windows.models.hall import in_language

CALLS_SHOWN = 12
CALLED_WITHIN = timedelta(hours=3)
MATTERS_SHOWN = 2
CLOSES_SOON = timedelta(minutes=30)


@dataclass(frozen=True)
class MatterWait:
    """The wait of somebody who takes a ticket for the matter now."""

    code: str
    name_zh: str
    name_en: str
    waiting: int
    estimate: Estimate | None

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)


@dataclass(frozen=True)
class Board:
    """The hall's line at one instant."""

    hall_code: str
    hall_zh: str
    hall_en: str
    at: datetime
    session: ShownSession | None
    calls: tuple[ShownCall, ...]
    waiting: int
    longest_minutes: int
    windows_open: int
    waits: tuple[MatterWait, ...]
    walk_ins_left: int | None
    patience: int
    windows: tuple[ShownWindow, ...]
    next: tuple[str, ...]
    missed: tuple[str, ...]
    urgent: Urgent | None
    voice: Voiced
    recent: Recent

    @property
    def hall_name(self) -> str:
        return in_language(self.hall_zh, self.hall_en)

    @property
    def last_call_id(self) -> int:
        newest = self.recent.calls[-1:]
        return newest[0].id if newest else 0

    @property
    def now(self) -> ShownCall | None:
        """The newest call."""
        return self.calls[0] if self.calls else None

    @property
    def many(self) -> str:
        """How many windows the screen has to hold, in a word for its letters."""
        count = len(self.windows)
        return "few" if count <= 6 else "some" if count <= 12 else "many" if count <= 24 else "all"

    @property
    def closes_soon(self) -> str:
        """When no more tickets are given, once that is near."""
        session = self.session
        if not session or session.stage != "open" or session.ends_at > self.at + CLOSES_SOON:
            return ""
        return f"{civil.city_time(session.ends_at):%H:%M}"

    @property
    def usual_waits(self) -> list[MatterWait]:
        """The matters that most people here wait for."""
        return self.known_waits[:MATTERS_SHOWN]

    @property
    def known_waits(self) -> list[MatterWait]:
        """Those that an open window serves, the most waited for first."""
        known = [wait for wait in self.waits if wait.estimate]
        return sorted(known, key=lambda wait: -wait.waiting)

    def wait_for(self, matter_code: str) -> Estimate | None:
        return next((w.estimate for w in self.waits if w.code == matter_code), None)

    def as_json(self) -> dict[str, Any]:
        """The same for programs: times with the city's offset."""
        told = asdict(self)
        del told["recent"]  # what was missed is told call by call
        told["at"] = civil.city_time(self.at).isoformat()
        told["last_call_id"] = self.last_call_id
        for shown, call in zip(told["calls"], self.calls, strict=True):
            shown["called_at"] = civil.city_time(call.called_at).isoformat()
        if self.session:
            told["session"] |= {
                "service_day": self.session.service_day.isoformat(),
                "starts_at": civil.city_time(self.session.starts_at).isoformat(),
                "ends_at": civil.city_time(self.session.ends_at).isoformat(),
            }
        return told


# One row of JSON, read at one instant. Walk-in minutes: what is left of the slots of the
# running sessions, less what the waiting walk-ins take.
SNAPSHOT = """
SELECT json_build_object(
{line},
'calls', (SELECT coalesce(json_agg(c), '[]') FROM (
    SELECT c.id, t.prefix, t.number, t.state, win.number AS window, c.round, c.called_at
    FROM queues_call c JOIN queues_ticket t ON t.id = c.ticket_id
        JOIN windows_window win ON win.id = c.window_id
    WHERE c.hall_id = %(hall)s AND c.called_at > %(calls_from)s AND c.round = t.round
        AND t.state NOT IN ('waiting', 'void')  -- nobody is sent to a window that gave them up
    ORDER BY c.id DESC LIMIT %(calls)s) c),
'sessions', (SELECT coalesce(json_agg(h), '[]') FROM (
    SELECT kind, service_day, starts_at, ends_at, (
        SELECT coalesce(sum(walkin_quota * least(1, extract(epoch FROM sl.ends_at - %(now)s)
            / extract(epoch FROM sl.ends_at - sl.starts_at))), 0)::float
        FROM windows_slot sl WHERE sl.session_id = hs.id AND sl.is_open
            AND sl.ends_at > %(now)s) AS walk_in_minutes
    FROM windows_hallsession hs
    WHERE hall_id = %(hall)s AND state = 'open' AND closed_at IS NULL
        AND ends_at > %(now)s - interval '4 hours' AND starts_at < %(now)s + interval '14 days'
    ORDER BY starts_at, id LIMIT 6) h),
{shown})::text
""".replace("{shown}", SHOWN)


@dataclass(frozen=True)
class Snapshot:
    """A hall read at one instant: the line and what stands around it."""

    hall: Hall
    at: datetime
    line: Line
    calls: tuple[ShownCall, ...]
    sessions: tuple[Mapping[str, Any], ...]
    shown: Shown

    @cached_property
    def day(self) -> date:
        """The service day that the screen is about."""
        session, _minutes = _session_shown(self)
        return session.service_day if session else civil.city_date(self.at)

    @cached_property
    def foreseen(self) -> Foreseen:
        """The waits of everybody in line and of newcomers, played once."""
        pacing = pacing_of(self.hall, self.day)
        patience = self.shown.patience
        return foreseen_in(self.hall.pk, self.line, pacing, now=self.at, patience=patience)


def snapshot_of(hall: Hall, now: datetime) -> Snapshot:
    """Read the hall; one query."""
    asked: dict[str, int | date | datetime] = {
        "hall": hall.pk,
        "now": now,
        "calls_from": now - CALLED_WITHIN,
        "calls": CALLS_SHOWN,
        "next": NEXT_SHOWN,
        "missed": MISSED_SHOWN,
        "day": civil.city_date(now),
        "missed_from": civil.city_date(now) - timedelta(days=1),
        "recent": RECENT + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT.replace("{line}", line_asked()), asked)
        read = json.loads(cursor.fetchone()[0])
    return Snapshot(
        hall=hall,
        at=now,
        line=line_from(read, now),
        calls=tuple(_call(row) for row in read["calls"]),
        sessions=tuple(read["sessions"]),
        shown=shown_from(read),
    )


def line_of(hall: Hall, now: datetime) -> Line:
    """Who waits in the hall and which windows call them."""
    return snapshot_of(hall, now).line


def _call(row: dict[str, Any]) -> ShownCall:
    return ShownCall(
        id=row["id"],
        number=f"{row['prefix']}{row['number']:03d}",
        window=row["window"],
        round=row["round"],
        state=row["state"],
        called_at=datetime.fromisoformat(row["called_at"]),
    )


def board_of(hall: Hall, now: datetime) -> Board:
    """The hall's screen as it is now."""
    return board_from(snapshot_of(hall, now))


def board_from(snapshot: Snapshot) -> Board:
    hall, now, line = snapshot.hall, snapshot.at, snapshot.line
    session, minutes = _session_shown(snapshot)
    paces, patience = pacing_of(hall, snapshot.day).matters, snapshot.shown.patience
    return Board(
        hall_code=hall.code,
        hall_zh=hall.name_zh,
        hall_en=hall.name_en,
        at=now,
        session=session,
        calls=snapshot.calls,
        waiting=len(line.waiting),
        longest_minutes=longest_wait(line, now),
        windows_open=len(line.windows),
        waits=tuple(_wait(pace, line, snapshot.foreseen) for pace in paces.values()),
        walk_ins_left=_walk_ins_left(minutes, line, paces) if session else None,
        patience=patience,
        windows=snapshot.shown.windows,
        next=snapshot.shown.next,
        missed=snapshot.shown.missed,
        urgent=urgent_of(snapshot.shown.urgent, {pk: pace.mean for pk, pace in paces.items()}),
        voice=voiced(hall),
        recent=snapshot.shown.recent,
    )


def longest_wait(line: Line, now: datetime) -> int:
    first = min((one.issued_at for one in line.waiting), default=now)
    return max(0, int((now - first).total_seconds() // 60))


def _wait(pace: Pace, line: Line, foreseen: Foreseen) -> MatterWait:
    return MatterWait(
        code=pace.code,
        name_zh=pace.name_zh,
        name_en=pace.name_en,
        waiting=sum(one.matter_id == pace.matter_id for one in line.waiting),
        estimate=foreseen.newcomer(pace.matter_id),
    )


def _stage(row: Mapping[str, Any], now: datetime) -> str:
    if datetime.fromisoformat(row["ends_at"]) <= now:
        return "after"
    return "open" if datetime.fromisoformat(row["starts_at"]) <= now else "before"


def _session_shown(snapshot: Snapshot) -> tuple[ShownSession | None, float]:
    """The running session; else, while people wait, the one just over; else the next."""
    staged = [(_stage(row, snapshot.at), row) for row in snapshot.sessions]
    order = ["open", "after", "before"] if snapshot.line.waiting else ["open", "before", "after"]
    ranked = sorted(staged, key=lambda found: order.index(found[0]))
    if not ranked:
        return None, 0.0
    stage, row = ranked[0]
    running = sum(row["walk_in_minutes"] for found, row in staged if found == "open")
    shown = ShownSession(
        kind=row["kind"],
        service_day=date.fromisoformat(row["service_day"]),
        starts_at=datetime.fromisoformat(row["starts_at"]),
        ends_at=datetime.fromisoformat(row["ends_at"]),
        stage=stage,
    )
    return shown, running


def _walk_ins_left(minutes: float, line: Line, paces: Paces) -> int:
    """How many more walk-ins fit their share today; more are taken all the same."""
    usual = sum(pace.minutes for pace in paces.values()) / len(paces) if paces else 8.0
    promised = [
        paces[one.matter_id].minutes
        for one in line.waiting
        if one.source == "walk_in" and one.matter_id in paces
    ]
    return max(0, int((minutes - sum(promised)) // usual))
