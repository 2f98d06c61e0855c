"""The pages of “send me a message before my turn”. Rows C17, C18, C34."""

import re
from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.models import Message, PhoneProof, TurnAlert
from appointments.sealing import unseal
from config import civil
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from tests.conftest import NOON, PHONE, slot_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch, client):
    monkeypatch.setattr(civil, "now", lambda: NOON)
    client.cookies["django_language"] = "en"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def line(hall, session, renewal, at_window_3):
    return [issue_walk_in(hall=hall, matter=renewal, now=NOON) for _ in range(6)]


@pytest.fixture
def here(line) -> str:
    return f"/t/{line[5].public_id}/alert/"


@pytest.fixture
def booked(hall, session, book):
    booking = book(slot_at(session, 12, 30))
    return check_in(hall=hall, reference=booking.reference, now=NOON)


def code_sent() -> str:
    text = unseal(Message.objects.filter(kind="code").latest("pk").text_sealed, purpose="message")
    return re.search(r"\d{6}", text)[0]


def ask(client, here, phone="138 0013 8000", key="k1"):
    return client.post(here, {"action": "phone", "phone": phone, "key": key})


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("simple", ["0", "1"])
def test_answers_in_both_languages_and_in_large_print(client, here, language, simple):
    client.cookies["django_language"], client.cookies["simple"] = language, simple

    assert client.get(here).status_code == 200
    assert client.get(here + "?part=1").status_code == 200


def test_a_walk_in_proves_the_phone_first(client, here, line):
    response = ask(client, here)
    assert response.url == f"{here}code/"
    assert "****8000" in text_of(client.get(response.url))
    assert not TurnAlert.objects.exists()

    done = client.post(response.url, {"code": code_sent(), "action": "check"}, follow=True)

    assert "A message is sent before your turn." in text_of(done)
    assert TurnAlert.objects.get().ticket == line[5]
    assert "goes to ****8000 when 3 people are left" in text_of(client.get(here + "?part=1"))


def test_a_proven_phone_needs_no_second_code(client, here, line):
    ask(client, here)
    client.post(f"{here}code/", {"code": code_sent(), "action": "check"})
    other = f"/t/{line[4].public_id}/alert/"

    assert "To ****8000" in text_of(client.get(other))
    ask(client, other)

    assert TurnAlert.objects.count() == 2
    assert PhoneProof.objects.count() == 1


def test_a_booked_person_presses_once(client, booked):
    here = f"/t/{booked.public_id}/alert/"
    page = text_of(client.get(here))
    assert "To ****8000, when 3 people are left before you." in page

    response = client.post(here, {"action": "on"})

    assert response.url == f"/t/{booked.public_id}/"
    assert unseal(TurnAlert.objects.get().phone_sealed, purpose="phone") == PHONE


def test_nobody_sees_the_whole_phone(client, booked):
    here = f"/t/{booked.public_id}/alert/"
    client.post(here, {"action": "on"})

    for path in (here, f"{here}?part=1", f"/t/{booked.public_id}/"):
        assert "13800138000" not in client.get(path).content.decode()


def test_switched_off_it_is_off(client, booked):
    here = f"/t/{booked.public_id}/alert/"
    client.post(here, {"action": "on"})

    client.post(here, {"action": "off"})
    client.post(here, {"action": "off"})

    assert TurnAlert.objects.get().ended_at == NOON
    assert "Yes, send it" in text_of(client.get(here))


@pytest.mark.parametrize("phone", ["", "12", "abc", "23800000000", "+44 7911 123456", "😀"])
def test_a_broken_phone_stays_in_the_form_with_the_error_beside_it(client, here, phone):
    response = ask(client, here, phone)

    assert response.status_code == 400
    page = response.content.decode()
    assert 'id="id_phone_error"' in page
    assert not phone or f'value="{phone}"' in page
    assert not Message.objects.exists()


@pytest.mark.parametrize("code", ["", "12", "letters", "000000"])
def test_a_wrong_code_is_asked_for_again(client, here, code, monkeypatch):
    ask(client, here)
    right = code_sent()

    response = client.post(f"{here}code/", {"code": code if code != right else "111111"})

    assert response.status_code in (400, 409)
    assert "id_code_error" in response.content.decode()
    assert not TurnAlert.objects.exists()


def test_a_second_press_sends_no_second_code(client, here):
    ask(client, here)
    ask(client, here)

    assert PhoneProof.objects.count() == 1


def test_another_code_can_be_asked_for(client, here):
    ask(client, here)

    client.post(f"{here}code/", {"action": "resend", "key": "k2"})

    assert PhoneProof.objects.count() == 2


def test_too_many_codes_are_told_with_the_time_to_wait(client, here):
    for n in range(6):
        ask(client, here, key=f"key-{n}")

    response = ask(client, here, key="one more")

    assert response.status_code == 429
    assert response["Retry-After"]
    assert "138 0013 8000" in response.content.decode()


def test_the_code_page_without_a_code_goes_back(client, here):
    assert client.get(f"{here}code/").url == here


def test_at_a_ticket_that_is_over_there_is_nothing_to_switch(
    client, here, line, at_window_3, clerk
):
    for _ in line:
        called = call_next(window=at_window_3, staff=clerk, now=NOON + timedelta(minutes=1))
        finish(ticket=called, staff=clerk, now=NOON + timedelta(minutes=1))

    assert "nothing to tell you later" in text_of(client.get(here))
    assert client.get(here + "?part=1").content.strip() == b""
    assert ask(client, here).status_code == 409


@pytest.mark.parametrize("path", ["alert/", "alert/code/", "alert/?part=1"])
def test_a_strangers_guess_is_not_found(client, hall, path):
    assert client.get(f"/t/AAAAAAAAAAAAAAAAAAAAAA/{path}").status_code == 404
