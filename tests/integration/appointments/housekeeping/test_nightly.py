"""The night's chain: facts, figures, forecast, quotas; late or twice. C8, C9, C35."""

from datetime import timedelta

import pytest

from appointments import nightly
from appointments.models import DayClosing, DayFigure, DemandFact, ForecastRun, RebalanceRun
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session, slot_at

pytestmark = pytest.mark.django_db
NIGHT = NOON + timedelta(hours=15)  # three o'clock in the city's next night


@pytest.fixture
def busy_day(session, hall, windows, renewal, book, at_window_3, clerk):
    make_session(hall, windows, day=DAY + timedelta(days=1))
    book(slot_at(session, 14), person=2)
    ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
    call_next(window=at_window_3, staff=clerk, now=NOON)
    ticket.refresh_from_db()
    finish(ticket=ticket, staff=clerk, now=NOON + timedelta(minutes=6))


def counts() -> list[int]:
    models = (DayClosing, DemandFact, DayFigure, ForecastRun, RebalanceRun)
    return [model.objects.count() for model in models]


def test_a_night_writes_foresees_and_rebalances_once(busy_day):
    nightly.run(now=NIGHT + timedelta(days=1))
    once = counts()
    nightly.run(now=NIGHT + timedelta(days=1, hours=2))

    assert all(once)
    assert counts() == once
    assert ForecastRun.objects.get().last_known_day == DAY + timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_breaks_stops_none_after_it(busy_day, monkeypatch):
    """Mutant: without the try in `_each`, the quotas of the city stand still for a figure."""

    def breaks(*, now):
        raise RuntimeError

    monkeypatch.setattr(nightly, "WRITING", (nightly.WRITING[0], breaks))

    nightly.run(now=NIGHT + timedelta(days=1))

    closings, facts, figures, forecasts, runs = counts()
    assert (figures, forecasts, runs) == (0, 1, 1)
    assert (closings > 0, facts > 0) == (True, True)


def test_without_a_closed_day_it_waits(hall):
    nightly.run(now=NIGHT)

    assert ForecastRun.objects.count() == 0
