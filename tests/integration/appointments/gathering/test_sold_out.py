"""Full slots and those before their release are answered without a lock. C7, C11"""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from appointments import sharing
from appointments.booking import NotReleased
from appointments.cancelling import cancel
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.ways import body_of, press
from tests.conftest import NOON, PHONE, a_person
from tests.integration.appointments.gathering.conftest import ask_of, held, phone_of
from windows.models import RequestKey

pytestmark = pytest.mark.django_db(transaction=True)


def full(slot):
    slot.online_taken = slot.online_quota
    slot.save(update_fields=["online_taken"])


def test_a_sold_out_answer_waits_for_no_lock_and_keeps_nothing(five_places, renewal):
    """Mutant: without `online_taken < online_quota` in DECIDE it waits for the other's lock."""
    full(five_places)
    body = body_of(five_places, renewal, [a_person(1)], PHONE)
    answers = []

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM windows_slot WHERE id = %s FOR UPDATE", [five_places.pk])
        asking = Thread(target=lambda: answers.extend(press(body, key="mine") for _ in range(2)))
        asking.start()
        asking.join(timeout=2.5)  # a lock would be waited for 3 seconds
        cursor.execute("ROLLBACK")
    asking.join()

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "slot_full")] * 2
    assert not RequestKey.objects.exists()


def test_a_full_slot_that_has_room_again_is_booked_with_the_same_key(five_places, renewal):
    full(five_places)
    body = body_of(five_places, renewal, [a_person(1)], PHONE)
    refused = press(body, key="mine")
    type(five_places).objects.update(online_taken=0)

    assert (refused.status_code, press(body, key="mine").status_code) == (409, 201)


def test_what_one_left_in_a_full_slot_is_still_ones_own(five_places, renewal, book):
    mine = book(five_places, person=1)
    for n in range(2, 6):
        book(five_places, person=n, now=NOON)
    cancel(booking=mine, now=NOON)

    stranger = press(body_of(five_places, renewal, [a_person(7)], phone_of(7)))
    owner = press(body_of(five_places, renewal, [a_person(1)], PHONE))

    assert (stranger.status_code, owner.status_code) == (409, 201)
    nothing_is_broken()


def test_a_slot_before_its_release_is_told_without_a_lock(five_places, renewal):
    five_places.booking_opens_at = NOON + timedelta(minutes=30)
    five_places.save(update_fields=["booking_opens_at"])
    asks = [ask_of(five_places, renewal, 1)]

    sharing.serve(asks)
    later = [ask_of(five_places, renewal, 1, now=NOON + timedelta(minutes=30))]
    sharing.serve(later)

    assert isinstance(asks[0].outcome, NotReleased)
    assert str(asks[0].outcome) == "This time can be booked from 2027-03-04 12:30."
    assert held(later) == [0]
