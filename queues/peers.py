"""The estimate that queue systems usually show: people ahead x typical service time / windows.

Its half is that, its nine-in-ten 1.5 times that. "People ahead" and "typical" can be read in
several ways; `READINGS` holds those that a careful maker could choose, the first of them is the
one that is compared with, and the others are told beside it. The service times of a queue come
from the days before, as those of our own method do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from queues.replay_file import Joined

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_TIMES = 1.5
FEWEST = 5  # tickets below which a queue is taken to be like all queues
NOTHING_KNOWN = 10.0  # minutes at a window


@dataclass(frozen=True)
class Facts:
    """Tickets as columns, in order of day, queue and joining."""

    queue: NDArray[np.str_]
    windows: Floats
    waiting: Floats
    waited: Floats
    between: Floats  # minutes since the call before, where this ticket waited already; else nan

    def only(self, which: Bools) -> "Facts":
        return Facts(*(part[which] for part in vars(self).values()))


def facts(tickets: Sequence[Joined]) -> Facts:
    return Facts(
        np.array([ticket.queue for ticket in tickets]),
        np.array([max(ticket.windows, 1) for ticket in tickets], float),
        np.array([ticket.waiting for ticket in tickets], float),
        np.array([ticket.waited for ticket in tickets]),
        _between(tickets),
    )


def _between(tickets: Sequence[Joined]) -> Floats:
    made = np.full(len(tickets), np.nan)
    called = sorted(
        range(len(tickets)),
        key=lambda row: (tickets[row].day, tickets[row].queue, tickets[row].called, row),
    )
    for before, row in pairwise(called):
        first, second = tickets[before], tickets[row]
        same = (first.day, first.queue) == (second.day, second.queue)
        if same and second.at <= first.called:
            made[row] = second.called - first.called
    return made


def counts_oneself(some: Facts) -> bool:
    """Whether the file's `waiting_at_join` counts the ticket too: then nobody who had to wait
    carries a 0."""
    had_to = some.waited > 0
    return bool(had_to.any() and (some.waiting[had_to] == 0).mean() < 0.02)


def _middle(some: Facts, ahead: Floats) -> float:
    """The median minute of a window for each person ahead."""
    return float(np.median(some.waited * some.windows / ahead))


def _fitting(some: Facts, ahead: Floats) -> float:
    """The service time with which the formula would have been best: its half's least loss."""
    each, weight = some.waited * some.windows / ahead, ahead / some.windows
    order = np.argsort(each, kind="stable")
    heaped = np.cumsum(weight[order])
    return float(each[order][np.searchsorted(heaped, heaped[-1] / 2)])


def _average(some: Facts, ahead: Floats) -> float:
    """All minutes waited over all people ahead for each window."""
    return float(some.waited.sum() / (ahead / some.windows).sum())


def _between_calls(some: Facts, ahead: Floats) -> float:
    """The mean time between two calls while somebody waited, times windows."""
    seen = ~np.isnan(some.between)
    if seen.sum() < FEWEST:
        return _average(some, ahead)
    return float((some.between * some.windows)[seen].mean())


@dataclass(frozen=True)
class Reading:
    name: str
    leaves_oneself_out: bool
    typical: Callable[[Facts, Floats], float]

    def ahead(self, some: Facts, counted: bool) -> Floats:
        oneself = 1 if self.leaves_oneself_out and counted else 0
        return np.maximum(some.waiting - oneself, 0)


TYPICAL = {
    "median service time": _middle,
    "mean time between calls": _between_calls,
    "mean service time": _average,
    "service time that fits best": _fitting,
}
READINGS = [
    Reading(f"{name}, {people}", without, typical)
    for people, without in (("people ahead", True), ("waiting_at_join as it is", False))
    for name, typical in TYPICAL.items()
]


def formula(reading: Reading, past: Facts, today: Facts, *, counted: bool) -> Floats:
    """Minutes for each of today's tickets, with service times out of the past."""
    ahead = reading.ahead(today, counted)
    general = _service(reading, past, counted, NOTHING_KNOWN)
    service = np.full(len(ahead), general)
    for queue in np.unique(today.queue):
        mine = past.only(past.queue == queue)
        service[today.queue == queue] = _service(reading, mine, counted, general)
    minutes: Floats = ahead * service / today.windows
    return minutes


def _service(reading: Reading, past: Facts, counted: bool, otherwise: float) -> float:
    some = past.only(reading.ahead(past, counted) > 0)
    if len(some.waited) < FEWEST:
        return otherwise
    return reading.typical(some, reading.ahead(some, counted))
