"""Replays past days: how good the wait estimates would have been, ticket by ticket.

Each day is estimated by what was learned on the days before it (`queues/knowing.py` says what
was known of the line, `queues/quantiles.py` learns from it). From the first ticket on, what has
come true by then mends the answers of the same queue (`_Correction`): a queue that runs slower
than it used to is noticed on the same day. A ticket counts as come true from the minute after
its call, or as soon as it has waited longer than it was told.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queues import knowing, peers, quantiles
from queues.replay_file import Joined

Floats = NDArray[np.float64]

FEWEST = 50  # tickets below which nothing can be learned
LATEST = 40_000  # tickets that are learned from: the newest
LEARN_AGAIN = 1.04  # when there are so many times as many tickets as at the last time
MEND_HALF, MEND_MOST = 0.003, 0.02  # how far one ticket moves its queue's answers
MENDED_HALF, MENDED_MOST = 0.5, 1.0  # how far they can be moved at all (as logarithm)
SHORT = 1.0  # minutes below which a half says nothing of a queue's pace
PLACE_MINUTES = 3.0  # added, so that who is next has a scale as well


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


def replay(tickets: Sequence[Joined], tell: Callable[[str], None] = lambda _: None) -> Replayed:
    """Estimates every ticket from the second day on; of one day only, that day."""
    half, most = estimate(tickets, tell)
    days = [ticket.day for ticket in tickets]
    first = days[0]
    learned = days[-1] != first
    judged = np.array([day != first or not learned for day in days])
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
    mending, learner = _Correction(), _Learner()
    for day, group in groupby(range(len(tickets)), key=lambda row: tickets[row].day):
        rows = list(group)
        tell(f"{day}: {len(rows)}")
        first, last = rows[0], rows[-1] + 1
        learner.learn(tickets[:first], features[:first])
        today = tickets[first:last]
        told = learner.answer(today, features[first:last])
        half[first:last], most[first:last] = mending.follow(today, *told)
    return half, most


class _Learner:
    """What was learned on the days before; learns again when there is enough that is new."""

    def __init__(self) -> None:
        self.rows = 0
        self.usual: dict[str, tuple[float, float]] = {}
        self.learned: quantiles.Quantiles | None = None

    def learn(self, past: Sequence[Joined], features: Floats) -> None:
        if len(past) < FEWEST or len(past) < self.rows * LEARN_AGAIN:
            return
        self.rows = len(past)
        past, features = past[-LATEST:], features[-LATEST:]
        self.usual = knowing.usual(past, features[:, knowing.PLACE])
        waited = [ticket.waited for ticket in past]
        self.learned = quantiles.fit(self._with_usual(past, features), waited)

    def _with_usual(self, tickets: Sequence[Joined], features: Floats) -> Floats:
        usual = [self.usual.get(ticket.queue, self.usual[""]) for ticket in tickets]
        wait, pace = np.array(usual).T
        line = PLACE_MINUTES + features[:, knowing.PLACE] * pace
        return np.column_stack([features, line, wait, pace])

    def answer(self, tickets: Sequence[Joined], features: Floats) -> tuple[Floats, Floats]:
        if self.learned is None:
            return knowing.guess(features)
        return self.learned.predict(self._with_usual(tickets, features))


class _Correction:
    """Moves a queue's answers until as many come true as should (adaptive conformal
    inference, one step a ticket). Goes on from day to day."""

    def __init__(self) -> None:
        self.half: dict[str, float] = {}
        self.most: dict[str, float] = {}

    def follow(
        self, tickets: Sequence[Joined], half: Floats, most: Floats
    ) -> tuple[Floats, Floats]:
        """A day's answers, each mended by what had come true before that ticket joined."""
        told_half, told_most = np.empty(len(tickets)), np.empty(len(tickets))
        coming: list[tuple[float, int, bool]] = []
        for row in sorted(range(len(tickets)), key=lambda row: (tickets[row].at, row)):
            ticket = tickets[row]
            while coming and coming[0][0] < ticket.at:
                _, known, is_half = heapq.heappop(coming)
                late = tickets[known].waited > (told_half if is_half else told_most)[known]
                self._mend(tickets[known].queue, bool(late), is_half)
            told_half[row] = half[row] * np.exp(self.half.get(ticket.queue, 0.0))
            beyond = (most[row] - half[row]) * np.exp(self.most.get(ticket.queue, 0.0))
            told_most[row] = max(half[row] + beyond, told_half[row])
            heapq.heappush(coming, (ticket.at + min(ticket.waited, told_most[row]), row, False))
            if half[row] > SHORT:
                heapq.heappush(coming, (ticket.at + min(ticket.waited, told_half[row]), row, True))
        self._close(tickets, coming, told_half, told_most)
        return told_half, told_most

    def _close(
        self,
        tickets: Sequence[Joined],
        coming: list[tuple[float, int, bool]],
        half: Floats,
        most: Floats,
    ) -> None:
        """The day is over: what was still open has come true, in that order."""
        while coming:
            _, known, is_half = heapq.heappop(coming)
            late = tickets[known].waited > (half if is_half else most)[known]
            self._mend(tickets[known].queue, bool(late), is_half)

    def _mend(self, queue: str, late: bool, is_half: bool) -> None:
        mended, step, level, bound = (
            (self.half, MEND_HALF, quantiles.HALF, MENDED_HALF)
            if is_half
            else (self.most, MEND_MOST, quantiles.MOST, MENDED_MOST)
        )
        moved = mended.get(queue, 0.0) + step * (late - (1 - level))
        mended[queue] = min(max(moved, -bound), bound)
