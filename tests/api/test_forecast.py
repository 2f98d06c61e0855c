"""The forecast over the API: of halls, districts and the city, each for whom it is. C9

Mutants seen red: another's hall answers with an empty list; a district of others is told.
"""

from datetime import date, timedelta

import pytest

from appointments.forecasting.storing import forecast_city
from config import civil
from tests.conftest import NOON
from tests.integration.forecasting.facts import write_weeks
from tests.pages.reading import signed_in
from windows.models import Hall, Matter

pytestmark = pytest.mark.django_db
CALL = "/api/v1/forecast/"
TODAY = date(2027, 3, 4)


@pytest.fixture
def boss(hall, other_hall, renewal, supervisor, monkeypatch):
    """The supervisor of H01, on a day for which two halls of two districts are foreseen."""
    monkeypatch.setattr(civil, "now", lambda: NOON)
    matters = list(Matter.objects.filter(pk=renewal.pk))
    write_weeks([hall, other_hall], matters, last=TODAY - timedelta(days=1), now=NOON)
    forecast_city(now=NOON)
    return signed_in(supervisor)


def test_it_tells_days_and_hours(boss):
    days = boss.get("/api/v1/forecast/", {"hall": "H01"}).json()
    hours = boss.get("/api/v1/forecast/", {"hall": "H01", "by": "hour"}).json()
    city = boss.get("/api/v1/forecast/").json()

    all_matters = [one for one in days if one["matter"] is None]
    assert len(all_matters) == len(city)
    assert all(one["low"] <= one["median"] <= one["high"] for one in days + hours + city)
    monday = sum(one["mean"] for one in hours if one["date"] == "2027-03-08" and not one["matter"])
    assert monday == pytest.approx(
        next(one["mean"] for one in all_matters if one["date"] == "2027-03-08"), abs=0.1
    )


def test_a_district_and_the_city_are_sums(boss, hall, other_hall):
    Hall.objects.filter(pk=other_hall.pk).update(district_zh="外区")
    own = boss.get(CALL, {"hall": "H01"}).json()
    district = boss.get(CALL, {"district": hall.district_zh}).json()
    city = boss.get(CALL).json()

    assert {(one["hall"], one["district"]) for one in district} == {(None, hall.district_zh)}
    assert {(one["hall"], one["district"]) for one in city} == {(None, "")}
    by_day = {one["date"]: one["mean"] for one in own if one["matter"] is None}
    for one, all_of in zip(district, city, strict=True):
        assert one["mean"] == pytest.approx(by_day[one["date"]])
        assert all_of["mean"] > 1.5 * one["mean"]


@pytest.mark.parametrize("asked", [{"hall": "H02"}, {"district": "桂澜区"}, {"district": "无"}])
def test_what_is_not_ones_own_is_not_found(boss, asked):
    assert boss.get(CALL, asked).status_code == 404


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"by": "year"}, "by"),
        ({"hall": "X"}, "hall"),
        ({"hall": "H01", "district": "禾塘区"}, "district"),
        ({"by": "hour"}, "hall"),
        ({"by": "hour", "district": "禾塘区"}, "hall"),
    ],
)
def test_nonsense_is_said_beside_its_field(boss, asked, field):
    answer = boss.get(CALL, asked)

    assert answer.status_code == 400
    assert answer.json()["field"] == field
