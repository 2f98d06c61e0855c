"""Nobody is expected in hours in which a hall is closed and nobody asks for them. C9

Mutants: shares of all hours; hours that were open once for ever; a planned evening does
not count; searches do not count.
"""

from datetime import date, time, timedelta

import pytest

from appointments.forecasting.reading import hours_of
from appointments.forecasting.storing import forecast_city
from appointments.models import DemandFact
from tests.conftest import NOON, make_session
from tests.integration.forecasting.facts import HOURS, write_weeks
from windows.models import Window

pytestmark = pytest.mark.django_db
TODAY = date(2027, 3, 4)
YESTERDAY = TODAY - timedelta(days=1)
MONDAY, TUESDAY = TODAY + timedelta(days=4), TODAY + timedelta(days=5)
EVENING = 19


@pytest.fixture
def evening(renewal):
    """People who wanted a hall's evening on these days."""

    def evening(hall, *days: date, what: str = "walked_in") -> None:
        DemandFact.objects.bulk_create(
            DemandFact(
                hall=hall, matter=renewal, service_day=day, hour=EVENING, kind="late",
                channel="walkin", what=what, people=25, minutes=150, recorded_at=NOON,
            )
            for day in days
        )  # fmt: skip

    return evening


@pytest.fixture
def beside_a_late_hall(hall, other_hall, renewal, evening):
    """H01 is small and closes at five; H02 is open in the evening."""
    write_weeks([hall], [renewal], last=YESTERDAY, now=NOON, usual=12)
    write_weeks([other_hall], [renewal], last=YESTERDAY, now=NOON)
    weeks = [TODAY - timedelta(days=n) for n in range(1, 40)]
    evening(other_hall, *(day for day in weeks if day.weekday() < 5))
    return hall


def hours(hall) -> dict[date, set[int]]:
    found: dict[date, set[int]] = {}
    for day, hour in hours_of(forecast_city(now=NOON), hall.pk):
        found.setdefault(day, set()).add(hour)
    return found


def test_what_neighbours_have_in_the_evening_is_not_lent(beside_a_late_hall, other_hall):
    expected = hours(beside_a_late_hall)

    assert set(expected) == {TODAY, TODAY + timedelta(days=1), *mondays_to_wednesday()}
    assert all(found <= set(HOURS) for found in expected.values())
    assert EVENING in hours(other_hall)[MONDAY]


def mondays_to_wednesday() -> list[date]:
    return [MONDAY + timedelta(days=n) for n in range(3)]


def test_an_evening_that_was_open_once_is_no_hour_of_the_hall(beside_a_late_hall, evening):
    evening(beside_a_late_hall, MONDAY - timedelta(weeks=5))

    assert EVENING not in hours(beside_a_late_hall)[MONDAY]


def test_a_planned_evening_counts_on_its_day(beside_a_late_hall):
    desk = Window.objects.create(hall=beside_a_late_hall, number=9)
    make_session(beside_a_late_hall, [desk], day=MONDAY, opens=time(18), closes=time(21))

    expected = hours(beside_a_late_hall)

    assert EVENING in expected[MONDAY]
    assert EVENING not in expected[TUESDAY]


def test_an_evening_that_people_search_for_is_expected(beside_a_late_hall, evening):
    mondays = [MONDAY - timedelta(weeks=n) for n in range(1, 4)]
    evening(beside_a_late_hall, *mondays, what="searched")

    expected = hours(beside_a_late_hall)

    assert EVENING in expected[MONDAY]
    assert EVENING not in expected[TUESDAY]
