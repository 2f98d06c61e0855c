"""What is stored of a city in which little is ordinary: numbers, in order, that add up. C9

Mutants seen red: the sums' own means in place of those of their halls; ranges half as wide.
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from appointments.forecasting.reading import QUANTILES, days_of, hours_of
from appointments.forecasting.storing import forecast_city
from appointments.models import DayClosing, DemandFact, ForecastRun, ForecastValue
from tests.integration.forecasting.facts import write_weeks
from windows.models import Hall, Matter

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 8, 1, tzinfo=UTC)  # of the first day after the National Day week
TODAY = date(2026, 10, 8)
YESTERDAY = TODAY - timedelta(days=1)
WORKED = date(2026, 10, 10)  # a Saturday that makes up for the holiday
SUNDAY = date(2026, 10, 11)
FORESEEN = (date(2026, 7, 1), TODAY + timedelta(days=6))
DISTRICTS = ("东区", "东区", "西区", "西区", "北区", "北区", "北区", "北区")


@pytest.fixture
def halls(hall) -> list[Hall]:
    Hall.objects.filter(pk=hall.pk).update(district_zh=DISTRICTS[0])
    for n, district in enumerate(DISTRICTS[1:], start=2):
        Hall.objects.create(
            code=f"H{n:02}", name_zh=f"H{n:02}", name_en=f"H{n:02}", district_zh=district,
            district_en=district, address_zh="-",
        )  # fmt: skip
    return list(Hall.objects.order_by("code"))


@pytest.fixture
def odd(halls, renewal) -> ForecastRun:
    """A usual hall, one of three days, one without anybody, one closed since two weeks, one that is
    closed each second Tuesday, one of tens of thousands; the holiday is closed everywhere."""
    usual, new, empty, closed, gaps, huge = halls[:6]
    holiday = days(date(2026, 10, 1), YESTERDAY)
    shut = {hall.pk: set(holiday) for hall in halls}
    shut[new.pk] |= set(days(YESTERDAY - timedelta(days=69), date(2026, 9, 27)))
    shut[closed.pk] |= set(days(YESTERDAY - timedelta(days=14), YESTERDAY))
    shut[gaps.pk] |= {date(2026, 9, 22) - timedelta(days=14 * n) for n in range(4)}

    def people(hall: Hall, matter: Matter, day: date) -> float:
        return {empty: 0.0, huge: 700.0}.get(hall, 1.0) * (day not in shut[hall.pk])

    write_weeks(halls[:6], [renewal], last=YESTERDAY, now=NOW, weeks=10, factor=people)
    for hall_id, closed_days in shut.items():
        closings = DayClosing.objects.filter(hall=hall_id, service_day__in=closed_days)
        closings.update(was_open=False)
    return forecast_city(now=NOW)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_all_that_is_stored_are_numbers_in_order(odd):
    rows = np.array(ForecastValue.objects.values_list("mean", "minutes", *QUANTILES))

    assert len(rows) > 500
    assert np.isfinite(rows).all()
    assert (rows >= 0).all()
    assert (np.diff(rows[:, 2:], axis=1) >= 0).all()


def test_halls_add_up_to_districts_and_these_to_the_city(odd, halls):
    city = days_of(odd)
    by_hall = [days_of(odd, hall_id=hall.pk) for hall in halls]
    by_district = [days_of(odd, district=name) for name in sorted(set(DISTRICTS))]

    assert city
    for day, one in city.items():
        for parts in (by_hall, by_district):
            there = [found[day] for found in parts if day in found]
            assert one.mean == pytest.approx(sum(part.mean for part in there))
            assert one.minutes == pytest.approx(sum(part.minutes for part in there))
        assert one.quantiles[0] <= one.mean <= one.quantiles[-1]


def test_a_saturday_that_is_worked_is_foreseen_and_the_sunday_after_it_is_not(odd, halls):
    usual = days_of(odd, hall_id=halls[0].pk)

    assert usual[WORKED].mean > 30
    assert SUNDAY not in usual


def test_each_odd_hall_has_a_forecast_of_its_own_size(odd, halls):
    usual, new, empty, closed, gaps, huge = (
        days_of(odd, hall_id=hall.pk)[date(2026, 10, 13)] for hall in halls[:6]
    )

    assert usual.mean == pytest.approx(60, rel=0.15)
    assert closed.mean == pytest.approx(60, rel=0.2)
    assert gaps.mean == pytest.approx(60, rel=0.2)
    assert new.mean == pytest.approx(60, rel=0.35)
    assert huge.mean == pytest.approx(42_000, rel=0.1)
    assert new.high - new.low > usual.high - usual.low
    assert (empty.mean, empty.low, empty.high) == (0, 0, 0)


def test_nine_in_ten_days_of_the_coming_month_lie_within_what_was_stored(halls, renewal):
    """All halls of one kind, four weeks beyond what is known when the forecast is made."""
    ahead = TODAY + timedelta(days=27)
    write_weeks(halls, [renewal], last=ahead, now=NOW, weeks=14)
    run = forecast_city(now=NOW)

    inside = below = count = 0
    for hall in halls:
        foreseen = days_of(run, hall_id=hall.pk)
        for day in (day for day in foreseen if day.weekday() < 5):
            facts = DemandFact.objects.filter(hall=hall, service_day=day)
            came = sum(facts.values_list("people", flat=True))
            inside += foreseen[day].quantiles[0] <= came <= foreseen[day].quantiles[-1]
            below += came < foreseen[day].quantiles[0]
            count += 1

    assert count == 160
    assert 0.86 <= inside / count <= 0.97
    assert below / count <= 0.08


def test_hours_are_as_unsure_as_their_day_and_chance_make_them(halls, renewal):
    """Halls whose days vary by a ninth. Mutant: the least unsureness added to that of the day."""
    luck = np.random.default_rng(3)
    moods = {(hall, day): luck.gamma(80, 1 / 80) for hall in halls for day in days(*FORESEEN)}
    write_weeks(
        halls, [renewal], last=TODAY + timedelta(days=6), now=NOW, weeks=11, usual=300,
        factor=lambda hall, matter, day: moods[hall, day],
    )  # fmt: skip
    run = forecast_city(now=NOW)

    inside = [
        one.quantiles[0] <= people_at(hall, day, hour) <= one.quantiles[-1]
        for hall in halls
        for (day, hour), one in hours_of(run, hall.pk).items()
        if day.weekday() < 5
    ]

    assert len(inside) == 240
    assert 0.86 <= np.mean(inside) <= 0.945


def people_at(hall: Hall, day: date, hour: int) -> int:
    facts = DemandFact.objects.filter(hall=hall, service_day=day, hour=hour)
    return sum(facts.values_list("people", flat=True))
