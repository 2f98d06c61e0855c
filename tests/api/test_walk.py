"""A stranger's day with the API alone, as docs/api.md tells it."""

from datetime import timedelta

from tests.api.conftest import code_of
from tests.conftest import PHONE, an_id, slot_at


def people(*numbers: int) -> list[dict]:
    return [{"name": "陈小宁", "id_number": an_id(number).number} for number in numbers]


def test_a_family_of_three_books_comes_is_served_and_rates(  # C11 C15 C16 C24 C32
    anybody, as_guide, as_clerk, session, windows, clock
):
    # What for, where, when.
    assert "RENEW" in [matter["code"] for matter in anybody.get("matters/").json()]
    hall = anybody.get("halls/").json()[0]["code"]
    days = anybody.get("availability/?matter=RENEW&from=2027-03-04&days=7&people=3").json()
    assert days[0]["hall"] == hall
    assert days[0]["places"] > 0
    slots = anybody.get(f"halls/{hall}/slots/?matter=RENEW&date={days[0]['date']}").json()
    assert slots[0]["id"] == days[0]["first_slot"]
    assert slots[0]["starts_at"].endswith("+08:00")

    # Who: the phone is proven, three places are held and confirmed.
    asked = anybody.post("phone-proofs/", {"phone": PHONE})
    assert asked.status_code == 201
    code = {"code": code_of(asked.json()["id"])}
    proof = anybody.post(f"phone-proofs/{asked.json()['id']}/", code).json()["proof"]
    held = anybody.post(
        "bookings/",
        {
            "slot": slots[0]["id"],
            "matter": "RENEW",
            "people": people(1, 2, 3),
            "phone": "138 0013 8000",
            "proof": proof,
        },
    )
    assert held.status_code == 201, held.content
    bookings = held.json()["bookings"]
    assert [booking["state"] for booking in bookings] == ["held"] * 3
    mother = bookings[0]
    secret = {"X-Booking-Secret": mother["secret"]}
    confirmed = anybody.post(f"bookings/{mother['reference']}/confirm/", **secret)
    assert confirmed.json()["state"] == "confirmed"
    child = anybody.get(
        f"bookings/{bookings[2]['reference']}/", **{"X-Booking-Secret": bookings[2]["secret"]}
    )
    assert child.json()["state"] == "confirmed"
    assert "name" not in child.json() or "小" not in child.json()["name"]

    # Arriving, half an hour early; the guide helps.
    clock.now = slot_at(session, 12, 30).starts_at - timedelta(minutes=20)
    ticket = as_guide.post(f"halls/{hall}/check-in/", {"reference": mother["reference"]})
    assert ticket.status_code == 200, ticket.content
    public_id = ticket.json()["public_id"]
    assert anybody.get(f"tickets/{public_id}/").json()["place"] == 1

    # At the window.
    window = as_clerk.get(f"halls/{hall}/windows/").json()[0]
    assert as_clerk.post(f"windows/{window['id']}/sign-in/").json()["is_mine"]
    called = as_clerk.post(f"windows/{window['id']}/call-next/")
    assert called.status_code == 200, called.content
    assert called.json()["number"] == ticket.json()["number"]
    assert called.json()["window"] == window["number"]
    board = anybody.get(f"halls/{hall}/board/").json()
    assert board["calls"][0]["number"] == ticket.json()["number"]
    assert as_clerk.post(f"tickets/{called.json()['id']}/start/").json()["state"] == "serving"
    done = as_clerk.post(f"tickets/{called.json()['id']}/finish/")
    assert done.json()["state"] == "finished"

    # How it was.
    rated = anybody.post(f"tickets/{public_id}/rating/", {"level": 5, "reasons": ["speed"]})
    assert rated.status_code == 201
    assert rated.json()["level"] == 5
    assert as_clerk.post(f"windows/{window['id']}/sign-out/").json()["staff"] is None
    assert anybody.get(f"tickets/{public_id}/").json()["is_rated"]
