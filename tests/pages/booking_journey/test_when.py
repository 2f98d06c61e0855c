"""Which day, what time: the times that are shown, and what else is possible. C11"""

import re
from datetime import timedelta

import pytest

from appointments.booking import hold
from appointments.models import UnmetDemand
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from tests.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_times_after_midnight_stand_under_their_own_date(citizen, hall, windows, renewal):
    from datetime import time

    make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    page = text_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}"))

    assert "After midnight: Friday 5 March" in page
    assert "Friday 5 March, 00:00" in page
    assert "Thursday 4 March, 23:30" in page
    assert "tag--night" in page


def test_evenings_only_shows_and_counts_evening_places(citizen, hall, windows, session, renewal):
    from datetime import time

    make_session(hall, windows[:1], opens=time(18, 30), closes=time(19, 30), kind="night")

    page = text_of(citizen.get("/book/RENEW/when/?hall=H01&show=evenings"))

    assert "Thursday 4 March: 10 places left" in page
    assert "18:30" in page
    assert "14:00" not in page


def test_a_full_day_says_what_else_is_possible_and_counts_it_once(citizen, session, renewal, hall):
    session.slots.update(online_quota=0, walkin_quota=90)
    session.slots.filter(pk=slot_at(session, 14).pk).update(online_quota=3, walkin_quota=87)
    where = f"/book/RENEW/when/?hall=H01&day={DAY}"

    first, _second = citizen.get(where), citizen.get(where)

    assert "Thursday 4 March: full" in text_of(first)
    assert "without a booking" in text_of(first)
    assert UnmetDemand.objects.get().count == 1


def test_nothing_free_says_when_places_are_released(citizen, session, renewal):
    session.slots.update(booking_opens_at=NOON + timedelta(hours=1))

    page = text_of(citizen.get("/book/RENEW/when/?hall=H01"))

    assert "Nothing is free here in the next days" in page
    assert "Next release 13:00 today: the places of Thursday 4 March." in page


def test_a_time_shown_free_can_be_held(citizen, session, renewal):
    page = text_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}&people=2"))
    free = re.findall(r'name="slot" value="(\d+)">', page)

    people = iter(range(1, 200))
    for slot in free:
        pair = [a_person(next(people)), a_person(next(people))]
        hold(
            slot_id=int(slot), matter=renewal, people=pair, phone=PHONE, now=NOON, limited=False
        )  # raises nothing

    assert free
