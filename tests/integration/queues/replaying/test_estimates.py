"""How good the wait estimates would have been on past days. Row C17."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from queues import mending, peers, replaying
from queues.replay_file import Joined
from tests.integration.queues.replaying.conftest import FIRST_DAY, QUEUES, as_rows, run, some_days


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
