from datetime import UTC, date, datetime, time

import pytest

from config import civil


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2027, 3, 4, 15, 59, tzinfo=UTC), date(2027, 3, 4)),
        (datetime(2027, 3, 4, 16, 0, tzinfo=UTC), date(2027, 3, 5)),
    ],
)
def test_the_city_turns_its_page_at_its_own_midnight(instant, day):
    assert civil.city_date(instant) == day


def test_a_session_may_cross_midnight():
    starts, ends = civil.session_hours(date(2027, 3, 4), time(18, 30), time(0, 30))

    assert (starts, ends) == (
        datetime(2027, 3, 4, 10, 30, tzinfo=UTC),
        datetime(2027, 3, 4, 16, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2011, 3, 4), date(2027, 3, 3), 15),
        (date(2011, 3, 4), date(2027, 3, 4), 16),
        (date(2008, 2, 29), date(2027, 2, 28), 18),
        (date(2008, 2, 29), date(2027, 3, 1), 19),
    ],
)
def test_age_is_in_completed_years(born, on, age):
    assert civil.full_years(born, on) == age
