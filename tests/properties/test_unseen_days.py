"""A forecast looks at nothing that lies after its origin. # C9

Whatever the days from an origin on were, the guesses of every method, their blend and its ranges
at that origin stay the same. The mutant `peeking` lets the methods see the whole history and is
red.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from appointments.forecasting import choosing, quantiles
from appointments.forecasting.known import Known
from appointments.forecasting.methods import METHODS, try_hours

SERIES, HOURS, DAYS, AHEAD = 3, 2, 34, 4
counts = st.one_of(st.integers(0, 200).map(float), st.just(float("nan")))


def histories(size: int):
    return st.lists(counts, min_size=size, max_size=size).map(np.array)


def seen_at(history: np.ndarray, origin: int) -> list[np.ndarray]:
    """All that is said at that origin, by day and by hour."""
    days = np.where(np.isfinite(history).any(axis=1), np.nansum(history, axis=1), np.nan)
    known = Known(days, np.arange(DAYS) % 7, (DAYS + np.arange(AHEAD)) % 7)
    origins = [origin - 9, origin - 4, origin, origin + 3]
    said = []
    for trials in (choosing.try_all(known, origins, METHODS), try_hours(history, known, origins)):
        made = choosing.blends(trials)
        actual, age = trials.seen_before(origin)[:2], trials.age(origin)[:2]
        ranges = quantiles.around(made[2], made[:2], actual, age)
        said += [trials.guesses[:, :3], made[:3], *ranges.values()]
    return said


def stays_the_same(size: int, origin: int, past: np.ndarray, one: np.ndarray, other: np.ndarray):
    history = past.reshape(SERIES, HOURS, DAYS)
    said = []
    for future in (one, other):
        history[:, :, origin:] = future.reshape(SERIES, HOURS, DAYS)[:, :, origin:]
        said.append(seen_at(history.copy(), origin))
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*said, strict=True))


@settings(max_examples=25, deadline=None)
@given(st.integers(16, 30), *[histories(SERIES * HOURS * DAYS)] * 3)
def test_changing_what_comes_changes_no_forecast(origin, past, one, other):
    assert stays_the_same(past.size, origin, past, one, other)


def test_a_method_that_peeks_is_seen(monkeypatch):
    random = np.random.default_rng(1)
    past, one, other = random.poisson(20, (3, SERIES * HOURS * DAYS)).astype(float)

    def peeking(known: Known) -> np.ndarray:
        return np.full((len(known.history), known.ahead), np.nanmean(whole(known)))

    def whole(known: Known) -> np.ndarray:
        return known.history.base if known.history.base is not None else known.history

    assert stays_the_same(past.size, 20, past, one, other)
    monkeypatch.setitem(METHODS, "weekday_level", peeking)
    assert not stays_the_same(past.size, 20, past, one, other)
