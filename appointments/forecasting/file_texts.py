"""The lines of a file as text, whatever wrote it: UTF-8 with or without a mark, or GB18030."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

MOST_BYTES = 200_000_000
USUAL = "utf-8"
OTHER = "gb18030"  # holds GBK, as spreadsheets in Chinese save it
SEPARATORS = ",;\t"


class Unreadable(Exception):
    """The file cannot be read as counts; says why, and where."""


def encoding_of(path: Path) -> str:
    """The encoding in which every line is text. Refuses: Unreadable."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"The file is larger than {MOST_BYTES // 1_000_000} MB: split it.")
        number = first_foreign(path, USUAL)
        if number is None:
            return USUAL
        if first_foreign(path, OTHER) is None:
            return OTHER
    except OSError as error:
        raise Unreadable(f"The file cannot be read: {error.strerror}.") from error
    raise Unreadable(f"Line {number}: not UTF-8. Save the file as UTF-8 and try again.")


def first_foreign(path: Path, encoding: str) -> int | None:
    """The number of the first line that is not text in that encoding."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return None


def decoded(path: Path, encoding: str) -> Iterator[str]:
    """The lines as text. Refuses: Unreadable."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            text = line.decode(encoding)
            if "\0" in text:
                raise Unreadable(f"Line {number}: not text.")
            yield text.removeprefix("\ufeff") if number == 1 else text


def separated(lines: Iterator[str]) -> tuple[Iterator[str], str]:
    """The lines, and what stands between their columns: what the first of them has most of."""
    seen = []
    for line in lines:
        seen.append(line)
        if line.strip():
            break
    first = seen[-1] if seen else ""
    return chain(seen, lines), max(SEPARATORS, key=first.count)
