"""Ranges around an expected number, from how wrong the same method was at earlier origins."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
FADES = 20.0  # days until an error counts half
BORROWED = 30  # errors of a series that weigh as much as those of all series together
LEAST = 40  # errors as of chance that are added before anything is known
FEW_DAYS = 5.0  # ranges are wider by this over the number of days that were seen
MOST = 1.1  # times
MIRRORED = 20.0  # days of errors until which an error to one side says as much of the other
BELL = 1.25 * np.array(  # errors of a bell curve, of size 1 on average
    [-1.64, -1.04, -0.67, -0.39, -0.13, 0.13, 0.39, 0.67, 1.04, 1.64]
)
GROUPS = np.array([2, 7, 14])  # days ahead from which errors are of another size


def around(mean: Floats, guesses: Floats, actual: Floats, age: Floats) -> dict[float, Floats]:
    """Quantiles of what comes, given guesses [origin, series, days ahead] and what came then.

    Errors are measured in units of the usual spread of so many people, pooled over series and
    scaled to each series and to how far ahead it is; newer ones count more (`age` in days, of
    [origin, days ahead]). The errors of one day resemble each other: with few days behind them
    the ranges are wider and lean to no side.
    """
    errors = (actual - guesses) / spread(guesses)
    weight = np.where(np.isfinite(errors), 0.5 ** (age / FADES)[:, None], 0.0)
    errors = np.nan_to_num(errors)
    days = len(np.unique(age[weight.any(axis=1)]))
    own = sizes(errors, weight)[:, None]
    lead = by_lead(errors / own, weight)
    pooled = np.concatenate([(errors / own / lead)[weight > 0], BELL])
    counts = np.concatenate([weight[weight > 0], np.ones(len(BELL))])
    mirrored = MIRRORED / (MIRRORED + days) / 2
    unit = spread(mean) * own * lead * min(MOST, 1 + FEW_DAYS / (days + 1))
    found = {level: mean + unit * quantile(pooled, counts, level, mirrored) for level in LEVELS}
    return {level: np.maximum(values, 0.0) for level, values in found.items()}


def quantile(values: Floats, counts: Floats, level: float, mirrored: float) -> float:
    """Of the values, of which that share counts for the other side."""
    both = np.concatenate([values, -values])
    weight = np.concatenate([counts * (1 - mirrored), counts * mirrored])
    order = np.argsort(both)
    weight = weight[order]
    place = (np.cumsum(weight) - weight / 2) / weight.sum()
    return float(np.interp(level, place, both[order]))


def spread(mean: Floats) -> Floats:
    """How far one may usually be off from so many: counting noise and a share."""
    return np.sqrt(np.maximum(mean, 0.25) + (0.1 * mean) ** 2)


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
