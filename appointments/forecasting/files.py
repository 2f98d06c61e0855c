"""Counts from a CSV file of any origin: `series,date,count` or `series,at,count`.

Columns come in any order; others are passed over. Files of other systems may name them
otherwise (HEADINGS), may name a series by several columns (an office and its queue), give the
hour in a column of its own, or have one series only and no name for it.

What is wrong is told with its line. A day given twice is refused, not added up: nobody knows
whether the second row is more people or the same export again. Only the hour that a clock change
repeats on a Sunday night is added up.
"""

import csv
import re
from array import array
from collections.abc import Iterator
from datetime import date
from math import isfinite
from pathlib import Path
from statistics import median

from appointments.forecasting.series import Gathered, Series, as_series

HEADINGS = {
    "at": ("at", "datetime", "timestamp", "time"),
    "date": ("date", "day"),
    "hour": ("hour",),
    "count": ("count", "calls", "arrived", "people", "value", "n"),
}
OF_SERIES = ("series", "queue", "office", "hall", "group_id", "group", "matter")
MOST_BYTES = 200_000_000
MOST_ROWS = 2_000_000
MOST_SERIES = 2_000
MOST_DAYS = 3_660
MOST_CELLS = 20_000_000  # series times hours times days
MOST_PEOPLE = 1_000_000  # in one row
ABSURD = 1_000.0  # times what is usual in the series
DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
INSTANT = re.compile(
    DAY.pattern + r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)\s*(Z|[+-]\d{2}:?\d{2})?"
)
BACK = range(0, 4)  # hours of a night in which clocks are put back


class Unreadable(Exception):
    """The file cannot be read as counts; says why, and where."""


def read(path: Path) -> Series:
    """The counts of the file. Refuses: Unreadable."""
    gathered = Gathered()
    seen: dict[int, int] = {}
    counts: dict[str, array[float]] = {}
    highest: dict[str, tuple[float, int]] = {}
    for number, name, day, hour, moment, people in rows(path):
        once(seen, gathered, name, day, moment, number)
        gathered.add(name, day, hour, people)
        if people > 0:
            counts.setdefault(name, array("d")).append(people)
            highest[name] = max(highest.get(name, (0.0, 0)), (people, number))
        if len(gathered.names) > MOST_SERIES:
            raise Unreadable(f"Line {number}: more than {MOST_SERIES} series.")
    if not gathered.people:
        raise Unreadable("The file has no rows of counts.")
    sensible(counts, highest)
    bounded(gathered)
    return as_series(gathered)


def rows(path: Path) -> Iterator[tuple[int, str, date, int, str, float]]:
    """Line, series, day, hour (-1: none), the moment as it was written, people."""
    lines = csv.reader(decoded(path), strict=True)
    columns: dict[str, int] = {}
    names: list[int] = []
    number = 1
    try:
        for row in lines:
            number = lines.line_num
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns, names, width = headings(row)
                continue
            if number > MOST_ROWS:
                raise Unreadable(f"More than {MOST_ROWS:,} lines: split the file.")
            if len(row) != width:
                raise Unreadable(f"Line {number}: {len(row)} columns where the first has {width}.")
            yield number, *parsed(row, columns, names, number)
    except csv.Error as error:
        raise Unreadable(f"Line {number + 1}: not a line of CSV ({error}).") from error
    if not columns:
        raise Unreadable("The file is empty.")


