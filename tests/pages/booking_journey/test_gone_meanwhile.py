"""A time that is gone meanwhile, a hold that is over: what was typed is kept. C11"""

from datetime import timedelta

import pytest

from appointments.housekeeping import expire_holds
from appointments.models import ReturningPlace
from tests.conftest import slot_at
from tests.pages.filling_in import answers, hold_places, type_code, who_address
from tests.pages.reading import key_of, text_of
from windows.models import Slot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_a_time_that_is_gone_meanwhile_leads_back_to_the_picker(citizen, session, renewal):
    slot = slot_at(session, 14)
    citizen.post(who_address(renewal, slot), answers())
    Slot.objects.filter(pk=slot.pk).update(online_quota=0, walkin_quota=slot.minutes)

    gone = type_code(citizen)
    assert gone.status_code == 409
    assert "Which day, what time?" in text_of(gone)
    assert "What you typed is kept." in text_of(gone)

    again = citizen.get(who_address(renewal, slot_at(session, 15)))
    assert 'value="陈小宁"' in text_of(again)


def test_a_cancelled_sessions_time_is_gone(citizen, session, renewal):
    slot = slot_at(session, 14)
    session.slots.update(is_open=False)

    answer = citizen.post(who_address(renewal, slot), answers())

    assert answer.status_code == 409
    assert "can no longer be booked" in text_of(answer)


def test_an_expired_hold_begins_again_at_the_time_with_everything_kept(
    citizen, session, renewal, clock
):
    held = hold_places(citizen, renewal, slot_at(session, 15))
    press = {"key": key_of(citizen.get(held.url)), "action": "confirm"}
    clock.now += timedelta(minutes=16)

    answer = citizen.post(held.url, press)
    again = citizen.get(who_address(renewal, slot_at(session, 16)))

    assert answer.status_code == 409
    assert "held for a while" in text_of(answer)
    assert 'value="陈小宁"' in text_of(again)


def test_a_hold_that_was_swept_away_keeps_the_answers_too(citizen, session, renewal, clock):
    held = hold_places(citizen, renewal, slot_at(session, 15))
    clock.now += timedelta(minutes=16)
    expire_holds(now=clock.now)

    answer = citizen.get(held.url)
    again = citizen.get(who_address(renewal, slot_at(session, 16)))

    assert answer.status_code == 409
    assert 'value="陈小宁"' in text_of(again)


def test_changing_something_after_the_time_began_leads_to_another_time(
    citizen, session, renewal, clock
):
    held = hold_places(citizen, renewal, slot_at(session, 12, 30))
    clock.now += timedelta(minutes=31)

    answer = citizen.post(held.url, {"key": "a" * 32, "action": "another"})

    assert answer.status_code == 409
    assert "Which day, what time?" in text_of(answer)


def test_changing_something_gives_the_place_back_and_keeps_the_answers(citizen, session, renewal):
    slot = slot_at(session, 14)
    held = hold_places(citizen, renewal, slot, people=2)
    check = citizen.get(held.url)

    citizen.post(held.url, {"key": key_of(check), "action": "another"})

    assert ReturningPlace.objects.filter(slot=slot, ended_at=None).count() == 2
    assert text_of(citizen.get(who_address(renewal, slot))).count('value="陈小宁"') == 2
