"""Draws over the API: look, register, win or lose, withdraw. # C30"""

from datetime import time, timedelta

import pytest

from appointments import draw_rule
from appointments.drawing import announce, draw_due
from appointments.models import DrawEntry
from tests.conftest import DAY, NOON, PHONE, an_id, make_session

pytestmark = pytest.mark.django_db
ENDS = NOON + timedelta(minutes=40)


@pytest.fixture
def draw(hall, windows):
    night = make_session(
        hall, windows, day=DAY + timedelta(days=3), opens=time(18, 30), closes=time(19, 30),
        online=6, kind="night",
    )  # fmt: skip
    return announce(session=night, registers_from=NOON, registers_until=ENDS, now=NOON)


def body_of(proof: str, *people: int, **changes) -> dict:
    return {
        "matter": "RENEW",
        "people": [{"name": "陈小宁", "id_number": an_id(n).number} for n in people],
        "phone": PHONE,
        "proof": proof,
        **changes,
    }


def entries(draw) -> str:
    return f"draws/{draw.pk}/entries/"


def test_anyone_sees_the_draw_and_its_commitment(anybody, draw):
    [listed] = anybody.get("draws/").json()
    whole = anybody.get(f"draws/{draw.pk}/").json()

    assert listed["phase"] == whole["phase"] == "open"
    assert whole["commitment"] == draw.commitment
    assert (whole["seed"], whole["result"]) == ("", None)
    assert whole["matters"] == ["RENEW", "PICKUP", "FIRST_MINOR"]
    assert [one["starts_at"][11:16] for one in whole["times"]] == ["18:30", "19:00"]
    assert whole["figures"]["places"] == 2
    assert anybody.get("draws/99999/").status_code == 404


def test_register_win_or_lose_and_confirm(anybody, draw, proof, clock):
    times = [one["id"] for one in anybody.get(f"draws/{draw.pk}/").json()["times"]]
    made = [
        anybody.post(entries(draw), body_of(proof, n, wishes=times[1:], any_other=n == 3))
        for n in (1, 2, 3)
    ]
    assert [one.status_code for one in made] == [201] * 3, made[0].content
    clock.now = ENDS
    assert draw_due(now=ENDS) == 1

    told = []
    for one in made:
        mine = one.json()
        secret = {"X-Draw-Secret": mine["secret"]}
        told.append(anybody.get(f"draws/entries/{mine['public_id']}/", **secret).json())

    assert sorted(one["rank"] for one in told) == [1, 2, 3]
    won = [one for one in told if one["state"] == "won"]
    assert 1 <= len(won) <= 2
    place = won[0]["bookings"][0]
    confirmed = anybody.post(
        f"bookings/{place['reference']}/confirm/", **{"X-Booking-Secret": place["secret"]}
    )
    assert confirmed.json()["state"] == "confirmed"
    result = anybody.get(f"draws/{draw.pk}/").json()["result"]
    assert draw_rule.differences(result) == []
    assert {one["id"] for one in result["entries"]} == {one["public_id"] for one in told}


def test_the_same_key_registers_once_and_keeps_no_secret(anybody, draw, proof):
    body = body_of(proof, 1)

    first = anybody.post(entries(draw), body, key="once")
    again = anybody.post(entries(draw), body, key="once")

    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert DrawEntry.objects.count() == 1
    assert anybody.post(entries(draw), body_of(proof, 2), key="once").status_code == 422


def test_withdrawing_and_registering_anew(anybody, draw, proof):
    mine = anybody.post(entries(draw), body_of(proof, 1)).json()
    secret = {"X-Draw-Secret": mine["secret"]}

    left = anybody.post(f"draws/entries/{mine['public_id']}/withdraw/", **secret)

    assert left.json()["state"] == "left"
    assert anybody.post(entries(draw), body_of(proof, 1)).status_code == 201


def test_a_wrong_secret_is_as_nobody(anybody, draw, proof):
    mine = anybody.post(entries(draw), body_of(proof, 1)).json()

    wrong = {"X-Draw-Secret": "wrong"}
    assert anybody.get(f"draws/entries/{mine['public_id']}/", **wrong).status_code == 404
    no = anybody.post(f"draws/entries/{mine['public_id']}/withdraw/", **wrong)
    assert no.status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"proof": "forged"}, 409, "phone_not_proven"),
        ({"wishes": [1]}, 409, "wish_elsewhere"),
        ({"wishes": ["x"]}, 400, "malformed"),
        ({"matter": "NONE"}, 400, "malformed"),
        ({"people": []}, 400, "malformed"),
    ],
)
def test_what_cannot_be_is_said(anybody, draw, proof, changes, status, code):
    no = anybody.post(entries(draw), body_of(proof, 1) | changes)

    assert (no.status_code, no.json()["code"]) == (status, code)


def test_two_people_for_whom_no_time_has_room(anybody, draw, proof):
    no = anybody.post(entries(draw), body_of(proof, 1, 2))

    assert (no.status_code, no.json()["code"]) == (409, "no_room_together")


def test_a_closed_registration_is_refused(anybody, draw, proof, clock):
    clock.now = ENDS

    no = anybody.post(entries(draw), body_of(proof, 1))

    assert (no.status_code, no.json()["code"]) == (409, "registration_closed")
