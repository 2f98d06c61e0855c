"""Ranges around an expected number, from how wrong the same method was at earlier origins.

They are conformal: the next error is taken for one more draw among the earlier ones. Errors of a
day resemble each other, so that they count as fewer than they are (independent.py).
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting.independent import independent

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
FADES = 20.0  # days until an error counts half
BORROWED = 30  # errors of a series that weigh as much as those of all series together
LEAST = 40  # errors as of chance that are added before anything is known
MIRRORED = 20.0  # days of errors until which an error to one side says as much of the other
BELL = 1.25 * np.array(  # errors of a bell curve, of size 1 on average
    [-1.64, -1.04, -0.67, -0.39, -0.13, 0.13, 0.39, 0.67, 1.04, 1.64]
)
GROUPS = np.array([2, 7, 14])  # days ahead from which errors are of another size
MOOD = 0.1  # how much a day varies beyond chance, as a share
REST = 0.375  # people: makes few as even as many
FARTHEST = 23.0  # on the even scale: about tenfold of many people


def around(mean: Floats, guesses: Floats, actual: Floats, age: Floats) -> dict[float, Floats]:
    """Quantiles of what comes, given guesses [origin, series, days ahead] and what came then.

    Errors are measured where few and many people are equally unsure, pooled over series and
    scaled to each series and to how far ahead it is; newer ones count more (`age` in days, of
    [origin, days ahead]). With few days behind them the ranges are wider, as Student's are, and
    lean to no side.
    """
    errors = evened(actual) - evened(guesses)
    weight = np.where(np.isfinite(errors), 0.5 ** (age / FADES)[:, None], 0.0)
    errors = np.nan_to_num(errors)
    own = sizes(errors, weight)[:, None]
    lead = by_lead(errors / own, weight)
    errors = errors / own / lead
    seen = weight > 0
    count, days = independent(np.abs(errors), weight, age)
    share = count / max(weight.sum(), 1e-9)
    values = np.concatenate([errors[seen], BELL])
    counts = np.concatenate([weight[seen] * share, np.ones(len(BELL))])
    coming = count / (count + len(BELL))  # the bell curve is no sample: nothing comes to it
    mirrored = MIRRORED / (MIRRORED + len(np.unique(age[seen.any(axis=1)]))) / 2
    found = {}
    for level in LEVELS:
        off = quantile(values, counts, level, mirrored, coming) * wider(level, days + len(BELL))
        found[level] = people(evened(mean) + np.clip(own * lead * off, -FARTHEST, FARTHEST))
    return found


def evened(expected: Floats) -> Floats:
    """So many people on a scale on which chance and mood move all numbers equally far."""
    return np.asarray(2 / MOOD * np.arcsinh(MOOD * np.sqrt(np.maximum(expected, 0.0) + REST)))


def people(even: Floats) -> Floats:
    """How many people that is; never less than nobody."""
    return np.maximum((np.sinh(MOOD / 2 * np.maximum(even, 0.0)) / MOOD) ** 2 - REST, 0.0)


def wider(level: float, days: float) -> float:
    """How much further out Student's quantile lies than the bell curve's: the size of errors is
    itself known from no more than so many days."""
    return 1 + (NormalDist().inv_cdf(level) ** 2 + 1) / (4 * days)


def quantile(values: Floats, counts: Floats, level: float, mirrored: float, coming: float) -> float:
    """Of the values, of which that share counts for the other side, and of the one to come."""
    both = np.concatenate([values, -values])
    weight = np.concatenate([counts * (1 - mirrored), counts * mirrored])
    order = np.argsort(both)
    weight = weight[order]
    place = (np.cumsum(weight) - weight / 2 + coming / 2) / (weight.sum() + coming)
    return float(np.interp(level, place, both[order]))


def sizes(errors: Floats, weight: Floats) -> Floats:
    """The usual size of the errors of each series, shrunk to that of all."""
    total, count = (np.abs(errors) * weight).sum(axis=(0, 2)), weight.sum(axis=(0, 2))
    everyone = (total.sum() + LEAST) / (count.sum() + LEAST)
    return np.maximum((total + BORROWED * everyone) / (count + BORROWED), 0.02)


def by_lead(errors: Floats, weight: Floats) -> Floats:
    """How much larger the errors are further ahead."""
    total, count = (np.abs(errors) * weight).sum(axis=(0, 1)), weight.sum(axis=(0, 1))
    group = np.searchsorted(GROUPS, np.arange(len(total)), side="right")
    found = np.ones(len(total))
    for each in np.unique(group):
        some = group == each
        found[some] = (total[some].sum() + LEAST) / (count[some].sum() + LEAST)
    return found
