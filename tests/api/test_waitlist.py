"""The waiting list over the API. # C31"""

from datetime import timedelta

import pytest

from appointments.models import Booking, WaitEntry, WaitOffer
from appointments.offering_back import offer_free
from appointments.sealing import link_secret
from tests.conftest import DAY, NOON, an_id, make_session, slot_at
from windows.models import RequestKey

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def ask(anybody, proof, hall, renewal):
    def asked(*people: int, key: str | None = None, **change):
        body = {
            "matter": "RENEW",
            "halls": ["H01"],
            "from": f"{DAY}",
            "to": f"{TOMORROW}",
            "people": [{"name": "陈小宁", "id_number": an_id(n).number} for n in people or (1,)],
            "phone": "13800138000",
            "proof": proof,
        }
        return anybody.post("waitlist/", {**body, **change}, key=key)

    return asked


@pytest.fixture
def mine(ask, hall, windows) -> tuple[str, dict[str, str]]:
    """The path of an entry with an offer, and its secret."""
    answer = ask().json()
    make_session(hall, windows, day=TOMORROW, online=6)
    offer_free(now=NOON)
    return f"waitlist/{answer['public_id']}/", {"X-Wait-Secret": answer["secret"]}


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


class TestJoining:
    def test_gives_the_entry_and_its_secret(self, ask):
        answer = ask(1, 2)

        assert answer.status_code == 201, answer.content
        entry = WaitEntry.objects.get()
        assert answer.json() == {
            "public_id": entry.public_id,
            "secret": link_secret("waiting", entry.public_id),
            "state": "waiting",
            "matter": "RENEW",
            "halls": ["H01"],
            "from": f"{DAY}",
            "to": f"{TOMORROW}",
            "evenings_only": False,
            "people": 2,
            "before": 0,
            "offers_passed": 0,
            "kept": [],
            "bookings": [],
        }

    def test_again_with_the_same_key_is_the_same_entry_and_keeps_no_secret(self, ask):
        first, again = ask(key="mine"), ask(key="mine")

        assert again.json() == first.json()
        assert again["Idempotency-Replayed"] == "true"
        assert WaitEntry.objects.count() == 1
        kept = str(RequestKey.objects.values_list("answer", flat=True).get(key="mine"))
        assert first.json()["secret"] not in kept

    @pytest.mark.parametrize(
        ("change", "answer"),
        [
            ({"halls": []}, (409, "no_hall_chosen")),
            ({"halls": ["H99"]}, (400, "malformed")),
            ({"to": "2027-03-03"}, (409, "days_not_fitting")),
            ({"from": None}, (400, "malformed")),
            ({"people": []}, (400, "malformed")),
            ({"matter": "NOPE"}, (400, "malformed")),
            ({"proof": "x"}, (409, "phone_not_proven")),
        ],
    )
    def test_refuses_what_cannot_be_waited_for(self, ask, change, answer):
        assert told(ask(**change)) == answer

    def test_twice_is_refused(self, ask):
        ask()

        assert told(ask()) == (409, "already_waiting")

    def test_with_a_booking_is_refused(self, ask, book, session):
        book(slot_at(session, 14), person=1)

        assert told(ask()) == (409, "already_booked")


class TestOwnEntry:
    def test_shows_what_is_kept_with_its_secret(self, anybody, mine):
        path, secret = mine
        answer = anybody.get(path, **secret).json()

        assert answer["state"] == "offered"
        [place] = answer["kept"]
        assert place["hold_expires_at"] == "2027-03-04T12:20:00+08:00"
        booking = anybody.get(
            f"bookings/{place['reference']}/", **{"X-Booking-Secret": place["secret"]}
        )
        assert booking.json()["state"] == "held"

    @pytest.mark.parametrize("call", ["", "take/", "pass/", "leave/"])
    def test_is_absent_for_others(self, anybody, mine, call):
        path, _secret = mine
        ask = anybody.post if call else anybody.get

        for secret in ({}, {"X-Wait-Secret": "x"}):
            assert told(ask(f"{path}{call}", **secret)) == (404, "not_found")
        assert WaitEntry.objects.get().state == "offered"

    def test_takes_the_place_once(self, anybody, mine):
        path, secret = mine

        answers = [anybody.post(f"{path}take/", **secret) for _ in range(2)]

        assert [one.status_code for one in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert answers[0].json()["state"] == "booked"
        assert answers[0].json()["bookings"][0]["reference"] == Booking.objects.get().reference
        assert Booking.objects.get().state == "confirmed"

    def test_lets_it_pass(self, anybody, mine):
        path, secret = mine

        answer = anybody.post(f"{path}pass/", **secret)

        assert (answer.json()["state"], answer.json()["offers_passed"]) == ("waiting", 1)
        assert told(anybody.post(f"{path}pass/", **secret)) == (409, "no_offer")

    def test_is_told_when_the_time_is_over(self, anybody, mine, clock):
        path, secret = mine
        clock.forward(minutes=20)

        assert told(anybody.post(f"{path}take/", **secret)) == (409, "hold_expired")
        assert anybody.get(path, **secret).json()["kept"] == []

    def test_leaves(self, anybody, mine):
        path, secret = mine

        assert anybody.post(f"{path}leave/", **secret).json()["state"] == "left"
        assert told(anybody.post(f"{path}take/", **secret)) == (409, "not_waiting")
        assert WaitOffer.objects.get().end == "declined"
