"""How many errors independent of each other say as much as many that are not."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNSURE = 3.0  # days as much as which it counts that nobody knows how alike errors of a day are


def independent(sizes: Floats, weight: Floats, age: Floats) -> tuple[float, float]:
    """The errors, and the days of errors, that count: both at their weight.

    A day is foreseen from several origins and for many series; if it was odd, all of them were
    wrong. How alike the sizes [origin, series, days ahead] of a day are is measured: by how much
    more the mean of all varies than if each were by itself. At least one error a day counts, at
    most every one. `age` [origin, days ahead] tells the days.
    """
    total = weight.sum()
    if total <= 0:
        return 0.0, 0.0
    off = sizes - (sizes * weight).sum() / total
    place = np.unique(age, return_inverse=True)[1].ravel()
    of_day = np.bincount(place, weights=weight.sum(axis=1).ravel())
    off_day = np.bincount(place, weights=(off * weight).sum(axis=1).ravel())
    every, days = total**2 / (weight**2).sum(), total**2 / (of_day**2).sum()
    most = every / days
    if_apart = (off**2 * weight).sum() / total / every
    as_seen = (off_day**2).sum() / total**2 * days / max(days - 1, 1e-9)
    measured = min(max(as_seen / max(if_apart, 1e-12), 1.0), most)
    known = days / (days + UNSURE)
    alike = measured**known * np.sqrt(most) ** (1 - known)
    return float(every / alike), float(days)
