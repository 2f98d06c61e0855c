"""Halls: how busy now, when open, how to get there. C1 C7"""

from datetime import time, timedelta

import pytest

from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session
from tests.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("way", ["/halls/", "/halls/H01/", "/halls/?near=hetang"])
def test_the_pages_answer_in_both_languages(client, language, way, session):
    client.cookies["django_language"] = language

    assert client.get(way).status_code == 200


def test_an_open_hall_says_until_when_and_how_many_wait(citizen, session, hall, renewal):
    for _person in range(3):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)

    page = text_of(citizen.get("/halls/"))

    assert "Open until 17:00" in page
    assert "3 people waiting" in page


def test_a_closed_hall_says_when_it_opens(citizen, session, clock):
    clock.now -= timedelta(hours=6)

    assert "Opens Thursday 4 March, 09:00" in text_of(citizen.get("/halls/"))


def test_a_night_session_is_told_with_its_end_on_the_next_day(citizen, hall, windows):
    make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    page = text_of(citizen.get("/halls/H01/"))

    assert "Thursday 4 March" in page
    assert "18:30 to 00:30 the next day" in page
    assert "Night session" in page


def test_while_a_session_runs_past_midnight_the_hall_is_open(citizen, hall, windows, clock):
    make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")
    clock.now = civil.city_instant(DAY + timedelta(days=1), time(0, 10))

    assert "Open until 00:30" in text_of(citizen.get("/halls/"))


def test_the_search_narrows_to_a_district(citizen, session, other_hall):
    page = text_of(citizen.get("/halls/?near=guilan"))

    assert "Guilan Hall" in page
    assert "Hetang Hall" not in page
    assert "No hall is found" in text_of(citizen.get("/halls/?near=nowhere"))


@pytest.mark.parametrize("way", ["/halls/H99/", "/halls/%00/"])
def test_an_unknown_hall_is_not_found(citizen, way):
    assert citizen.get(way).status_code == 404


def test_a_strange_search_is_only_a_search(citizen, session):
    assert citizen.get("/halls/?near=%00%F0%9F%98%80").status_code == 200


def test_the_list_asks_the_database_few_times(citizen, session, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        citizen.get("/halls/")
