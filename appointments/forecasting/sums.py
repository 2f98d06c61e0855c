"""Sums of halls: which halls belong together, and what they had on a day."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from windows.models import Hall

Floats = NDArray[np.float64]
CITY = ""
MOST_KNOWN = 0.5  # of a sum's people must be known of a day; the others are as usual


def sums_of(halls: Sequence[Hall]) -> dict[str, list[int]]:
    """The halls of the city ("") and of each district, by name."""
    return {
        name: [n for n, hall in enumerate(halls) if name in (CITY, hall.district_zh)]
        for name in [CITY, *sorted({hall.district_zh for hall in halls})]
    }


def places_of(halls: Sequence[Hall]) -> dict[str, list[int]]:
    """Each hall by its code, then the sums."""
    return {hall.code: [n] for n, hall in enumerate(halls)} | sums_of(halls)


def added(rows: Floats) -> Floats:
    """The sum of halls [hall, day]; where some were closed, as if as many as usual had come."""
    known = np.isfinite(rows)
    usual = np.nan_to_num(np.where(known, rows, 0.0).sum(1) / np.maximum(known.sum(1), 1))
    share = (known * usual[:, None]).sum(0) / max(usual.sum(), 1e-9)
    total = np.where(known, rows, 0.0).sum(0)
    return np.where(share > MOST_KNOWN, total / np.maximum(share, 1e-9), np.nan)


def of_all_matters(factors: Floats, people: Floats) -> Floats:
    """Factors [hall, day] of all matters together, from [hall, matter, day] and who came."""
    weights = weights_of(people)
    return (factors * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]


def of_sum(factors: Floats, people: Floats, rows: Sequence[int]) -> Floats:
    """Factors [1, day] of these halls together, from those of all matters [hall, day]."""
    size = weights_of(people)[list(rows)].sum(axis=1)
    return ((factors[list(rows)] * size[:, None]).sum(axis=0) / size.sum())[None]


def weights_of(people: Floats) -> Floats:
    """How much of each matter a hall has on a day."""
    return np.nan_to_num(people).mean(axis=2) + 1e-6


def totals_of(people: Floats) -> Floats:
    """All matters together [hall, day]; nan where nothing is known."""
    totals = np.nansum(people, axis=1)
    totals[np.isnan(people).all(axis=1)] = np.nan
    return totals
