"""Nine in ten come within the range, also after few days, and as often below it as above. # C9

The worlds are invented and many, since eleven days of one city may lie anywhere between 85 and
97%. Proof that the guards hold, each seen red: errors of a day all counted (`independent` returns
every one), no place for the error to come (`coming` is none), ranges no wider after few days
(`wider` is 1), errors measured as shares alone (a MOOD of 3), no FARTHEST end.
"""

from datetime import timedelta

import numpy as np
import pytest

from appointments.benching import ranges
from appointments.benching.ranges import MONDAY, world
from appointments.forecasting import quantiles
from appointments.forecasting.backtesting import backtest
from appointments.forecasting.independent import independent
from appointments.forecasting.series import Series


def covered(worlds: list[Series], known: int) -> tuple[float, float]:
    """Of the days and the hours that were foreseen after so many known days; of all worlds."""
    found = [backtest(one, 5, MONDAY + timedelta(days=known)) for one in worlds]
    parts = [(one.daily, one.hourly) for one in found]
    shares = [[part.of("blend").coverage for part in both if part] for both in parts]
    day, hour = np.array(shares).mean(axis=0)
    return float(day), float(hour)


@pytest.mark.parametrize(
    ("known", "series", "worlds"), [(11, 19, 16), (18, 19, 16), (18, 6, 20), (46, 6, 8)]
)
def test_nine_in_ten_come_within_the_range(known, series, worlds):
    day, hour = covered([world("moods", seed, known + 9, series) for seed in range(worlds)], known)

    assert day == pytest.approx(0.9, abs=0.03)
    assert hour == pytest.approx(0.9, abs=0.01)


def test_so_they_do_with_one_series_alone():
    day, hour = covered([world("moods", seed, 60, 1) for seed in range(20)], 46)

    assert day == pytest.approx(0.9, abs=0.03)
    assert hour == pytest.approx(0.9, abs=0.02)


def test_so_they_do_where_few_come():
    day, hour = covered([world("moods", seed, 27, 12, usual=5.0) for seed in range(10)], 18)

    assert day == pytest.approx(0.9, abs=0.03)
    assert 0.89 <= hour <= 0.95  # of hours with hardly anybody


def test_the_bench_tells_each_kind_of_world(monkeypatch):
    monkeypatch.setattr(ranges, "LIKE", 60)
    monkeypatch.setattr(ranges, "KNOWN", (10,))
    monkeypatch.setattr(ranges, "SERIES", (6,))

    found = ranges.measure()

    assert set(found["figures"]) == {*ranges.KINDS, "10 days", "6 series", "all"}
    whole = found["figures"]["all"]
    assert whole["by day"]["worlds"] == len(ranges.KINDS)
    assert 0.7 < whole["by hour"]["coverage"] < 1
    assert len(ranges.table(found)) == 3 + len(found["figures"])


def test_as_many_come_below_the_range_as_above_it():
    luck = np.random.default_rng(4)
    mean = np.repeat(luck.uniform(2, 60, (1, 30, 1)), 40, axis=0)
    came = luck.poisson(mean).astype(float)
    age = np.arange(41.0, 1, -1)[:, None]

    found = quantiles.around(mean[0], mean, came, age)

    later = luck.poisson(np.repeat(mean[0][None], 500, axis=0))
    below, above = (later < found[0.05]).mean(), (later > found[0.95]).mean()
    assert below == pytest.approx(0.05, abs=0.02)
    assert above == pytest.approx(0.05, abs=0.02)


def test_a_number_keeps_its_place_on_the_even_scale():
    people = np.array([0.0, 0.3, 1, 7, 60, 3_000, 1e6])

    assert np.allclose(quantiles.people(quantiles.evened(people)), people)
    assert quantiles.people(np.array([-5.0])) == [0]


def test_no_range_ends_far_from_all_that_was_ever_seen():
    guesses = np.full((8, 2, 1), 40.0)
    came = np.tile([0.0, 90_000], (8, 1))[:, :, None]

    found = quantiles.around(np.full((2, 1), 40.0), guesses, came, np.arange(8.0, 0, -1)[:, None])

    rising = np.stack([found[level] for level in quantiles.LEVELS])
    assert (np.diff(rising, axis=0) >= 0).all()
    assert rising.min() >= 0
    assert rising.max() < 2_000


SEEN = np.arange(10.0, 0, -1)[:, None] - np.arange(5.0)  # ten origins, five days ahead each


def test_errors_of_a_day_from_several_origins_count_as_one():
    of_day = np.random.default_rng(2).gamma(2, 1, 20)
    sizes = of_day[SEEN.astype(int) + 5][:, None]

    count, days = independent(sizes, np.ones_like(sizes), SEEN)

    assert len(np.unique(SEEN)) == 14
    assert 9 < days < 14  # the days at both ends were seen less often
    assert days <= count < 1.5 * days


def test_errors_that_have_nothing_in_common_count_each():
    sizes = np.random.default_rng(2).gamma(2, 1, (10, 40, 5))

    count, _ = independent(sizes, np.ones_like(sizes), SEEN)

    assert count > 0.5 * sizes.size


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_one_day_or_none_counts_little(weight):
    sizes = np.ones((1, 9, 1))

    count, days = independent(sizes, np.full_like(sizes, weight), np.ones((1, 1)))

    assert days == weight
    assert weight <= count <= 9 * weight
