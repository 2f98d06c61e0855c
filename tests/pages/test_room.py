"""The waiting room as a page: without scripts, back to where one came from. C30, C34."""

import re
from datetime import timedelta

import pytest

from appointments import room_views
from appointments.admitting import room_before
from appointments.models import Booking, RoomPlace, WaitingRoom
from tests.conftest import NOON, an_id, make_session, slot_at
from tests.integration.appointments.test_admitting import fill
from tests.integration.appointments.test_puzzling import solved
from tests.pages.filling_in import answers, hold_places, who_address
from tests.pages.reading import key_of, text_of
from tests.pages.test_puzzling import challenge_in
from windows.models import HallSession, Rule, Slot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
RELEASE = NOON + timedelta(minutes=10)


@pytest.fixture
def hot(hall, windows):
    """A slot released at 12:10 behind a waiting room."""
    session = make_session(hall, windows)
    HallSession.objects.filter(pk=session.pk).update(release="room", booking_opens_at=RELEASE)
    Slot.objects.filter(session=session).update(booking_opens_at=RELEASE)
    return slot_at(session, 15)


@pytest.fixture
def room(db) -> WaitingRoom:
    return room_before(RELEASE)


@pytest.fixture
def come_in(citizen, room):  # noqa: F811
    """Presses "Come in" and shows the page that follows."""

    def coming(number=1, onward="/halls/", **more):
        address = f"/room/{room.pk}/?next={onward}"
        typed = {"key": key_of(citizen.get(address)), "id_number": an_id(number).number}
        return citizen.post(address, typed | more, follow=True)

    return coming


def page(citizen, room, **asked):  # noqa: F811
    return text_of(citizen.get(f"/room/{room.pk}/", {"next": "/halls/"} | asked))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_state_answers_in_both_languages(client, clock, room, language):  # noqa: F811
    client.cookies["django_language"] = language
    said = []
    for minutes in (-20, 0, 11, 50):
        clock.now = NOON + timedelta(minutes=minutes)
        said.append(client.get(f"/room/{room.pk}/"))

    assert {answer.status_code for answer in said} == {200}


def test_before_it_opens_the_page_looks_again(citizen, clock, room):  # noqa: F811
    clock.now = RELEASE - timedelta(minutes=15, seconds=30)

    said = page(citizen, room)
    assert "The waiting room opens at 11:55." in said
    assert '<noscript><meta http-equiv="refresh" content="31"></noscript>' in said


def test_coming_in_early(come_in, room):
    said = text_of(come_in())

    assert "You are in. The order is drawn at 12:10." in said
    assert 'http-equiv="refresh"' in said
    assert RoomPlace.objects.count() == 1


def test_an_honest_place_in_line(come_in, citizen, clock, room):  # noqa: F811
    WaitingRoom.objects.update(admits_per_minute=300)
    fill(room, [f"person {n}" for n in range(1241)])
    clock.now = RELEASE + timedelta(milliseconds=1)

    said = text_of(come_in())
    assert "About 1,240 people before you, about 5 minutes." in said
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in said
    clock.now += timedelta(minutes=4)
    assert "About 41 people before you, about 1 minute." in page(citizen, room)


def test_when_it_is_ones_turn_one_goes_back(come_in, citizen, clock, room):  # noqa: F811
    come_in()
    clock.now = RELEASE + timedelta(seconds=5)

    said = page(citizen, room)
    assert "It is your turn. You can book until 12:25." in said
    assert 'href="/halls/"' in said
    assert 'http-equiv="refresh"' not in said
    clock.now = RELEASE + timedelta(minutes=16)
    assert "Your turn has passed. You can come in again." in page(citizen, room)


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example/",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\\evil.example",
        "x" * 900,
    ],
)
def test_nobody_is_led_out_of_the_house(citizen, room, onward):  # noqa: F811
    said = page(citizen, room, next=onward)

    assert not re.search(r'href="[^"]*(evil|alert)', said)
    assert 'class="govuk-back-link" href="/"' in said


def test_the_way_back_is_where_the_link_was(citizen, room):  # noqa: F811
    came = {"HTTP_REFERER": "http://testserver/book/RENEW/when/?hall=H01"}
    said = text_of(citizen.get(f"/room/{room.pk}/", **came))
    other = text_of(citizen.get(f"/room/{room.pk}/", HTTP_REFERER="http://evil.example/book/"))

    assert 'class="govuk-back-link" href="/book/RENEW/when/?hall=H01"' in said
    assert 'class="govuk-back-link" href="/"' in other


def test_the_part_alone(come_in, citizen, room):  # noqa: F811
    come_in()
    part = page(citizen, room, now="1")

    assert "<html" not in part
    assert 'data-turn="early"' in part


def test_a_forged_cookie_is_no_place(come_in, citizen, room):  # noqa: F811
    come_in()
    token = RoomPlace.objects.get().token
    citizen.cookies[room_views.COOKIE] = token

    assert "You are in." not in page(citizen, room)


def test_many_from_one_network_work_first(come_in, citizen, room):  # noqa: F811
    Rule.objects.create(name="room_free_an_hour", value=0, effective_on=NOON.date())
    refused = come_in()

    assert refused.status_code == 429
    assert refused["Retry-After"] == "3601"
    assert "data-puzzle" in text_of(refused)
    assert "You are in." in text_of(come_in(work=solved(challenge_in(refused))))


def test_a_number_that_is_none_is_told_beside_the_field(come_in):
    said = come_in(id_number="440604197503070000")

    assert said.status_code == 400
    assert "One character of this ID number is wrong" in text_of(said)


def test_the_journey_leads_through_the_room_and_back(citizen, clock, hot, renewal):  # noqa: F811
    sent = hold_places(citizen, renewal, hot)
    assert sent.status_code == 302
    address = citizen.get(sent.url).url
    room_page = citizen.get(address)
    assert f'value="{an_id(1).number}"' in text_of(room_page)  # as typed before

    citizen.post(address, {"key": key_of(room_page), "id_number": an_id(1).number})
    clock.now = RELEASE + timedelta(seconds=5)
    assert f'href="{who_address(renewal, hot)}?people=1"' in text_of(citizen.get(address))

    held = citizen.post(who_address(renewal, hot), answers(key="b" * 32))
    assert held.url.startswith("/book/check/")
    assert Booking.objects.get().state == "held"


def test_a_slot_without_a_room_leads_straight_on(citizen, session):  # noqa: F811
    slot = slot_at(session, 15)

    assert citizen.get(f"/room/slot/{slot.pk}/?next=/halls/").url == "/halls/"
    assert citizen.get("/room/slot/999999/?next=/halls/").url == "/halls/"
    assert citizen.get("/room/999999/").status_code == 404
