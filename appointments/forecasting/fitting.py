"""One robust regression for many series at once: level x weekday x whatever else is asked.

Counts are fitted on a logarithmic scale with the noise that counts have: chance (1/expected)
and a share of its own (a "mood" that does not average out). Effects are shrunk to none unless
the days insist, days far off weigh less, and the level follows the newest days.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 4
AT_ONCE = 256  # series; a bound on memory
OUTLIER = 2.0  # deviations from which a day weighs less
LEAST_MOOD, MOST_MOOD = 0.04, 0.6
FAST = 4.0  # days until a day counts half for the newest level
REACH = (-9.0, 14.0)  # of logarithms
STEADY = 0.12  # how far the newest level may wander from the long one before it must be proved
LOCAL = 21.0  # days until a neighbouring day counts half for the level of its time
SLOW = 120.0  # days until a day counts half for everything else


@dataclass(frozen=True)
class Design:
    """Features of the known days and of the days ahead, and how large their effects may be."""

    past: Floats
    ahead: Floats
    sizes: Floats


def fit(history: Floats, design: Design, base: Floats, base_ahead: Floats) -> Floats:
    """Expected people [series, days ahead] as base times level times effects."""
    parts = [
        fit_some(history[rows], design, base[rows], base_ahead[rows])
        for rows in np.array_split(np.arange(len(history)), -(-len(history) // AT_ONCE) or 1)
    ]
    return np.concatenate(parts)


def fit_some(history: Floats, design: Design, base: Floats, base_ahead: Floats) -> Floats:
    """The same of so many series that their matrices are small."""
    known = np.isfinite(history)
    seen = np.where(known, history, 0.0)
    level = seen.sum(1) / np.maximum((known * base).sum(1), 1e-9)
    busy = level > 0
    start = np.log(np.where(busy, level, 1.0))[:, None] + np.log(np.maximum(base, 1e-9))
    age = np.arange(history.shape[1])[::-1]
    near = 0.5 ** (np.abs(age[:, None] - age) / LOCAL)
    matrix, ahead = with_ones(design.past), with_ones(design.ahead)
    penalty = np.diag(1.0 / np.concatenate([[100.0], design.sizes**2]))
    width = matrix.shape[1]
    products = (matrix[:, :, None] * matrix[:, None]).reshape(-1, width * width)
    effects = np.zeros((len(history), width))
    for _ in range(ROUNDS):
        fitted = effects @ matrix.T
        expected = np.exp(np.clip(start + fitted, *REACH))
        off = np.clip(np.where(known, seen / expected - 1.0, 0.0), -1.0, 1.5)
        drift = drifting(off, expected, known, near)
        odd = np.where(known, off - drift, 0.0)
        noise = 1.0 / expected + moods(odd, expected, known) ** 2
        calm = np.minimum(1.0, OUTLIER * np.sqrt(noise) / np.maximum(np.abs(odd), 1e-9))
        weight = known * calm / noise * 0.5 ** (age / SLOW)
        left = (weight @ products).reshape(len(history), width, width) + penalty
        right = (weight * (fitted + off - drift)) @ matrix
        effects = np.linalg.solve(left, right[..., None])[..., 0]
    rest = fitted + off - effects @ matrix.T
    newest = weight * 0.5 ** (age / FAST - age / SLOW)
    lift = (newest * rest).sum(1) / (newest.sum(1) + STEADY**-2)
    total = effects @ ahead.T + lift[:, None] + np.log(np.maximum(base_ahead, 1e-9))
    found = np.exp(np.clip(total, *REACH)) * np.where(busy, level, 0.0)[:, None]
    return np.where(base_ahead > 0, found, 0.0)


def with_ones(features: Floats) -> Floats:
    return np.column_stack([np.ones(len(features)), features])


def drifting(off: Floats, expected: Floats, known: NDArray[np.bool_], near: Floats) -> Floats:
    """How far the days around each day are from what was fitted: a level that wanders slowly.

    It is taken out before effects are fitted and oddities are judged, so that a lasting rise is
    neither a weekday's nor a row of oddities.
    """
    weight = known * np.minimum(expected, LEAST_MOOD**-2)
    return (weight * off) @ near / (weight @ near + STEADY**-2)


def moods(off: Floats, expected: Floats, known: NDArray[np.bool_]) -> Floats:
    """How much a series varies beyond chance, as a share: robust, shrunk to the others'."""
    count = known.sum(1)
    beyond = np.where(known, np.minimum(off**2, 0.5) - 1.0 / expected, 0.0)
    own = beyond.sum(1)
    pooled = own.sum() / max(count.sum(), 1)
    share = (own + 5 * pooled) / (count + 5)
    return np.sqrt(np.clip(share, LEAST_MOOD**2, MOST_MOOD**2))[:, None]
