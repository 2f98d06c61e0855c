"""A hall's line: who waits in calling order, who is still expected, which windows call.

`LINE` holds the parts of the one statement that reads a hall (queues/board.py). Who is
expected is not known here: bookings belong to another app, which tells with `expect` how
to ask for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SOON = timedelta(hours=6)  # what is planned later changes nobody's wait


@dataclass(frozen=True)
class Break:
    """A stretch of time in which a window does not call."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class OpenWindow:
    """A window with a clerk who is not in a pause."""

    number: int
    matters: frozenset[int]
    serving: int | None  # the matter of the ticket that is there now
    id: int = 0
    is_accessible: bool = False
    since: datetime | None = None  # when that ticket was called to it
    ends_at: datetime | None = None  # when it closes, while others go on
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True)
class ComingWindow:
    """A window that does not call now, and is planned to from `begins_at` on."""

    id: int
    matters: frozenset[int]
    is_accessible: bool
    begins_at: datetime
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True)
class Waiting:
    id: int
    matter_id: int
    rank_at: datetime
    issued_at: datetime
    source: str
    needs_accessible: bool = False
    only_window: int | None = None
    priority: str = ""
    then: tuple[int, ...] = ()

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands in the calling order."""
        return self.rank_at, self.id


@dataclass(frozen=True)
class Expected:
    """People with a booking who have not come yet; they will rank at the slot's start."""

    matter_id: int
    starts_at: datetime
    people: int


@dataclass(frozen=True)
class Line:
    """Who waits, in calling order, and the windows that call them."""

    waiting: tuple[Waiting, ...]
    windows: tuple[OpenWindow, ...]
    expected: tuple[Expected, ...] = ()
    coming: tuple[ComingWindow, ...] = ()
    paused: frozenset[int] = frozenset()  # windows with a clerk who is in a pause

    def windows_for(self, matter_id: int) -> list[OpenWindow]:
        return [window for window in self.windows if matter_id in window.matters]

    def ahead_of(self, matter_id: int, place: tuple[datetime, int]) -> list[Waiting]:
        """Those called before that place by the windows that serve the matter."""
        served = {served for window in self.windows_for(matter_id) for served in window.matters}
        mine = served or {matter_id}
        return [one for one in self.waiting if one.place < place and one.matter_id in mine]

    def share(self, matter_id: int, at_windows_of: int) -> float:
        """How much of a matter's work falls to the windows that serve another matter."""
        all_windows = self.windows_for(matter_id)
        shared = [window for window in all_windows if at_windows_of in window.matters]
        return len(shared) / len(all_windows) if all_windows else 0.0


NOBODY = "SELECT 0::bigint AS matter_id, now() AS starts_at, 0 AS people WHERE false"
_LINE = """
'waiting', (SELECT coalesce(json_agg(w), '[]') FROM (
    SELECT id, matter_id, rank_at, issued_at, source, needs_accessible, only_window_id,
        priority, "then" FROM queues_ticket
    WHERE hall_id = %(hall)s AND state = 'waiting' ORDER BY rank_at, id) w),
'windows', (SELECT coalesce(json_agg(o), '[]') FROM (
    SELECT win.id, win.number, win.is_accessible, s.is_paused,
        (SELECT array_agg(wm.matter_id) FROM windows_window_matters wm
            WHERE wm.window_id = win.id) AS matters,
        t.matter_id AS serving,
        (SELECT c.called_at FROM queues_call c WHERE c.ticket_id = t.id
            AND NOT c.why ? 'recall' ORDER BY c.round DESC LIMIT 1) AS since
    FROM windows_shift s JOIN windows_window win ON win.id = s.window_id
        LEFT JOIN queues_ticket t ON t.window_id = win.id AND t.state IN ('called', 'serving')
    WHERE win.hall_id = %(hall)s AND upper_inf(s.period) ORDER BY win.number) o),
'planned', (SELECT coalesce(json_agg(p), '[]') FROM (
    SELECT sw.window_id AS id, win.is_accessible, lower(sw.period) AS begins_at,
        CASE WHEN upper(sw.period) < hs.ends_at THEN upper(sw.period) END AS ends_at,
        (SELECT array_agg(wm.matter_id) FROM windows_window_matters wm
            WHERE wm.window_id = win.id) AS matters
    FROM windows_sessionwindow sw JOIN windows_hallsession hs ON hs.id = sw.session_id
        JOIN windows_window win ON win.id = sw.window_id
    WHERE hs.hall_id = %(hall)s AND hs.state = 'open' AND NOT sw.is_cancelled
        AND hs.ends_at > %(now)s AND sw.period && tstzrange(%(now)s, %(now)s + interval '6 hours')
    ORDER BY lower(sw.period)) p),
'breaks', (SELECT coalesce(json_agg(b), '[]') FROM (
    SELECT pb.window_id AS id, lower(pb.period) AS begins_at, upper(pb.period) AS ends_at
    FROM windows_plannedbreak pb JOIN windows_window win ON win.id = pb.window_id
    WHERE win.hall_id = %(hall)s
        AND pb.period && tstzrange(%(now)s, %(now)s + interval '6 hours')
    ORDER BY lower(pb.period)) b),
'expected', (SELECT coalesce(json_agg(e), '[]') FROM ({expected}) e)
"""
_asked = {"expected": NOBODY}


