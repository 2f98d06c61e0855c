"""A past day has one number of people who wanted to come, whoever asks. # C8, C9

Mutants seen red: the history adds up the facts as they are; an hour that was full is judged by
days after it; the share of who comes anyway is today's, not the day's.
"""

import csv
from datetime import date, time, timedelta

import numpy as np
import pytest

from appointments.demanded.reading import wanted
from appointments.forecasting.history import read_history
from config import civil
from tests.conftest import DAY, NOON, make_session
from tests.pages.reading import signed_in
from windows.models import Matter, Rule

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=40)


@pytest.fixture
def asked_in_every_way(thursdays, fact):
    """Beside the full hour: one in which some searched, waited, and were refused at the kiosk."""
    fact("booked", 5, hour=14)
    fact("walked_in", 3, hour=14, channel="walkin")
    fact("searched", 9, hour=14)
    fact("waiting", 4, hour=14)
    fact("kiosk", 2, hour=14, channel="kiosk")


def seen_by_the_forecast(hall, day: date) -> float:
    history = read_history([hall], list(Matter.objects.all()), last=DAY)
    assert np.nansum(history.hours) == pytest.approx(np.nansum(history.people))
    return float(history.people[0, :, (day - history.first).days].sum())


def shown_on_the_page(hall, day: date, reader) -> int:
    asked = {"hall": hall.code, "first": day - DAYS, "last": day + timedelta(days=20)}
    page = signed_in(reader).get(
        "/supervise/demand/", {**asked, "format": "csv", "chart": "demand_by_day"}
    )
    rows = list(csv.DictReader(page.content.decode("utf-8-sig").splitlines()))
    return next(
        int(row["Wanted in all"]) for row in rows if row["Day"] == f"{day:%a} {day.day} Mar"
    )


def test_the_forecast_learns_what_the_page_of_demand_shows(
    hall, asked_in_every_way, supervisor, monkeypatch
):
    """10 and 1.2 that the full hour hid; 5, 3, 2 and seven tenths of the 9 who searched."""
    monkeypatch.setattr(civil, "now", lambda: NOON + timedelta(days=1))

    seen = seen_by_the_forecast(hall, DAY)

    assert seen == pytest.approx(11.2 + 10 + 6.3, abs=0.1)
    assert round(seen) == shown_on_the_page(hall, DAY, supervisor)


def test_a_day_has_the_same_number_in_a_day_and_in_a_year(hall, asked_in_every_way):
    alone = wanted([hall.pk], DAY, DAY)
    for first, last in ((DAY - DAYS, DAY), (DAY - 10 * DAYS, DAY + DAYS)):
        assert [one for one in wanted(None, first, last) if one.service_day == DAY] == alone


def test_what_comes_later_does_not_change_it(hall, windows, asked_in_every_way, fact):
    before = wanted([hall.pk], DAY, DAY)
    for weeks in (1, 2, 3):
        day = DAY + timedelta(weeks=weeks)
        make_session(hall, windows, day=day, closes=time(10), online=60)
        fact("booked", 40, day)

    assert wanted([hall.pk], DAY, DAY + timedelta(weeks=3))[: len(before)] == before


def test_who_comes_anyway_is_the_rule_of_the_day_and_the_hall(hall, other_hall, fact):
    later = DAY + timedelta(days=7)
    fact("searched", 10)
    fact("searched", 10, later)
    fact("searched", 10, later, hall=other_hall)
    for value, of, since in ((50, None, later), (80, other_hall, DAY)):
        Rule.objects.create(
            name="twin_comes_anyway_percent", value=value, hall=of, effective_on=since
        )

    unmet = {(one.hall_id, one.service_day): one.unmet for one in wanted(None, DAY, later)}

    assert unmet[hall.pk, DAY] == pytest.approx(7)
    assert unmet[hall.pk, later] == pytest.approx(5)
    assert unmet[other_hall.pk, later] == pytest.approx(2)
