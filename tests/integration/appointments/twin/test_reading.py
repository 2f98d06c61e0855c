"""What the twin reads of a hall: forecast, facts, the weekdays before. # C9"""

from datetime import timedelta

import pytest

from appointments.models import (
    DayClosing,
    DemandFact,
    ForecastRun,
    ForecastValue,
)
from appointments.twin.reading import NothingKnown, read_day
from appointments.twin.wanting import days_before, wanted_in
from tests.conftest import DAY, NOON
from tests.integration.appointments.twin.days import MIDNIGHT, WEEK, instant
from windows.models import HallClosure, PlannedBreak

pytestmark = pytest.mark.django_db


def test_without_forecast_the_same_weekdays_say_what_is_wanted(hall, renewal, weeks_before):
    wanted = wanted_in(hall, DAY)

    assert (wanted.source, wanted.days) == ("weekdays", 2)
    (hour,) = wanted.demand
    assert (hour.hour, hour.matter) == (10, renewal.pk)
    assert (hour.online, hour.walk_in) == (20, pytest.approx(12 - 0.3 * 20))  # six came anyway


def test_a_day_without_a_session_is_not_a_day_without_people(hall, weeks_before):
    assert len(days_before(hall, DAY)) == 2
    assert wanted_in(hall, DAY + timedelta(days=1)).source == "days"  # a Friday, from Thursdays


def test_working_days_say_nothing_about_a_day_off(hall, weeks_before, session):
    saturday = DAY + timedelta(days=2)

    assert wanted_in(hall, saturday) is None
    with pytest.raises(NothingKnown):
        read_day(hall=hall, day=saturday, now=NOON)


def foretell(hall, matter, mean, *, hour=None, **more):
    run = ForecastRun.objects.create(
        made_at=NOON, first_day=DAY, last_day=DAY, last_known_day=DAY - timedelta(days=1),
        method="test",
    )  # fmt: skip
    values = {f"p{n:02d}": mean * n / 50 for n in (5, 25, 50, 75, 90, 95)}
    ForecastValue.objects.create(
        run=run, hall=hall, matter=matter, service_day=DAY, hour=hour, mean=mean, minutes=6 * mean,
        **values | more,
    )  # fmt: skip


def test_the_newest_forecast_says_more_than_the_days_before(hall, renewal, weeks_before):
    foretell(hall, renewal, 90, hour=10)
    foretell(hall, renewal, 60, hour=10)

    wanted = wanted_in(hall, DAY)

    (hour,) = wanted.demand
    assert wanted.source == "forecast"
    assert hour.online + hour.walk_in == pytest.approx(60)
    assert hour.online == pytest.approx(60 * 20 / 26, rel=0.03)


def test_a_forecast_of_the_day_is_shared_out_over_its_usual_hours(hall, renewal, weeks_before):
    foretell(hall, renewal, 84)

    (hour,) = wanted_in(hall, DAY).demand

    assert (hour.hour, hour.online + hour.walk_in) == (10, pytest.approx(84))


def test_a_day_is_read_as_it_is_planned(hall, windows, session, book, renewal, weeks_before):
    slot = session.slots.order_by("starts_at").last()
    book(slot)
    rest = [instant(900), instant(915)]
    PlannedBreak.objects.create(window=windows[0], period=tuple(rest))
    HallClosure.objects.create(
        hall=hall, period=(instant(960), instant(990)), reason="power", made_at=NOON
    )

    read = read_day(hall=hall, day=DAY, now=MIDNIGHT)

    assert len(read.twin.slots) == 16
    assert read.twin.slots[-1].online == 84
    assert [(b.starts, b.matter, b.people) for b in read.twin.booked] == [(990, renewal.pk, 1)]
    first = read.twin.windows[0]
    assert first.breaks == ((900, 915),)
    assert [(s.begins, s.ends, s.stays) for s in first.spans] == [
        (540, 960, True), (990, 1020, True)
    ]  # fmt: skip


def test_nobody_asks_for_a_place_in_an_hour_that_is_over(hall, session, weeks_before):
    read = read_day(hall=hall, day=DAY, now=NOON)

    assert [one.online for one in read.twin.demand] == [0]
    assert min(slot.starts for slot in read.twin.slots) > 720


def test_written_facts_are_believed_more_than_the_journal(hall, renewal, weeks_before):
    """A correction says that half as many came."""
    day = DAY - WEEK
    DayClosing.objects.create(hall=hall, service_day=day, written_at=NOON, was_open=True)
    DemandFact.objects.create(
        hall=hall, matter=renewal, service_day=day, hour=11, kind="regular", channel="walkin",
        what="walked_in", people=6, minutes=36, recorded_at=NOON,
    )  # fmt: skip

    known = days_before(hall, DAY)

    assert known[day] == {(11, renewal.pk): (0, 6)}
    assert (10, renewal.pk) in known[day - WEEK]
