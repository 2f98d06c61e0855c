"""What a roster tells by itself: at the desk, and to who runs the hall. # C26"""

from datetime import timedelta

import pytest

from appointments.roster_news import news_for, waiting_in
from tests.conftest import DAY, NOON, make_session
from tests.pages.reading import words_of
from tests.pages.test_absence_asked import browser_of
from windows import swapping
from windows.models import Swap
from windows.rostering import assign, remove

pytestmark = pytest.mark.django_db
DESK, TODAY, MINE = "/desk/", "/supervise/?hall=H01", "/desk/roster/"


@pytest.fixture(autouse=True)
def noon(clock):
    clock.now = NOON
    return clock


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=DAY + timedelta(days=1))


@pytest.fixture
def entry(tomorrow, windows, clerks):
    return assign(staff=clerks[0], session=tomorrow, window=windows[0], by=None, now=NOON)


@pytest.fixture
def swap(entry, clerks):
    """Clerk 1 asks clerk 2."""
    return swapping.ask(entry=entry, to=clerks[1], by=clerks[0], now=NOON)


@pytest.fixture
def asker(clerks):
    return browser_of(clerks[0])


@pytest.fixture
def other(clerks):
    return browser_of(clerks[1])


@pytest.fixture
def boss(supervisor):
    return browser_of(supervisor)


def test_who_is_asked_sees_it_at_the_desk_and_nobody_else_does(swap, asker, other, clerks):
    page = other.get(DESK)

    assert "A colleague asks you for a swap. See it" in words_of(page)
    assert f'<a href="{MINE}">See it</a>' in page.content.decode()
    assert "asks you for a swap" not in words_of(asker.get(DESK))
    assert "asks you for a swap" not in words_of(browser_of(clerks[2]).get(DESK))


def test_in_chinese_too(swap, other):
    other.cookies["django_language"] = "zh-hans"

    assert "data-roster-news" in other.get(DESK).content.decode()


def test_a_question_about_what_has_begun_is_no_news(swap, other, noon):
    noon.now = NOON + timedelta(days=1)

    assert "asks you for a swap" not in words_of(other.get(DESK))


def test_the_supervisor_is_told_once_both_agree(swap, other, boss, clerks, supervisor):
    assert "waits for your word" not in words_of(boss.get(TODAY))

    swapping.answer(swap=swap, agrees=True, by=clerks[1], now=NOON)

    page = boss.get(TODAY)
    assert "A swap waits for your word. See it" in words_of(page)
    assert '<a href="/supervise/roster/?hall=H01">See it</a>' in page.content.decode()
    assert "asks you for a swap" not in words_of(other.get(DESK))

    swapping.confirm(swap=swap, by=supervisor, now=NOON)
    assert "waits for your word" not in words_of(boss.get(TODAY))


def test_both_hear_what_was_decided_until_they_have_looked(swap, asker, other, clerks, supervisor):
    swapping.answer(swap=swap, agrees=True, by=clerks[1], now=NOON)
    swapping.confirm(swap=swap, by=supervisor, now=NOON)

    for browser in (asker, other):
        assert "A swap is decided. See it" in words_of(browser.get(DESK))
        page = words_of(browser.get(MINE))
        assert "Swaps that are decided" in page
        assert "clerk-1 → clerk-2 · Fri 5 Mar, 09:00 to 17:00, window 1 Done" in page
        assert "is decided" not in words_of(browser.get(DESK))


def test_a_colleagues_no_is_news_for_who_asked_only(swap, asker, other, clerks):
    swapping.answer(swap=swap, agrees=False, by=clerks[1], now=NOON)

    assert "A swap is decided." in words_of(asker.get(DESK))
    assert "is decided" not in words_of(other.get(DESK))


def test_what_the_supervisor_took_out_ends_the_question_and_tells_who_asked(
    swap, entry, asker, supervisor
):
    remove(entry=entry, by=supervisor, now=NOON)

    assert Swap.objects.get().state == "withdrawn"
    assert "A swap is decided." in words_of(asker.get(DESK))


def test_it_costs_one_question(swap, other, django_assert_num_queries, clerks, hall):
    with django_assert_num_queries(1):
        news_for(clerks[1], now=NOON)
    with django_assert_num_queries(1):
        waiting_in(hall, now=NOON)
