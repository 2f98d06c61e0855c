"""The city's forecast: it adds up, and knows what is coming. C9, C10.

Mutants seen red: without the division by the drivers an event of the past comes again; with
zeros instead of nan a closed week pulls the forecast down; cohorts measured against their own
mean instead of what is ordinary (one card raised renewals by half); absurd numbers believed.
"""

from datetime import date, timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from appointments.forecasting import storing
from appointments.forecasting.accuracy import inside_of_sums
from appointments.forecasting.cohorts import Waves, level
from appointments.forecasting.drivers import drivers_of
from appointments.forecasting.history import read_history
from appointments.forecasting.reading import days_of, expected, hours_of
from appointments.forecasting.storing import NothingKnown, forecast_city
from appointments.forecasting.sums import totals_of
from appointments.models import CardCohort, DayClosing, DemandFact, ForecastRun, ForecastValue
from tests.conftest import NOON, make_session
from tests.integration.forecasting.facts import HOURS, write_weeks
from windows.models import DemandEvent, Hall, Matter, Window

pytestmark = pytest.mark.django_db
TODAY = date(2027, 3, 4)  # a Thursday
YESTERDAY = TODAY - timedelta(days=1)
MONDAY = TODAY + timedelta(days=4)


@pytest.fixture
def halls(hall) -> list[Hall]:
    more = [("H02", "东区"), ("H03", "西区")]
    others = [
        Hall.objects.create(
            code=code, name_zh=code, name_en=code, district_zh=district, district_en=code,
            address_zh="-",
        )
        for code, district in more
    ]  # fmt: skip
    Hall.objects.filter(pk=hall.pk).update(district_zh="东区")
    return list(Hall.objects.filter(pk__in=[hall.pk, *(one.pk for one in others)]).order_by("code"))


@pytest.fixture
def matters(renewal) -> list[Matter]:
    lost = Matter.objects.create(
        code="LOST", prefix="B", minutes=8, name_zh="补领", name_en="Lost", summary_zh="-",
        summary_en="-",
    )  # fmt: skip
    return list(Matter.objects.filter(pk__in=[renewal.pk, lost.pk]).order_by("position", "code"))


@pytest.fixture
def known(halls, matters):
    write_weeks(halls, matters, last=YESTERDAY, now=NOON)


def test_the_parts_add_up_to_the_city(known, halls):
    run = forecast_city(now=NOON)

    city = days_of(run)
    assert len(city) == 20  # the working days of four weeks
    for day, one in city.items():
        mean = sum(days_of(run, hall_id=hall.pk)[day].mean for hall in halls)
        east = days_of(run, district="东区")[day].mean + days_of(run, district="西区")[day].mean
        assert one.mean == pytest.approx(mean) == pytest.approx(east)
    one = days_of(run, hall_id=halls[0].pk)[MONDAY].mean
    by_hour = sum(
        value.mean for (day, _), value in hours_of(run, halls[0].pk).items() if day == MONDAY
    )
    matters = expected(run, halls[0].pk, MONDAY)
    by_matter = sum(value.mean for hour in matters.values() for value in hour.values())
    assert one == pytest.approx(by_hour, abs=0.1) == pytest.approx(by_matter, abs=0.1)
    assert set(matters) == set(HOURS)


def test_it_finds_the_weekdays(known, halls):
    run = forecast_city(now=NOON)

    days = days_of(run, hall_id=halls[0].pk)
    assert days[MONDAY].mean == pytest.approx(1.3 * 90, rel=0.12)
    assert days[MONDAY + timedelta(days=1)].mean == pytest.approx(90, rel=0.12)
    assert days[MONDAY].low < 117 < days[MONDAY].high
    assert MONDAY - timedelta(days=1) not in days  # a Sunday without a session


def test_a_second_one_on_the_same_day_is_the_first(known):
    first = forecast_city(now=NOON)

    assert forecast_city(now=NOON + timedelta(hours=3)) == first
    assert ForecastRun.objects.count() == 1
    assert forecast_city(now=NOON + timedelta(days=1)) != first


def test_an_event_raises_exactly_its_days(known, halls, matters):
    plain = days_of(forecast_city(now=NOON), hall_id=halls[0].pk)
    ForecastRun.objects.all().delete()
    DemandEvent.objects.create(
        kind="exam", name_zh="考试", first_day=MONDAY, last_day=MONDAY, uplift_percent=50,
        hall=halls[0], made_at=NOON,
    )  # fmt: skip

    run = forecast_city(now=NOON)

    with_event = days_of(run, hall_id=halls[0].pk)
    assert with_event[MONDAY].mean == pytest.approx(1.5 * plain[MONDAY].mean)
    other = MONDAY + timedelta(days=1)
    assert with_event[other].mean == pytest.approx(plain[other].mean)
    beside = days_of(run, hall_id=halls[2].pk)
    assert beside[MONDAY].mean == pytest.approx(plain[MONDAY].mean, rel=0.2)


