"""What the night has played is what the pages say, as long as it holds. # C5 C6 C9 C10

Seen red: the night's words kept after a session opened; what is no help advised; the numbers
of the windows left out of the address; all free windows ticked instead of those named.
"""

import re
from datetime import time

import pytest

from appointments.advised.storing import advise_city
from appointments.models import SessionAdvice
from tests.conftest import DAY, NOON, make_session
from tests.integration.appointments.advising.foretold import TOMORROW, expect, made_run
from tests.pages.city.conftest import CITY, text_of
from tests.pages.reading import words_of
from windows.models import Rule, StaffRole, Window

pytestmark = pytest.mark.django_db
FORECAST, TODAY = "/supervise/forecast/", "/supervise/"
LIGHT = "fewer without a place (nine in ten such days"


@pytest.fixture(autouse=True)
def few_runs(db):
    Rule.objects.create(name="advice_runs", value=20, effective_on=DAY)


@pytest.fixture
def run(db):
    return made_run()


@pytest.fixture
def told(hall, windows, renewal, run, clerk, at_noon) -> SessionAdvice:
    """A night has played one window more, from six to eight; two others are free as well."""
    for number in (4, 5):
        Window.objects.create(hall=hall, number=number).matters.add(renewal)
    make_session(hall, windows[:2], day=TOMORROW, opens=time(18), closes=time(20), kind="night")
    expect(run, hall, {18: 17, 19: 16}, matter=renewal)
    advise_city(now=NOON)
    return SessionAdvice.objects.get()


def with_effect(advice: SessionAdvice, fewer: float, before: float, after: float) -> None:
    """The night has found this."""

    def ranged(middle: float) -> dict[str, float]:
        return {"low": middle - 2, "middle": middle, "high": middle + 2}

    found = {"fewer": ranged(fewer), "before": ranged(before), "after": ranged(after)}
    advice.effect = advice.effect | found
    advice.save(update_fields=["effect"])


def button_of(answer) -> str:
    page = text_of(answer).replace("&amp;", "&")
    (address,) = re.findall(r'role="button" draggable="false" href="([^"]+)"', page)
    return address


class TestWhereASessionHelps:
    @pytest.mark.parametrize("page", [TODAY, CITY, FORECAST])
    def test_the_pages_say_what_the_night_found(self, boss, told, page):
        with_effect(told, fewer=31, before=47, after=18)

        words = words_of(boss.get(page))

        assert "31 people fewer would be turned to another day" in words
        assert "(eight in ten runs: 29 to 33)" in words
        assert "Nine in ten people would wait at most 18 minutes instead of 47" in words
        assert "each day played 20 times" in words
        assert LIGHT not in words

    def test_one_press_leads_to_those_windows_and_hours_with_their_effect(self, boss, told):
        with_effect(told, fewer=31, before=47, after=18)
        address = button_of(boss.get(CITY))

        form = boss.get(address)

        number = told.numbers[0]
        assert address.endswith(f"&kind=night&opens=18:00&closes=20:00&window={number}")
        ticked = re.findall(r'name="windows" value="(\d+)"[^>]* checked', text_of(form))
        assert [Window.objects.get(pk=pk).number for pk in ticked] == told.numbers
        assert "Waits and people turned away" in words_of(form)

    def test_named_windows_that_are_taken_meanwhile_give_way_to_free_ones(self, boss, told, hall):
        address = button_of(boss.get(CITY))
        taken = Window.objects.filter(hall=hall, number__in=told.numbers)
        make_session(hall, list(taken), day=TOMORROW, opens=time(18), closes=time(20))

        ticked = re.findall(
            r'name="windows" value="(\d+)"[^>]* checked', text_of(boss.get(address))
        )

        free = Window.objects.filter(hall=hall).exclude(pk__in=taken).exclude(number__in=(1, 2))
        assert sorted(ticked) == sorted(str(one.pk) for one in free)

    def test_without_a_clerk_the_named_windows_stay_ticked(self, boss, told, clerk):
        address = button_of(boss.get(CITY))
        StaffRole.objects.filter(staff=clerk).delete()

        form = boss.get(address)

        ticked = re.findall(r'name="windows" value="(\d+)"[^>]* checked', text_of(form))
        assert [Window.objects.get(pk=pk).number for pk in ticked] == told.numbers
        assert "nobody could stand at a window" in words_of(form)

    @pytest.mark.parametrize("page", [TODAY, CITY, FORECAST])
    def test_a_session_opened_meanwhile_ends_what_the_night_said(self, boss, told, hall, page):
        with_effect(told, fewer=31, before=47, after=18)
        free = Window.objects.get(hall=hall, number=5)
        make_session(hall, [free], day=TOMORROW, opens=time(18), closes=time(20), kind="night")

        words = words_of(boss.get(page))

        assert "31 people fewer" not in words
        assert "each day played" not in words

    def test_what_would_help_nobody_is_not_advised(self, boss, told):
        with_effect(told, fewer=0, before=12, after=12)

        assert "no session is missing" in words_of(boss.get(CITY))
        assert "The night tried a window more: it would help nobody." in words_of(
            boss.get(FORECAST)
        )

    def test_todays_page_is_silent_where_nothing_would_help(self, boss, told):
        with_effect(told, fewer=0, before=12, after=12)

        assert "What would help here" not in words_of(boss.get(TODAY))

    def test_todays_page_says_nothing_of_other_halls(self, boss, supervisor, told, other_hall):
        with_effect(told, fewer=31, before=47, after=18)
        StaffRole.objects.create(staff=supervisor, hall=other_hall, role="supervisor")

        assert "What would help here" in words_of(boss.get(TODAY))
        assert "What would help here" not in words_of(boss.get(f"{TODAY}?hall={other_hall.code}"))

    def test_another_nights_forecast_says_nothing_of_it(self, boss, told, hall, renewal):
        with_effect(told, fewer=31, before=47, after=18)
        expect(made_run(), hall, {18: 17, 19: 16}, matter=renewal)

        words = words_of(boss.get(CITY))

        assert "31 people fewer" not in words
        assert LIGHT in words


class TestASessionThatRunsEmpty:
    @pytest.fixture
    def idle(self, hall, windows, renewal, run, at_noon) -> SessionAdvice:
        expect(run, hall, {18: 2, 19: 1}, matter=renewal)
        for window in windows:
            window.matters.set([renewal])
        make_session(hall, windows, day=TOMORROW, opens=time(18), closes=time(20), kind="night")
        advise_city(now=NOON)
        return SessionAdvice.objects.get()

    def test_says_which_windows_can_close_and_what_that_frees(self, boss, idle):
        words = words_of(boss.get(CITY))

        assert idle.numbers == [2, 3]
        assert "Closing windows 2, 3 frees 4 staff hours for elsewhere." in words

    def test_one_press_leads_to_the_cut_with_its_effect(self, boss, idle, windows):
        page = text_of(boss.get(CITY)).replace("&amp;", "&")
        (address,) = re.findall(r'href="(/supervise/sessions/\d+/change/[^"]*)"', page)

        form = boss.get(address)

        ticked = re.findall(r'name="windows" value="(\d+)"[^>]* checked', text_of(form))
        assert ticked == [str(windows[0].pk)]
        assert "Waits and people turned away" in words_of(form)

    def test_a_place_more_or_less_ends_what_the_night_said(self, boss, idle):
        SessionAdvice.objects.update(places=idle.places + 1)

        assert "staff hours for elsewhere" not in words_of(boss.get(CITY))
