"""Another time or hall for one's own booking, alone or all together. # C11"""

import re

import pytest

from appointments.models import Booking, ReturningPlace
from tests.conftest import DAY, slot_at
from tests.pages.own_booking.conftest import own
from tests.pages.reading import key_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_changing_moves_to_the_new_time_and_leaves_the_old_one(citizen, booking, session):
    new = slot_at(session, 16)
    page = citizen.get(own(booking, "change/", day=DAY))
    assert "Now it is Thursday 4 March, 15:00" in text_of(page)

    moved = citizen.post(own(booking, "change/"), {"key": key_of(page), "slot": new.pk})

    old = booking.slot
    booking.refresh_from_db()
    assert booking.slot_id == new.pk
    assert ReturningPlace.objects.get().slot == old
    assert "Thursday 4 March, 16:00" in text_of(citizen.get(moved.url))


def test_changing_to_another_hall_begins_with_its_list(citizen, booking, other_hall):
    page = text_of(citizen.get(own(booking, "change/", hall="")))

    assert "Which hall?" in page
    assert "hall=H02" in page


def test_another_hall_leads_to_the_list_while_changing(citizen, booking, other_hall):
    page = text_of(citizen.get(own(booking, "change/", hall="H01")))

    link = re.search(r'href="([^"]+)">Another hall', page)[1].replace("&amp;", "&")
    assert "Which hall?" in text_of(citizen.get(link))


def test_a_change_to_a_time_that_is_gone_keeps_the_old_one(citizen, booking, session):
    full = slot_at(session, 16)
    session.slots.filter(pk=full.pk).update(online_quota=0, walkin_quota=90)

    answer = citizen.post(own(booking, "change/"), {"key": "a" * 32, "slot": full.pk})

    booking.refresh_from_db()
    assert answer.status_code == 409
    assert "Your present time still stands." in text_of(answer)
    assert booking.slot_id != full.pk


@pytest.mark.parametrize("slot", ["", "abc", "9" * 30, "-1", "٣"])
def test_a_change_to_no_time_at_all_is_malformed(citizen, booking, slot):
    answer = citizen.post(own(booking, "change/"), {"key": "a" * 32, "slot": slot})

    assert answer.status_code == 400
    assert "Choose a time first." in text_of(answer)


def test_a_family_is_asked_who_changes(citizen, family, hall):
    page = text_of(citizen.get(own(family[0], "change/")))

    assert "Who comes at another time?" in page
    assert 'name="people" value="3"' in page


@pytest.mark.parametrize(("people", "moved"), [(1, 1), (3, 3)])
def test_one_or_all_of_a_family_move(citizen, family, session, people, moved):
    new = slot_at(session, 16)
    address = own(family[0], "change/", hall="H01", people=people)
    page = citizen.get(address)
    assert page.status_code == 200

    citizen.post(address, {"key": key_of(page), "slot": new.pk})

    assert Booking.objects.filter(slot=new).count() == moved


def test_moving_together_needs_places_for_all(citizen, family, session):
    new = slot_at(session, 16)
    for slot in (new, slot_at(session, 16, 30)):
        session.slots.filter(pk=slot.pk).update(online_quota=6, walkin_quota=84)

    address = own(family[0], "change/", hall="H01", people=3)
    answer = citizen.post(address, {"key": "a" * 32, "slot": new.pk})

    assert answer.status_code == 409
    assert "Your present time still stands." in text_of(answer)
    assert not Booking.objects.filter(slot=new).exists()