def test_an_event_that_is_over_does_not_come_again(halls, matters):
    week = (YESTERDAY - timedelta(days=13), YESTERDAY - timedelta(days=1))

    def twice(hall, matter, day):
        return 2.0 if week[0] <= day <= week[1] else 1.0

    write_weeks(halls, matters, last=YESTERDAY, now=NOON, factor=twice)
    DemandEvent.objects.create(
        kind="exam", name_zh="考试", first_day=week[0], last_day=week[1], uplift_percent=100,
        made_at=NOON,
    )  # fmt: skip

    run = forecast_city(now=NOON)

    assert days_of(run, hall_id=halls[0].pk)[MONDAY].mean == pytest.approx(1.3 * 90, rel=0.15)


def test_an_event_that_brought_nobody_is_not_taken_out_of_what_came(known, halls):
    """Mutant: without `believed`, days that were said to double count half."""
    DemandEvent.objects.create(
        kind="exam", name_zh="考试", first_day=YESTERDAY - timedelta(days=20),
        last_day=YESTERDAY - timedelta(days=8), uplift_percent=100, made_at=NOON,
    )  # fmt: skip

    run = forecast_city(now=NOON)

    assert days_of(run, hall_id=halls[0].pk)[MONDAY].mean == pytest.approx(1.3 * 90, rel=0.12)
    assert run.facts["accuracy"]["ours"][""] < run.facts["accuracy"]["naive"][""]


@pytest.mark.parametrize(("came", "ahead"), [(1.0, 1.0), (1.3, 1.3)])
def test_an_event_that_goes_on_brings_ahead_what_it_brought_so_far(halls, matters, came, ahead):
    """Three times as many were said to come. Mutant: what was told, at full strength."""
    begins = YESTERDAY - timedelta(days=12)
    write_weeks(
        halls, matters, last=YESTERDAY, now=NOON, weeks=10,
        factor=lambda hall, matter, day: came if day >= begins else 1.0,
    )  # fmt: skip
    DemandEvent.objects.create(
        kind="exam", name_zh="考试", first_day=begins, last_day=TODAY + timedelta(days=15),
        uplift_percent=200, made_at=NOON,
    )  # fmt: skip

    days = days_of(forecast_city(now=NOON), hall_id=halls[0].pk)

    assert days[MONDAY].mean == pytest.approx(1.3 * 90 * ahead, rel=0.2)


def test_a_closed_week_is_not_a_week_without_demand(halls, matters):
    write_weeks(halls, matters, last=YESTERDAY, now=NOON)
    closed = DayClosing.objects.filter(hall=halls[0], service_day__gt=YESTERDAY - timedelta(days=7))
    closed.update(was_open=False)

    run = forecast_city(now=NOON)

    assert days_of(run, hall_id=halls[0].pk)[MONDAY].mean == pytest.approx(1.3 * 90, rel=0.2)


def test_a_new_hall_borrows_from_its_neighbours(halls, matters, windows):
    """Half as many window-hours as its neighbour has: half as many people, on its fourth day."""
    write_weeks(halls[1:], matters, last=YESTERDAY, now=NOON)
    write_weeks(halls[:1], matters, last=YESTERDAY, now=NOON, weeks=0)
    for hall, staffed in ((halls[0], 1), (halls[1], 2), (halls[2], 2)):
        desks = [Window.objects.create(hall=hall, number=n + 20) for n in range(staffed)]
        for day in (TODAY + timedelta(days=n) for n in range(-42, 10)):
            if day.weekday() < 5 and (hall != halls[0] or day >= TODAY):
                make_session(hall, desks, day=day)

    run = forecast_city(now=NOON)

    there, beside = (days_of(run, hall_id=hall.pk)[MONDAY].mean for hall in halls[:2])
    assert there == pytest.approx(beside / 2, rel=0.25)


def test_nobody_ever_came(halls, matters):
    for day in (YESTERDAY - timedelta(days=n) for n in range(20)):
        for hall in halls:
            DayClosing.objects.create(hall=hall, service_day=day, written_at=NOON, was_open=True)

    run = forecast_city(now=NOON)

    values = ForecastValue.objects.filter(run=run)
    assert {value.mean for value in values} == {0.0}
    assert all(np.isfinite([value.p95, value.minutes]).all() for value in values)


def test_without_a_closed_day_nothing_is_known(halls):
    with pytest.raises(NothingKnown):
        forecast_city(now=NOON)


ORDINARY = 3 * 30 * 5.3 / 7 * 365.25 / 12  # renewals a month that write_weeks makes


def test_a_wave_of_cards_is_seen_before_it_comes(halls, matters):
    """Most cards expire in April: renewals begin to rise while the other matter does not."""
    for month, cards in ((1, 1000), (2, 1000), (3, 2000), (4, 9000)):
        CardCohort.objects.create(month=date(2027, month, 1), years=20, cards=cards, made_at=NOON)
    months = Waves.read().cards[""]

    def wave(hall, matter, day):
        return 1 + level(months, day) / ORDINARY if matter.code == "RENEW" else 1.0

    write_weeks(halls, matters, last=YESTERDAY, now=NOON, factor=wave)
    foretold = days_of(forecast_city(now=NOON))
    ForecastRun.objects.all().delete()
    CardCohort.objects.all().delete()
    unaware = days_of(forecast_city(now=NOON))

    last = max(day for day in foretold if foretold[day].mean)
    weekday = {0: 1.3, 1: 1.0, 2: 0.95, 3: 0.95, 4: 1.1}[last.weekday()]
    usual = {matter.code: 60 / (n + 1) for n, matter in enumerate(matters)}
    comes = 3 * weekday * (usual["LOST"] + usual["RENEW"] * wave(halls[0], matters[1], last))
    assert abs(foretold[last].mean - comes) < 0.5 * abs(unaware[last].mean - comes)


