"""How long a wait is likely to be: a range, the same for everybody who asks at one moment.

Half of people wait at most `half` minutes, nine in ten at most `most`. One look at a hall
is played many times (`queues/foreseeing.py`) with what is known: who waits in order of
rank, which windows call and whom they can serve, how far they are with the present person
and when they break or close, who is still expected with a booking, what services took in
the last weeks by matter, window and hour (`queues/pacing.py`). What this hall's estimates
missed before corrects them (`queues/fitting.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

import numpy as np

from config import civil
from queues.foreseeing import RUNS, Floats, Opening, Person, foresee
from queues.lining_up import Expected, Line, OpenWindow, Waiting
from queues.pacing import CHANCES, Pace, Paces, Pacing, paces_of, pacing_of

__all__ = [
    "Estimate", "Foreseen", "Line", "OpenWindow", "Pace", "Paces", "Waiting",
    "foresee_line", "paces_of", "pacing_of",
]  # fmt: skip

LEAST_WIDE = 2  # minutes between the two numbers
ALMOST_DONE = 0.25  # of a usual service: what is left of one that lasts very long
NEWCOMER = 1 << 20  # keys of those who only ask
GREEN_HOUR = 60.0
KEPT = timedelta(seconds=15)
ONE_IN_THREE = 3
OVERDUE = -np.log(1 - CHANCES)


@dataclass(frozen=True)
class Estimate:
    """Minutes: half of people wait at most `half`, nine in ten at most `most`."""

    half: int
    most: int


@dataclass(frozen=True)
class Foreseen:
    """What one look at a hall says about everybody in its line, and about newcomers."""

    tickets: Mapping[int, Estimate]
    matters: Mapping[int, Estimate]
    early: Mapping[int, float]  # ticket -> minutes that nine in ten wait at least
    raw: Mapping[int, tuple[float, float]]  # ticket -> its range before it was corrected

    def of(self, ticket_id: int) -> Estimate | None:
        """None while no window serves it and none is planned to."""
        return self.tickets.get(ticket_id)

    def newcomer(self, matter_id: int) -> Estimate | None:
        """The wait of somebody who takes a number for the matter now."""
        return self.matters.get(matter_id)


def foresee_line(line: Line, pacing: Pacing, *, now: datetime, patience: int) -> Foreseen:
    """The estimates of everybody, from one play of the line."""
    post = Posts(line, pacing, now)
    asking = [
        Person(
            rank=float(patience), windows=post.may_call(matter_id), minutes=post.nothing,
            key=NEWCOMER + matter_id, counts=False,
        )
        for matter_id in pacing.matters
    ]  # fmt: skip
    here = _ranked(line.waiting, post)
    last = max([patience, *(one.rank for one in here)])
    people = [*here, *asking, *_expected(line.expected, post, last), *_green(post)]
    count = len(here)
    waits = np.sort(foresee(people, post.openings)[: count + len(asking)], axis=1)
    ids = [one.id for one in line.waiting]
    ranges = [_range(runs) for runs in waits]
    told = [told_as(*found, pacing) if found else None for found in ranges]
    return Foreseen(
        tickets=_known(zip(ids, told, strict=False)),
        matters=_known(zip(pacing.matters, told[count:], strict=True)),
        early=dict(zip(ids, waits[:, RUNS // 10].tolist(), strict=False)),
        raw={pk: found for pk, found in zip(ids, ranges, strict=False) if found},
    )


def _known(told: Iterable[tuple[int, Estimate | None]]) -> dict[int, Estimate]:
    return {pk: estimate for pk, estimate in told if estimate}


def _range(runs: Floats) -> tuple[float, float] | None:
    """The range of these ascending runs; None where most of them never come to it."""
    half, most = runs[RUNS // 2], runs[RUNS * 9 // 10]
    if np.isinf(half):
        return None
    if np.isinf(most):
        most = runs[np.isfinite(runs)][-1]
    return float(half), float(most)


def told_as(half: float, most: float, pacing: Pacing) -> Estimate:
    """The range as it is told: corrected by what was learned, in whole minutes."""
    return rounded(corrected(half, pacing.half_factor), corrected(most, pacing.most_factor))


def corrected(minutes: float, factor: float) -> float:
    """A factor says little about no minutes at all: it counts from a minute more."""
    return (minutes + 1) * factor - 1


def rounded(half: float, most: float) -> Estimate:
    """Whole minutes, never narrower than what a clock can hold."""
    told = max(0, round(half))
    return Estimate(half=told, most=max(told + LEAST_WIDE, ceil(most)))


class Posts:
    """The windows of a line as the play sees them: indices, and when each is free."""

    def __init__(self, line: Line, pacing: Pacing, now: datetime) -> None:
        self.pacing, self.now = pacing, now
        self.hour = pacing.hours.get(civil.city_time(now).hour, 1.0)
        self.matters = [one.matters for one in line.windows]
        self.accessible = [one.is_accessible for one in line.windows]
        self.ids = [one.id for one in line.windows]
        self.openings = [self._opening(one) for one in line.windows]
        for one in line.coming:
            self.matters.append(one.matters)
            self.accessible.append(one.is_accessible)
            self.ids.append(one.id)
            breaks = tuple((self.minutes(b.begins_at), self.minutes(b.ends_at)) for b in one.breaks)
            slowness = pacing.slowness.get(one.id, 1.0)
            free = self.minutes(one.begins_at)
            self.openings.append(Opening(free, slowness=slowness, breaks=breaks, key=one.id))
        self.nothing = np.zeros(RUNS)

    def minutes(self, at: datetime) -> float:
        return (at - self.now).total_seconds() / 60

    def service(self, matter_id: int) -> Floats:
        """Quantiles of how long a call for the matter keeps a window at this hour."""
        pace = self.pacing.matters.get(matter_id)
        return pace.quantiles * self.hour if pace else self.nothing

    def may_call(self, matter_id: int, *, accessible: bool = False) -> frozenset[int]:
        """The windows that serve the matter; who needs an accessible one gets that, if any."""
        serve = [n for n, matters in enumerate(self.matters) if matter_id in matters]
        if accessible:
            serve = [n for n in serve if self.accessible[n]] or serve
        return frozenset(serve)

    def _opening(self, window: OpenWindow) -> Opening:
        breaks = tuple((self.minutes(b.begins_at), self.minutes(b.ends_at)) for b in window.breaks)
        slowness = self.pacing.slowness.get(window.id, 1.0)
        free: Floats | float = 0.0
        if window.serving is not None:
            elapsed = self.minutes(window.since) if window.since else 0.0
            free = self._left(window.serving, slowness, -elapsed)
        ends = self.minutes(window.ends_at) if window.ends_at else np.inf
        return Opening(free, ends=ends, slowness=slowness, breaks=breaks, key=window.id)

    def _left(self, matter_id: int, slowness: float, elapsed: float) -> Floats:
        """What is left of a service that has lasted so long: quantiles of the longer ones."""
        times = self.service(matter_id) * slowness
        longer = times[np.searchsorted(times, elapsed) :]
        if len(longer) < RUNS // 50:
            return OVERDUE * ALMOST_DONE * times.mean()
        return longer[(CHANCES * len(longer)).astype(int)] - elapsed


def _ranked(waiting: tuple[Waiting, ...], post: Posts) -> list[Person]:
    """Those who wait, as the windows will call them: the green channel goes first, at most
    once in three calls; who was sent to one window waits for that one."""
    ranks = [post.minutes(one.rank_at) for one in waiting]
    green = [n for n, one in enumerate(waiting) if one.priority]
    ordinary = [rank for one, rank in zip(waiting, ranks, strict=True) if not one.priority]
    for place, n in enumerate(green):
        first = (ONE_IN_THREE - 1) * place
        if first < len(ordinary):
            ranks[n] = min(ranks[n], ordinary[first] - 1e-6)
    return [
        Person(rank=rank, windows=_windows(one, post), minutes=_stay(one, post), key=one.id)
        for one, rank in zip(waiting, ranks, strict=True)
    ]


def _windows(one: Waiting, post: Posts) -> frozenset[int]:
    if one.only_window in post.ids:
        there = post.ids.index(one.only_window)
        if there in post.may_call(one.matter_id):
            return frozenset({there})
    return post.may_call(one.matter_id, accessible=one.needs_accessible)


def _stay(one: Waiting, post: Posts) -> Floats:
    """The matters that follow are done at the same window where it serves them."""
    minutes = post.service(one.matter_id)
    for following in one.then:
        minutes = minutes + post.service(following)
    return minutes


def _expected(expected: tuple[Expected, ...], post: Posts, last: float) -> list[Person]:
    """Booked people who may still come and would rank before the last one in line."""
    people = []
    for one in expected:
        starts = post.minutes(one.starts_at)
        arrives = post.pacing.offsets + starts
        later = arrives[arrives > 0]
        windows = post.may_call(one.matter_id)
        if starts > last or not len(later) or not windows:
            continue
        comes, left = post.pacing.comes, len(later) / RUNS
        key = int(one.starts_at.timestamp()) // 60 * 7 + one.matter_id
        person = Person(
            rank=starts,
            windows=windows,
            minutes=post.service(one.matter_id),
            arrives=later[(CHANCES * len(later)).astype(int)],
            chance=comes * left / (comes * left + 1 - comes),
        )
        people += [replace(person, key=key + n * 61) for n in range(one.people)]
    return people


def _green(post: Posts) -> list[Person]:
    """Urgent people who come in the next hour, as many as usual: they go first."""
    rate = post.pacing.green_an_hour
    count = ceil(rate) if rate >= 0.1 else 0
    everywhere = frozenset(range(len(post.openings)))
    usual = post.service(next(iter(post.pacing.matters), 0))
    return [
        Person(
            rank=-1e9, windows=everywhere, minutes=usual, arrives=GREEN_HOUR * CHANCES,
            chance=rate / count, key=NEWCOMER * 2 + n,
        )
        for n in range(count)
    ]  # fmt: skip


_looked: dict[int, tuple[Line, int, Pacing, datetime, Foreseen]] = {}


def foreseen_in(
    hall_id: int, line: Line, pacing: Pacing, *, now: datetime, patience: int
) -> Foreseen:
    """The same; a line that has not changed for some seconds is not played again."""
    known = _looked.get(hall_id)
    if known and known[:3] == (line, patience, pacing) and abs(now - known[3]) < KEPT:
        return known[4]
    foreseen = foresee_line(line, pacing, now=now, patience=patience)
    _looked[hall_id] = (line, patience, pacing, now, foreseen)
    return foreseen
