"""The hall's screen as a page. Row C16."""

import re
from datetime import timedelta

import pytest

from config import civil
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from tests.conftest import NOON
from windows.access import token_hash
from windows.models import DeviceToken
from windows.presence import presence_code

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
    assert "Please go to</small> window" in told["html"]


def test_without_scripts_the_page_asks_again_by_itself(client, session):
    page = client.get("/board/H01/").content.decode()

    assert '<noscript><meta http-equiv="refresh"' in page


def test_the_board_of_no_hall_is_not_found(client, db):
    assert client.get("/board/H77/").status_code == 404


def test_the_board_only_shows(client, session):
    assert client.post("/board/H01/").status_code == 405


def test_a_state_that_is_asked_for_tells_the_calls_after_one(client, called, clerk):
    first = client.get("/board/H01/?state=1").json()["last_call_id"]

    told = client.get(f"/board/H01/?state=1&after={first - 1}").json()
    nothing = client.get(f"/board/H01/?state=1&after={first}").json()

    assert [call["number"] for call in told["missed_calls"]] == [called.label]
    assert (nothing["missed_calls"], nothing["gone"]) == ([], False)


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "١"])
def test_an_after_that_is_no_number_tells_the_state_alone(client, called, after):
    told = client.get("/board/H01/", {"state": "1", "after": after})

    assert told.status_code == 200
    assert "missed_calls" not in told.json()


def test_a_state_takes_at_most_three_queries(client, called, django_assert_max_num_queries):
    client.get("/board/H01/?state=1")
    with django_assert_max_num_queries(3):
        client.get("/board/H01/?state=1&after=1")


def test_the_board_tells_windows_next_numbers_and_the_rules(client, called):
    page = text_of(client.get("/board/H01/"))

    assert re.search(r"3 window ?A001", page)
    assert "Next A002" in page
    assert "Urgent cases: at most one call in three" in page


def test_an_urgent_case_is_told_with_its_usual_minutes(
    client, hall, session, renewal, at_window_3, clerk
):
    issue_walk_in(hall=hall, matter=renewal, now=NOON - timedelta(minutes=3))
    issue_walk_in(hall=hall, matter=renewal, priority="pregnant", now=NOON)
    call_next(window=at_window_3, staff=clerk, now=NOON)

    assert "One urgent case goes first, about 6 minutes" in text_of(client.get("/board/H01/"))


def test_before_closing_and_after_it_the_board_says_what_holds(client, called, monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON + timedelta(minutes=280))
    assert "New tickets until 17:00; everybody who is here then" in text_of(
        client.get("/board/H01/")
    )
    monkeypatch.setattr(civil, "now", lambda: NOON + timedelta(minutes=310))
    assert "No new tickets; everybody who is here will be served" in text_of(
        client.get("/board/H01/")
    )


# --- the code that proves presence


def test_a_public_screen_never_shows_the_presence_code(client, session):
    assert "data-presence" not in client.get("/board/H01/").content.decode()
    assert client.get("/board/H01/presence/").status_code == 404


def test_the_halls_own_screen_shows_the_presence_code(client, hall, session):
    token = DeviceToken.objects.create(
        hall=hall, kind="display", name="screen", token_hash=token_hash("t")
    )
    asks = {"HTTP_AUTHORIZATION": "Device t"}

    assert "data-presence" in client.get("/board/H01/", **asks).content.decode()
    told = client.get("/board/H01/presence/", **asks).json()
    assert told["code"].replace(" ", "") == presence_code(hall, NOON)
    assert 0 < told["seconds"] <= 60
    assert "<svg" in told["svg"]
    token.revoked_at = NOON
    token.save(update_fields=["revoked_at"])
    assert client.get("/board/H01/presence/", **asks).status_code == 404


@pytest.mark.parametrize("kind", ["kiosk", "display"])
def test_another_machine_gets_no_presence_code(client, hall, other_hall, session, kind):
    DeviceToken.objects.create(
        hall=hall if kind == "kiosk" else other_hall, kind=kind, name="-",
        token_hash=token_hash("t"),
    )  # fmt: skip

    assert client.get("/board/H01/presence/", HTTP_AUTHORIZATION="Device t").status_code == 404


# --- the hall's own voice


def test_own_recordings_are_served_and_kept_by_their_version(client, hall, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    assert client.get("/board/H01/sound/voice.wav").status_code == 404
    (tmp_path / "voice" / "H01").mkdir(parents=True)
    (tmp_path / "voice" / "H01" / "voice.wav").write_bytes(b"RIFF")

    kept = client.get("/board/H01/sound/voice.wav?v=1")

    assert b"".join(kept.streaming_content) == b"RIFF"
    assert "immutable" in kept["Cache-Control"]
    assert "no-cache" in client.get("/board/H01/sound/voice.wav")["Cache-Control"]
    assert client.get("/board/H01/sound/other.wav").status_code == 404
