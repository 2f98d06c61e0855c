"""Each answer of each call, one line each."""

from datetime import timedelta

import pytest

from appointments.sealing import booking_secret
from tests.api.conftest import Caller
from tests.conftest import NOON, an_id, slot_at
from windows.models import HallSession, Slot


@pytest.fixture
def waiting(as_guide, session) -> dict:
    return as_guide.post("halls/H01/tickets/", {"matter": "RENEW"}).json()


@pytest.fixture
def called(waiting, as_clerk, at_window_3, clock) -> dict:
    return as_clerk.post(f"windows/{at_window_3.pk}/call-next/").json()


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


class TestBooking:
    @pytest.fixture
    def ask(self, anybody, proof, session):
        def asked(hour=14, person=1, **change):
            body = {
                "slot": slot_at(session, hour).pk,
                "matter": "RENEW",
                "people": [{"name": "陈小宁", "id_number": an_id(person).number}],
                "phone": "13800138000",
                "proof": proof,
            }
            return anybody.post("bookings/", {**body, **change})

        return asked

    def test_held(self, ask):
        answer = ask().json()

        assert list(answer) == ["group", "bookings"]
        assert answer["bookings"][0]["hold_expires_at"].endswith("+08:00")

    def test_slot_is_absent(self, ask):
        assert told(ask(slot=10**17)) == (409, "slot_gone")

    def test_slot_has_begun(self, ask):
        assert told(ask(hour=10)) == (409, "slot_gone")

    def test_slot_is_full(self, ask, session):
        Slot.objects.update(online_quota=0, walkin_quota=90)

        assert told(ask()) == (409, "slot_full")

    def test_slot_is_not_released(self, ask):
        Slot.objects.update(booking_opens_at=NOON + timedelta(hours=1))

        assert told(ask()) == (409, "not_released")

    def test_person_has_a_booking(self, ask, book, session):
        book(slot_at(session, 15), 1)

        assert told(ask(person=1)) == (409, "already_booked")

    def test_person_comes_twice(self, ask):
        person = {"name": "陈小宁", "id_number": an_id(1).number}

        answer = ask(people=[person, person])

        assert (*told(answer), answer.json()["field"]) == (409, "same_person_twice", "people")

    def test_too_many_come(self, ask):
        people = [{"name": "陈小宁", "id_number": an_id(n).number} for n in range(5)]

        assert told(ask(people=people)) == (409, "too_many_people")

    def test_nobody_comes(self, ask):
        assert told(ask(people=[])) == (400, "malformed")

    def test_age_does_not_fit(self, ask):
        assert told(ask(matter="FIRST_MINOR")) == (409, "age_not_fitting")

    def test_matter_is_unknown(self, ask):
        assert told(ask(matter="NOPE")) == (400, "malformed")

    def test_phone_is_not_proven(self, ask):
        assert told(ask(proof="x")) == (409, "phone_not_proven")

    def test_proof_is_old(self, ask, clock):
        clock.forward(hours=1, seconds=1)

        assert told(ask(hour=16)) == (409, "phone_not_proven")


class TestProof:
    @pytest.fixture
    def path(self, anybody, db) -> str:
        proof = anybody.post("phone-proofs/", {"phone": "+852 5123 4567"}).json()
        return f"phone-proofs/{proof['id']}/"

    def test_code_is_wrong(self, anybody, path):
        answers = {told(anybody.post(path, {"code": f"00000{n}"})) for n in range(2)}

        assert answers <= {(409, "wrong_code"), (200, None)}

    def test_code_is_tried_too_often(self, anybody, path):
        answers = [told(anybody.post(path, {"code": f"00000{n}"})) for n in range(6)]

        assert answers[-1] == (409, "code_expired")

    def test_code_is_old(self, anybody, path, clock):
        clock.forward(minutes=11)

        assert told(anybody.post(path, {"code": "000000"})) == (409, "code_expired")

    def test_proof_is_absent(self, anybody, db):
        path = "phone-proofs/00000000-0000-0000-0000-000000000000/"

        assert told(anybody.post(path, {"code": "000000"})) == (404, "not_found")


