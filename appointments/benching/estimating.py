"""What an estimate costs, and what it is worth in a hall that is known (`played_hall`)."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from statistics import median

import numpy as np

from appointments.benching.played_hall import Day, compare, figures, learned
from queues.fitting import factor
from queues.foreseeing import RUNS, Opening, Person, foresee
from queues.lining_up import Line
from queues.pacing import NORMAL, Pacing

LINE, WINDOWS, EXPECTED, MATTERS = 200, 12, 30, 8
LEARNED, FITTED, JUDGED = range(10), range(20, 23), range(100, 106)
FIRST, NEXT = date(2027, 3, 1), date(2027, 3, 2)


def a_line() -> tuple[list[Person], list[Opening]]:
    """200 people of two kinds, 30 still expected, a newcomer per matter, 12 windows of which
    two break."""
    minutes = 6 * np.exp(0.45 * NORMAL)
    all_windows, some = frozenset(range(WINDOWS)), frozenset(range(WINDOWS // 3))
    people = [Person(float(n), all_windows if n % 3 else some, minutes, key=n) for n in range(LINE)]
    people += [
        Person(4.0 * n, all_windows, minutes, n + LINE, 1.5 * n + 5 + 2 * NORMAL, 0.85)
        for n in range(EXPECTED)
    ]
    people += [Person(1e6, some, minutes, key=1000 + n, counts=False) for n in range(MATTERS)]
    breaks = {3: ((30.0, 45.0),), 7: ((45.0, 60.0),)}
    return people, [Opening(minutes / 2, breaks=breaks.get(n, ()), key=n) for n in range(WINDOWS)]


def cost(rounds: int = 15) -> dict[str, float]:
    """CPU milliseconds of one play, the median and the best of so many."""
    people, windows = a_line()
    foresee(people, windows)
    seen = []
    for _ in range(rounds):
        began = time.process_time()
        foresee(people, windows)
        seen.append(1000 * (time.process_time() - began))
    return {"runs": RUNS, "cpu_ms": median(seen), "best_cpu_ms": min(seen)}


def without_bookings(line: Line) -> Line:
    return replace(line, expected=())


def without_breaks(line: Line) -> Line:
    rested = tuple(replace(window, breaks=()) for window in line.windows)
    return replace(line, windows=rested, coming=())


def as_it_is(line: Line) -> Line:
    return line


def corrected(pacing: Pacing, days: range, every: int) -> Pacing:
    """The same with the factors that a night would learn from those days."""
    told = compare(pacing, days, every=every)
    told = replace(told, day=np.array([FIRST] * len(told)))
    half, most = factor(told, 0, 0.5, NEXT), factor(told, 1, 0.9, NEXT)
    return replace(pacing, half_factor=half, most_factor=max(half, most))


def worth(
    judged: range = JUDGED, fitted: range = FITTED, every: int = 1
) -> dict[str, dict[str, float]]:
    """Losses on days that nothing was learned from: as it is, and with something left out."""
    pacing = learned([Day(np.random.default_rng(seed)).play() for seed in LEARNED])
    ways: dict[str, tuple[Pacing, Callable[[Line], Line]]] = {
        "not corrected": (pacing, as_it_is),
        "as it is": (corrected(pacing, fitted, every), as_it_is),
        "without bookings to come": (pacing, without_bookings),
        "without breaks": (pacing, without_breaks),
    }
    return {
        name: figures(compare(known, judged, spoil, every)) for name, (known, spoil) in ways.items()
    }


def measure() -> dict[str, object]:
    """As the bench tells it: milliseconds, and losses as parts of the rule of thumb's."""
    spent, ways = cost(40), worth()
    told = {f"a play, CPU ms ({LINE} people)": spent["cpu_ms"], "the best": spent["best_cpu_ms"]}
    for name, found in ways.items():
        told[f"{name}: half"] = found["half"] / found["thumb_half"]
        told[f"{name}: nine in ten"] = found["most"] / found["thumb_most"]
    return {"name": "estimate", "clients": 1, "figures": ways, "ratios": told}
