"""Reads tickets of past days from a CSV file of any origin, for `manage.py replay`."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal

COLUMNS = "queue", "date", "ticket", "joined_at", "called_at", "open_windows", "waiting_at_join"
EVENING, MORNING = 18 * 60, 6 * 60  # who joins after the one may be called before the other
LONGEST = 24 * 60
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")


class Unreadable(Refusal):
    """The file cannot be read as tickets."""

    code = "unreadable"
    message = _("%(what)s")


class UnreadableLine(Refusal):
    code = "unreadable_line"
    message = _("Line %(line)s: %(what)s")


@dataclass(frozen=True)
class Joined:
    """A ticket of a past day; minutes since that day's midnight."""

    day: date
    queue: str
    at: float
    order: tuple[int, str]
    called: float
    windows: int
    waiting: int
    line: int

    @property
    def waited(self) -> float:
        return self.called - self.at


@dataclass(frozen=True)
class Tickets:
    """All that can be replayed, in order of joining; and how many lines were left out."""

    joined: list[Joined]
    never_called: int
    repeated: int


def read(path: Path) -> Tickets:
    """The tickets of a file. Refuses: Unreadable, UnreadableLine."""
    lines = csv.reader(io.StringIO(_text(path), newline=""))
    found: dict[tuple[str, date, str], Joined] = {}
    never_called = repeated = 0
    try:
        for line, row in _rows(lines):
            if not row["called_at"]:
                never_called += 1
                continue
            ticket = _joined(line, row)
            key = (ticket.queue, ticket.day, row["ticket"])
            first = found.setdefault(key, ticket)
            if first is not ticket:
                _same(first, ticket, row["ticket"])
                repeated += 1
    except csv.Error as error:
        raise UnreadableLine(line=lines.line_num, what=str(error)) from error
    if not found:
        raise Unreadable(what=_("There is no ticket that was called in this file."))
    joined = sorted(found.values(), key=lambda t: (t.day, t.queue, t.at, t.order, t.line))
    return Tickets(joined, never_called, repeated)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(what=_("The file is not text in UTF-8.")) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(what=_("The packed file is damaged.")) from error
    except OSError as error:
        what = _("The file cannot be opened: %(why)s") % {"why": error.strerror}
        raise Unreadable(what=what) from error
    if not text.strip():
        raise Unreadable(what=_("The file is empty."))
    return text


def _rows(lines: Iterator[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row by its columns, with its line; blank ones are left out."""
    named = [name.strip().lower() for name in next(lines)]
    missing = [name for name in COLUMNS if name not in named]
    if missing:
        what = _("These columns are missing: %(names)s") % {"names": ", ".join(missing)}
        raise UnreadableLine(line=1, what=what)
    places = {name: named.index(name) for name in COLUMNS}
    for row in lines:
        line: int = lines.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(places.values()):
            what = _("%(there)s cells instead of %(wanted)s") % {
                "there": len(row),
                "wanted": len(named),
            }
            raise UnreadableLine(line=line, what=what)
        yield line, {name: row[place].strip() for name, place in places.items()}


def _joined(line: int, row: dict[str, str]) -> Joined:
    for name in ("queue", "ticket"):
        if not row[name]:
            raise UnreadableLine(line=line, what=_("%(name)s is empty") % {"name": name})
    day = _day(line, row["date"])
    at, called = _moments(line, row, day)
    if not 0 <= at < LONGEST:
        what = _("joined_at %(joined)s is not on %(day)s") % {
            "joined": row["joined_at"],
            "day": day,
        }
        raise UnreadableLine(line=line, what=what)
    if called < at:
        what = _("called_at %(called)s is before joined_at %(joined)s") % {
            "called": row["called_at"],
            "joined": row["joined_at"],
        }
        raise UnreadableLine(line=line, what=what)
    if called - at > LONGEST:
        raise UnreadableLine(line=line, what=_("the wait is longer than a day"))
    windows, waiting = (_count(line, row, name) for name in COLUMNS[-2:])
    return Joined(day, row["queue"], at, _order(row["ticket"]), called, windows, waiting, line)


def _day(line: int, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        what = _("date “%(text)s” is not a date like 2026-03-01") % {"text": text}
        raise UnreadableLine(line=line, what=what) from error


def _moment(line: int, row: dict[str, str], name: str) -> float | datetime:
    """Minutes of a wall clock, or an instant where the cell has its date as well."""
    text = row[name]
    clock = CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        if hours < 24 and minutes < 60 and seconds < 60:
            return hours * 60 + minutes + seconds / 60
    else:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    what = _("%(name)s “%(text)s” is not a time like 08:05") % {"name": name, "text": text}
    raise UnreadableLine(line=line, what=what)


def _moments(line: int, row: dict[str, str], day: date) -> tuple[float, float]:
    """Minutes since that day's midnight of joining and of being called. Instants with a zone
    keep waits right when the clock is changed; bare wall times cannot."""
    at, called = _moment(line, row, "joined_at"), _moment(line, row, "called_at")
    if isinstance(at, datetime) and isinstance(called, datetime):
        if (at.tzinfo is None) == (called.tzinfo is None):
            midnight = datetime.combine(day, datetime.min.time(), at.tzinfo)
            return (at - midnight) / timedelta(minutes=1), (called - midnight) / timedelta(
                minutes=1
            )
    elif isinstance(at, float | int) and isinstance(called, float | int):
        if called < at and at >= EVENING and called < MORNING:
            called += LONGEST  # called after midnight
        return at, called
    raise UnreadableLine(line=line, what=_("joined_at and called_at are written in two ways"))


def _count(line: int, row: dict[str, str], name: str) -> int:
    text = row[name]
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        what = _("%(name)s “%(text)s” is not a count (0, 1, 2 ...)") % {"name": name, "text": text}
        raise UnreadableLine(line=line, what=what)
    return int(text)


def _order(ticket: str) -> tuple[int, str]:
    """Numbers in a ticket count as numbers: A2 is before A12."""
    digits = re.sub(r"[^0-9]", "", ticket)[:15]
    return (int(digits) if digits else 0, ticket)


def _same(first: Joined, second: Joined, ticket: str) -> None:
    if (first.at, first.called, first.windows, first.waiting) != (
        second.at,
        second.called,
        second.windows,
        second.waiting,
    ):
        what = _("ticket %(ticket)s of that queue and day is in line %(first)s already") % {
            "ticket": ticket,
            "first": first.line,
        }
        raise UnreadableLine(line=second.line, what=what)
