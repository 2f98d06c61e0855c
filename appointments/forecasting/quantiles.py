"""Ranges around an expected number, from how wrong the method was before."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
ORIGINS = 20
LEAST = 30  # errors; fewer say nothing about one time in twenty


def around(
    method: Callable[[Floats, Ints, Ints], Floats], history: Floats, kinds: Ints, mean: Floats
) -> dict[float, Floats]:
    """The quantiles of what comes, given the method's errors at earlier origins."""
    ahead = mean.shape[1]
    errors = []
    last = history.shape[1]
    step = max(1, min(ahead, 7) // 2)
    for origin in range(last - 1, max(7, last - step * ORIGINS), -step):
        days = min(ahead, last - origin)
        guess = method(history[:, :origin], kinds[:origin], kinds[origin : origin + days])
        errors.append((history[:, origin : origin + days] - guess) / spread(guess))
    pooled = np.concatenate([e.ravel() for e in errors]) if errors else np.empty(0)
    pooled = pooled[np.isfinite(pooled)]
    if len(pooled) < LEAST:
        pooled = np.concatenate([pooled, np.linspace(-3, 3, LEAST)])
    return {
        level: np.maximum(mean + spread(mean) * np.quantile(pooled, level), 0.0) for level in LEVELS
    }


def spread(mean: Floats) -> Floats:
    """How far one may usually be off from so many: between counting noise and a share."""
    return np.sqrt(np.maximum(mean, 0.25) + (0.1 * mean) ** 2)
