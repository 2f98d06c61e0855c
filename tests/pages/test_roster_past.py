"""A week of the roster whose days are over: what was, not what is to be planned. # C26"""

from datetime import time, timedelta

import pytest

from config import civil
from queues.calling import sign_out
from tests.conftest import DAY, NOON
from tests.pages.reading import words_of
from tests.pages.test_absence_asked import browser_of
from windows.rostering import assign
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
WEEK = "/supervise/roster/?hall=H01&week=2027-03-01"


def at(hour: int):
    return civil.city_instant(DAY, time(hour))


@pytest.fixture
def boss(supervisor):
    return browser_of(supervisor)


@pytest.fixture
def worked(session, windows, clerks):
    """Window 1 as planned; at window 2 somebody from noon to three, without being planned."""
    assign(staff=clerks[0], session=session, window=windows[0], by=None, now=NOON)
    sign_in(staff=clerks[1], window=windows[1], now=NOON)
    sign_out(staff=clerks[1], now=at(15))


def test_while_it_runs_what_is_open_can_be_planned(boss, worked, clock):
    clock.now = at(16)

    page = words_of(boss.get(WEEK))

    assert "2 places are open" in page
    assert "Window 2 Open : choose somebody" in page
    assert "not planned" not in page


def test_once_it_is_over_it_says_who_was_there(boss, worked, clock):
    clock.now = NOON + timedelta(days=1)

    page = words_of(boss.get(WEEK))

    assert "Window 1 clerk-1" in page
    assert "Window 2 clerk-2 12:00 to 15:00 · not planned" in page
    assert "Window 3 Nobody was there" in page
    assert "Open : choose somebody" not in page


def test_a_week_that_is_over_has_nothing_to_plan(boss, worked, clock):
    clock.now = NOON + timedelta(days=7)

    page = words_of(boss.get(WEEK))

    assert "This week is over" in page
    assert "Every place is planned" not in page
    assert "Suggest who stands where" not in page


def test_it_takes_one_query_more(boss, worked, clock, django_assert_max_num_queries):
    clock.now = NOON + timedelta(days=7)

    with django_assert_max_num_queries(25):
        boss.get(WEEK)
