"""One's own booking over the API: more time, undo, together. # C11 C30"""

from datetime import timedelta

import pytest

from appointments.booking import hold
from appointments.confirming import find
from appointments.models import Booking, ReturningPlace
from appointments.sealing import booking_secret
from tests.conftest import NOON, PHONE, a_person, slot_at


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def own(anybody):
    """Calls with the booking's own secret."""

    def call(booking: Booking, what: str, body=None, **more):
        secret = {"X-Booking-Secret": booking_secret(booking.reference)}
        return anybody.post(f"bookings/{booking.reference}/{what}/", body, **secret, **more)

    return call


@pytest.fixture
def held(session, renewal) -> list[Booking]:
    people = [a_person(n) for n in (1, 2, 3)]
    slot = slot_at(session, 15)
    made = hold(slot_id=slot.pk, matter=renewal, people=people, phone=PHONE, now=NOON)
    return [find(one.reference, one.secret) for one in made.bookings]


class TestMoreTime:
    def test_once_for_all_that_were_held_together(self, own, held):
        first, again = own(held[0], "extend"), own(held[1], "extend")

        assert first.json()["hold_expires_at"] == "2027-03-04T12:30:00+08:00"
        assert told(again) == (409, "already_extended")
        assert Booking.objects.filter(hold_expires_at=NOON + timedelta(minutes=30)).count() == 3

    def test_not_when_it_is_over(self, own, held, clock):
        clock.forward(minutes=15)

        assert told(own(held[0], "extend")) == (409, "hold_expired")

    def test_a_repeated_key_extends_once(self, own, held):
        answers = [own(held[0], "extend", key="one") for _ in range(2)]

        assert answers[0].json() == answers[1].json()


class TestUndo:
    def test_within_ten_minutes(self, own, book, session, clock):
        booking = book(slot_at(session, 15))
        own(booking, "cancel")
        clock.forward(minutes=9)

        assert own(booking, "undo").json()["state"] == "confirmed"
        assert own(booking, "undo").json()["state"] == "confirmed"

    def test_later_it_is_refused(self, own, book, session, clock):
        booking = book(slot_at(session, 15))
        own(booking, "cancel")
        clock.forward(minutes=10)

        assert told(own(booking, "undo")) == (409, "nothing_to_undo")

    def test_a_place_that_is_gone(self, own, book, session):
        booking = book(slot_at(session, 15))
        own(booking, "cancel")
        ReturningPlace.objects.update(ended_at=NOON, end="returned")
        session.slots.filter(pk=booking.slot_id).update(
            online_taken=0, online_quota=0, walkin_quota=18, assisted_quota=72
        )

        assert told(own(booking, "undo")) == (409, "place_taken")


class TestTogether:
    @pytest.mark.parametrize(("together", "moved"), [(False, 1), (True, 3)])
    def test_one_or_all_move(self, own, held, session, together, moved):
        new = slot_at(session, 16)

        answer = own(held[0], "reschedule", {"slot": new.pk, "together": together})

        assert answer.json()["slot"] == new.pk
        assert Booking.objects.filter(slot=new).count() == moved

    def test_malformed(self, own, held, session):
        body = {"slot": slot_at(session, 16).pk, "together": "perhaps"}

        assert told(own(held[0], "reschedule", body)) == (400, "malformed")


@pytest.mark.parametrize("what", ["extend", "undo"])
def test_without_the_secret_there_is_no_booking(anybody, held, what):
    path = f"bookings/{held[0].reference}/{what}/"

    assert anybody.post(path).status_code == 404
    assert anybody.post(path, **{"X-Booking-Secret": "x"}).status_code == 404