class TestOwnBooking:
    @pytest.fixture
    def mine(self, anybody, book, session):
        booking = book(slot_at(session, 15))
        secret = {"X-Booking-Secret": booking_secret(booking.reference)}

        def ask(do="", body=None):
            path = f"bookings/{booking.reference}/{do}"
            return anybody.post(path, body, **secret) if do else anybody.get(path, **secret)

        return ask

    def test_shown_masked(self, mine):
        shown = mine().json()

        assert shown["name"] == "陈*宁"
        assert shown["id_number"].count("*") == 11
        assert (shown["hall"], shown["matter"]) == ("H01", "RENEW")
        assert shown["ticket"] is None

    def test_confirmed_again(self, mine):
        assert mine("confirm/").json()["state"] == "confirmed"

    def test_cancelled_twice(self, mine):
        answers = [mine("cancel/"), mine("cancel/")]

        assert [answer.json()["state"] for answer in answers] == ["cancelled"] * 2

    def test_confirmed_after_it_was_cancelled(self, mine):
        mine("cancel/")

        assert told(mine("confirm/")) == (409, "hold_expired")

    def test_rescheduled(self, mine, session):
        later = slot_at(session, 16)

        answer = mine("reschedule/", {"slot": later.pk})

        assert (answer.status_code, answer.json()["slot"]) == (200, later.pk)

    def test_rescheduled_to_nowhere(self, mine):
        assert told(mine("reschedule/", {"slot": 10**17})) == (409, "slot_gone")

    def test_rescheduled_without_a_slot(self, mine):
        answer = mine("reschedule/")

        assert (*told(answer), answer.json()["field"]) == (400, "malformed", "slot")

    def test_cancelled_too_late(self, mine, clock):
        clock.forward(hours=4)

        assert told(mine("cancel/")) == (409, "already_started")


class TestCheckIn:
    def test_by_id_number_at_the_kiosk(self, kiosk, book, session, clock):
        book(slot_at(session, 12, 30), 1)

        answer = kiosk.post("halls/H01/check-in/", {"id_number": an_id(1).number})

        assert (answer.status_code, answer.json()["source"]) == (200, "booking")

    def test_again_is_the_same_ticket(self, kiosk, book, session):
        booking = book(slot_at(session, 12, 30))

        first, second = (
            kiosk.post("halls/H01/check-in/", {"reference": booking.reference}).json()["number"]
            for _ in range(2)
        )

        assert first == second

    def test_too_early(self, kiosk, book, session):
        booking = book(slot_at(session, 15))

        answer = kiosk.post("halls/H01/check-in/", {"reference": booking.reference})

        assert told(answer) == (409, "too_early")

    def test_nothing_booked(self, kiosk, session):
        answer = kiosk.post("halls/H01/check-in/", {"reference": "AAAAAAAA"})

        assert told(answer) == (409, "nothing_booked")

    @pytest.mark.parametrize("body", [{}, {"reference": "A", "id_number": an_id(1).number}])
    def test_neither_or_both(self, kiosk, session, body):
        assert told(kiosk.post("halls/H01/check-in/", body)) == (400, "malformed")


class TestTicket:
    def test_taken(self, kiosk, session):
        answer = kiosk.post("halls/H01/tickets/", {"matter": "RENEW"})

        assert (answer.status_code, answer.json()["number"]) == (201, "A001")

    def test_with_priority(self, as_guide, session):
        body = {"matter": "RENEW", "priority": "elderly", "reason": "88 years old"}

        assert as_guide.post("halls/H01/tickets/", body).json()["priority"] == "elderly"

    def test_of_a_matter_nobody_serves(self, as_guide, session):
        session.hall.windows.get(number=3).matters.clear()

        answer = as_guide.post("halls/H01/tickets/", {"matter": "PICKUP"})

        assert told(answer) == (409, "matter_not_served")

    def test_when_closed(self, as_guide, session):
        HallSession.objects.update(state="cancelled")

        answer = as_guide.post("halls/H01/tickets/", {"matter": "RENEW"})

        assert told(answer) == (409, "hall_closed")

    def test_shown_with_place_and_estimate(self, anybody, waiting, at_window_3):
        shown = anybody.get(f"tickets/{waiting['public_id']}/").json()

        assert (shown["place"], shown["state"]) == (1, "waiting")
        assert shown["estimate"]["half"] <= shown["estimate"]["most"]

    def test_rated_before_it_was_served(self, anybody, waiting):
        path = f"tickets/{waiting['public_id']}/rating/"

        assert told(anybody.post(path, {"level": 5})) == (409, "not_served_yet")

    @pytest.mark.parametrize("level", [0, 6, "x", None])
    def test_rated_strangely(self, anybody, waiting, level):
        path = f"tickets/{waiting['public_id']}/rating/"

        assert told(anybody.post(path, {"level": level})) == (400, "malformed")

    def test_rated_twice(self, anybody, as_clerk, called):
        as_clerk.post(f"tickets/{called['id']}/finish/")
        path = f"tickets/{called['public_id']}/rating/"

        answers = [anybody.post(path, {"level": level}) for level in (5, 1)]

        assert [answer.status_code for answer in answers] == [201, 409]
        assert answers[1].json()["code"] == "already_rated"


