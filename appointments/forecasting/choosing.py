"""Which method is believed how much: by its errors at earlier origins, never by its fit.

At an origin only what lies before it is known. A method's guesses of many origins are kept, and
a blend made at some origin looks only at errors on days before that origin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting.known import Known, Method

Floats = NDArray[np.float64]

STRICT = 10.0  # how much more a better method counts
UNPROVED = 300  # errors of all series that weigh as much as what is believed beforehand
BEFOREHAND = {"seasonal_naive": 1.3, "last_four": 1.1, "shared": 0.8}
NEW = 40  # errors of a series until which it is rather like any new one
BORROWED = 400  # errors of a series that weigh as much as those of all series together


@dataclass(frozen=True)
class Trials:
    """Guesses [method, origin, series, days ahead] and what came; nan: not known."""

    names: tuple[str, ...]
    origins: NDArray[np.int64]
    guesses: Floats
    actual: Floats

    def age(self, column: int) -> Floats:
        """How many days before that column each guessed day lies [origin, days ahead]."""
        return column - self.origins[:, None] - np.arange(self.actual.shape[2], dtype=float)

    def seen_before(self, column: int) -> Floats:
        """What came, as far as it was known before that column."""
        ahead = self.actual.shape[2]
        day = self.origins[:, None] + np.arange(ahead)
        return np.where((day < column)[:, None, :], self.actual, np.nan)


def try_all(known: Known, origins: Sequence[int], methods: Mapping[str, Method]) -> Trials:
    """What every method would have guessed at each origin, knowing only what lay before it."""
    series, ahead = len(known.history), known.ahead
    total = known.history.shape[1]
    guesses = np.full((len(methods), len(origins), series, ahead), np.nan)
    actual = np.full((len(origins), series, ahead), np.nan)
    for row, origin in enumerate(origins):
        view = known.before(origin, ahead)
        days = min(ahead, total - origin)
        actual[row, :, :days] = known.history[:, origin : origin + days]
        for place, method in enumerate(methods.values()):
            guesses[place, row, :, : view.ahead] = method(view)
    return Trials(tuple(methods), np.array(origins, dtype=np.int64), guesses, actual)


def trust(trials: Trials, column: int) -> Floats:
    """The weight of each method for each series, from its errors before that column."""
    off = np.abs(trials.guesses - trials.seen_before(column))
    sums, count = np.nansum(off, axis=(1, 3)), np.isfinite(off[0]).sum(axis=(0, 2))
    typical = sums.mean(axis=0)
    own = np.where(typical > 0, sums / np.maximum(typical, 1e-9), 1.0)
    belief = np.array([BEFOREHAND.get(name, 1.0) for name in trials.names])
    proof = count.sum() / (count.sum() + UNPROVED)
    measured = sums.sum(axis=1) / typical.sum() if typical.sum() > 0 else belief
    pooled = measured * proof + belief * (1 - proof)
    share = count / (count + BORROWED)
    old = count / (count + NEW)
    lent = pooled[:, None] * old + belief[:, None] * (1 - old)
    errors = own * share + lent * (1 - share)
    weights = np.maximum(errors, 0.05) ** -STRICT
    return weights / weights.sum(axis=0)


def blend(trials: Trials, column: int, guesses: Floats) -> Floats:
    """Guesses [method, series, days ahead] of one origin, weighed by what was known then."""
    return np.einsum("mn,mna->na", trust(trials, column), guesses)


def blends(trials: Trials) -> Floats:
    """The blend at each of the trials' own origins, weighed by what was known there."""
    made = [
        blend(trials, int(origin), trials.guesses[:, row])
        for row, origin in enumerate(trials.origins)
    ]
    return np.array(made).reshape(trials.actual.shape)
