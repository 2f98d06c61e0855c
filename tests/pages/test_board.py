"""The hall's screen as a page. Row C16."""

import re
from datetime import timedelta

import pytest

from config import civil
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


@pytest.fixture
def called(hall, session, renewal, at_window_3, clerk):
    issue_walk_in(hall=hall, matter=renewal, now=NOON - timedelta(minutes=1))
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    return call_next(window=at_window_3, staff=clerk, now=NOON)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_board_answers_in_both_languages(client, called, language):
    client.cookies["django_language"] = language

    response = client.get("/board/H01/")

    assert response.status_code == 200
    assert called.label in text_of(response)


def test_the_board_says_number_window_and_how_many_wait(client, called):
    page = text_of(client.get("/board/H01/"))

    assert "Now calling" in page
    assert "Please go to window 3" in page
    assert "1 person waiting" in page


def test_the_board_states_the_rule_of_the_order(client, session):
    assert "After 20 minutes no booking can pass a walk-in" in text_of(client.get("/board/H01/"))


def test_a_number_that_has_been_served_is_no_longer_being_called(client, called, clerk):
    finish(ticket=called, staff=clerk, now=NOON)

    assert "Last called" in text_of(client.get("/board/H01/"))


def test_before_the_first_call_the_board_tells_where_to_take_a_number(client, session):
    page = text_of(client.get("/board/H01/"))

    assert "Nobody has been called yet" in page
    assert "Take a number at the kiosk" in page


def test_a_hall_without_sessions_is_shown_as_closed(client, hall):
    assert "Closed" in text_of(client.get("/board/H01/"))


def test_the_same_state_can_be_asked_for_as_json(client, called):
    told = client.get("/board/H01/?state=1").json()

    assert told["calls"][0]["number"] == called.label
    assert "Please go to window" in told["html"]


def test_without_scripts_the_page_asks_again_by_itself(client, session):
    page = client.get("/board/H01/").content.decode()

    assert '<noscript><meta http-equiv="refresh"' in page


def test_the_board_of_no_hall_is_not_found(client, db):
    assert client.get("/board/H77/").status_code == 404


def test_the_board_only_shows(client, session):
    assert client.post("/board/H01/").status_code == 405
