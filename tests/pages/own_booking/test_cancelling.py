"""Cancelling one's own booking, alone or all, and undoing it. # C11"""

from datetime import timedelta

import pytest

from appointments.models import Booking, ReturningPlace
from tests.conftest import NOON
from tests.pages.own_booking.conftest import own
from tests.pages.reading import key_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_a_forged_cancellation_changes_nothing(citizen, booking):
    answer = citizen.post(f"/b/{booking.reference}/cancel/?k=forged", {"key": "k"})

    booking.refresh_from_db()
    assert (answer.status_code, booking.state) == (404, "confirmed")


def test_cancelling_gives_the_place_back_once(citizen, booking):
    key = key_of(citizen.get(own(booking, "cancel/")))

    first = citizen.post(own(booking, "cancel/"), {"key": key})
    citizen.post(own(booking, "cancel/"), {"key": key})
    page = citizen.get(first.url)

    assert ReturningPlace.objects.get().booking == booking
    assert "This booking is cancelled" in text_of(page)
    assert Booking.objects.get().events.filter(kind="cancelled").count() == 1


def test_one_or_all_of_a_family_cancel(citizen, family):
    citizen.post(own(family[0], "cancel/"), {"key": "a" * 32, "whom": "me"})
    assert Booking.objects.filter(state="cancelled").count() == 1

    citizen.post(own(family[1], "cancel/"), {"key": "b" * 32, "whom": "all"})
    assert Booking.objects.filter(state="cancelled").count() == 3


def test_cancelling_after_the_time_began_is_refused_in_words(citizen, booking, clock):
    clock.now += timedelta(hours=4)

    answer = citizen.post(own(booking, "cancel/"), {"key": "a" * 32})

    assert answer.status_code == 409
    assert "Come now" in text_of(answer)
    assert citizen.get(own(booking, "cancel/")).status_code == 409


def test_a_cancellation_can_be_undone_for_ten_minutes(citizen, booking, clock):
    gone = citizen.post(own(booking, "cancel/"), {"key": "a" * 32}, follow=True)
    assert "Undoing is possible until 12:10." in text_of(gone)

    clock.now += timedelta(minutes=9)
    back = citizen.post(own(booking, "undo/"), {"key": key_of(gone)}, follow=True)

    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert "The booking stands again" in text_of(back)


def test_after_ten_minutes_it_is_not_offered_and_refused(citizen, booking, clock):
    citizen.post(own(booking, "cancel/"), {"key": "a" * 32})
    clock.now += timedelta(minutes=10)

    assert "Undo" not in text_of(citizen.get(own(booking)))
    answer = citizen.post(own(booking, "undo/"), {"key": "b" * 32})

    assert answer.status_code == 409
    assert "can no longer be undone" in text_of(answer)


def test_when_the_place_is_gone_the_page_says_what_is_free(citizen, booking, session):
    citizen.post(own(booking, "cancel/"), {"key": "a" * 32})
    ReturningPlace.objects.update(ended_at=NOON, end="returned")
    session.slots.filter(pk=booking.slot_id).update(
        online_taken=0, online_quota=0, walkin_quota=18, assisted_quota=72
    )

    answer = citizen.post(own(booking, "undo/"), {"key": "b" * 32})

    assert answer.status_code == 409
    assert "Somebody else has this time by now." in text_of(answer)
    assert "Free in this hall: Thursday 4 March, 12:30" in text_of(answer)


def test_undoing_brings_the_whole_family_back(citizen, family):
    citizen.post(own(family[0], "cancel/"), {"key": "a" * 32, "whom": "all"})

    citizen.post(own(family[2], "undo/"), {"key": "b" * 32})

    assert set(Booking.objects.values_list("state", flat=True)) == {"confirmed"}


def test_undoing_one_leaves_what_was_cancelled_before(citizen, family, clock):
    citizen.post(own(family[0], "cancel/"), {"key": "a" * 32})
    clock.now += timedelta(minutes=1)
    citizen.post(own(family[1], "cancel/"), {"key": "b" * 32})

    citizen.post(own(family[1], "undo/"), {"key": "c" * 32})

    states = [Booking.objects.get(pk=one.pk).state for one in family]
    assert states == ["cancelled", "confirmed", "confirmed"]
