"""Half and nine-in-ten are learned from rows. Row C17."""

import numpy as np
import pytest

from queues import quantiles


@pytest.fixture
def rows():
    luck = np.random.default_rng(5)
    features = luck.uniform(1, 10, (4000, 3))
    return features, luck.exponential(features[:, 0])


def test_what_is_learned_is_near_the_truth(rows):
    asked = np.random.default_rng(6).uniform(1, 10, (500, 3))

    half, most = quantiles.fit(*rows).predict(asked)

    assert np.mean(half / (np.log(2) * asked[:, 0])) == pytest.approx(1, abs=0.1)
    assert np.mean(most / (np.log(10) * asked[:, 0])) == pytest.approx(1, abs=0.1)


def test_with_a_scale_it_goes_on_beyond_what_was_seen(rows):
    features, minutes = rows
    far = np.random.default_rng(6).uniform(1, 10, (500, 3)) * [4, 1, 1]

    learned = quantiles.fit(features, minutes, scale=features[:, 0])
    half, most = learned.predict(far, far[:, 0])

    assert np.mean(half / (np.log(2) * far[:, 0])) == pytest.approx(1, abs=0.2)
    assert np.mean(most / (np.log(10) * far[:, 0])) == pytest.approx(1, abs=0.2)


def test_the_same_rows_teach_the_same_to_the_bit(rows):
    features, minutes = rows

    first, second = (quantiles.fit(features, minutes).predict(features) for _ in range(2))

    assert all((a == b).all() for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("count", [0, 1, 59, 61])
def test_few_rows_and_unknown_values_give_numbers(count):
    features = np.full((count, 2), np.nan)

    half, most = quantiles.fit(features, np.arange(float(count))).predict([[np.nan, 3.0]])

    assert 0 <= half[0] <= most[0] <= max(count, 1)


def test_nobody_is_told_less_than_nothing_or_a_bound_below_the_half(rows):
    features, minutes = rows

    half, most = quantiles.fit(features, np.zeros(len(minutes))).predict(features)

    assert (half == 0).all()
    assert (most == 0).all()
