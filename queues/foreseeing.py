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
from itertools import count

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RUNS = 256
TICKS = 600  # a minute in tenths of a second
BITS = 15  # a key: what counts above, then 7 bits of index and 8 of run
INDEX = (1 << BITS) - 1
RUN_BITS, MOST = 8, 1 << 7  # at most 128 kinds of people, and 127 windows
NEVER = np.int64(1) << 45
CLOSED = NEVER << BITS
LOOK = 16  # steps between two looks whether anybody is still expected
ROWS = 509  # orders of quantiles to choose from; a prime, so that neighbours differ
ALL_RUNS = np.arange(RUNS)


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
    """The state of all runs, in ticks; first axis what, second axis run.

    Keys carry their own place in the array below what they are compared by: `free` is
    "when, window, run" and `heads` is "place in line, kind, run".
    """

    service: Ints  # person, run
    arrives: Ints  # person, run; of the next one in the chain
    following: Ints  # person -> key of the next one in the chain, without the run
    barred: Ints  # kind, (window, run) -> 0 or NEVER; the last window is a closed one
    heads: Ints  # kind, run
    expected: int  # the first kinds are not here yet
    here: Ints  # kind, run -> when the head arrives
    free: Ints  # window, run
    slowness: Ints | None  # window, in 1/128
    ends: Ints | None  # window
    breaks: list[tuple[int, Ints, Ints]]  # the first begin; window -> begin, end
    shut: Ints  # run -> the key of a closed window
    calls: list[tuple[Ints, Ints]] = field(default_factory=list)  # (person, run), when


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
    minutes = np.full((len(places), RUNS), np.inf)
    for cell, at in play.calls:
        minutes.ravel()[cell] = at
    waits[places] = minutes / TICKS
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
    following = np.full(len(people), CLOSED)
    arrives = np.zeros((len(people), RUNS))
    heads = np.empty((len(ordered), RUNS), dtype=np.int64)
    barred = np.full((len(ordered), len(windows) + 1), CLOSED)
    here = np.zeros((len(ordered), RUNS))
    for kind, ((_, may_call), chain) in enumerate(ordered):
        low = kind << RUN_BITS
        heads[kind] = (chain[0] << BITS | low) + ALL_RUNS
        barred[kind, list(may_call)] = 0
        following[chain[:-1]] = [n << BITS | low for n in chain[1:]]
        if kind < expected:
            times = _arrivals([people[n] for n in chain], service, chain)
            here[kind] = times[0]
            arrives[chain[:-1]] = times[1:]
    slowness = np.array([round(128 * one.slowness) for one in windows], dtype=np.int64)
    ends = np.array([_tick(one.ends) for one in windows], dtype=np.int64)
    return _Play(
        service=_ticks(service),
        arrives=_ticks(arrives),
        following=following,
        barred=np.repeat(barred, RUNS, axis=1),
        heads=heads,
        expected=expected,
        here=_ticks(here),
        free=_first_free(windows),
        slowness=None if (slowness == 128).all() else slowness,
        ends=None if (ends >= NEVER).all() else ends,
        breaks=_breaks(windows),
        shut=_shut(len(windows)),
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
        low = (w << RUN_BITS) + ALL_RUNS
        free[w] = np.where(ticks >= _tick(one.ends), _shut(len(windows)), ticks << BITS | low)
    return free


def _shut(windows: int) -> Ints:
    """The key of a closed window, in each run: it leads to the column that bars everybody."""
    return CLOSED + (windows << RUN_BITS) + ALL_RUNS


def _breaks(windows: Sequence[Opening]) -> list[tuple[int, Ints, Ints]]:
    """The n-th break of every window; one that has none has one that never begins."""
    most = max(len(one.breaks) for one in windows)
    found = []
    for n in range(most):
        spans = [one.breaks[n] if n < len(one.breaks) else (np.inf, np.inf) for one in windows]
        begins = np.array([_tick(span[0]) for span in spans], dtype=np.int64)
        ends = np.array([_tick(span[1]) for span in spans], dtype=np.int64)
        found.append((int(begins.min()), begins, ends))
    return found


def _play(play: _Play) -> None:
    """Call after call until everybody who is here has been called, or never will be."""
    expected, candidates = play.expected, np.empty_like(play.heads)
    service, arrives = play.service.ravel(), play.arrives.ravel()
    heads, free, here = play.heads.ravel(), play.free.ravel(), play.here.ravel()
    for step in count():
        if expected and step % LOOK == 0 and (play.heads[:expected] >= CLOSED).all():
            expected = 0  # all have come
        soonest = np.minimum.reduce(play.free, axis=0)
        at, place = soonest >> BITS, soonest & INDEX
        np.take(play.barred, place, axis=1, out=candidates, mode="clip")
        candidates += play.heads
        if expected:
            candidates[:expected] += (play.here[:expected] > at) * CLOSED
        chosen = np.minimum.reduce(candidates, axis=0)
        run = ALL_RUNS
        if np.maximum.reduce(chosen) >= CLOSED:
            if not _wait_for_somebody(play, soonest, chosen):
                return
            run = np.flatnonzero(chosen < CLOSED)
            chosen, at, place = chosen[run], at[run], place[run]
        person, head = chosen >> BITS, chosen & INDEX
        cell = (person << RUN_BITS) + run
        play.calls.append((cell, at))
        heads[head] = play.following.take(person) + run
        if expected:
            here[head] = arrives.take(cell)
        free[place] = _next_call(play, at, service.take(cell), place)


def _next_call(play: _Play, since: Ints, took: Ints, place: Ints) -> Ints:
    """When the window calls again: after a break that began meanwhile, never after its end."""
    if play.slowness is not None:
        took = took * play.slowness[place >> RUN_BITS] >> 7
    return _open_again(play, since, since + took, place)


def _open_again(play: _Play, since: Ints, ready: Ints, place: Ints) -> Ints:
    for first, begins, ends in play.breaks:
        if np.maximum.reduce(ready, initial=0) < first:
            continue
        window = place >> RUN_BITS
        begun = (since < begins[window]) & (ready >= begins[window])
        ready = np.where(begun, np.maximum(ready, ends[window]), ready)
    if play.ends is None:
        return ready << BITS | place
    over = ready >= play.ends[place >> RUN_BITS]
    return np.where(over, play.shut[place & (RUNS - 1)], ready << BITS | place)


def _wait_for_somebody(play: _Play, soonest: Ints, chosen: Ints) -> bool:
    """Where nobody can be called now the window waits for the next who is expected.

    False when nobody who is here waits any more in any run, or all windows are closed.
    """
    expected = play.expected
    if play.heads[expected:].min() >= CLOSED:
        return False
    run = np.flatnonzero((chosen >= CLOSED) & (soonest < CLOSED))
    place = soonest[run] & INDEX
    coming = np.full(run.size, CLOSED)
    if expected:
        nobody = play.heads[:expected, run] & CLOSED | play.barred[:expected, place]
        coming = np.minimum.reduce(play.here[:expected, run] + nobody, axis=0)
    nobody_ever = coming >= CLOSED
    coming[nobody_ever] = 0
    later = _open_again(play, soonest[run] >> BITS, coming, place)
    play.free.ravel()[place] = np.where(nobody_ever, play.shut[run], later)
    return bool(run.size) or bool((chosen < CLOSED).any())
