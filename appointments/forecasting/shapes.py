"""How a day's people spread over its hours: shares that lean on more days than one weekday's."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FADES = 35.0  # days until a day counts half
WEEKDAY = 2.0  # days of the same kind that weigh as much as all days together
ALL_SERIES = 2.0  # days of a series that weigh as much as the shape of all series
KIND = 3.0  # times FEW: people of all series before a kind of day has a shape of its own
FEW = 200.0  # people who do, where days are thin


def shares(
    history: Floats, kinds: Ints, future_kinds: Ints, allowed: NDArray[np.bool_] | None = None
) -> Floats:
    """The share of each hour [series, hour, days ahead] of a known history [series, hour, day].

    A weekday's own shape is shrunk to that of all its series' days, and that to the shape of all
    series; nobody is lent to an hour that is not allowed [series, hour, days ahead]. Hours sum to
    one on every day, also for a series of which nothing is known.
    """
    age = np.arange(history.shape[2])[::-1]
    seen = np.nan_to_num(history) * 0.5 ** (age / FADES)
    days = (np.isfinite(history).any(axis=1) * 0.5 ** (age / FADES)).sum(axis=1)
    total = seen.sum(axis=(1, 2))
    usual = total / np.maximum(days, 1e-9)
    everyone = seen.sum(axis=(0, 2)) + 1e-6
    everyone = everyone / everyone.sum()
    lent = ALL_SERIES * usual + FEW
    whole = (seen.sum(axis=2) + lent[:, None] * everyone) / (total + lent)[:, None]
    found = np.empty((*history.shape[:2], len(future_kinds)))
    for kind in np.unique(future_kinds):
        some = seen[:, :, kinds == kind].sum(axis=2)
        turned = whole * turn_of_kind(some.sum(axis=0), everyone)
        turned = turned / turned.sum(axis=1, keepdims=True)
        lent = WEEKDAY * usual + FEW
        mine = (some + lent[:, None] * turned) / (some.sum(axis=1) + lent)[:, None]
        found[:, :, future_kinds == kind] = mine[:, :, None]
    return found if allowed is None else _within(found, allowed)


def _within(share: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """The shares of allowed hours alone; all of them on a day on which none is."""
    kept = np.where(allowed | ~allowed.any(axis=1, keepdims=True), share, 0.0)
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)


def turn_of_kind(people: Floats, everyone: Floats) -> Floats:
    """How much more of each hour's people come on this kind of day, over all series."""
    lent = KIND * FEW * everyone
    return (people + lent) / (people.sum() * everyone + lent)
