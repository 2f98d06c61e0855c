"""The simulated city begins with the forecasts of its nights before. Rows C9, C35."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from appointments.forecasting.reading import newest
from appointments.models import ForecastRun
from appointments.reports.expected import foretold
from appointments.simulating import city, foreseen, preparing
from appointments.simulating.preparing import prepare
from config import civil
from tests.integration.appointments.test_foretold import TUESDAY_AT_11
from windows.models import Hall

NIGHTS = 4


@pytest.fixture
def small_city(db, monkeypatch, settings):
    settings.DEMO = True
    monkeypatch.setattr(city, "HALLS", city.HALLS[:2])
    monkeypatch.setattr(preparing, "DAYS_BACK", 8)
    monkeypatch.setattr(preparing, "DAYS_AHEAD", 2)
    monkeypatch.setattr(foreseen, "NIGHTS", NIGHTS)
    monkeypatch.setattr(civil, "now", lambda: TUESDAY_AT_11)
    prepare(TUESDAY_AT_11)


@pytest.mark.usefixtures("small_city")
def test_the_demo_can_say_how_right_its_forecasts_were():
    call_command("night")

    today = civil.city_date(TUESDAY_AT_11)
    runs = ForecastRun.objects.order_by("first_day")
    assert [run.first_day for run in runs] == [
        today - timedelta(days=ago) for ago in range(NIGHTS, -1, -1)
    ]
    assert all(run.last_known_day < run.first_day == civil.city_date(run.made_at) for run in runs)
    tonight = newest()
    assert tonight is not None
    days, _error, _inside = tonight.facts["said"]["horizons"]["1"][""]
    assert days == NIGHTS - 1, "Sunday is closed"
    halls = list(Hall.objects.values_list("pk", flat=True))
    compared = foretold(halls, today - timedelta(days=NIGHTS - 1), today - timedelta(days=1))
    assert [day for day, told in compared.items() if told.real] == [
        today - timedelta(days=3), today - timedelta(days=1),
    ]  # fmt: skip

    call_command("night")

    assert ForecastRun.objects.count() == NIGHTS + 1


@pytest.mark.usefixtures("small_city")
def test_a_real_city_makes_up_no_forecast_of_the_past(settings):
    settings.DEMO = False

    call_command("night")

    assert ForecastRun.objects.get().first_day == civil.city_date(TUESDAY_AT_11)
