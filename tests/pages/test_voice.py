"""The page on which a supervisor chooses the hall's voice. Row C16."""

import json

import pytest
from django.db import connection

from queues import voicing
from windows.models import Hall

pytestmark = pytest.mark.django_db
ADDRESS = "/supervise/voice/?hall=H01"


@pytest.fixture
def page(client, supervisor, session):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


def test_a_supervisor_chooses_how_the_hall_is_called(page, hall):
    shown = page.get(ADDRESS).content.decode()
    assert "How the hall is called" in shown

    asked = {"hall": "H01", "voice": "clips", "voice_english": "on", "is_quiet": "on"}
    answer = page.post("/supervise/voice/", asked, follow=True)

    assert "called so from now on" in answer.content.decode()
    hall.refresh_from_db()
    assert (hall.voice, hall.voice_english, hall.is_quiet) == ("clips", True, True)


def test_recordings_that_are_not_there_are_refused(page, hall, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)

    answer = page.post("/supervise/voice/", {"hall": "H01", "voice": "own"})

    assert answer.status_code == 409
    assert "no recordings of its own yet" in answer.content.decode()
    assert Hall.objects.get(pk=hall.pk).voice == "auto"


def test_an_answer_that_is_no_voice_changes_nothing(page, hall):
    assert page.post("/supervise/voice/", {"hall": "H01", "voice": "opera"}).status_code == 400


def test_a_test_call_goes_to_the_screens_once(page, hall, monkeypatch):
    told = []
    monkeypatch.setattr(
        "appointments.voice_views.try_voice", lambda **said: told.append(said["number"])
    )
    asked = {"hall": "H01", "number": "K105", "window": "7", "key": "a" * 32}

    for _press in range(2):
        assert page.post("/supervise/voice/test/", asked).status_code == 302

    assert told == ["K105"]


@pytest.mark.parametrize("number", ["", "12", "AB12", "A012<b>"])
def test_a_test_call_needs_a_letter_and_digits(page, hall, number):
    asked = {"hall": "H01", "number": number, "window": "7", "key": "b" * 32}

    assert page.post("/supervise/voice/test/", asked).status_code == 400


def test_a_test_call_is_heard_by_whoever_listens(hall, transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("LISTEN dengta_board")
    voicing.try_voice(hall=hall, number="A012", window=3, key="k")
    connection.connection.poll()

    (notice,) = connection.connection.notifies
    assert json.loads(notice.payload)["test"]["number"] == "A012"


def test_a_clerk_does_not_choose(client, clerk, session):
    client.force_login(clerk)

    assert client.get(ADDRESS).status_code == 403


def test_another_halls_supervisor_does_not_choose(page, other_hall):
    assert page.get("/supervise/voice/?hall=H02").status_code == 404
    assert page.post("/supervise/voice/", {"hall": "H02", "voice": "clips"}).status_code == 404
