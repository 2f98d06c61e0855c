"""No estimate of a past day knows what came later. Row C17."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from queues import knowing, mending, replaying
from queues.replay_file import Joined
from tests.integration.queues.replaying.conftest import as_rows, run, some_days


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
