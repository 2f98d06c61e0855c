"""Counts that a full slot cut off are completed; shared counts add up. # C9"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from appointments.demanded.sharing import shared, start_of
from appointments.demanded.unconstraining import unconstrain


def test_a_demand_that_is_known_is_found_again():
    """400 days of a normal demand of 20 +- 5 with 22 places: sold 18.8, wanted 19.6."""
    wanted = np.random.default_rng(1).normal(20, 5, 400)
    is_full = wanted >= 22

    found = unconstrain(np.minimum(wanted, 22), is_full)

    assert found.mean() == pytest.approx(wanted.mean(), abs=0.2)
    assert found[is_full].mean() == pytest.approx(wanted[is_full].mean(), abs=0.5)
    assert found[~is_full] == pytest.approx(wanted[~is_full])


def test_five_days_by_hand():
    """The fixed point: mean 10.24, spread 1.40, of 8, 10, 12, 10 and E[X | X >= 10]."""
    found = unconstrain(np.array([8, 10, 12, 10, 10]), np.array([0, 0, 0, 1, 0]))

    assert found[[0, 1, 2, 4]].tolist() == [8, 10, 12, 10]
    assert found[3] == pytest.approx(11.222, abs=0.001)


@pytest.mark.parametrize(
    ("sold", "is_full"),
    [
        ([], []),
        ([5], [1]),
        ([5, 6, 7], [1, 1, 1]),
        ([5, 6, 7], [0, 0, 1]),
        ([5, 6, 7, 8], [0, 0, 0, 0]),
    ],
)
def test_too_little_to_judge_by_leaves_it_as_it_was(sold, is_full):
    assert unconstrain(np.array(sold, dtype=float), np.array(is_full)).tolist() == sold


@given(
    some.lists(
        some.tuples(some.one_of(some.none(), some.floats(-1e6, 1e9)), some.booleans()), max_size=30
    )
)
def test_whatever_comes_is_sane(days):
    sold = np.array([np.nan if one is None else one for one, _full in days], dtype=float)
    is_full = np.array([full for _one, full in days], dtype=bool)

    found = unconstrain(sold, is_full)

    known = np.isfinite(sold)
    assert (np.isnan(found) == ~known).all()
    assert (found[known] >= np.maximum(sold[known], 0) - 1e-6).all()
    assert (found[known] <= np.maximum(3 * np.maximum(sold[known], 0), sold[known] + 1) + 1).all()


@given(
    some.integers(0, 5000),
    some.lists(some.integers(0, 500), min_size=1, max_size=40),
    some.integers(0, 10**9),
)
def test_everybody_is_counted_exactly_once(people, weights, number):
    parts = shared(people, weights, start=start_of(number))

    assert sum(parts) == people
    assert min(parts) >= 0
    if any(weights):
        total = sum(weights)
        for one, part in zip(weights, parts, strict=True):
            assert abs(part - people * one / total) < 1 + 1e-6


def test_nobody_to_share_with():
    assert shared(3, []) == []
    assert shared(3, [0, 0, 0]) == [1, 1, 1]