def decoded(path: Path) -> Iterator[str]:
    """The lines as text."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"The file is larger than {MOST_BYTES // 1_000_000} MB: split it.")
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise Unreadable(
                        f"Line {number}: not UTF-8. Save the file as UTF-8 and try again."
                    ) from error
                if "\0" in text:
                    raise Unreadable(f"Line {number}: not text.")
                yield text
    except OSError as error:
        raise Unreadable(f"The file cannot be read: {error.strerror}.") from error


def headings(row: list[str]) -> tuple[dict[str, int], list[int], int]:
    """Where each column is, and which name the series."""
    given = [cell.strip().lower() for cell in row]
    found = {}
    for wanted, names in HEADINGS.items():
        place = next((given.index(name) for name in names if name in given), None)
        if place is not None:
            found[wanted] = place
    if "count" not in found or ("at" not in found and "date" not in found):
        raise Unreadable(
            "Line 1: the columns are not those expected: `series,date,count` for days or "
            "`series,at,count` for times."
        )
    if "date" in found and "at" in found and "hour" not in found:
        del found["date"]
    named = [place for place, name in enumerate(given) if name in OF_SERIES]
    return found, named, len(row)


def parsed(
    row: list[str], columns: dict[str, int], names: list[int], number: int
) -> tuple[str, date, int, str, float]:
    cells = {wanted: row[place].strip() for wanted, place in columns.items()}
    name = "/".join(row[place].strip() for place in names) or "all"
    people = counted(cells["count"], number)
    if "date" in cells:
        day = dated(DAY.fullmatch(cells["date"]), cells["date"], number)
        hour = hour_of(cells["hour"], number) if "hour" in cells else -1
        return name, day, hour, f"{day} {hour}", people
    match = INSTANT.fullmatch(cells["at"])
    if match is None or int(match[5]) > 59 or int(match[6] or 0) > 59:
        raise Unreadable(
            f"Line {number}: {shown(cells['at'])} is not a time such as 2026-11-23 09:30."
        )
    day, hour, minute = dated(match, cells["at"], number), hour_of(match[4], number), match[5]
    return name, day, hour, f"{day} {hour}:{minute}:{match[6]} {match[7]}", people


def dated(match: re.Match[str] | None, text: str, number: int) -> date:
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise Unreadable(f"Line {number}: {shown(text)} is not a date such as 2026-11-23.")


def hour_of(text: str, number: int) -> int:
    if not text.isdecimal() or not text.isascii() or int(text[:4]) > 23:
        raise Unreadable(f"Line {number}: {shown(text)} is not an hour from 0 to 23.")
    return int(text)


def counted(text: str, number: int) -> float:
    try:
        people = float(text)
    except ValueError:
        people = float("nan")
    if not isfinite(people):
        raise Unreadable(f"Line {number}: {shown(text)} is not a number of people.")
    if people < 0:
        raise Unreadable(f"Line {number}: {shown(text)} is less than nobody.")
    if people > MOST_PEOPLE:
        raise Unreadable(f"Line {number}: {shown(text)} is more than {MOST_PEOPLE:,} people.")
    return people


def shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")


def once(
    seen: dict[int, int],
    gathered: Gathered,
    name: str,
    day: date,
    moment: str,
    number: int,
) -> None:
    """A series has one count for a day or a time; only a repeated hour has two."""
    first = seen.setdefault(hash((name, moment)), number)
    if first == number:
        return
    if ":" in moment and day.weekday() == 6 and int(moment.split()[1].split(":")[0]) in BACK:
        note = f"{day}: the clock shows an hour twice; both were added up."
        if note not in gathered.notes:
            gathered.notes.append(note)
        return
    raise Unreadable(
        f"Line {number}: the same series and time as line {first}. Remove one of them, "
        "or add them up first."
    )


def sensible(counts: "dict[str, array[float]]", highest: dict[str, tuple[float, int]]) -> None:
    """No count is out of all proportion to its series."""
    for name, values in counts.items():
        most, number = highest[name]
        usual = median(values)
        if len(values) >= 5 and most > ABSURD * max(usual, 1.0):
            raise Unreadable(
                f"Line {number}: {most:,.0f} people where {usual:,.0f} are usual. "
                "Correct the line, or remove it: a day without a row is taken as not known."
            )


def bounded(gathered: Gathered) -> None:
    """The calendar between the first day and the last is of a size that is worked with."""
    ordinals = [day for _, day in gathered.rows]
    first, last = min(ordinals), max(ordinals)
    if last - first >= MOST_DAYS:
        raise Unreadable(
            f"From {date.fromordinal(first)} to {date.fromordinal(last)} are more than ten years: "
            "is one of the dates wrong?"
        )
    hours = len({hour for _, _, hour in gathered.people})
    if (last - first + 1) * hours * len(gathered.names) > MOST_CELLS:
        raise Unreadable("Too many series for so many days and hours: split the file.")
