"""The waiting room over the API. C30."""

from datetime import timedelta

import pytest

from appointments.admitting import hours_of, room_before
from appointments.models import Booking, RoomPlace
from tests.conftest import NOON, PHONE, a_person, an_id, make_session, slot_at
from tests.integration.appointments.test_puzzling import solved
from windows.models import HallSession, Rule, Slot

RELEASE = NOON + timedelta(minutes=10)


@pytest.fixture
def hot(hall, windows):
    """A slot released at 12:10 behind a waiting room."""
    session = make_session(hall, windows)
    HallSession.objects.filter(pk=session.pk).update(release="room", booking_opens_at=RELEASE)
    Slot.objects.filter(session=session).update(booking_opens_at=RELEASE)
    return slot_at(session, 15)


@pytest.fixture
def room(db):
    return room_before(RELEASE)


def booking_of(slot, proof, n=1):
    person = a_person(n)
    people = [{"name": person.name, "id_number": person.id_number.number}]
    return {"slot": slot.pk, "matter": "RENEW", "people": people, "phone": PHONE, "proof": proof}


def test_from_the_refusal_to_a_booking(anybody, clock, hot, renewal, proof):
    refused = anybody.post("bookings/", booking_of(hot, proof))
    assert refused.status_code == 409
    assert refused.json()["code"] == "room_first"

    room = refused.json()["room"]
    place = anybody.post(f"rooms/{room}/places/", {"id_number": an_id(1).number})
    assert place.status_code == 201
    assert place.json() | {"token": ""} == {
        "token": "", "room": room, "turn": "early", "before": None, "minutes": None,
        "admitted_until": None, "releases_at": "2027-03-04T12:10:00+08:00",
        "closes_at": "2027-03-04T12:40:00+08:00",
    }  # fmt: skip

    token = place.json()["token"]
    clock.now = RELEASE + timedelta(seconds=5)
    assert anybody.get(f"rooms/places/{token}/").json()["turn"] == "admitted"
    held = anybody.post("bookings/", booking_of(hot, proof), **{"X-Room-Token": token})
    assert held.status_code == 201


def test_a_turn_is_for_the_person_of_the_place(anybody, clock, hot, room, renewal, proof):
    token = anybody.post(f"rooms/{room.pk}/places/", {"id_number": an_id(1).number}).json()["token"]
    clock.now = RELEASE + timedelta(seconds=5)
    other = anybody.post("bookings/", booking_of(hot, proof, n=2), **{"X-Room-Token": token})

    assert other.json()["code"] == "room_first"
    assert not Booking.objects.exists()


def test_who_comes_late_waits_behind(anybody, clock, room):
    Rule.objects.create(name="room_admits_a_minute", value=1, effective_on=NOON.date())
    type(room).objects.update(admits_per_minute=1)
    for n in range(3):
        anybody.post(f"rooms/{room.pk}/places/", {"id_number": an_id(n).number})
    clock.now = RELEASE + timedelta(seconds=5)
    late = anybody.post(f"rooms/{room.pk}/places/", {"id_number": an_id(9).number}).json()

    assert (late["turn"], late["before"], late["minutes"]) == ("waiting", 3, 4)


def test_a_move_is_no_way_past_the_room(anybody, clock, hot, session_to_leave, renewal, proof):
    held = anybody.post("bookings/", booking_of(session_to_leave, proof)).json()["bookings"][0]
    secret = {"X-Booking-Secret": held["secret"]}
    clock.now = RELEASE + timedelta(seconds=5)
    path = f"bookings/{held['reference']}/reschedule/"
    refused = anybody.post(path, {"slot": hot.pk}, **secret)
    assert refused.json()["code"] == "room_first"

    room = refused.json()["room"]
    place = anybody.post(f"rooms/{room}/places/", {"id_number": an_id(1).number}).json()
    moved = anybody.post(path, {"slot": hot.pk}, **secret, **{"X-Room-Token": place["token"]})
    assert moved.status_code == 200


@pytest.fixture
def session_to_leave(hall, windows):
    from datetime import time

    from tests.conftest import DAY
    from windows.models import Window

    window = Window.objects.create(hall=hall, number=9)
    window.matters.set(windows[0].matters.all())
    return slot_at(make_session(hall, [window], day=DAY, opens=time(13), closes=time(14)), 13)


def test_work_when_an_address_asks_for_many_places(anybody, room):
    Rule.objects.create(name="room_free_an_hour", value=0, effective_on=NOON.date())
    path, body = f"rooms/{room.pk}/places/", {"id_number": an_id(1).number}
    refused = anybody.post(path, body)

    assert refused.status_code == 429
    assert refused.json()["code"] == "work_needed"
    worked = anybody.post(path, body | {"work": solved(refused.json()["challenge"])})
    assert worked.status_code == 201


@pytest.mark.parametrize(
    ("now", "code"),
    [(NOON - timedelta(hours=1), "room_not_open"), (RELEASE + timedelta(hours=1), "room_over")],
)
def test_outside_its_time_a_room_says_so(anybody, clock, room, now, code):
    clock.now = now
    answer = anybody.post(f"rooms/{room.pk}/places/", {"id_number": an_id(1).number})

    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_the_same_press_is_one_place(anybody, room):
    path, body = f"rooms/{room.pk}/places/", {"id_number": an_id(1).number}
    answers = [anybody.post(path, body, key="same").json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert RoomPlace.objects.count() == 1


def test_what_is_absent_or_malformed(anybody, room):
    good = {"id_number": an_id(1).number}

    assert anybody.post("rooms/999999/places/", good).status_code == 404
    assert anybody.get(f"rooms/places/{'x' * 22}/").status_code == 404
    assert anybody.post(f"rooms/{room.pk}/places/", {"id_number": "1"}).status_code == 400
    assert anybody.get(f"rooms/{room.pk}/places/").status_code == 405


def test_the_hours_are_rules(room):
    Rule.objects.create(name="room_opens_minutes", value=5, effective_on=NOON.date())

    assert hours_of(RELEASE).opens_at == RELEASE - timedelta(minutes=5)
