"""What a session does to waits, on the pages and in the calls that preview it. # C5 C9"""

import re
from datetime import time, timedelta

import pytest
from django.test import Client

from appointments.models import UnmetDemand
from appointments.twin import effecting
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import DAY, make_session
from tests.pages.reading import words_of

pytestmark = pytest.mark.django_db
MORNING = civil.city_instant(DAY, time(7))


@pytest.fixture(autouse=True)
def at_seven(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: MORNING)


@pytest.fixture
def boss(client: Client, supervisor, clerk) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def weeks_before(hall, windows, renewal):
    """Three Thursdays on which forty searched in vain and ten came without a booking."""
    for back in (1, 2, 3):
        day = DAY - timedelta(weeks=back)
        make_session(hall, windows, day=day, online=0)
        for n in range(10):
            at = civil.city_instant(day, time(10, 5 * n))
            issue_walk_in(hall=hall, matter=renewal, now=at)
        UnmetDemand.objects.create(
            hall=hall, matter=renewal, service_day=day, asked_on=day, count=40
        )


def evening(windows, **more) -> dict:
    return {
        "hall": "H01", "kind": "night", "day": DAY.isoformat(), "opens": "18:30", "closes": "21:00",
        "windows": [one.pk for one in windows], "key": "first", **more,
    }  # fmt: skip


@pytest.mark.parametrize("way", ["/supervise/open/", "/supervise/open/preview/"])
def test_opening_says_what_it_does_to_waits(boss, windows, session, weeks_before, way):
    session.slots.update(online_quota=0, walkin_quota=90)

    page = words_of(boss.post(way, evening(windows, look="1")))

    assert re.search(r"Nine in ten people would wait at most \d+ minutes", page)
    assert re.search(r"\d+ people fewer would be turned to another day", page)
    assert "reckoned from 3 such weekdays before" in page
    assert "Online minutes of the day" in page


def test_a_form_that_is_only_opened_waits_for_no_reckoning(boss, windows, session, weeks_before):
    assert "Nine in ten" not in words_of(boss.get("/supervise/open/?hall=H01&kind=night"))


def test_without_history_the_page_says_so(boss, windows, session):
    page = words_of(boss.post("/supervise/open/", evening(windows, look="1")))

    assert "How the waits would change cannot be said" in page
    assert "Nine in ten" not in page


def test_a_change_says_what_it_does_to_waits(boss, windows, session, weeks_before):
    asked = {"kind": "cut", "look": "1", "opens": "09:00", "closes": "17:00",
             "windows": windows[2].pk}  # fmt: skip

    for way in ("", "preview/"):
        page = words_of(boss.get(f"/supervise/sessions/{session.pk}/change/{way}", asked))
        assert "Nine in ten people would wait at most" in page
        assert "Working hours of the staff" in page


def test_the_same_look_is_not_played_twice(boss, windows, session, weeks_before, monkeypatch):
    effecting._played.clear()
    played = []
    monkeypatch.setattr(
        effecting, "play", lambda *asked, play=effecting.play: played.append(1) or play(*asked)
    )

    first = words_of(boss.post("/supervise/open/preview/", evening(windows)))
    again = words_of(boss.post("/supervise/open/preview/", evening(windows)))

    assert len(played) == 2  # before and after
    assert first == again


def call(client, way: str, body: dict, key: str):
    return client.post(
        f"/api/v1/{way}", body, content_type="application/json", headers={"Idempotency-Key": key}
    )


def test_the_api_gives_the_figures_and_the_words(boss, windows, session, weeks_before):
    session.slots.update(online_quota=0, walkin_quota=90)
    asked = {
        "hall": "H01", "kind": "night", "date": DAY.isoformat(), "opens": "18:30",
        "closes": "21:00",
    }  # fmt: skip

    effect = call(boss, "sessions/preview/", asked, "one").json()["effect"]

    assert (effect["why"], effect["demand_from"], effect["days"]) == ("", "weekdays", 3)
    assert effect["fewer"]["low"] <= effect["fewer"]["middle"] <= effect["fewer"]["high"]
    assert effect["fewer"]["middle"] > 0
    assert effect["after"]["most"]["middle"] >= effect["after"]["half"]["middle"]
    assert any("fewer would be turned to another day" in text for text in effect["said"])


def test_the_api_tells_what_a_change_does_and_when_nothing_can_be_said(boss, windows, session):
    asked = {"windows": [windows[2].pk]}

    effect = call(boss, f"sessions/{session.pk}/change-preview/", asked, "two").json()["effect"]

    assert effect["why"] == "nothing_known"
    assert effect["before"] is None
    assert "cannot be said" in effect["said"][0]
