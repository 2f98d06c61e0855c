"""Mends what was learned by what has come true since, queue by queue and ticket by ticket.

Two makers answer: what was learned, and the plain formula (`queues/peers.py`), which is better
where a line is unlike all that was seen. The one that was nearer lately counts more; the more was
learned from, the clearer the formula must be nearer. Then the answers are moved until as many come
true as should (adaptive conformal inference): a queue that runs slower than it used to is noticed
on the same day.

A ticket has come true from the minute after its call; that it waits longer than it was told is
known as soon as it does.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from queues.quantiles import HALF, MOST
from queues.replay_file import Joined

Floats = NDArray[np.float64]
Answers = tuple[Floats, Floats]  # half and nine-in-ten

LEVELS = np.array([HALF, MOST])
STEPS = 0.002, 0.02  # how far one ticket moves its queue's answers
BOUNDS = 0.5, 1.0  # how far they can be moved at all (as logarithm)
SHORT = 1.0  # minutes below which a half says nothing of a queue's pace
FADE = 0.995  # what a loss still counts when the next ticket has come true
CLEARLY = np.array([0.2, 0.5])  # by how much a formula's loss counts more, once enough was seen
ENOUGH = 4000  # tickets that were learned from
SHARPNESS = 16  # a maker with a tenth less loss counts five times as much
CALLED = -1


@dataclass
class _Queue:
    moved: Floats = field(default_factory=lambda: np.zeros(2))
    losses: Floats = field(default_factory=lambda: np.ones((2, 2)))  # maker, level

    def answer(self, makers: Floats, clearly: Floats) -> tuple[float, float, float]:
        """Half and nine-in-ten, and the half before it was moved."""
        losses = self.losses * np.stack([np.ones(2), 1 + clearly])
        parts = (losses.min(0) / losses) ** SHARPNESS
        half, most = (parts * makers).sum(0) / parts.sum(0)
        told = half * np.exp(self.moved[0])
        beyond = max(most - half, 0) * np.exp(self.moved[1])
        return float(told), float(max(half + beyond, told)), float(half)

    def judge(self, makers: Floats, waited: float) -> None:
        off = waited - makers
        self.losses = self.losses * FADE + np.maximum(LEVELS * off, (LEVELS - 1) * off)

    def move(self, level: int, late: bool) -> None:
        moved = self.moved[level] + STEPS[level] * (late - (1 - LEVELS[level]))
        self.moved[level] = min(max(moved, -BOUNDS[level]), BOUNDS[level])


class Mending:
    """What has been seen of each queue's answers; goes on from day to day."""

    def __init__(self) -> None:
        self.queues: dict[str, _Queue] = {}

    def follow(
        self, tickets: Sequence[Joined], learned: Answers, plain: Answers, learned_from: int
    ) -> Answers:
        """A day's answers, each mended by what had come true before that ticket joined."""
        clearly = CLEARLY * min(learned_from / ENOUGH, 1)
        makers = np.stack([np.column_stack(learned), np.column_stack(plain)], 1)
        told = np.zeros((len(tickets), 2))
        coming: list[tuple[float, int, int]] = []
        for row in sorted(range(len(tickets)), key=lambda row: (tickets[row].at, row)):
            ticket = tickets[row]
            while coming and coming[0][0] < ticket.at:
                self._come_true(heapq.heappop(coming), tickets, makers, told)
            queue = self.queues.setdefault(ticket.queue, _Queue())
            *told[row], half = queue.answer(makers[row], clearly)
            heapq.heappush(coming, (ticket.called, row, CALLED))
            for level in (0, 1) if half > SHORT else (1,):
                known = ticket.at + min(ticket.waited, told[row, level])
                heapq.heappush(coming, (known, row, level))
        while coming:  # the day is over
            self._come_true(heapq.heappop(coming), tickets, makers, told)
        return told[:, 0], told[:, 1]

    def _come_true(
        self, event: tuple[float, int, int], tickets: Sequence[Joined], makers: Floats, told: Floats
    ) -> None:
        _, row, what = event
        queue = self.queues[tickets[row].queue]
        if what == CALLED:
            queue.judge(makers[row], tickets[row].waited)
        else:
            queue.move(what, bool(tickets[row].waited > told[row, what]))
