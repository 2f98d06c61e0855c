"""A place that comes back: who is offered it, and who is not. # C31"""

from datetime import time, timedelta

import pytest

from appointments.answering_offers import kept_places, take
from appointments.booking import SlotFull, hold
from appointments.models import Booking, WaitEntry, WaitOffer
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, a_person, make_session, slot_at
from tests.integration.appointments.waitlist.conftest import (
    COOLED,
    TOMORROW,
    State,
    come_back,
    fill,
    now_of,
    texts,
)
from windows.models import Slot

pytestmark = pytest.mark.django_db


class TestReturningPlace:
    def test_is_held_for_the_first_who_waits_and_can_be_taken(self, full, wait, book):
        booked = fill(full, book)
        entry, second = wait(1), wait(2)

        come_back(booked[3])

        assert [now_of(one).state for one in (entry, second)] == [State.OFFERED, State.WAITING]
        place = kept_places(entry, NOON + COOLED)[0]
        assert place.slot_id == booked[3].slot_id
        assert place.hold_expires_at == NOON + COOLED + timedelta(minutes=20)
        assert "12:30" in texts("offer")[0]
        taken = take(entry=entry, now=NOON + timedelta(minutes=15))
        assert [one.state for one in taken] == ["confirmed"]
        assert now_of(entry).state == State.BOOKED
        assert WaitOffer.objects.get().end == "taken"
        nothing_is_broken()

    def test_nobody_outside_can_have_it_meanwhile(self, full, wait, book, renewal):
        booked = fill(full, book)
        wait(1)

        come_back(booked[3])

        with pytest.raises(SlotFull):
            hold(
                slot_id=booked[3].slot_id, matter=renewal, people=[a_person(9)],
                phone="+8613900139000", now=NOON + COOLED,
            )  # fmt: skip

    def test_goes_to_everyone_when_nobody_waits_for_it(self, full, wait, book, other_hall):
        booked = fill(full, book)
        wait(1, halls=[other_hall])

        come_back(booked[3])

        assert WaitOffer.objects.count() == 0
        assert Slot.objects.get(pk=booked[3].slot_id).online_taken == 0

    def test_goes_by_priority_then_by_time(self, full, wait, book):
        booked = fill(full, book)
        late = wait(1, now=NOON + timedelta(minutes=1))
        early = wait(2)
        first = wait(3, now=NOON + timedelta(minutes=2))
        WaitEntry.objects.filter(pk=first.pk).update(priority=1)

        for place in booked[3:6]:
            come_back(place)

        asked = WaitOffer.objects.order_by("pk").values_list("entry", flat=True)
        assert list(asked) == [first.pk, early.pk, late.pk]

    @pytest.mark.parametrize(
        "wish",
        [
            {"first": DAY, "last": DAY},
            {"first": TOMORROW + timedelta(days=1)},
            {"evenings_only": True},
        ],
    )
    def test_is_not_offered_to_those_who_cannot_come_then(self, full, wait, book, wish):
        booked = fill(full, book)
        wait(1, **wish)

        come_back(booked[3])

        assert WaitOffer.objects.count() == 0

    @pytest.mark.parametrize(
        ("kind", "opens", "closes"), [("regular", 17, 19), ("late", 16, 18), ("night", 20, 23)]
    )
    def test_evenings_are_late_and_night_sessions_and_times_from_five(
        self, hall, windows, wait, book, kind, opens, closes
    ):
        session = make_session(
            hall, windows, day=TOMORROW, opens=time(opens), closes=time(closes), online=6, kind=kind
        )
        booked = fill(session, book)
        wait(1, evenings_only=True)

        come_back(booked[0])

        assert WaitOffer.objects.count() == 1

    def test_is_not_offered_for_a_matter_that_is_not_served_there(
        self, hall, windows, wait, book, pickup
    ):
        session = make_session(hall, windows[:2], day=TOMORROW, online=6)
        booked = fill(session, book)
        wait(1, matter=pickup)

        come_back(booked[3])

        assert WaitOffer.objects.count() == 0

    def test_is_not_offered_when_there_is_no_time_left_to_come(self, hall, windows, wait, book):
        session = make_session(hall, windows, online=6)
        booked = book(slot_at(session, 13), person=1)
        wait(2)

        come_back(booked)

        assert WaitOffer.objects.count() == 0

    def test_passes_over_who_is_just_booking_otherwise(self, full, wait, book, renewal, session):
        booked = fill(full, book)
        busy, free = wait(1), wait(2)
        own = hold(
            slot_id=slot_at(session, 15).pk, matter=renewal, people=[a_person(1)],
            phone="+8613800000001", now=NOON + timedelta(minutes=9),
        )  # fmt: skip

        come_back(booked[3])

        assert [now_of(one).state for one in (busy, free)] == [State.WAITING, State.OFFERED]
        assert Booking.objects.get(reference=own.bookings[0].reference).state == "held"

    def test_of_the_assisted_quota_goes_back_there(self, full, wait, book):
        slot = slot_at(full, 14)
        Slot.objects.filter(pk=slot.pk).update(assisted_quota=6, walkin_quota=78)
        booked = book(slot, person=9, channel="assisted")
        Slot.objects.filter(pk=slot.pk).update(online_quota=0, walkin_quota=84)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        wait(1)

        come_back(booked)

        assert WaitOffer.objects.count() == 0