def test_each_card_counts_once(halls):
    CardCohort.objects.create(month=date(2027, 4, 1), years=20, cards=9000, made_at=NOON)
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(9000)]
    came = np.full(60, ORDINARY * 12 / 365.25)

    factors = Waves.read().factors("东区", days, came)

    more = (factors - 1) * ORDINARY * 12 / 365.25
    assert more.sum() == pytest.approx(9000, rel=0.03)
    assert set(factors[days.index(date(2027, 8, 15)) :]) == {1.0}
    assert Waves.read().factors("东区", days, np.zeros(60)) is None


def test_cohorts_that_are_always_the_same_change_nothing(known):
    """Mutant: cohorts dropped from the past alone raise all days ahead by a half."""
    plain = days_of(forecast_city(now=NOON))
    ForecastRun.objects.all().delete()
    for n in range(24):
        month = date(2026 + n // 12, n % 12 + 1, 1)
        CardCohort.objects.create(month=month, years=10, cards=1000, made_at=NOON)

    with_cards = days_of(forecast_city(now=NOON))

    for day, one in plain.items():
        assert with_cards[day].mean == pytest.approx(one.mean, rel=0.02)


def test_a_single_card_changes_nothing(known):
    plain = days_of(forecast_city(now=NOON))
    ForecastRun.objects.all().delete()
    CardCohort.objects.create(month=date(2027, 4, 1), years=20, cards=1, made_at=NOON)

    with_card = days_of(forecast_city(now=NOON))

    for day, one in plain.items():
        assert with_card[day].mean == pytest.approx(one.mean, rel=0.01)


def test_an_absurd_number_is_not_believed(known, halls, matters):
    plain = days_of(forecast_city(now=NOON))
    ForecastRun.objects.all().delete()
    odd = DemandFact.objects.filter(hall=halls[0], matter=matters[0]).order_by("-service_day")[0]
    DemandFact.objects.create(
        hall=halls[0], matter=matters[0], service_day=odd.service_day, hour=odd.hour,
        kind="night", channel="online", what="searched", people=90_000, minutes=1, recorded_at=NOON,
    )  # fmt: skip

    run = forecast_city(now=NOON)

    for day, one in plain.items():
        assert days_of(run)[day].mean == pytest.approx(one.mean, rel=0.1)
    assert set(expected(run, halls[0].pk, MONDAY)) == set(HOURS)


def test_it_says_how_right_it_was(known):
    facts = forecast_city(now=NOON).facts["accuracy"]

    assert facts["days"] >= 14
    assert 0 < facts["ours"][""] < facts["naive"][""]
    assert 0.6 <= facts["inside"][""] <= 1


def test_the_range_of_a_sum_is_judged_by_its_own_days(known, halls, matters):
    """Mutant: the mean of the halls."""
    history = read_history(halls, matters, last=YESTERDAY)
    drivers = drivers_of(history, TODAY)
    totals = totals_of(history.people)

    inside = inside_of_sums(totals, halls, history, drivers)

    assert set(inside) == {"", "东区", "西区"}
    assert all(0.75 <= one <= 1 for one in inside.values())
    shifted = totals.copy()
    shifted[0, -10:] += 40  # what one hall has more, another has less: the sum is as usual
    shifted[1, -10:] -= 40
    assert inside_of_sums(shifted, halls, history, drivers)[""] == inside[""]


def test_a_correction_counts_instead_of_what_it_corrects(known, halls, matters, clerk):
    wrong = DemandFact.objects.filter(hall=halls[0]).order_by("-service_day", "pk").first()
    DemandFact.objects.create(
        **{name: getattr(wrong, name) for name in ("hall", "matter", "service_day", "hour", "kind",
                                                   "channel", "what")},
        people=wrong.people + 5000, minutes=1, recorded_at=NOON, corrects=wrong, by=clerk,
        reason="counted again",
    )  # fmt: skip

    people = read_history(halls, matters, last=YESTERDAY).people
    assert people[0, :, (wrong.service_day - YESTERDAY).days - 1].sum() > 5000


def test_old_ones_are_forgotten(known):
    forecast_city(now=NOON)

    assert storing.forget_old(now=NOON + timedelta(days=59)) == 0
    assert storing.forget_old(now=NOON + timedelta(days=61)) == 1
    assert ForecastValue.objects.count() == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [({"hall": "X99"}, "no hall X99"), ({"day": date(2020, 1, 1)}, "No forecast reaches")],
    ids=["unknown hall", "long ago"],
)
def test_the_command_says_what_is_wrong(known, options, said):
    with pytest.raises(CommandError, match=said):
        call_command("forecast", **options)
