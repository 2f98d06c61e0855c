"""How a line is likely to move: many runs of it at once, on arrays.

Whoever is free calls the lowest rank that it can serve; that is all the rule there is
(`queues/calling.py`), so that is all that is played here. People of one kind (the same
windows may call them, and they are here or still expected) form a chain in order of rank,
and only the heads of the chains can be called. Each step makes the next call of every run;
one step costs a handful of numpy calls, however many runs there are.

Nothing is drawn by chance while it runs: everybody gets each of the RUNS quantiles of their
service time in one run, in an order of their own (a Latin square). So the same line gives
the same answer, and one that moved by a person gives nearly the same. Times are minutes
from now; pure functions, no database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RUNS = 256
TICKS = 600  # a minute in tenths of a second
NEVER = np.int64(1) << 52
BITS = 7  # at most 128 windows, 128 kinds of people
MASK = (1 << BITS) - 1
ROWS = 509  # orders of quantiles to choose from; a prime, so that neighbours differ


@dataclass(frozen=True)
class Person:
    """One who waits or is expected, or (`counts` false) only asks how long it would take.

    `minutes` are the RUNS quantiles of the time at a window, ascending; `windows` the
    indices of those that may call. `arrives` are quantiles of minutes from now, None for
    who is here; `chance` is how likely an expected person comes. `key` keeps the order of
    quantiles the same from one look at the line to the next.
    """

    rank: float
    windows: frozenset[int]
    minutes: Floats
    key: int = 0
    arrives: Floats | None = None
    chance: float = 1.0
    counts: bool = True


@dataclass(frozen=True)
class Opening:
    """A window that calls: from when (quantiles of minutes from now), until when, and how
    fast (1.2: a fifth more minutes than usual). Breaks are (begin, end)."""

    free: Floats | float = 0.0
    ends: float = np.inf
    slowness: float = 1.0
    breaks: tuple[tuple[float, float], ...] = ()
    key: int = 0


@dataclass
class _Play:
    """The state of all runs; everything in ticks, first axis what, second axis run."""

    service: Ints  # person, run
    arrives: Ints  # person, run; of the next one in the chain
    called: Ints  # person, run
    following: Ints  # person -> key of the next one in the chain
    barred: Ints  # kind, window -> 0 or NEVER
    heads: Ints  # kind, run -> key of who is first in the chain
    here: Ints  # kind (expected ones only), run -> when the head arrives
    free: Ints  # window, run -> when it calls next, with the window's index below
    slowness: Ints  # window, in 1/128
    ends: Ints  # window
    breaks: list[tuple[Ints, Ints]] = field(default_factory=list)  # window -> begin, end


@cache
def orders() -> NDArray[np.int64]:
    """Orders of the RUNS quantiles, one a row."""
    luck = np.random.default_rng(20270304)
    return luck.permuted(np.tile(np.arange(RUNS), (ROWS, 1)), axis=1)


def foresee(people: Sequence[Person], windows: Sequence[Opening]) -> Floats:
    """Minutes until each person is called, in RUNS runs; infinite for never.

    Rows are in the order of `people`, runs within a row in no order.
    """
    waits = np.full((len(people), RUNS), np.inf)
    places = sorted(
        (n for n, one in enumerate(people) if one.windows), key=lambda n: people[n].rank
    )
    if not places or not windows:
        return waits
    play = _set_up([people[n] for n in places], windows)
    _play(play)
    minutes = play.called / TICKS
    minutes[play.called >= NEVER] = np.inf
    waits[places] = minutes
    return waits


def _set_up(people: list[Person], windows: Sequence[Opening]) -> _Play:
    """People are in order of rank."""
    rows = np.array([one.key for one in people]) % ROWS
    mixed = orders()[rows]
    minutes = np.stack([one.minutes for one in people])
    service = np.take_along_axis(minutes, mixed, axis=1)
    service[[not one.counts for one in people]] = 0.0
    kinds: dict[tuple[bool, frozenset[int]], list[int]] = {}
    for n, one in enumerate(people):
        kinds.setdefault((one.arrives is None, one.windows), []).append(n)
    ordered = sorted(kinds.items(), key=lambda kind: kind[0][0])  # the expected ones first
    expected = sum(not here for (here, _), _ in ordered)
    following = np.full(len(people), NEVER)
    arrives = np.zeros((len(people), RUNS))
    heads = np.empty((len(ordered), RUNS), dtype=np.int64)
    barred = np.full((len(ordered), len(windows)), NEVER)
    here = np.zeros((expected, RUNS))
    for kind, ((_, may_call), chain) in enumerate(ordered):
        heads[kind] = chain[0] << BITS | kind
        barred[kind, list(may_call)] = 0
        following[chain[:-1]] = [n << BITS | kind for n in chain[1:]]
        if kind < expected:
            times = _arrivals([people[n] for n in chain], service, chain)
            here[kind] = times[0]
            arrives[chain[:-1]] = times[1:]
    return _Play(
        service=_ticks(service),
        arrives=_ticks(arrives),
        called=np.full((len(people), RUNS), NEVER),
        following=following,
        barred=barred,
        heads=heads,
        here=_ticks(here),
        free=_first_free(windows),
        slowness=np.array([round(128 * one.slowness) for one in windows], dtype=np.int64),
        ends=np.array([_tick(one.ends) for one in windows], dtype=np.int64),
        breaks=_breaks(windows),
    )


def _arrivals(people: list[Person], service: Floats, chain: list[int]) -> Floats:
    """When those of a chain come, the earlier first; who does not come takes no time."""
    times = np.empty((len(people), RUNS))
    for row, (one, n) in enumerate(zip(people, chain, strict=True)):
        order = orders()[(one.key * 31 + 7) % ROWS]
        times[row] = one.arrives[order] if one.arrives is not None else 0.0
        stays_away = orders()[(one.key * 17 + 3) % ROWS] >= round(one.chance * RUNS)
        service[n, stays_away] = 0.0
    times.sort(axis=0)
    return times


def _ticks(minutes: Floats) -> Ints:
    return np.rint(np.maximum(minutes, 0.0) * TICKS).astype(np.int64)


def _tick(minutes: float) -> int:
    return int(NEVER) if np.isinf(minutes) else round(max(minutes, 0.0) * TICKS)


def _first_free(windows: Sequence[Opening]) -> Ints:
    free = np.empty((len(windows), RUNS), dtype=np.int64)
    for w, one in enumerate(windows):
        times = np.broadcast_to(np.asarray(one.free, dtype=float), (RUNS,))
        ticks = _ticks(times[orders()[(one.key * 13 + 5) % ROWS]])
        for begins, ends in one.breaks:
            inside = (ticks >= _tick(begins)) & (ticks < _tick(ends))
            ticks = np.where(inside, _tick(ends), ticks)
        free[w] = np.where(ticks >= _tick(one.ends), NEVER << BITS, ticks << BITS | w)
    return free


def _breaks(windows: Sequence[Opening]) -> list[tuple[Ints, Ints]]:
    """The n-th break of every window; one that has none has one that never begins."""
    most = max(len(one.breaks) for one in windows)
    found = []
    for n in range(most):
        spans = [one.breaks[n] if n < len(one.breaks) else (np.inf, np.inf) for one in windows]
        begins = np.array([_tick(span[0]) for span in spans], dtype=np.int64)
        ends = np.array([_tick(span[1]) for span in spans], dtype=np.int64)
        found.append((begins, ends))
    return found


def _play(play: _Play) -> None:
    """Call after call until no window can call anybody in any run."""
    runs = np.arange(RUNS)
    expected = len(play.here)
    candidates = np.empty_like(play.heads)
    service, called = play.service.ravel(), play.called.ravel()
    arrives, heads, free = play.arrives.ravel(), play.heads.ravel(), play.free.ravel()
    here = play.here.ravel()
    closed = NEVER << BITS
    while True:
        soonest = np.minimum.reduce(play.free, axis=0)
        if soonest.min() >= closed:
            return
        window = soonest & MASK
        at = soonest >> BITS
        np.take(play.barred, window, axis=1, out=candidates)
        candidates += play.heads
        if expected:
            candidates[:expected] += (play.here > at) * NEVER
        chosen = np.minimum.reduce(candidates, axis=0)
        if (chosen < NEVER).all():
            one, cell, run, was, win = chosen >> BITS, None, runs, at, window
        else:
            _wait_for_somebody(play, soonest, chosen)
            run = np.flatnonzero((chosen < NEVER) & (soonest < closed))
            if not run.size:
                continue
            chosen, was, win = chosen[run], at[run], window[run]
            one = chosen >> BITS
        kind = chosen & MASK
        cell = one * RUNS + run
        called[cell] = was
        heads[kind * RUNS + run] = play.following[one]
        if expected:
            comes = kind < expected
            here[(kind * RUNS + run)[comes]] = arrives[cell[comes]]
        done = was + (service[cell] * play.slowness[win] >> 7)
        free[win * RUNS + run] = _next_call(play, was, done, win)


def _next_call(play: _Play, since: Ints, done: Ints, window: Ints) -> Ints:
    """When the window calls again: after a break that began meanwhile, never after its end."""
    for begins, ends in play.breaks:
        begun = (since < begins[window]) & (done >= begins[window])
        done = np.where(begun, np.maximum(done, ends[window]), done)
    return np.where(done >= play.ends[window], NEVER << BITS, done << BITS | window)


def _wait_for_somebody(play: _Play, soonest: Ints, chosen: Ints) -> None:
    """Where nobody can be called now the window waits for the next who is expected."""
    run = np.flatnonzero((chosen >= NEVER) & (soonest < NEVER << BITS))
    window, at = soonest[run] & MASK, soonest[run] >> BITS
    coming = np.full(run.size, NEVER)
    if len(play.here):
        expected = len(play.here)
        left = (play.heads[:expected, run] >= NEVER) * NEVER
        times = play.here[:, run] + left + play.barred[:expected, window]
        coming = np.minimum.reduce(times, axis=0)
    later = _next_call(play, at, np.minimum(coming, NEVER), window)
    play.free[window, run] = np.where(coming >= NEVER, NEVER << BITS, later)
