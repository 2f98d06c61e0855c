"""Arriving over the API: with one's own phone, and what a refusal tells. Rows C7, C15."""

import pytest

from appointments.sealing import booking_secret
from tests.conftest import make_session, slot_at
from windows.models import Rule, Window
from windows.presence import presence_code


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


class TestRefusedCheckInTellsMore:
    def test_where_and_when_it_is_and_what_can_be_done(
        self, kiosk, book, other_hall, renewal, session
    ):
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.add(renewal)
        booking = book(slot_at(make_session(other_hall, [window]), 14))

        answer = kiosk.post("halls/H01/check-in/", {"reference": booking.reference})

        assert told(answer) == (409, "wrong_hall")
        assert answer.json()["facts"] == {
            "hall": "H02",
            "hall_name": "Guilan Hall",
            "address": "桂澜路 2 号",
            "transport": "",
            "page": "/halls/H02/",
            "starts_at": "2027-03-04T14:00:00+08:00",
            "check_in_from": "2027-03-04T13:30:00+08:00",
            "matter": "RENEW",
            "walk_in_here": True,
        }


class TestOwnCheckIn:
    """# C15"""

    @pytest.fixture
    def mine(self, anybody, book, session):
        booking = book(slot_at(session, 12, 30))
        secret = {"X-Booking-Secret": booking_secret(booking.reference)}
        path = f"bookings/{booking.reference}/check-in/"
        return lambda code, **more: anybody.post(path, {"code": code}, **{**secret, **more})

    def test_with_the_code_on_the_screen(self, mine, hall, clock):
        answer = mine(presence_code(hall, clock.now))

        assert (answer.status_code, answer.json()["number"]) == (200, "A001")

    def test_the_same_key_gets_the_same_answer_when_the_code_is_old(self, mine, hall, clock):
        code = presence_code(hall, clock.now)
        first = mine(code, key="k")
        clock.forward(minutes=5)

        assert mine(code, key="k").json() == first.json()

    def test_an_old_code_and_another_halls_are_one_answer(self, mine, hall, other_hall, clock):
        codes = [presence_code(hall, clock.now), presence_code(other_hall, clock.now), "12", "x"]
        clock.forward(minutes=3)
        answers = [mine(code) for code in codes]

        assert {told(answer) for answer in answers} == {(409, "code_not_shown")}
        assert len({answer.json()["detail"] for answer in answers}) == 1

    def test_guessing_ends(self, mine, hall, clock):
        Rule.objects.create(name="presence_guesses_an_hour", value=2, effective_on="2020-01-01")
        right = presence_code(hall, clock.now)
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"

        answers = [mine(code).status_code for code in (wrong, wrong, wrong, right)]

        assert answers == [409, 409, 429, 429]

    def test_without_the_secret_there_is_no_such_booking(self, mine, hall, clock):
        answer = mine(presence_code(hall, clock.now), **{"X-Booking-Secret": "x"})

        assert answer.status_code == 404

    def test_without_a_code(self, anybody, book, session):
        booking = book(slot_at(session, 12, 30))
        secret = {"X-Booking-Secret": booking_secret(booking.reference)}

        answer = anybody.post(f"bookings/{booking.reference}/check-in/", {}, **secret)

        assert (*told(answer), answer.json()["field"]) == (400, "malformed", "code")
