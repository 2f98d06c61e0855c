"""Counts from a CSV file of any origin: `series,date,count` or `series,at,count`.

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

from appointments.forecasting import file_texts
from appointments.forecasting.file_columns import columns_of
from appointments.forecasting.file_texts import Unreadable
from appointments.forecasting.series import Gathered, Series, as_series

MOST_ROWS = 2_000_000
MOST_SERIES = 2_000
MOST_DAYS = 3_660
MOST_CELLS = 20_000_000  # series times hours times days
MOST_PEOPLE = 1_000_000  # in one row
ABSURD = 1_000.0  # times what is usual in the series
MOMENT = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
BACK = range(0, 4)  # hours of a night in which clocks are put back


def read(path: Path) -> Series:
    """The counts of the file. Refuses: Unreadable."""
    gathered = Gathered()
    encoding = file_texts.encoding_of(path)
    if encoding != file_texts.USUAL:
        gathered.notes.append("The file is not UTF-8; it was read as GB18030 (GBK).")
    seen: dict[int, int] = {}
    counts: dict[str, array[float]] = {}
    highest: dict[str, tuple[float, int]] = {}
    for number, name, day, hour, moment, people in rows(path, encoding):
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


def rows(path: Path, encoding: str) -> Iterator[tuple[int, str, date, int, str, float]]:
    """Line, series, day, hour (-1: none), the moment as it was written, people."""
    text, separator = file_texts.separated(file_texts.decoded(path, encoding))
    lines = csv.reader(text, delimiter=separator, strict=True)
    columns: dict[str, int] = {}
    names: list[int] = []
    number, width = 1, 0
    try:
        for row in lines:
            number = lines.line_num
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns, names = columns_of(row)
                width = len(row)
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


def parsed(
    row: list[str], columns: dict[str, int], names: list[int], number: int
) -> tuple[str, date, int, str, float]:
    cells = {wanted: row[place].strip() for wanted, place in columns.items()}
    name = "/".join(row[place].strip() for place in names) or "all"
    people = counted(cells["count"], number)
    day, time = moment(cells.get("at") or cells.get("date", ""), "at" in cells, number)
    if "hour" in cells:
        hour = hour_of(cells["hour"], number)
        return name, day, hour, f"{day} {hour}", people
    if time is None:
        return name, day, -1, f"{day} -1", people
    return name, day, hour_of(time[0], number), f"{day} {':'.join(time)}", people


def moment(text: str, is_time: bool, number: int) -> tuple[date, tuple[str, ...] | None]:
    """The day, and hour, minute, second and zone where there is a time."""
    match = MOMENT.fullmatch(text)
    if match is None:
        wanted = "time such as 2026-11-23 09:30" if is_time else "date such as 2026-11-23"
        raise Unreadable(f"Line {number}: {shown(text)} is not a {wanted}.")
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise Unreadable(
            f"Line {number}: {shown(text)} is not a date such as 2026-11-23."
        ) from None
    if match[4] is None:
        return day, None
    if int(match[5]) > 59 or int(match[6] or 0) > 59:
        raise Unreadable(f"Line {number}: {shown(text)} is not a time such as 2026-11-23 09:30.")
    return day, (match[4], match[5], match[6] or "", match[7] or "")


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
    every = {hour for _, _, hour in gathered.people}
    if -1 in every and len(every) > 1:
        raise Unreadable("Some lines have a time and others only a day: give all of them one.")
    hours = len(every)
    if (last - first + 1) * hours * len(gathered.names) > MOST_CELLS:
        raise Unreadable("Too many series for so many days and hours: split the file.")
