"""What stands on the hall's screen beside the line: windows, next and missed numbers,
the calls to be announced, an urgent case. Numbers and windows only, no names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from math import ceil
from typing import Any

from config import civil
from windows.rules import RULES

NEXT_SHOWN, MISSED_SHOWN = 6, 4
RECENT = 64  # calls that a screen can catch up with
URGENT_USUAL = 5  # minutes, where the matter has no pace

# Parts of the one statement of queues/board.py. A window that somebody is at, or that a
# number is called to; `recent` are the newest calls, one more than are told, oldest last.
SHOWN = """
'places', (SELECT coalesce(json_agg(p), '[]') FROM (
    SELECT win.number AS window, coalesce(s.is_paused, false) AS is_paused,
        t.prefix, t.number, t.state, c.id, c.round
    FROM windows_window win
        LEFT JOIN windows_shift s ON s.window_id = win.id AND upper_inf(s.period)
        LEFT JOIN queues_ticket t ON t.window_id = win.id AND t.state IN ('called', 'serving')
        LEFT JOIN queues_call c ON c.ticket_id = t.id AND c.round = t.round
    WHERE win.hall_id = %(hall)s AND (s.id IS NOT NULL OR t.id IS NOT NULL)
    ORDER BY win.number LIMIT 60) p),
'next', (SELECT coalesce(json_agg(n), '[]') FROM (
    SELECT prefix, number FROM queues_ticket
    WHERE hall_id = %(hall)s AND state = 'waiting' ORDER BY rank_at, id LIMIT %(next)s) n),
'missed', (SELECT coalesce(json_agg(m), '[]') FROM (
    SELECT prefix, number FROM queues_ticket
    WHERE hall_id = %(hall)s AND state = 'missed' AND service_day >= %(missed_from)s
        AND called_at > %(calls_from)s ORDER BY called_at DESC, id LIMIT %(missed)s) m),
'urgent', (SELECT coalesce(json_agg(t.matter_id), '[]')
    FROM queues_ticket t JOIN queues_call c ON c.ticket_id = t.id AND c.window_id = t.window_id
    WHERE t.hall_id = %(hall)s AND t.state IN ('called', 'serving') AND c.jumped
        AND c.called_at > %(calls_from)s),
'recent', (SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT c.id, t.prefix, t.number, win.number AS window, c.round, c.called_at
    FROM queues_call c JOIN queues_ticket t ON t.id = c.ticket_id
        JOIN windows_window win ON win.id = c.window_id
    WHERE c.hall_id = %(hall)s ORDER BY c.id DESC LIMIT %(recent)s) r),
'patience', (SELECT value FROM windows_rule
    WHERE name = 'patience_minutes' AND effective_on <= %(day)s
        AND (hall_id = %(hall)s OR hall_id IS NULL)
    ORDER BY hall_id NULLS LAST, effective_on DESC LIMIT 1)
"""


def label(row: Mapping[str, Any]) -> str:
    return f"{row['prefix']}{row['number']:03d}"


@dataclass(frozen=True)
class ShownCall:
    """One number on the screen; `id` grows with every call, recalls included."""

    id: int
    number: str
    window: int
    round: int
    state: str
    called_at: datetime

    @property
    def is_called(self) -> bool:
        return self.state == "called"


@dataclass(frozen=True)
class ShownSession:
    """The session that the screen is about, and where it stands: before, open, after."""

    kind: str
    service_day: date
    starts_at: datetime
    ends_at: datetime
    stage: str

    @property
    def hours(self) -> str:
        starts, ends = civil.city_time(self.starts_at), civil.city_time(self.ends_at)
        return f"{starts:%H:%M}–{ends:%H:%M}"


@dataclass(frozen=True)
class ShownWindow:
    """A window with somebody at it, and the number that is called to it or served there."""

    window: int
    number: str
    state: str  # called, serving, paused, free
    call: int
    round: int


@dataclass(frozen=True)
class Announced:
    """One call as it is announced; `id` grows with every call, recalls included."""

    id: int
    number: str
    window: int
    round: int
    called_at: datetime

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"called_at": civil.city_time(self.called_at).isoformat()}


@dataclass(frozen=True)
class Recent:
    """The newest calls in order; all that came after the call `since` are among them."""

    calls: tuple[Announced, ...]
    since: int

    def after(self, call: int) -> tuple[tuple[Announced, ...], bool]:
        """The calls after that one, and whether some are gone."""
        return tuple(one for one in self.calls if one.id > call), call < self.since


@dataclass(frozen=True)
class Urgent:
    """People who just now go before the others: how many, and about how many minutes."""

    cases: int
    minutes: int


@dataclass(frozen=True)
class Voiced:
    """How the hall is called: who speaks, whether in English too, whether not at all."""

    by: str
    english: bool
    quiet: bool
    own: str = ""  # which recording of the hall's own, when it has one


@dataclass(frozen=True)
class Shown:
    """What the snapshot holds for the screen alone."""

    windows: tuple[ShownWindow, ...]
    next: tuple[str, ...]
    missed: tuple[str, ...]
    urgent: tuple[int, ...]  # matters
    recent: Recent
    patience: int


def shown_from(read: Mapping[str, Any]) -> Shown:
    return Shown(
        windows=tuple(_window(row) for row in read["places"]),
        next=tuple(label(row) for row in read["next"]),
        missed=tuple(label(row) for row in read["missed"]),
        urgent=tuple(read["urgent"]),
        recent=_recent(read["recent"]),
        patience=RULES["patience_minutes"][0] if read["patience"] is None else read["patience"],
    )


def _window(row: Mapping[str, Any]) -> ShownWindow:
    state = row["state"] or ("paused" if row["is_paused"] else "free")
    number = label(row) if row["state"] else ""
    return ShownWindow(row["window"], number, state, row["id"] or 0, row["round"] or 0)


def _recent(rows: Sequence[Mapping[str, Any]]) -> Recent:
    told = [
        Announced(
            row["id"],
            label(row),
            row["window"],
            row["round"],
            datetime.fromisoformat(row["called_at"]),
        )
        for row in rows[:RECENT]
    ]
    return Recent(tuple(reversed(told)), rows[RECENT]["id"] if len(rows) > RECENT else 0)


def urgent_of(matters: Sequence[int], usual: Mapping[int, float]) -> Urgent | None:
    """The urgent cases at the windows, which serve them side by side."""
    if not matters:
        return None
    longest = max(usual.get(matter, URGENT_USUAL) for matter in matters)
    return Urgent(cases=len(matters), minutes=max(1, ceil(longest - 0.5)))
