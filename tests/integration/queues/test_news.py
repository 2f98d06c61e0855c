"""Numbered calls of a hall: nothing missed, nothing twice, bounded. Row C16."""

from datetime import timedelta

import pytest

from queues.news import CALLS_KEPT, GONE, CallsHeard
from queues.showing import RECENT, Announced, Recent
from queues.stream import MOST_CALLS, Watch
from tests.conftest import NOON


def recent(*ids: int, since: int = 0) -> Recent:
    calls = (Announced(n, f"A{n:03d}", 1, 1, NOON + timedelta(seconds=n)) for n in ids)
    return Recent(tuple(calls), since)


def numbers(events: list[bytes]) -> list[int]:
    return [-1 if one == GONE else int(one.split(b"id: ")[1].split(b"\n")[0]) for one in events]


@pytest.fixture
def heard() -> CallsHeard:
    made = CallsHeard()
    made.hear(recent(11, 12, 13, since=10))
    return made


def test_each_call_is_told_once(heard):
    assert numbers(heard.hear(recent(12, 13, 14, 15, since=11))) == [14, 15]
    assert heard.hear(recent(12, 13, 14, 15, since=11)) == []


def test_a_call_that_was_committed_late_is_told_all_the_same(heard):
    heard.hear(recent(13, 15, since=12))

    assert numbers(heard.hear(recent(13, 14, 15, since=12))) == [14]


def test_who_was_away_hears_what_came_after(heard):
    assert numbers(heard.after(11)) == [12, 13]
    assert heard.after(13) == []


def test_a_late_call_is_not_lost_for_who_was_away(heard):
    heard.hear(recent(13, 15, since=12))
    heard.hear(recent(13, 14, 15, since=12))

    assert numbers(heard.after(15)) == [14]  # 15 was the last thing that it heard


def test_who_was_away_too_long_is_told_that_some_are_gone(heard):
    assert numbers(heard.after(4)) == [-1, 11, 12, 13]


def test_a_gap_after_the_database_was_away_is_said(heard):
    assert numbers(heard.hear(recent(*range(100, 103), since=99))) == [-1, 100, 101, 102]


def test_what_is_kept_is_bounded(heard):
    for n in range(14, 1000):
        heard.hear(recent(*range(max(n - RECENT, 11), n), since=max(n - RECENT - 1, 10)))

    assert len(heard.events) == CALLS_KEPT
    assert numbers(heard.after(20))[0] == -1


def test_a_client_that_takes_nothing_keeps_little():
    from queues.news import Subject

    watch = Watch(Subject("halls", "H01"), 1)
    for n in range(10_000):
        watch.tell(b"data: %d\n\n" % n, [b"event: call\nid: %d\n\n" % n])

    assert len(watch.calls) <= MOST_CALLS + 1
    assert watch.calls[0] == GONE
    assert watch.news().endswith(b"data: 9999\n\n")  # and the newest state
