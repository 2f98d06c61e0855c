"""Supervisors close a hall for a storm and open it again; the public reads until when. # C6"""

import re
from datetime import time, timedelta

import pytest
from django.test import Client

from appointments.models import Booking, Displaced
from appointments.sending import send_due
from tests.conftest import DAY, NOON, make_session, make_staff, slot_at
from tests.pages.reading import text_of, words_of
from windows.models import HallClosure, HallSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

STORM = {
    "hall": "H01", "look": "1", "closes_at": "2027-03-04T13:00", "opens_at": "2027-03-04T18:00",
    "reason": "weather", "note_zh": "台风红色预警", "note_en": "Red typhoon warning",
}  # fmt: skip


@pytest.fixture
def viewer(hall) -> Client:
    client = Client()
    client.force_login(make_staff("viewer", hall, "viewer"))
    return client


@pytest.fixture
def tomorrow(hall, windows) -> HallSession:
    """Where those who lose their afternoon can go."""
    return make_session(hall, windows, day=DAY + timedelta(days=1))


@pytest.fixture
def afternoon(session, tomorrow, book) -> list[Booking]:
    return [book(slot_at(session, 15), person=n) for n in range(1, 5)]


def close(client: Client, **choices) -> str:
    looked = client.get("/supervise/close/", STORM)
    hidden = dict(re.findall(r'name="(key|expect)" value="(\w+)"', text_of(looked)))
    return client.post("/supervise/close/", STORM | hidden | choices)["Location"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_answer_in_both_languages(boss, afternoon, language):
    boss.cookies["django_language"] = language
    assert boss.get("/supervise/close/").status_code == 200
    closed = close(boss)

    for address in (closed, f"{closed}people/", "/supervise/close/", "/halls/", "/halls/H01/"):
        assert boss.get(address).status_code == 200


def test_looking_tells_whom_it_touches_and_closes_nothing(boss, afternoon):
    page = words_of(boss.get("/supervise/close/", STORM))

    assert "Thursday 4 March, 13:00 to 18:00" in page
    assert "4 people lose their places" in page
    assert "1 day later" in page
    assert not HallClosure.objects.exists()


def test_everybody_who_had_booked_is_told_of_another_place(boss, afternoon, clock):
    closed = close(boss, all="offer")

    assert HallClosure.objects.get().reason == "weather"
    assert "4 new times are kept" in words_of(boss.get(closed))
    clock.now = NOON + timedelta(minutes=6)
    send_due(now=clock.now)
    assert "4 messages sent" in words_of(boss.get(closed))


def test_the_public_reads_until_when_and_books_elsewhere(boss, citizen, session, afternoon, clock):
    close(boss)
    clock.now = NOON + timedelta(hours=2)  # 14:00, in the middle of the storm

    hall, halls = words_of(citizen.get("/halls/H01/")), words_of(citizen.get("/halls/"))
    picker = text_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}"))

    assert "Closed until Thursday 4 March, 18:00 (Weather)" in hall
    assert "Red typhoon warning" in hall
    assert "Closed until Thursday 4 March, 18:00 (Weather)" in halls
    assert "come today without a booking" not in hall
    assert not re.search(r"1[4-7]:[03]0", picker)


def test_a_closing_to_come_is_announced(boss, citizen, afternoon):
    close(boss)

    page = words_of(citizen.get("/halls/H01/"))

    assert "Open until" in page
    assert "Thursday 4 March, 13:00 to 18:00" in page


def test_it_is_taken_back_while_nobody_was_told(boss, session, afternoon):
    closed = close(boss)
    assert "You can take it back until 12:05." in words_of(boss.get(closed))

    boss.post(f"{closed}undo/", {"key": "u"})

    assert {one.slot_id for one in Booking.objects.all()} == {slot_at(session, 15).pk}
    assert slot_at(session, 15).is_open
    assert set(Displaced.objects.values_list("state", flat=True)) == {"undone"}


def test_it_is_opened_again_earlier_and_bookable(boss, citizen, session, afternoon, clock):
    closed = close(boss)
    clock.now = NOON + timedelta(hours=2)
    send_due(now=clock.now)
    assert "Open the hall again now" in text_of(boss.get(closed))

    answers = [boss.post(f"{closed}reopen/", {"key": "r"}) for _press in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert "The hall is open again" in words_of(boss.get(closed))
    assert slot_at(session, 16).is_open
    assert "Open until" in words_of(citizen.get("/halls/H01/"))
    assert "16:00" in text_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"closes_at": ""}, "Enter the moment"),
        ({"opens_at": "tomorrow"}, "Enter day and hour like"),
        ({"opens_at": "9999-12-31T23:00"}, "Enter day and hour like"),
        ({"reason": ""}, "Say why"),
        ({"reason": "\x00"}, "Select a valid choice"),
        ({"opens_at": "2027-03-04T12:30"}, "opens again after it closes"),
        ({"opens_at": "2027-12-04T12:30"}, "60 days"),
        ({"closes_at": "2027-03-01T08:00", "opens_at": "2027-03-01T09:00"}, "over already"),
    ],
)
def test_what_is_wrong_is_said_beside_it(boss, session, wrong, said):
    answer = boss.get("/supervise/close/", STORM | wrong)

    assert answer.status_code == 409
    assert said in text_of(answer)
    assert 'value="Red typhoon warning"' in text_of(answer)


def test_a_hall_is_closed_once_at_a_time(boss, afternoon):
    close(boss)

    answer = boss.get("/supervise/close/", STORM | {"closes_at": "2027-03-04T16:00"})

    assert answer.status_code == 409
    assert "closed already" in text_of(answer)


def test_a_viewer_and_a_stranger_close_nothing(boss, viewer, stranger, afternoon):
    for client in (viewer, stranger):
        assert client.post("/supervise/close/", STORM | {"key": "k"}).status_code in (403, 404)
    closed = close(boss)

    assert "陈小宁" not in text_of(viewer.get(closed)) + text_of(viewer.get(f"{closed}people/"))
    for address in (closed, f"{closed}people/"):
        assert stranger.get(address).status_code == 404
    for client in (viewer, stranger):
        for part in ("undo/", "reopen/"):
            assert client.post(closed + part, {"key": "k"}).status_code in (403, 404)
    assert HallClosure.objects.get().reopened_at is None
    assert HallClosure.objects.get().period.upper.hour == time(10).hour  # 18:00 on the wall
