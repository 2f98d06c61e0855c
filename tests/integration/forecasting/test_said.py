"""Forecasts as they were stored, beside what came. C9

Mutants seen red: the horizon counted from the first day instead of the last known one; of two
forecasts of one day the older; the range of a sum asked of a day on which a hall is not known.
"""

from datetime import date, timedelta

import numpy as np
import pytest

from appointments.forecasting.said import said_of
from appointments.forecasting.storing import forecast_city
from appointments.models import ForecastRun, ForecastValue
from tests.conftest import NOON
from tests.integration.forecasting.facts import write_weeks
from windows.models import Hall

pytestmark = pytest.mark.django_db
FIRST = date(2027, 2, 1)


@pytest.fixture
def halls(hall, other_hall) -> list[Hall]:
    Hall.objects.update(district_zh="东区")
    return list(Hall.objects.order_by("code"))


@pytest.fixture
def say(halls):
    """Stores what was said of a day: 100 in each hall, give or take."""

    def say(day: date, *, ahead: int, mean: float = 100, made=NOON) -> None:
        run = ForecastRun.objects.create(
            made_at=made, last_known_day=day - timedelta(days=ahead),
            first_day=day - timedelta(days=ahead - 1), last_day=day + timedelta(days=27),
            method="m",
        )  # fmt: skip
        places = [{"hall": one} for one in halls] + [{"district": "东区"}, {"district": ""}]
        for place in places:
            people = mean if "hall" in place else mean * len(halls)
            ForecastValue.objects.create(
                run=run, service_day=day, mean=people, p05=people - 10, p25=people, p50=people,
                p75=people, p90=people, p95=people + 10, minutes=people, **place,
            )  # fmt: skip

    return say


def came(*halls: list[float]) -> np.ndarray:
    return np.array(halls, dtype=float)


def test_each_horizon_is_compared_with_its_own_days(halls, say):
    for n, mean in enumerate([100, 110, 120]):
        say(FIRST + timedelta(days=n), ahead=1, mean=mean)
    say(FIRST, ahead=7, mean=50)
    say(FIRST, ahead=8, mean=10)

    said = said_of(came([100, 100, 100], [100, 100, 100]), halls, FIRST)["horizons"]

    assert said["1"]["H01"] == [3, 0.1, pytest.approx(2 / 3, abs=1e-4)]
    assert said["7"]["H01"] == [1, 0.5, 0.0]
    assert said["28"]["H01"] == [0, None, None]


def test_of_a_sum_errors_of_halls_make_up_for_each_other(halls, say):
    say(FIRST, ahead=1)

    said = said_of(came([80], [120]), halls, FIRST)["horizons"]["1"]

    assert said["H01"] == [1, 0.25, 0.0]
    assert said["东区"] == said[""] == [1, 0.0, 1.0]


def test_a_hall_that_is_not_known_is_left_out_of_the_sum_and_says_nothing_of_its_range(halls, say):
    say(FIRST, ahead=1)

    said = said_of(came([80], [np.nan]), halls, FIRST)

    assert said["horizons"]["1"][""] == [1, 0.25, None]
    assert said["horizons"]["1"]["H02"] == [0, None, None]
    assert said["days"][""] == [["2027-02-01", 80, 100, None, None]]


def test_of_two_of_one_day_the_newer_counts(halls, say):
    say(FIRST, ahead=1, mean=90, made=NOON)
    say(FIRST, ahead=1, mean=50, made=NOON - timedelta(hours=3))

    assert said_of(came([100], [100]), halls, FIRST)["horizons"]["1"]["H01"][1] == 0.1


def test_a_night_compares_what_earlier_nights_said(halls, renewal):
    today = date(2027, 3, 4)
    write_weeks(halls, [renewal], last=today - timedelta(days=1), now=NOON)
    for days in (2, 1):
        forecast_city(now=NOON - timedelta(days=days))

    said = forecast_city(now=NOON).facts["said"]

    days, error, _inside = said["horizons"]["1"][""]
    assert days == 2  # Tuesday and Wednesday
    assert 0 < error < 0.3
    assert [day for day, *_numbers in said["days"]["H01"]] == ["2027-03-02", "2027-03-03"]
