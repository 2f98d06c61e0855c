"""Who may call what: not signed in or without the role 403, another's 404."""

import pytest

from tests.api.conftest import Caller, pair
from tests.conftest import PHONE, a_person, slot_at
from windows.models import Window

pytestmark = pytest.mark.usefixtures("session")

MOVES = [
    "recall", "start", "finish", "no-show", "park", "transfer", "return", "call", "to-hall",
    "new-number",
]  # fmt: skip
OF_STAFF = [
    ("get", "halls/H01/windows/"),
    ("post", "halls/H01/tickets/"),
    ("post", "halls/H01/check-in/"),
    ("post", "windows/1/sign-in/"),
    ("post", "windows/1/sign-out/"),
    ("post", "windows/1/call-next/"),
    ("post", "windows/1/pause/"),
    ("post", "windows/1/resume/"),
    ("post", "windows/1/hand-over/"),
    *[("post", f"tickets/1/{move}/") for move in MOVES],
]


def ask(caller: Caller, method: str, path: str) -> int:
    return getattr(caller, method)(path).status_code


@pytest.mark.parametrize(("method", "path"), OF_STAFF)
def test_calls_of_staff_are_closed_to_others(method, path, anybody, as_auditor, hall):
    answers = [ask(anybody, method, path), ask(as_auditor, method, path)]

    assert answers == [403, 403]


@pytest.mark.parametrize(("method", "path"), OF_STAFF)
def test_calls_of_staff_need_the_csrf_token(method, path, clerk):
    caller = Caller(clerk)
    del caller.headers["X-CSRFToken"]

    answer = ask(caller, method, path)

    assert answer == (200 if method == "get" else 403)


def test_another_halls_window_is_absent(as_stranger, windows, other_hall):
    path = f"windows/{windows[0].pk}"

    answers = [as_stranger.post(f"{path}/{do}/") for do in ("sign-in", "sign-out", "call-next")]
    listed = as_stranger.get("halls/H01/windows/")

    assert [answer.status_code for answer in [*answers, listed]] == [404] * 4


def test_another_halls_ticket_is_absent(as_stranger, as_guide, windows):
    ticket = as_guide.post("halls/H01/tickets/", {"matter": "RENEW"}).json()

    answers = [as_stranger.post(f"tickets/{ticket[name]}/recall/") for name in ("id", "public_id")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_kiosk_gives_tickets_in_its_hall_only(kiosk, other_hall):
    here = kiosk.post("halls/H01/tickets/", {"matter": "RENEW"})
    elsewhere = kiosk.post("halls/H02/tickets/", {"matter": "RENEW"})
    nowhere = kiosk.post("halls/H99/tickets/", {"matter": "RENEW"})

    assert [here.status_code, elsewhere.status_code, nowhere.status_code] == [201, 403, 404]


def test_a_display_gives_no_tickets(hall):
    display = pair(hall, "display")

    assert display.post("halls/H01/tickets/", {"matter": "RENEW"}).status_code == 403
    assert display.get("halls/H01/board/").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "Device", "中".encode().decode("latin-1")])
def test_an_unknown_token_opens_nothing(anybody, token):
    header = {"Authorization": f"Device {token}"}

    answer = anybody.post("halls/H01/tickets/", {"matter": "RENEW"}, **header)

    assert answer.status_code == 403


def test_a_machine_cannot_call(kiosk, windows):
    assert kiosk.post(f"windows/{windows[0].pk}/call-next/").status_code == 403


def test_a_booking_opens_to_its_secret_only(anybody, book, session):
    booking = book(slot_at(session, 14))
    path = f"bookings/{booking.reference}/"
    absent = anybody.get("bookings/AAAAAAAA/", **{"X-Booking-Secret": "x"})

    answers = [anybody.get(path), anybody.get(path, **{"X-Booking-Secret": "x"})]
    answers += [
        anybody.post(f"{path}{do}/", {"slot": 1}, **{"X-Booking-Secret": "x"})
        for do in ("confirm", "cancel", "reschedule")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {absent.content}


def test_another_persons_proof_proves_nothing(anybody, proof, session):
    person = a_person(1)
    body = {
        "slot": slot_at(session, 14).pk,
        "matter": "RENEW",
        "people": [{"name": person.name, "id_number": person.id_number.number}],
        "phone": "+8613900139000",
        "proof": proof,
    }

    answer = anybody.post("bookings/", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "phone_not_proven")
    assert PHONE not in answer.content.decode()


def test_a_window_out_of_use_is_absent(as_clerk, windows):
    Window.objects.filter(pk=windows[0].pk).update(is_in_use=False)

    assert as_clerk.post(f"windows/{windows[0].pk}/sign-in/").status_code == 404
