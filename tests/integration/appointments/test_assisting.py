"""Booking for somebody who has no phone, or cannot do it alone. # C12"""

import pytest

from appointments.booking import hold
from appointments.offering import availability, slots_of
from tests.conftest import DAY, NOON, PHONE, a_person, slot_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(session):
    """Every slot keeps 12 of its 90 minutes for people whom staff help."""
    session.slots.update(online_quota=48, assisted_quota=12, walkin_quota=30)
    return session


class TestThePlacesOfAssistedBooking:
    def test_are_those_of_the_assisted_quota(self, kept, hall, renewal):
        asked = {"matter": renewal, "now": NOON, "channel": "assisted"}

        slots = slots_of(hall=hall, day=DAY, **asked)
        (day,) = availability(first=DAY, days=1, **asked)

        assert {slot.places for slot in slots} == {2}
        assert day.places == 2 * len(slots)

    def test_are_not_those_of_online_booking(self, kept, hall, renewal):
        slot = slot_at(kept, 14)
        for n in (1, 2):
            hold(
                slot_id=slot.pk, matter=renewal, people=[a_person(n)], phone=PHONE, now=NOON,
                channel="assisted",
            )  # fmt: skip

        online = {
            one.id: one.places for one in slots_of(hall=hall, matter=renewal, day=DAY, now=NOON)
        }
        assisted = slots_of(hall=hall, matter=renewal, day=DAY, now=NOON, channel="assisted")

        assert online[slot.pk] == 8
        assert {one.id: one.places for one in assisted}[slot.pk] == 0
