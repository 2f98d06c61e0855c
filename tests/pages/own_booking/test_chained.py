"""Several matters of one's own visit, as one. # C27"""

import pytest
from icalendar import Calendar

from appointments.attending import Attendee
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.models import Booking
from tests.conftest import NOON, PHONE, an_id, slot_at
from tests.pages.own_booking.conftest import own
from tests.pages.reading import text_of
from windows.models import Material

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def chain(session, renewal, pickup) -> list[Booking]:
    person = Attendee(name="陈小宁", id_number=an_id(1), needs=("time",), matters=(renewal, pickup))
    held = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=[person], phone=PHONE, now=NOON
    )
    first = held.bookings[0]
    confirm(booking=find(first.reference, first.secret), now=NOON)
    return list(Booking.objects.order_by("position"))


def test_several_matters_are_shown_as_one_visit(citizen, chain, renewal, pickup):
    for matter, name in ((renewal, "The old card"), (pickup, "The receipt")):
        Material.objects.create(matter=matter, position=1, name_zh=name, name_en=name)

    for booking in chain:
        page = text_of(citizen.get(own(booking)))
        assert "Renew + Pickup" in page
        assert "The old card" in page
        assert "The receipt" in page
        assert "Coming together with you" not in page
        assert "Needs more time at the window" in page


def test_the_calendar_file_names_all_matters(citizen, chain):
    answer = citizen.get(own(chain[0], "calendar.ics"))

    event = next(iter(Calendar.from_ical(answer.content).walk("VEVENT")))
    assert str(event["summary"]).startswith("Renew + Pickup")


def test_cancelling_and_undoing_take_all_matters(citizen, chain):
    citizen.post(own(chain[1], "cancel/"), {"key": "a" * 32})
    assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}

    citizen.post(own(chain[0], "undo/"), {"key": "b" * 32})
    assert set(Booking.objects.values_list("state", flat=True)) == {"confirmed"}
