"""Which hours are a need, and which are only a tail. # C6 C9

Seen red: the tail of a closed hall kept; hours in which the city sleeps kept; a need longer
than a session may be; the rule of another hall or of yesterday taken.
"""

from datetime import time, timedelta

import pytest

from appointments.foreseeing_need import Need, foresee
from tests.conftest import DAY, NOON, make_session
from tests.integration.appointments.advising.foretold import TOMORROW, expect, made_run
from windows.models import Hall, Rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(db):
    return made_run()


@pytest.fixture
def night_elsewhere(windows):
    """Some hall of the city is open from nine in the morning to one in the night."""
    other = Hall.objects.create(code="H09", name_zh="别处", name_en="Elsewhere")
    make_session(other, [], opens=time(9), closes=time(1), kind="night")


def needs(run, *halls: Hall) -> tuple[Need, ...]:
    return foresee(run.pk, [hall.pk for hall in halls], now=NOON).needs


def hours(run, *halls: Hall) -> list[tuple[int, int]]:
    return [(one.first_hour, one.ends_hour) for one in needs(run, *halls)]


def rule(name: str, value: int, hall: Hall | None = None, day=DAY) -> None:
    Rule.objects.create(name=name, hall=hall, value=value, effective_on=day)


class TestTails:
    def test_four_people_from_evening_to_night_are_none(self, hall, run, night_elsewhere):
        expect(run, hall, dict.fromkeys(range(18, 25), 0.6))

        assert needs(run, hall) == ()

    def test_an_evening_is_advised_without_its_tail(self, hall, run, night_elsewhere):
        expect(run, hall, {18: 20, 19: 15, 20: 2, 21: 1, 22: 1, 23: 1, 24: 1})

        assert hours(run, hall) == [(18, 20)]

    def test_few_people_all_day_long_are_none_in_an_open_hall(self, hall, windows, run):
        make_session(hall, windows[:1], day=TOMORROW)
        expect(run, hall, dict.fromkeys(range(9, 17), 6.5))

        assert needs(run, hall) == ()

    def test_a_window_more_is_not_advised_for_the_last_few(self, hall, windows, run):
        """75 minutes are lacking in an hour: a second window more would stand idle."""
        make_session(hall, windows[:1], day=TOMORROW)
        expect(run, hall, {10: 13.5})

        assert [one.windows for one in needs(run, hall)] == [1]


class TestHoursOfTheCity:
    def test_nobody_needs_an_hour_in_which_no_hall_ever_opened(self, hall, run):
        expect(run, hall, {22: 20, 23: 20})

        assert needs(run, hall) == ()

    def test_where_another_hall_opens_then_it_is_one(self, hall, run, night_elsewhere):
        expect(run, hall, {22: 20, 23: 20})

        assert hours(run, hall) == [(22, 24)]

    def test_an_hour_counts_that_a_session_only_begins(self, hall, windows, run):
        """From half past six to half past nine: the hours from 18 to 21."""
        make_session(hall, windows, opens=time(18, 30), closes=time(21, 30), kind="night")
        expect(run, hall, dict.fromkeys(range(17, 23), 20))

        assert hours(run, hall) == [(18, 22)]

    def test_a_session_does_not_begin_after_midnight(self, hall, run, night_elsewhere):
        expect(run, hall, {24: 20})

        assert needs(run, hall) == ()

    def test_it_lasts_no_longer_than_a_session_may(self, hall, run, night_elsewhere):
        rule("session_max_hours", 3)
        expect(run, hall, {15: 10, 16: 20, 17: 20, 18: 20, 19: 12})

        assert hours(run, hall) == [(16, 19)]


class TestRules:
    def test_people_more_than_places_by_hall_and_day(self, hall, windows, run):
        other = Hall.objects.create(code="H09", name_zh="别处", name_en="Elsewhere")
        make_session(hall, windows[:1], day=TOMORROW)
        for one in (hall, other):
            expect(run, one, {10: 10})  # four more than places, ten where it is closed
        rule("advice_people", 5)
        rule("advice_people", 4, hall)
        rule("advice_people", 11, other, TOMORROW)
        rule("advice_people", 99, hall, TOMORROW + timedelta(days=1))

        assert [one.hall_id for one in needs(run, hall, other)] == [hall.pk]

    def test_how_empty_a_session_runs_and_how_small_it_is(self, hall, windows, run):
        make_session(hall, windows[:3], day=TOMORROW, opens=time(18), closes=time(20), kind="night")
        expect(run, hall, {18: 7, 19: 5})  # 12 of 36 places

        def empty() -> int:
            return len(foresee(run.pk, [hall.pk], now=NOON).empty)

        assert empty() == 1
        rule("advice_empty_percent", 33, hall)
        assert empty() == 0
        Rule.objects.update(value=34)
        assert empty() == 1
        rule("advice_empty_places", 37, hall)
        assert empty() == 0
