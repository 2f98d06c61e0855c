"""Where the demand comes from: the forecast, else last week, else one day. C8 C9"""

from datetime import timedelta

import pytest
from django.utils import translation

from appointments.models import DemandFact, ForecastRun, ForecastValue
from appointments.rebalancing import rebalance, searches_link, why, why_lesson
from appointments.rebalancing.demand_for import Hour, demand_for
from tests.conftest import DAY, slot_at
from tests.integration.rebalancing.conftest import NIGHT, TOMORROW

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def nine(hall):
    return Hour(hall.pk, TOMORROW, 9, "regular")


def fact(hall, matter, what, people, *, day, channel="online", hour=9):
    return DemandFact.objects.create(
        hall=hall, matter=matter, service_day=day, hour=hour, kind="regular", channel=channel,
        what=what, people=people, minutes=6 * people, recorded_at=NIGHT,
    )  # fmt: skip


@pytest.fixture
def expects_thirty(hall, renewal):
    """Thirty people at nine tomorrow, between 18 and 45."""
    run = ForecastRun.objects.create(
        made_at=NIGHT, first_day=TOMORROW, last_day=TOMORROW, last_known_day=DAY, method="x"
    )
    ForecastValue.objects.create(
        run=run, hall=hall, matter=renewal, service_day=TOMORROW, hour=9, mean=30, minutes=180,
        p05=18, p25=25, p50=30, p75=35, p90=41, p95=45,
    )  # fmt: skip
    return run


@pytest.fixture
def two_thirds_book(hall, renewal):
    """Of thirty people last week twenty booked or wanted to, ten just came."""
    fact(hall, renewal, "booked", 12, day=TOMORROW - WEEK)
    fact(hall, renewal, "searched", 8, day=TOMORROW - WEEK)
    fact(hall, renewal, "walked_in", 10, day=TOMORROW - WEEK, channel="walkin")


def known_at(hour):
    found, run = demand_for([hour], demand_day=DAY, now=NIGHT)
    return found.get(hour.cell), run


def test_the_forecast_is_shared_as_the_last_weeks_were(nine, expects_thirty, two_thirds_book):
    known, run = known_at(nine)

    assert (known.source, run) == ("forecast", expects_thirty)
    assert known.demand.online == pytest.approx(20)
    assert known.demand.walk_in_minutes == pytest.approx(60)
    assert known.demand.online_quantiles[0] == pytest.approx(18 * 6 * 2 / 3)
    assert known.shown_by == TOMORROW - WEEK


def test_an_hour_that_nobody_asks_for_can_take_those_of_full_hours(
    hall, windows, session, tomorrow, expects_thirty, two_thirds_book
):
    """# C8  Mutant: only hours of known demand can be explained: the whole night breaks."""
    ForecastValue.objects.filter(run=expects_thirty).update(
        mean=300, minutes=1800, p05=250, p25=280, p50=300, p75=320, p90=340, p95=350
    )

    run = rebalance(demand_day=DAY, now=NIGHT)

    quiet = [move for move in run.moves.all() if move.facts["source"] == "quiet"]
    assert quiet
    with translation.override("en"):
        assert "hardly anybody asks" in why(quiet[0])
    assert searches_link(quiet[0]).startswith(f"/supervise/demand/{hall.code}/{TOMORROW - WEEK}/")


def test_last_week_stands_in_for_a_forecast(nine, two_thirds_book):
    known, run = known_at(nine)

    assert (known.source, run) == ("week", None)
    assert (known.demand.online, known.demand.walk_in, known.demand.unmet) == (20, 10, 8)


def test_a_corrected_fact_counts_as_corrected(nine, hall, renewal, two_thirds_book, supervisor):
    wrong = DemandFact.objects.get(what="walked_in")
    DemandFact.objects.create(
        hall=hall, matter=renewal, service_day=wrong.service_day, hour=9, kind="regular",
        channel="walkin", what="walked_in", people=4, minutes=24, recorded_at=NIGHT,
        corrects=wrong, by=supervisor, reason="Counted twice",
    )  # fmt: skip

    assert known_at(nine)[0].demand.walk_in == 4


def test_people_booked_on_their_behalf_are_left_out(nine, hall, renewal, two_thirds_book):
    fact(hall, renewal, "booked", 30, day=TOMORROW - WEEK, channel="assisted")

    assert known_at(nine)[0].demand.online == 20


def test_four_people_last_week_say_nothing(nine, hall, renewal):
    fact(hall, renewal, "booked", 4, day=TOMORROW - WEEK)

    assert known_at(nine)[0] is None


def test_a_forecast_of_tomorrow_that_is_old_is_still_one(nine, expects_thirty):
    ForecastRun.objects.update(made_at=NIGHT - WEEK)

    assert known_at(nine)[0].source == "forecast"


def test_one_that_was_made_later_is_none(nine, expects_thirty):
    ForecastRun.objects.update(made_at=NIGHT + timedelta(hours=1))

    assert known_at(nine) == (None, None)


def test_no_hours_no_demand(db):
    assert demand_for([], demand_day=DAY, now=NIGHT) == ({}, None)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_move_by_forecast_says_why_and_leads_to_the_searches(
    hall, tomorrow, expects_thirty, two_thirds_book, language
):
    run = rebalance(demand_day=DAY, now=NIGHT)
    move = run.moves.select_related("slot__hall").get(slot=slot_at(tomorrow, 9))

    with translation.override(language):
        said = why(move)

    assert run.forecast == expects_thirty
    assert run.objective_after < run.objective_before
    assert run.inputs["sources"] == {"forecast": 1}
    assert "20" in said
    assert "%(" not in said
    day = TOMORROW - WEEK
    assert searches_link(move) == f"/supervise/demand/H01/{day.isoformat()}/?hour=9"


def test_a_window_should_learn_what_only_one_serves(hall, tomorrow, first_minor, expects_thirty):
    """Only window 3 serves children: eight hours, and 700 minutes are foreseen."""
    ForecastValue.objects.create(
        run=expects_thirty, hall=hall, matter=first_minor, service_day=TOMORROW, hour=None,
        mean=58, minutes=700, p05=40, p25=50, p50=58, p75=65, p90=70, p95=75,
    )  # fmt: skip

    run = rebalance(demand_day=DAY, now=NIGHT)

    assert run.inputs["lessons"] == [
        {"hall": hall.pk, "window": 1, "matter": "FIRST_MINOR", "before": 220, "after": 0}
    ]
    assert "FIRST_MINOR" in why_lesson(run.inputs["lessons"][0])
