"""Advice by the forecast: which hours lack places, and which session runs empty. # C6 C9

Seen red: needs in the order of the days; hours that do not touch taken as one need; a session
called empty though its places are taken.
"""

import re
from datetime import time, timedelta

import pytest

from appointments.foreseeing_need import foresee
from appointments.models import ForecastRun
from config import civil
from tests.conftest import DAY, NOON, make_session
from tests.integration.appointments.advising.foretold import expect, made_run
from tests.pages.city.conftest import CITY, TOMORROW, many_halls, searched, text_of
from tests.pages.reading import words_of
from windows.models import Window

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(db) -> ForecastRun:
    return made_run()


class TestWhereMoreComeThanThereArePlaces:
    @pytest.fixture
    def evening(self, hall, windows, run):
        """Two hours with two of three windows: 24 places, 30 people."""
        Window.objects.filter(hall=hall).update(is_in_use=True)
        make_session(hall, windows[:2], day=TOMORROW, opens=time(18), closes=time(20), kind="night")
        expect(run, hall, {18: 16, 19: 14})
        return hall

    def test_says_when_how_many_and_what_to_open(self, boss, evening):
        page = words_of(boss.get(CITY))

        assert "Fri 5 Mar 18-20 h: 30 expected, 24 places: open 1 window" in page
        assert "6 people fewer without a place (nine in ten such days: 0 to 12)" in page
        assert "1 window · 2 staff hours" in page
        assert "From the forecast and the places on offer" in page

    def test_leads_to_the_page_filled_in_with_those_hours(self, boss, evening):
        page = text_of(boss.get(CITY)).replace("&amp;", "&")

        (address,) = re.findall(r'role="button" draggable="false" href="([^"]+)"', page)
        form = text_of(boss.get(address))

        assert address.endswith("day=2027-03-05&kind=night&opens=18:00&closes=20:00")
        assert 'value="18:00"' in form
        assert 'value="20:00"' in form

    def test_not_where_no_window_is_free(self, boss, evening):
        Window.objects.filter(hall=evening, number=3).update(is_in_use=False)
        Window.objects.filter(hall=evening).exclude(number__in=(1, 2)).update(is_in_use=False)

        assert "30 expected" not in words_of(boss.get(CITY))

    def test_the_greatest_need_first(self, hall, windows, run):
        make_session(hall, windows[:1], day=TOMORROW)
        make_session(hall, windows[:1], day=TOMORROW + timedelta(days=1))
        expect(run, hall, {10: 12})
        expect(run, hall, {10: 20}, day=TOMORROW + timedelta(days=1))

        needs = foresee(run.pk, [hall.pk], now=NOON).needs

        assert [one.lacking for one in needs] == [14, 6]

    def test_hours_that_do_not_touch_are_two_needs(self, hall, windows, run):
        make_session(hall, windows[:1], day=TOMORROW)
        expect(run, hall, {10: 12, 11: 2, 12: 15})

        needs = foresee(run.pk, [hall.pk], now=NOON).needs

        assert [(one.first_hour, one.ends_hour) for one in needs] == [(12, 13), (10, 11)]

    def test_one_or_two_people_more_are_no_reason(self, hall, windows, run):
        make_session(hall, windows[:1], day=TOMORROW)
        expect(run, hall, {10: 8})

        assert foresee(run.pk, [hall.pk], now=NOON).needs == ()


class TestSessionsThatRunEmpty:
    @pytest.fixture
    def evening(self, hall, windows, run):
        """36 places, 12 people."""
        session = make_session(
            hall, windows[:3], day=TOMORROW, opens=time(18), closes=time(20), kind="night"
        )
        expect(run, hall, {18: 7, 19: 5})
        return session

    def test_says_how_empty_and_leads_to_its_page(self, boss, evening):
        answer = boss.get(CITY)

        said = "This session is expected to be 33% full: 12 of 36 places. Cut or move it."
        assert said in words_of(answer)
        assert f'href="/supervise/sessions/{evening.pk}/change/"' in text_of(answer)
        assert boss.get(f"/supervise/sessions/{evening.pk}/change/").status_code == 200

    def test_not_when_its_places_are_taken_already(self, boss, evening):
        evening.slots.update(online_taken=60)

        assert "Cut or move it" not in words_of(boss.get(CITY))

    def test_not_when_it_has_begun(self, evening, run):
        at_seven = civil.city_instant(TOMORROW, time(19))

        assert foresee(run.pk, [evening.hall_id], now=at_seven).empty == ()


class TestWithoutAForecast:
    def test_as_before_from_who_searched_in_vain(self, boss, hall, session, renewal):
        session.slots.update(online_taken=90)
        searched(hall, renewal, 24)

        page = words_of(boss.get(CITY))

        assert "24 searches in vain" in page
        assert "From who searched in vain, and from the last four weeks." in page
        assert "Cut or move it" not in page

    def test_a_forecast_that_ended_is_none(self, boss, hall, run):
        ForecastRun.objects.update(first_day=DAY - timedelta(days=28), last_day=DAY,
                                   last_known_day=DAY - timedelta(days=29))  # fmt: skip

        assert "From the forecast" not in words_of(boss.get(CITY))


def test_the_forecast_costs_five_queries_more(admin, renewal, run, django_assert_max_num_queries):
    for hall in many_halls(renewal, 9):
        Window.objects.create(hall=hall, number=3)
        expect(run, hall, {9: 5, 10: 30, 11: 8})

    with django_assert_max_num_queries(11):
        assert "30 expected" in words_of(admin.get(CITY))
