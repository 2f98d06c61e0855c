"""Forecasts of one day at the same instant: one stands. # C9

Mutants seen red: stored without the lock; the second one does not look again under it.
"""

from datetime import date, timedelta
from threading import Barrier

import pytest

from appointments.forecasting import storing
from appointments.models import ForecastRun, ForecastValue
from tests.conftest import NOON, race
from tests.integration.forecasting.facts import write_weeks

pytestmark = pytest.mark.django_db(transaction=True)
YESTERDAY = date(2027, 3, 3)


def test_two_at_once_are_one(hall, renewal, monkeypatch):
    """Both have reckoned before either stores: whoever comes second finds the first one's."""
    write_weeks([hall], [renewal], last=YESTERDAY, now=NOON, weeks=4)
    made = []
    monkeypatch.setattr(storing, "foresee_city", _once(storing.foresee_city, made))

    runs = race(*[lambda: storing.forecast_city(now=NOON)] * 2)

    assert len(made) == 2
    assert runs[0].pk == runs[1].pk == ForecastRun.objects.get().pk
    days = ForecastValue.objects.filter(hall=hall, matter=None, hour=None)
    assert days.count() == days.values("service_day").distinct().count() > 15


def _once(foresee, made: list):
    """Counts who reckons, and lets nobody go on before both have."""
    barrier = Barrier(2)

    def reckoned(*args, **kwargs):
        made.append(foresee(*args, **kwargs))
        barrier.wait(timeout=60)
        return made[-1]

    return reckoned


def test_one_after_midnight_is_the_next_days(hall, renewal):
    write_weeks([hall], [renewal], last=YESTERDAY + timedelta(days=1), now=NOON, weeks=4)

    runs = race(
        lambda: storing.forecast_city(now=NOON),
        lambda: storing.forecast_city(now=NOON + timedelta(days=1)),
    )

    assert len({run.first_day for run in runs}) == ForecastRun.objects.count() == 2
