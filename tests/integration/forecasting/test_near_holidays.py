"""Days beside holidays: found in the city's calendar, learnt with caution, tried before believed.

Mutants seen red: effects that are not shrunk; a weekend taken for a holiday. # C9
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from appointments.forecasting import near_holidays
from appointments.forecasting.near_holidays import AFTER, BEFORE, SECOND, USUAL, WORKED
from appointments.forecasting.reading import days_of
from appointments.forecasting.storing import forecast_city
from appointments.models import DayClosing
from tests.integration.forecasting.facts import write_weeks
from windows.calendar_days import day_kinds

pytestmark = pytest.mark.django_db
FIRST, DAYS = date(2026, 3, 2), 300
FREE = [  # as the notice for 2026 has it
    (date(2026, 4, 4), date(2026, 4, 6)), (date(2026, 5, 1), date(2026, 5, 5)),
    (date(2026, 6, 19), date(2026, 6, 21)), (date(2026, 9, 25), date(2026, 9, 27)),
    (date(2026, 10, 1), date(2026, 10, 7)),
]  # fmt: skip
AFTERWARDS = [last + timedelta(days=1) for _first, last in FREE]
MORNING = datetime(2026, 10, 8, 1, tzinfo=UTC)  # of the first day after the National Day week
TODAY = AFTERWARDS[-1]


@pytest.fixture
def places() -> dict[date, int]:
    around = near_holidays.AROUND
    kinds = day_kinds(FIRST - around, FIRST + timedelta(days=DAYS) + around)
    found = near_holidays.places_beside(FIRST, DAYS, kinds)
    return {FIRST + timedelta(days=n): int(place) for n, place in enumerate(found)}


def test_the_calendar_says_where_a_day_lies(places):
    october = [places[date(2026, 9, 30)], *(places[date(2026, 10, n)] for n in (8, 9, 10, 12))]

    assert october == [BEFORE, AFTER, SECOND, WORKED, USUAL]
    assert places[date(2026, 9, 28)] == AFTER
    assert places[date(2026, 7, 6)] == places[date(2026, 7, 3)] == USUAL  # around a plain weekend
    assert places[date(2026, 9, 20)] == WORKED


class TestLearnt:
    @pytest.fixture
    def came(self, places) -> np.ndarray:
        """About two hundred on working days, sixty in a hundred more on each first day after."""
        luck = np.random.default_rng(5)
        people = luck.normal(200, 12, DAYS)
        for n, (day, place) in enumerate(places.items()):
            people[n] *= 1.6 if place == AFTER else 1.0
            if day.weekday() >= 5 and place != WORKED:
                people[n] = np.nan
        return people

    def effects(self, came, places, days: int = DAYS) -> dict[int, float]:
        kinds = np.array([7 if p == WORKED else d.weekday() for d, p in places.items()])
        return near_holidays.learnt(came[:days], kinds[:days], np.array([*places.values()])[:days])

    def test_what_came_back_each_time_is_believed_for_the_most_part(self, came, places):
        found = self.effects(came, places)

        assert 1.4 < found[AFTER] < 1.58
        assert all(abs(found[place] - 1) < 0.06 for place in (BEFORE, SECOND, WORKED))

    def test_once_is_believed_by_half(self, came, places):
        found = self.effects(came, places, 45)

        assert 1.2 < found[AFTER] < 1.42

    def test_of_a_few_days_nothing_is_learnt(self, came, places):
        assert self.effects(came, places, 20) == {}
        assert self.effects(np.full(DAYS, np.nan), places) == {}


def expected_after(hall, renewal, more) -> float:
    """What is foreseen of the day after the week, as a share of a usual Thursday; on earlier such
    days came so many times as many as usual."""
    write_weeks(
        [hall], [renewal], last=TODAY - timedelta(days=1), now=MORNING, weeks=30, usual=100,
        factor=lambda _hall, _matter, day: more(day) if day in AFTERWARDS else 1.0,
    )  # fmt: skip
    for first, last in FREE:
        DayClosing.objects.filter(service_day__range=(first, last)).update(was_open=False)
    return days_of(forecast_city(now=MORNING), hall_id=hall.pk)[TODAY].mean / 95


def test_the_day_after_a_holiday_brings_what_such_days_brought(hall, renewal):
    assert 1.3 < expected_after(hall, renewal, lambda day: 1.6) < 1.65


def test_it_changes_nothing_where_such_days_are_like_others(hall, renewal):
    assert expected_after(hall, renewal, lambda day: 1.0) == pytest.approx(1, abs=0.12)


def test_what_did_not_come_again_lately_is_not_believed(hall, renewal):
    lately = TODAY - timedelta(days=28)

    found = expected_after(hall, renewal, lambda day: 1.0 if day >= lately else 1.6)

    assert found == pytest.approx(1, abs=0.12)
