"""How good the wait estimates would have been on past days. Row C17.

The tickets here come out of a simulated hall, so that no file is needed. It has what real
halls have and the usual formula does not know: windows that serve other queues too, days and
hours at which everything takes longer, and a screen that is read every few minutes only.
"""

import csv
import gzip
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from queues import knowing, mending, peers, quantiles, replaying
from queues.replay_file import COLUMNS, Joined, read

FIRST_DAY = date(2026, 3, 2)
OPENS, CLOSES = 8 * 60, 16 * 60
QUEUES = {"hall/quick": (6.0, 3, 3.4), "hall/slow": (14.0, 5, 4.6), "other": (9.0, 2, 8.0)}


def a_day(day: date, queue: str, luck: np.random.Generator) -> list[Joined]:
    """One queue's tickets: service minutes, windows, minutes between arrivals are QUEUES'."""
    service, windows, between = QUEUES[queue]
    slow = luck.lognormal(0, 0.2)
    free = np.full(max(1, round(windows * 0.6)), float(OPENS))
    shown = np.maximum(windows + luck.integers(-1, 4, 24), 1)  # others' windows are open too
    at, come = float(OPENS), []
    while (at := at + luck.exponential(between)) < CLOSES:
        start = max(at, free.min())
        noon = 1.5 if 11 * 60 < start < 13 * 60 else 1.0
        free[free.argmin()] = start + luck.gamma(2, service * slow * noon * 0.4)
        come.append((5 * np.ceil(at / 5), 5 * np.ceil(start / 5)))
    return [
        Joined(
            day, queue, joined, (n, str(n)), called, int(shown[int(joined) // 60]),
            sum(before <= joined < since for before, since in come), 0,
        )
        for n, (joined, called) in enumerate(come, 1)
    ]  # fmt: skip


def some_days(days: int, seed: int = 1) -> list[Joined]:
    luck = np.random.default_rng(seed)
    return [
        ticket
        for n in range(days)
        for queue in sorted(QUEUES)
        for ticket in a_day(FIRST_DAY + timedelta(days=n), queue, luck)
    ]


@pytest.fixture
def quickly(monkeypatch):
    """Learns less, and in a fraction of the time."""
    monkeypatch.setattr(quantiles, "TREES", 16)
    monkeypatch.setattr(quantiles, "STEP", 0.3)


def clock(minutes: float) -> str:
    return f"{int(minutes) // 60 % 24:02}:{int(minutes) % 60:02}"


def as_rows(tickets: list[Joined]) -> list[list[str]]:
    return [
        [t.queue, str(t.day), t.order[1], clock(t.at), clock(t.called)]
        + [str(t.windows), str(t.waiting)]
        for t in tickets
    ]


@pytest.fixture
def file(tmp_path):
    def written(rows, header=COLUMNS, name="tickets.csv") -> Path:
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        path = tmp_path / name
        path.write_text(text.getvalue(), encoding="utf-8")
        return path

    return written


def run(path: Path, *more: str) -> dict:
    out = io.StringIO()
    call_command("replay", path, "--json", *more, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue(), parse_constant=pytest.fail)


# How good


def test_estimates_are_better_than_the_usual_formula_and_nine_in_ten_are_about_that(quickly):
    score = replaying.replay(some_days(6)).score()

    assert score.half < 0.8 * score.peers_half
    assert score.most < 0.85 * score.peers_most
    assert 0.8 <= score.coverage <= 0.95  # few days, few trees


def test_a_queue_that_slows_down_is_noticed_on_the_same_day(quickly, monkeypatch):
    days = some_days(3)
    slow = [
        replace(t, called=t.at + 3 * t.waited + 10) if t.day > FIRST_DAY + timedelta(days=1) else t
        for t in days
    ]
    last = np.array([t.day for t in slow]) == slow[-1].day

    mended = replaying.estimate(slow)[1][last]

    monkeypatch.setattr(mending, "STEPS", (0, 0))
    with_nothing_mended = replaying.estimate(slow)[1][last]

    waited = np.array([t.waited for t in slow])[last]
    assert (waited <= mended).mean() > (waited <= with_nothing_mended).mean() + 0.05


# No peeking


def with_another_future(tickets: list[Joined], day: date, minute: float) -> list[Joined]:
    """The same until that minute; who joins later does so elsewhere, and calls of this minute
    and later come at other times."""
    made = []
    for ticket in tickets:
        if (ticket.day, ticket.at) > (day, minute):
            if ticket.order[0] % 3:
                ahead = replace(ticket, waiting=ticket.waiting + 7, windows=9)
                made.append(replace(ahead, called=ticket.called + 90))
        elif ticket.day == day and ticket.called >= minute:
            made.append(replace(ticket, called=ticket.called + 2 + ticket.order[0] % 40))
        else:
            made.append(ticket)
    return made


def peeks(tickets: list[Joined], minute: float) -> bool:
    """Whether an estimate that was given by then changes with what comes later."""
    day = tickets[-1].day - timedelta(days=1)
    given = [(t.day, t.at) <= (day, minute) for t in tickets]
    other = with_another_future(tickets, day, minute)
    given_then = [(t.day, t.at) <= (day, minute) for t in other]
    assert sum(given) == sum(given_then) > 100
    assert len(other) < len(tickets)
    now, then = replaying.estimate(tickets), replaying.estimate(other)
    return any((a[given] != b[given_then]).any() for a, b in zip(now, then, strict=True))


@pytest.mark.parametrize("minute", [9 * 60, 11 * 60 + 5, 15 * 60 + 2])
def test_what_comes_later_changes_no_earlier_estimate_to_the_bit(quickly, minute):
    assert not peeks(some_days(4), minute)


def test_the_test_finds_who_peeks_at_the_line(quickly, monkeypatch):
    def soon(line, place):
        return line.called[:place] < line.at[place] + 10

    monkeypatch.setattr(knowing._Line, "gone", soon)

    assert peeks(some_days(4), 11 * 60 + 5)


def test_the_test_finds_who_takes_the_very_minute_as_known(quickly, monkeypatch):
    def at_once(line, place):
        return line.called[:place] <= line.at[place]

    monkeypatch.setattr(knowing._Line, "gone", at_once)

    assert peeks(some_days(4), 11 * 60 + 5)


def test_the_test_finds_who_learns_from_the_day_itself(quickly, monkeypatch):
    tickets = some_days(4)
    learn = replaying._Learner.learn

    def all_of_it(learner, past, features):
        learn(learner, tickets_of_now, knowing.known(tickets_of_now))

    tickets_of_now: list[Joined] = []
    estimate = replaying.estimate

    def estimating(some, tell=lambda _: None):
        tickets_of_now[:] = some
        return estimate(some, tell)

    monkeypatch.setattr(replaying._Learner, "learn", all_of_it)
    monkeypatch.setattr(replaying, "estimate", estimating)

    assert peeks(tickets, 11 * 60 + 5)


def test_the_test_finds_who_mends_by_what_is_not_known_yet(quickly, monkeypatch):
    follow = mending.Mending.follow

    def knowingly(mended, tickets, learned, plain, learned_from):
        follow(mended, tickets, learned, plain, learned_from)  # the whole day once before it begins
        return follow(mended, tickets, learned, plain, learned_from)

    monkeypatch.setattr(mending.Mending, "follow", knowingly)

    assert peeks(some_days(4), 11 * 60 + 5)


def test_the_same_file_gives_the_same_figures(quickly, file):
    rows = as_rows(some_days(3))

    assert run(file(rows)) == run(file(rows[::-1], name="unsorted.csv"))


# What is compared with


def test_the_usual_formula_is_people_ahead_times_service_by_windows():
    past = [Joined(FIRST_DAY, "a", 480 + n, (n, str(n)), 480 + n + 12.0, 2, 4, 0) for n in range(9)]
    today = [replace(past[0], day=FIRST_DAY + timedelta(days=1), waiting=6, windows=3)]

    answer = peers.formula(peers.READINGS[0], peers.facts(past), peers.facts(today), counted=True)

    assert answer == pytest.approx([5 * (12 * 2 / 3) / 3])  # 5 ahead, 8 minutes at a window


def test_it_is_seen_whether_the_count_holds_oneself():
    tickets = some_days(1)
    others = [replace(t, waiting=max(t.waiting - 1, 0)) for t in tickets]

    assert peers.counts_oneself(peers.facts(tickets))
    assert not peers.counts_oneself(peers.facts(others))


# Figures and words


def test_figures(quickly, file):
    report = run(file(as_rows(some_days(3))))

    assert report["days"] == len(report["per_day"]) == 2  # the first has nothing before it
    assert report["tickets"] == sum(day["tickets"] for day in report["per_day"])
    for level in ("half", "most"):
        assert report[level]["better"] == pytest.approx(
            1 - report[level]["loss"] / report[level]["peers"], abs=0.001
        )
    assert {queue["queue"] for queue in report["per_queue"]} == set(QUEUES)
    assert 0 < report["coverage"] < 1


def test_days_before_since_are_learned_from_and_not_judged(quickly, file):
    path = file(as_rows(some_days(4)))
    whole = run(path)
    days = [one["date"] for one in whole["per_day"]]

    later = run(path, "--since", days[1])

    assert later["per_day"] == whole["per_day"][1:]
    assert (later["first_day"], later["days"]) == (days[1], len(days) - 1)
    with pytest.raises(CommandError, match="No ticket is of"):
        run(path, "--since", "2200-01-01")


def test_words_and_each_estimate(quickly, file, tmp_path):
    out, each = io.StringIO(), tmp_path / "each.csv"

    call_command("replay", file(as_rows(some_days(2))), each=each, stdout=out, stderr=io.StringIO())

    assert "nine in ten" in out.getvalue().lower()
    assert "hall/quick" in out.getvalue()
    rows = list(csv.DictReader(each.open(encoding="utf-8")))
    assert all(0 <= float(row["half"]) <= float(row["most"]) for row in rows)


# Files that are not as they should be

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


@pytest.mark.parametrize("count", [1, 40])
def test_one_day_is_estimated_by_its_own_pace(file, count):
    report = run(file(as_rows(some_days(1)[:count])))

    assert not report["learned"]
    assert report["tickets"] == count


def test_a_new_queue_and_waits_of_nothing_are_no_trouble(quickly, file):
    tickets = [replace(t, called=t.at, waiting=0) for t in some_days(2)]
    new = [
        replace(t, queue="new " + t.queue, windows=0)
        for t in some_days(3)
        if t.day > tickets[-1].day
    ]

    assert run(file(as_rows(tickets + new)))["days"] == 2


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
