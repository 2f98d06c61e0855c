"""A held booking on its own page: confirming, more time, too late. # C11"""

from datetime import timedelta

import pytest

from appointments.booking import hold
from appointments.confirming import find
from appointments.models import Booking
from tests.conftest import NOON, PHONE, a_person, slot_at
from tests.pages.own_booking.conftest import own
from tests.pages.reading import key_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def held(session, renewal) -> Booking:
    one = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON
    ).bookings[0]
    return find(one.reference, one.secret)


def test_a_held_booking_is_confirmed_from_its_own_page(citizen, held):
    page = citizen.get(own(held))

    citizen.post(own(held, "confirm/"), {"key": key_of(page)})

    held.refresh_from_db()
    assert held.state == "confirmed"


def test_a_hold_says_until_when_as_clock_time(citizen, held):
    page = text_of(citizen.get(own(held)))

    assert "The place is held for you until 12:15." in page
    assert 'aria-hidden="true">Time left:' in page  # nobody hears every second
    assert 'role="status" data-said-until="2027-03-04T12:15' in page


def test_more_time_is_given_once(citizen, held):
    page = citizen.get(own(held))
    assert "I need more time" in text_of(page)

    answer = citizen.post(own(held, "extend/"), {"key": key_of(page)}, follow=True)

    assert "You have more time now: until 12:30." in text_of(answer)
    assert "held for you until 12:30" in text_of(answer)
    assert "I need more time" not in text_of(answer)


def test_more_time_pressed_twice_is_one_press(citizen, held):
    for _ in range(2):
        answer = citizen.post(own(held, "extend/"), {"key": "a" * 32})

    assert answer.status_code == 302
    assert citizen.post(own(held, "extend/"), {"key": "b" * 32}).status_code == 409


def test_a_hold_that_is_over_says_so_before_anybody_swept_it(citizen, held, clock):
    clock.now += timedelta(minutes=16)

    page = text_of(citizen.get(own(held)))

    assert "This place was not confirmed in time" in page
    assert "Yes, confirm" not in page
    assert "Book another time" in page
    assert citizen.post(own(held, "extend/"), {"key": "a" * 32}).status_code == 409
