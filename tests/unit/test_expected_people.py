"""People expected on the days ahead, whatever the history. # C9

Proof that the guards hold: with closed days taken for zero (`np.nan_to_num` in `as_known`) the
test of the closed day is red; without `awake` the test of resting days is red; with the widths of
the ranges halved the test of their coverage is red.
"""

from datetime import date

import numpy as np
import pytest

from appointments.forecasting.backtesting import backtest
from appointments.forecasting.methods import LEVELS, METHODS, as_known, forecast, forecast_hours
from appointments.forecasting.series import Series

MONDAY = date(2026, 3, 2)
WEEK = np.array([50.0, 40, 38, 36, 42, 20, 0])


def kinds(days: int, start: int = 0) -> np.ndarray:
    return (start + np.arange(days)) % 7


def visits(days: int, series: int = 4, seed: int = 1) -> np.ndarray:
    """Counts that vary by chance and by the mood of the day, more on Mondays."""
    random = np.random.default_rng(seed)
    level = np.array([5.0, 15, 40, 120, 30, 8])[:series, None]
    mood = random.gamma(60, 1 / 60, (series, days))
    return random.poisson(level * mood * (1 + 0.4 * (kinds(days) == 0))).astype(float)


def sane(found) -> bool:
    values = np.stack([found.mean, *found.quantiles.values()])
    rising = np.diff(np.stack([found.quantiles[level] for level in LEVELS]), axis=0)
    return bool(np.isfinite(values).all() and (values >= 0).all() and (rising >= 0).all())


@pytest.mark.parametrize("days", [0, 1, 2, 3, 5, 8, 30, 500])
@pytest.mark.parametrize("series", [0, 1, 4])
def test_it_is_a_number_of_people_after_any_number_of_days(days, series):
    found = forecast(visits(days, series), kinds(days), kinds(28, days), first_day=MONDAY)

    assert sane(found)
    assert found.mean.shape == (series, 28)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, -4.0])
def test_what_is_no_count_is_not_known(odd):
    history = visits(60)
    history[:, 20] = odd
    history[3] = odd

    found = forecast(history, kinds(60), kinds(7, 60))

    assert sane(found)
    assert found.mean[3].tolist() == [0.0] * 7
    history[:, 20] = np.nan
    assert np.allclose(found.mean, forecast(history, kinds(60), kinds(7, 60)).mean)


def test_nobody_stays_nobody():
    found = forecast(np.zeros((2, 90)), kinds(90), kinds(7, 90))

    assert sane(found)
    assert found.mean.max() == 0
    assert found.quantiles[0.95].max() < 2


def test_three_days_are_expected_again():
    found = forecast(np.array([[30.0, 34, 32]]), kinds(3), kinds(4, 3))

    assert sane(found)
    assert (np.abs(found.mean - 32) < 4).all()


def test_a_closed_day_is_not_a_day_without_people():
    history = np.tile(WEEK, (1, 10)) + 1.0
    closed = history.copy()
    closed[0, [7, 21, 35, 63]] = np.nan  # four Mondays

    for method in METHODS.values():
        whole = method(as_known(history, kinds(70), kinds(7), None))
        assert np.allclose(method(as_known(closed, kinds(70), kinds(7), None)), whole, rtol=0.12)


@pytest.mark.parametrize("name", ["weekday_level", "monthly_level", "shared"])
def test_a_holiday_entered_as_zero_hardly_moves_the_days_after_it(name):
    history = visits(70)
    usual = METHODS[name](as_known(history, kinds(70), kinds(7), MONDAY))
    history[:, 65] = 0.0

    found = METHODS[name](as_known(history, kinds(70), kinds(7), MONDAY))

    assert (found[1:] > 0.85 * usual[1:]).all()


def test_days_of_rest_are_foreseen_as_such():
    history = np.tile(WEEK, (1, 10))

    found = forecast(history, kinds(70), kinds(7), first_day=MONDAY)

    assert found.mean[0, 6] == 0
    assert np.allclose(found.mean[0, :6], WEEK[:6], rtol=0.1)


def test_a_make_up_working_day_is_like_a_working_day_until_one_was_seen():
    history = np.tile(WEEK, (1, 10))
    usual = np.array(kinds(70))

    found = forecast(history, usual, np.array([7, 8]))

    assert (found.mean[0] > 20).all()
    assert (found.mean[0] < 60).all()


def test_a_lasting_rise_is_followed_within_two_weeks():
    history = np.tile(40.0, (1, 120))
    history[:, 106:] = 80.0

    found = forecast(history, kinds(120), kinds(7, 120))

    assert (found.mean > 68).all()


def test_a_new_series_borrows_the_week_of_the_others():
    history = visits(70, 6)
    history[5] = history[3]
    history[5, :67] = np.nan  # open since Friday

    found = forecast(history, kinds(70), kinds(7))

    assert found.mean[5, 0] > 1.2 * found.mean[5, 2]


def test_hours_add_up_to_a_day_and_keep_its_shape():
    shape = np.array([1.0, 4, 3, 2])[None, :, None]
    history = np.round(shape * visits(70, 3)[:, None])

    found = forecast_hours(history, kinds(70), kinds(7), first_day=MONDAY)

    assert sane(found)
    assert found.mean.shape == (3, 4, 7)
    shares = found.mean.sum(axis=2) / found.mean.sum(axis=(1, 2))[:, None]
    assert np.allclose(shares, shape[:, :, 0] / 10, atol=0.03)


@pytest.mark.parametrize("days", [0, 3, 40])
def test_hours_of_a_short_history_are_numbers(days):
    history = np.full((2, 3, days), 2.0)

    assert sane(forecast_hours(history, kinds(days), kinds(5, days)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nine_in_ten_days_come_within_their_range(seed):
    history = visits(200, 6, seed)
    found = backtest(Series(tuple("abcdef"), MONDAY, history), 7)

    assert 0.87 <= found.daily.of("blend").coverage <= 0.94
    assert found.daily.of("blend").below_naive > 0.15
