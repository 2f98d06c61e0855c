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

import math

import numpy as np

FEWEST_KNOWN = 3  # fewer days with room say too little about a full one
MOST_TIMES = 3.0  # an estimate is never more than so many times what was sold
STEPS, CLOSE_ENOUGH = 200, 1e-6
NARROWEST = 0.5  # people; a spread of nothing would make every full day certain


def unconstrain(sold: np.ndarray, is_full: np.ndarray) -> np.ndarray:
    """What was wanted on each day: what was sold, and where it was full at least that.

    Days that are nan (closed, unknown) stay nan. With fewer than three days with room, or
    none that was full, everything stays as it was sold. Negative counts are taken as zero.
    """
    wanted = np.maximum(np.asarray(sold, dtype=float), 0.0)
    known = np.isfinite(wanted)
    full = np.asarray(is_full, dtype=bool) & known
    free = known & ~full
    if not full.any() or free.sum() < FEWEST_KNOWN:
        return wanted
    result = wanted.copy()
    result[full] = _completed(wanted[free], wanted[full])
    return result


def _completed(free: np.ndarray, full: np.ndarray) -> np.ndarray:
    n = len(free) + len(full)
    mean = float(np.concatenate([free, full]).mean())
    spread = max(float(np.concatenate([free, full]).std()), NARROWEST)
    expected = full
    for _step in range(STEPS):
        z = (full - mean) / spread
        hazard = np.array([_hazard(one) for one in z])
        expected = mean + spread * hazard
        left = spread**2 * np.maximum(1 + z * hazard - hazard**2, 0.0)
        new_mean = float((free.sum() + expected.sum()) / n)
        squares = ((free - new_mean) ** 2).sum() + ((expected - new_mean) ** 2 + left).sum()
        new_spread = max(math.sqrt(float(squares) / n), NARROWEST)
        moved = abs(new_mean - mean) + abs(new_spread - spread)
        mean, spread = new_mean, new_spread
        if moved < CLOSE_ENOUGH:
            break
    return np.clip(expected, full, np.maximum(full * MOST_TIMES, full + 1))


def _hazard(z: float) -> float:
    """Density over the part above, of the standard normal; far out its known series."""
    if z > 8:
        return z + 1 / z
    above = 0.5 * math.erfc(z / math.sqrt(2))
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / above
