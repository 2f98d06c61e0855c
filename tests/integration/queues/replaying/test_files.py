"""Files of past days: how they are read, and what is wrong with them in words. Row C17."""

import gzip
import io

import pytest
from django.core.management import CommandError, call_command

from queues.replay_file import COLUMNS, read

GOOD = ["a", "2026-03-02", "7", "08:04", "08:10", "2", "3"]


def but(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(COLUMNS, GOOD, strict=True)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (but(called_at="08:03"), "called_at 08:03 is before joined_at 08:04"),
        (but(joined_at="8 o'clock"), "joined_at “8 o'clock” is not a time"),
        (but(joined_at="24:10"), "is not a time"),
        (but(date="02/03/2026"), "is not a date"),
        (but(open_windows="-1"), "open_windows “-1” is not a count"),
        (but(waiting_at_join="-4"), "waiting_at_join “-4” is not a count"),
        (but(waiting_at_join="nan"), "is not a count"),
        (but(open_windows=""), "is not a count"),
        (but(queue=""), "queue is empty"),
        (but(joined_at=""), "joined_at “” is not a time"),
        (but(joined_at="2026-03-02T08:04"), "written in two ways"),
        (but(called_at="08:20"), "is in line 2 already"),
        (GOOD[:5], "5 cells instead of 7"),
    ],
)
def test_a_bad_line_is_named(file, row, said):
    with pytest.raises(CommandError) as refused:
        call_command("replay", file([GOOD, row]), stderr=io.StringIO())

    assert str(refused.value).startswith("Line 3: ")
    assert said in str(refused.value)


def test_missing_columns_are_named(file):
    path = file([], header=["queue", "date", "ticket", "joined_at"])

    with pytest.raises(CommandError, match="called_at, open_windows, waiting_at_join"):
        call_command("replay", path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\xff\xfe\x00x", "UTF-8"),
        (b"\x1f\x8b\x08 and no more", "damaged"),
        (",".join(COLUMNS).encode(), "no ticket"),
    ],
)
def test_a_file_without_tickets_is_told(tmp_path, content, said):
    path = tmp_path / "tickets.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=said):
        call_command("replay", path)


def test_no_file_and_a_folder_are_told(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(CommandError, match="cannot be opened"):
            call_command("replay", path)


def test_packed_marked_repeated_and_uncalled_lines_are_read(tmp_path):
    rows = [",".join(COLUMNS) + ",more", *[",".join(GOOD) + ",x"] * 2, ""]
    rows.append(",".join(but(ticket="8", called_at="")) + ",x")
    path = tmp_path / "tickets.csv.gz"
    path.write_bytes(gzip.compress("\ufeff".encode() + "\r\n".join(rows).encode()))

    tickets = read(path)

    assert [ticket.waited for ticket in tickets.joined] == [6]
    assert (tickets.repeated, tickets.never_called) == (1, 1)


@pytest.mark.parametrize(
    ("joined_at", "called_at", "waited"),
    [
        ("08:04:30", "08:10:00", 5.5),
        ("23:50", "00:10", 20),
        ("2026-03-02T08:04", "2026-03-02 08:10", 6),
        ("2026-03-02T02:50+02:00", "2026-03-02T02:10+01:00", 20),  # clocks went back
    ],
)
def test_times_are_read(file, joined_at, called_at, waited):
    tickets = read(file([but(joined_at=joined_at, called_at=called_at)])).joined

    assert tickets[0].waited == pytest.approx(waited)


def test_numbers_of_tickets_are_numbers(file):
    rows = [but(ticket=number) for number in ("A12", "A2")]

    assert [t.order[1] for t in read(file(rows)).joined] == ["A2", "A12"]
