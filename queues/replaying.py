"""Replays past days: how good the wait estimates would have been, ticket by ticket.

Each day is estimated by what was learned on the days before it (`queues/knowing.py` says what
was known of the line, `queues/quantiles.py` learns from it). From the first ticket on, what has
come true by then mends the answers of the same queue (`queues/mending.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queues import knowing, mending, peers, quantiles
from queues.replay_file import Joined

Floats = NDArray[np.float64]

FEWEST = 50  # tickets below which nothing can be learned
LATEST = 40_000  # tickets that are learned from: the newest
LEARN_AGAIN = 1.04  # when there are so many times as many tickets as at the last time
PLACE_MINUTES = 3.0  # added, so that who is next has a scale as well
ROOT_MINUTES = 0.5  # added, so that roots of no wait and of a minute are not so far apart


@dataclass(frozen=True)
class Score:
    """Pinball losses in minutes, and how many were called within their nine-in-ten."""

    tickets: int
    half: float
    most: float
    peers_half: float
    peers_most: float
    coverage: float

    def as_json(self) -> dict[str, Any]:
        return {
            "tickets": self.tickets,
            "half": _compared(self.half, self.peers_half),
            "most": _compared(self.most, self.peers_most),
            "coverage": round(self.coverage, 4),
        }


@dataclass(frozen=True)
class Replayed:
    """All judged tickets with their estimates, in order of day, queue and joining."""

    tickets: list[Joined]
    half: Floats
    most: Floats
    formula: list[Floats]  # one for each of peers.READINGS
    learned: bool  # false: one day only, nothing before it to learn from
    counts_oneself: bool

    def score(self, which: NDArray[np.bool_] | None = None, reading: int = 0) -> Score:
        rows = np.ones(len(self.tickets), bool) if which is None else which
        waited = np.array([ticket.waited for ticket in self.tickets])[rows]
        half, most, formula = self.half[rows], self.most[rows], self.formula[reading][rows]
        return Score(
            int(rows.sum()),
            pinball(waited, half, quantiles.HALF),
            pinball(waited, most, quantiles.MOST),
            pinball(waited, formula, quantiles.HALF),
            pinball(waited, formula * peers.MOST_TIMES, quantiles.MOST),
            float((waited <= most).mean()),
        )


def pinball(waited: Floats, told: Floats, level: float) -> float:
    """Mean loss of a quantile, minutes."""
    off = waited - told
    return float(np.maximum(level * off, (level - 1) * off).mean())


def _compared(loss: float, other: float) -> dict[str, float]:
    better = 1 - loss / other if other else 0.0
    return {"loss": round(loss, 4), "peers": round(other, 4), "better": round(better, 4)}


def replay(
    tickets: Sequence[Joined],
    tell: Callable[[str], None] = lambda _: None,
    since: date | None = None,
) -> Replayed:
    """Estimates every ticket from the second day on; of one day only, that day. With `since`,
    the days before it are learned from and not judged."""
    half, most = estimate(tickets, tell)
    days = [ticket.day for ticket in tickets]
    first = days[0]
    learned = days[-1] != first
    judged = np.array([(day != first or not learned) and day >= (since or first) for day in days])
    facts = peers.facts(tickets)
    counted = peers.counts_oneself(facts)
    return Replayed(
        [ticket for ticket, is_judged in zip(tickets, judged, strict=True) if is_judged],
        half[judged],
        most[judged],
        [part[judged] for part in _formulas(days, facts, learned, counted)],
        learned,
        counted,
    )


def _formulas(days: list[date], facts: peers.Facts, learned: bool, counted: bool) -> list[Floats]:
    """The peers' minutes by each reading. Of one day only, they may know that day's own service
    times, which favours them."""
    made = [np.zeros(len(days)) for _ in peers.READINGS]
    dates = np.array(days, "datetime64[D]")
    for day in np.unique(dates):
        today = dates == day
        past = facts.only(dates < day if learned else today)
        for answer, reading in zip(made, peers.READINGS, strict=True):
            answer[today] = peers.formula(reading, past, facts.only(today), counted=counted)
    return made


def estimate(
    tickets: Sequence[Joined], tell: Callable[[str], None] = lambda _: None
) -> tuple[Floats, Floats]:
    """Half and nine-in-ten for each ticket, out of what was known when it joined."""
    features = knowing.known(tickets)
    half, most = np.zeros(len(tickets)), np.zeros(len(tickets))
    mended, learner = mending.Mending(), _Learner()
    for day, group in groupby(range(len(tickets)), key=lambda row: tickets[row].day):
        rows = list(group)
        tell(f"{day}: {len(rows)}")
        first, last = rows[0], rows[-1] + 1
        learner.learn(tickets[:first], features[:first])
        today = tickets[first:last]
        learned = learner.answer(today, features[first:last])
        plain = learner.formula(today, features[first:last])
        half[first:last], most[first:last] = mended.follow(today, learned, plain, learner.rows)
    return half, most


class _Learner:
    """What was learned on the days before; learns again when there is enough that is new.

    Two answers are learned and their mean is told: one in roots of minutes, so that the few very
    long waits do not outshout the many short ones, and one as a multiple of the line's likely
    minutes (their root: neither fully believed nor ignored), which goes on where a line is longer
    or slower than any before.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.usual: dict[str, tuple[float, float]] = {}
        self.rooted: quantiles.Quantiles | None = None
        self.scaled: quantiles.Quantiles | None = None
        self.past: peers.Facts | None = None

    def learn(self, past: Sequence[Joined], features: Floats) -> None:
        if len(past) < FEWEST or len(past) < self.rows * LEARN_AGAIN:
            return
        self.rows = len(past)
        past, features = past[-LATEST:], features[-LATEST:]
        self.usual = knowing.usual(past, features[:, knowing.PLACE])
        waited = np.array([ticket.waited for ticket in past])
        known, scale = self._with_usual(past, features)
        self.rooted = quantiles.fit(known, np.sqrt(waited + ROOT_MINUTES))
        self.scaled = quantiles.fit(known, waited, scale=scale)
        self.past = peers.facts(past)

    def _with_usual(self, tickets: Sequence[Joined], features: Floats) -> tuple[Floats, Floats]:
        usual = [self.usual.get(ticket.queue, self.usual[""]) for ticket in tickets]
        wait, pace = np.array(usual).T
        line = PLACE_MINUTES + features[:, knowing.PLACE] * pace
        today = PLACE_MINUTES + features[:, knowing.PACE_HOUR]
        return np.column_stack([features, line, wait, pace]), (line * today) ** 0.25

    def answer(self, tickets: Sequence[Joined], features: Floats) -> tuple[Floats, Floats]:
        if self.rooted is None or self.scaled is None:
            return knowing.guess(features)
        known, scale = self._with_usual(tickets, features)
        rooted = [np.maximum(root**2 - ROOT_MINUTES, 0) for root in self.rooted.predict(known)]
        scaled = self.scaled.predict(known, scale)
        return (rooted[0] + scaled[0]) / 2, (rooted[1] + scaled[1]) / 2

    def formula(self, tickets: Sequence[Joined], features: Floats) -> tuple[Floats, Floats]:
        """The plain formula, with service times out of the past."""
        if self.past is None:
            return knowing.guess(features)
        counted = peers.counts_oneself(self.past)
        half = peers.formula(peers.READINGS[0], self.past, peers.facts(tickets), counted=counted)
        return half, half * peers.MOST_TIMES
