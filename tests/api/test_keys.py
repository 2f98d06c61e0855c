"""A key makes a call run once, whoever else uses the same key."""

import json
from functools import partial

import pytest

from appointments.models import Booking
from queues.models import Ticket
from tests.api.conftest import code_of, pair
from tests.conftest import PHONE, an_id, slot_at
from windows.models import RequestKey

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def family(session, proof) -> dict:
    people = [{"name": "陈小宁", "id_number": an_id(n).number} for n in (1, 2)]
    slot = slot_at(session, 14).pk
    return {"slot": slot, "matter": "RENEW", "people": people, "phone": PHONE, "proof": proof}


def test_a_call_without_a_key_is_malformed(anybody):
    answer = anybody.post("phone-proofs/", {"phone": PHONE}, key="")

    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_missing"


@pytest.mark.parametrize("key", ["x" * 256, "a\x00b", "a\nb"])
def test_a_key_that_is_no_key_is_malformed(as_guide, key):
    answer = as_guide.post("halls/H01/tickets/", {"matter": "RENEW"}, key=key)

    assert answer.status_code == 400
    assert not Ticket.objects.exists()


def test_the_same_key_and_body_get_the_first_answer(anybody, family):
    first = anybody.post("bookings/", family, key="mine")

    again = anybody.post("bookings/", family, key="mine")

    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Booking.objects.count() == 2


def test_the_order_of_names_in_the_body_does_not_matter(anybody, family):
    first = anybody.post("bookings/", json.dumps(family), key="mine")
    turned = dict(reversed(family.items()))

    again = anybody.post("bookings/", json.dumps(turned), key="mine")

    assert again.json() == first.json()


def test_the_same_key_with_another_body_is_refused(anybody, family):
    anybody.post("bookings/", family, key="mine")

    answer = anybody.post("bookings/", {**family, "matter": "PICKUP"}, key="mine")

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"


def test_a_refusal_is_repeated_too(as_clerk, at_window_3):
    call = partial(as_clerk.post, f"windows/{at_window_3.pk}/call-next/", key="press")
    first = call()
    as_clerk.post("nowhere/", key="other")

    again = call()

    assert (first.status_code, again.status_code) == (409, 409)
    assert again.json() == first.json()


def test_a_repeated_key_never_calls_a_second_person(as_clerk, as_guide, at_window_3):
    for _ in range(2):
        as_guide.post("halls/H01/tickets/", {"matter": "RENEW"})
    path = f"windows/{at_window_3.pk}/call-next/"

    answers = [as_clerk.post(path, key="press").json()["number"] for _ in range(3)]

    assert answers == ["A001"] * 3
    assert Ticket.objects.filter(state="called").count() == 1


def test_a_malformed_call_leaves_its_key_free(as_guide):
    wrong = as_guide.post("halls/H01/tickets/", {"matter": "NOPE"}, key="mine")

    right = as_guide.post("halls/H01/tickets/", {"matter": "RENEW"}, key="mine")

    assert (wrong.status_code, right.status_code) == (400, 201)


def test_two_machines_with_one_key_get_a_ticket_each(hall, kiosk, as_guide):
    at_kiosk = kiosk.post("halls/H01/tickets/", {"matter": "RENEW"}, key="1")

    with_guide = as_guide.post("halls/H01/tickets/", {"matter": "RENEW"}, key="1")

    assert at_kiosk.json()["number"] != with_guide.json()["number"]


def test_two_strangers_with_one_key_do_not_meet(anybody, family):
    other_phone = "+8613900139000"
    asked = anybody.post("phone-proofs/", {"phone": other_phone}, key="1")
    assert asked.status_code == 201
    path = f"phone-proofs/{asked.json()['id']}/"
    other_proof = anybody.post(path, {"code": code_of(asked.json()["id"])}).json()["proof"]
    person = {"name": "李安", "id_number": an_id(7).number}
    other = {**family, "people": [person], "phone": other_phone, "proof": other_proof}

    mine = anybody.post("bookings/", family, key="1")
    theirs = anybody.post("bookings/", other, key="1")

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["group"] != theirs.json()["group"]


def test_one_key_on_two_calls_is_two_keys(anybody, family):
    held = anybody.post("bookings/", family, key="1").json()["bookings"]

    codes = [
        anybody.post(
            f"bookings/{one['reference']}/confirm/", key="1", **{"X-Booking-Secret": one["secret"]}
        ).json()["reference"]
        for one in held
    ]

    assert codes == [one["reference"] for one in held]


def test_what_is_kept_for_a_key_tells_no_secret(anybody, family, hall):
    person = family["people"][0]
    answer = anybody.post("bookings/", family, key="mine").json()
    pair(hall).post("halls/H01/check-in/", {"id_number": person["id_number"]})

    kept = str(list(RequestKey.objects.values_list("actor", "route", "answer", "body_hash")))

    assert answer["bookings"][0]["secret"] not in kept
    assert family["proof"] not in kept
    assert person["id_number"] not in kept
    assert PHONE not in kept
