"""What makes a day full and a session advised is a rule, for the city or for one hall. # C5 C35"""

from datetime import time, timedelta

import pytest

from config import civil
from tests.conftest import DAY, make_staff
from tests.pages.city.conftest import CITY, searched
from tests.pages.reading import words_of
from tests.pages.test_absence_asked import browser_of
from windows.models import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(supervisor, clock):
    return browser_of(supervisor)


def rule(name: str, value: int, **more) -> None:
    Rule.objects.create(name=name, value=value, effective_on=DAY, **more)


def test_fewer_searches_are_a_reason_where_the_hall_says_so(boss, hall, session, renewal):
    searched(hall, renewal, 9)
    rule("advice_searches", 20)
    assert "no session is missing" in words_of(boss.get(CITY))

    rule("advice_searches", 9, hall=hall)

    assert "9 searches in vain" in words_of(boss.get(CITY))


def test_a_day_is_full_and_red_from_the_halls_own_share_on(boss, hall, session, renewal):
    session.slots.update(online_taken=72)  # of 90
    searched(hall, renewal, 10)
    assert "full , 10 in vain" not in words_of(boss.get(CITY))

    rule("advice_full_percent", 80, hall=hall)

    assert "full , 10 in vain" in words_of(boss.get(CITY))


def test_the_key_of_the_table_names_the_number(boss, hall, other_hall, session):
    assert "full, and 10 or more searches in vain" in words_of(boss.get(CITY))

    rule("advice_searches", 7)

    assert "full, and 7 or more searches in vain" in words_of(boss.get(CITY))


def test_with_several_numbers_it_names_none(hall, other_hall, session, clock):
    rule("advice_searches", 7, hall=hall)
    viewer = browser_of(make_staff("everywhere", None, "viewer"))

    assert "full, and many searches in vain, as each hall's rule has it" in words_of(
        viewer.get(CITY)
    )


def test_a_rule_holds_from_its_day_on(boss, hall, session, renewal):
    searched(hall, renewal, 9)
    Rule.objects.create(name="advice_searches", value=9, effective_on=DAY + timedelta(days=1))

    assert "no session is missing" in words_of(boss.get(CITY))


def test_the_session_is_as_far_off_as_people_need_to_hear_of_it(
    boss, hall, session, renewal, clock
):
    searched(hall, renewal, 30)
    clock.now = civil.city_instant(DAY, time(16, 30))
    assert "Hetang Hall · Thu 4 Mar" in words_of(boss.get(CITY))

    rule("advice_notice_minutes", 121, hall=hall)

    assert "Hetang Hall · Fri 5 Mar" in words_of(boss.get(CITY))