class TestDesk:
    def test_window_taken(self, as_clerk, clerks, windows):
        Caller(clerks[0]).post(f"windows/{windows[0].pk}/sign-in/")

        assert told(as_clerk.post(f"windows/{windows[0].pk}/sign-in/")) == (409, "window_taken")

    def test_signed_in_elsewhere(self, as_clerk, at_window_3, windows):
        answer = as_clerk.post(f"windows/{windows[0].pk}/sign-in/")

        assert told(answer) == (409, "already_signed_in")

    def test_signed_out_of_a_window_one_is_not_at(self, as_clerk, at_window_3, windows):
        answer = as_clerk.post(f"windows/{windows[0].pk}/sign-out/")

        assert told(answer) == (409, "not_signed_in")

    def test_nobody_waiting(self, as_clerk, at_window_3):
        answer = as_clerk.post(f"windows/{at_window_3.pk}/call-next/")

        assert told(answer) == (409, "nobody_waiting")

    def test_still_serving(self, as_clerk, at_window_3, called):
        answer = as_clerk.post(f"windows/{at_window_3.pk}/call-next/")

        assert told(answer) == (409, "still_serving")

    def test_not_signed_in(self, as_clerk, windows, session):
        answer = as_clerk.post(f"windows/{windows[0].pk}/call-next/")

        assert told(answer) == (409, "not_signed_in")

    def test_signed_out_while_serving(self, as_clerk, at_window_3, called):
        answer = as_clerk.post(f"windows/{at_window_3.pk}/sign-out/")

        assert told(answer) == (409, "still_serving")

    @pytest.mark.parametrize(
        ("moves", "answer"),
        [
            (["start"], (200, "serving")),
            (["finish"], (200, "finished")),
            (["start", "finish"], (200, "finished")),
            (["park"], (200, "parked")),
            (["park", "return"], (200, "waiting")),
            (["transfer"], (200, "waiting")),
            (["recall"], (409, "just_called")),
            (["no-show"], (409, "too_few_calls")),
            (["return"], (409, "not_possible_now")),
            (["finish", "start"], (409, "not_possible_now")),
        ],
    )
    def test_moves(self, as_clerk, called, moves, answer):
        for move in moves:
            got = as_clerk.post(f"tickets/{called['id']}/{move}/")

        assert (got.status_code, got.json().get("code") or got.json()["state"]) == answer

    def test_missed_after_three_calls(self, as_clerk, called, clock):
        for _ in range(2):
            clock.forward(seconds=30)
            as_clerk.post(f"tickets/{called['id']}/recall/")

        assert as_clerk.post(f"tickets/{called['id']}/no-show/").json()["state"] == "missed"

    def test_transferred_to_another_matter(self, as_clerk, called):
        answer = as_clerk.post(f"tickets/{called['id']}/transfer/", {"matter": "PICKUP"})

        assert answer.json()["matter"] == "PICKUP"

    def test_ticket_of_another_window(self, called, clerks, windows):
        other = Caller(clerks[0])
        other.post(f"windows/{windows[0].pk}/sign-in/")

        answer = other.post(f"tickets/{called['id']}/start/")

        assert told(answer) == (409, "not_at_your_window")