def expect(statement: str) -> None:
    """Who is still expected: matter_id, starts_at and people, for %(hall)s at %(now)s."""
    _asked["expected"] = statement


def line_asked() -> str:
    """The parts of the statement that read a line."""
    return _LINE.replace("{expected}", _asked["expected"])


def line_from(read: Mapping[str, Any], now: datetime) -> Line:
    """The line out of what was read."""
    breaks = _breaks(read["breaks"])
    calls = [row for row in read["windows"] if not row["is_paused"]]
    paused = frozenset(row["id"] for row in read["windows"] if row["is_paused"])
    begun = [r for r in read["planned"] if datetime.fromisoformat(r["begins_at"]) <= now]
    ends = {row["id"]: _at(row["ends_at"]) for row in begun}
    return Line(
        waiting=tuple(_waiting(row) for row in read["waiting"]),
        windows=tuple(_open(row, ends.get(row["id"]), breaks, now) for row in calls),
        expected=tuple(
            Expected(row["matter_id"], datetime.fromisoformat(row["starts_at"]), row["people"])
            for row in read["expected"]
        ),
        coming=tuple(_coming(read, {row["id"] for row in calls}, paused, breaks, now)),
        paused=paused,
    )


def _at(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _breaks(rows: list[dict[str, Any]]) -> dict[int, list[Break]]:
    breaks: dict[int, list[Break]] = {}
    for row in rows:
        one = Break(*(datetime.fromisoformat(row[name]) for name in ("begins_at", "ends_at")))
        breaks.setdefault(row["id"], []).append(one)
    return breaks


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(
        id=row["id"],
        matter_id=row["matter_id"],
        rank_at=datetime.fromisoformat(row["rank_at"]),
        issued_at=datetime.fromisoformat(row["issued_at"]),
        source=row["source"],
        needs_accessible=row["needs_accessible"],
        only_window=row["only_window_id"],
        priority=row["priority"],
        then=tuple(row["then"] or ()),
    )


def _open(
    row: Mapping[str, Any], ends_at: datetime | None, breaks: dict[int, list[Break]], now: datetime
) -> OpenWindow:
    """A break that should have begun, and somebody called since: it is not being taken."""
    since = _at(row["since"])
    mine = [one for one in breaks.get(row["id"], []) if not since or since < one.begins_at]
    return OpenWindow(
        number=row["number"],
        matters=frozenset(row["matters"] or ()),
        serving=row["serving"],
        id=row["id"],
        is_accessible=row["is_accessible"],
        since=since,
        ends_at=ends_at if ends_at and ends_at > now else None,
        breaks=tuple(mine),
    )


def _coming(
    read: Mapping[str, Any],
    calling: set[int],
    paused: frozenset[int],
    breaks: dict[int, list[Break]],
    now: datetime,
) -> list[ComingWindow]:
    """Windows of sessions that begin later, and paused ones whose planned break ends."""
    found: dict[int, ComingWindow] = {}
    for row in read["planned"]:
        begins = datetime.fromisoformat(row["begins_at"])
        rests = [one for one in breaks.get(row["id"], []) if one.begins_at <= now < one.ends_at]
        if row["id"] in paused and rests:
            begins = max(begins, rests[0].ends_at)
        if row["id"] in calling or row["id"] in found or begins <= now:
            continue
        matters = frozenset(row["matters"] or ())
        later = tuple(one for one in breaks.get(row["id"], []) if one.begins_at >= begins)
        found[row["id"]] = ComingWindow(row["id"], matters, row["is_accessible"], begins, later)
    return list(found.values())
