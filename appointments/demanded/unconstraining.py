"""What would have been asked for, had there been room: censored counts made whole.

Method: expectation-maximisation for a normal demand that is known exactly where there was
room, and known to be at least what was sold where there was none (Dempster, Laird, Rubin:
"Maximum likelihood from incomplete data via the EM algorithm", JRSS B 39, 1977; used for
bookings by Salch, "Unconstraining passenger demand using the EM algorithm", INFORMS 1997;
compared with others by Weatherford and Poelt, "Better unconstraining of airline demand data
in revenue management systems", Journal of Revenue and Pricing Management 1, 2002, and found
among the best). The E-step puts E[X | X >= sold] = m + s * h(z), z = (sold - m) / s, h the
hazard of the standard normal; the M-step takes mean and spread of the completed series, with
the spread that the unknown counts keep.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_KNOWN = 3  # fewer days with room say too little about a full one
MOST_TIMES = 3.0  # an estimate is never more than so many times what was sold
STEPS, CLOSE_ENOUGH = 200, 1e-6
NARROWEST = 0.5  # people; a spread of nothing would make every full day certain


def unconstrain(sold: Floats, is_full: Bools) -> Floats:
    """What was wanted on each day of a series, or of many [series, day], each by itself: what was
    sold, and where it was full at least that.

    Days that are nan (closed, unknown) stay nan. With fewer than three days with room, or
    none that was full, everything stays as it was sold. Negative counts are taken as zero.
    """
    wanted = np.maximum(np.asarray(sold, dtype=float), 0.0)
    rows = np.atleast_2d(wanted)
    known = np.isfinite(rows)
    full = np.atleast_2d(np.asarray(is_full, dtype=bool)) & known
    free = known & ~full
    judged = np.flatnonzero(full.any(axis=1) & (free.sum(axis=1) >= FEWEST_KNOWN))
    if not len(judged):
        return wanted
    result = rows.copy()
    result[judged] = np.where(
        full[judged], _completed(rows[judged], free[judged], full[judged]), rows[judged]
    )
    return result.reshape(wanted.shape)


def _completed(rows: Floats, free: Bools, full: Bools) -> Floats:
    """What is expected of the full days; a series that stands still is left at its place."""
    seen = np.where(free | full, rows, 0.0)
    count = (free | full).sum(axis=1)
    mean = seen.sum(axis=1) / count
    off = np.where(free | full, seen - mean[:, None], 0.0)
    spread = np.maximum(np.sqrt((off**2).sum(axis=1) / count), NARROWEST)
    expected, moving = seen.copy(), np.arange(len(rows))
    for _step in range(STEPS):
        some = seen[moving], free[moving], full[moving]
        expected[moving], new_mean, new_spread = _step_of(*some, mean[moving], spread[moving])
        moved = np.abs(new_mean - mean[moving]) + np.abs(new_spread - spread[moving])
        mean[moving], spread[moving] = new_mean, new_spread
        moving = moving[moved >= CLOSE_ENOUGH]
        if not len(moving):
            break
    return np.clip(expected, seen, np.maximum(seen * MOST_TIMES, seen + 1))


def _step_of(
    seen: Floats, free: Bools, full: Bools, mean: Floats, spread: Floats
) -> tuple[Floats, Floats, Floats]:
    """What is expected of each day by that mean and spread, and what these become by it."""
    z = (seen - mean[:, None]) / spread[:, None]
    hazard = np.sqrt(2 / np.pi) / special.erfcx(z / np.sqrt(2))
    expected = np.where(full, mean[:, None] + spread[:, None] * hazard, seen)
    there, count = free | full, (free | full).sum(axis=1)
    left = np.where(full, spread[:, None] ** 2 * np.maximum(1 + z * hazard - hazard**2, 0.0), 0.0)
    new_mean = np.where(there, expected, 0.0).sum(axis=1) / count
    off = np.where(there, expected - new_mean[:, None], 0.0)
    new_spread = np.sqrt((off**2 + left).sum(axis=1) / count)
    return expected, new_mean, np.maximum(new_spread, NARROWEST)
