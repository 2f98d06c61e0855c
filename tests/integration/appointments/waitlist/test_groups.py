"""Families on the waiting list: places for all of them, or none. # C31"""

from datetime import timedelta

import pytest

from appointments.answering_offers import kept_places, let_pass, settle
from appointments.cancelling import cancel
from appointments.models import ReturningPlace
from appointments.offering_back import offer_free
from appointments.returning import return_due
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, make_session, slot_at
from tests.integration.appointments.waitlist.conftest import (
    COOLED,
    TOMORROW,
    State,
    come_back,
    fill,
    now_of,
)
from windows.models import Slot

pytestmark = pytest.mark.django_db


class TestGroups:
    def test_get_only_what_fits_all_of_them(self, full, wait, book):
        booked = fill(full, book)
        family, alone = wait(1, 2, 3), wait(4)

        come_back(booked[3])

        assert [now_of(one).state for one in (family, alone)] == [State.WAITING, State.OFFERED]

    def test_get_a_place_with_other_free_minutes_of_the_slot(self, hall, windows, wait, book):
        session = make_session(hall, windows, day=TOMORROW, online=18)
        slot = slot_at(session, 14)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        booked = book(slot, person=9)
        family = wait(1, 2, 3)

        come_back(booked)

        assert len(kept_places(family, NOON + COOLED)) == 3
        nothing_is_broken()

    def test_get_the_places_that_another_family_leaves(self, hall, windows, wait, book):
        """Each place cools off for itself; the first ones wait for the last."""
        session = make_session(hall, windows, day=TOMORROW, online=18)
        slot = slot_at(session, 14)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        booked = [book(slot, person=n) for n in (7, 8, 9)]
        family = wait(1, 2, 3)
        for n, one in enumerate(booked):
            cancel(booking=one, now=NOON)
            ReturningPlace.objects.filter(booking=one).update(
                returns_at=NOON + timedelta(minutes=2 + n)
            )

        for minute in (2, 3):
            return_due(now=NOON + timedelta(minutes=minute))
            assert now_of(family).state == State.WAITING
            assert Slot.objects.get(pk=slot.pk).online_taken == 18
        return_due(now=NOON + timedelta(minutes=4))

        assert len(kept_places(family, NOON + COOLED)) == 3
        nothing_is_broken()

    def test_let_a_place_go_to_those_who_need_no_other(self, hall, windows, wait, book):
        session = make_session(hall, windows, day=TOMORROW, online=18)
        slot = slot_at(session, 14)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        booked = [book(slot, person=n) for n in (7, 8, 9)]
        family, *alone = wait(1, 2, 3), wait(4), wait(5)
        for one in booked:
            cancel(booking=one, now=NOON)
        ReturningPlace.objects.update(returns_at=NOON + timedelta(minutes=2))
        ReturningPlace.objects.filter(booking=booked[0]).update(returns_at=NOON + COOLED)

        return_due(now=NOON + timedelta(minutes=2))

        assert [now_of(one).state for one in (family, *alone)] == [
            State.WAITING, State.OFFERED, State.OFFERED,
        ]  # fmt: skip
        return_due(now=NOON + COOLED)
        assert Slot.objects.get(pk=slot.pk).online_taken == 12
        nothing_is_broken()

    def test_hand_all_their_places_to_the_next_family(self, hall, windows, wait):
        session = make_session(hall, windows, day=TOMORROW, online=18)
        Slot.objects.exclude(pk=slot_at(session, 14).pk).update(is_open=False)
        first, second = wait(1, 2, 3), wait(4, 5, 6)
        offer_free(now=NOON)

        let_pass(entry=first, now=NOON)
        settle(now=NOON)

        assert len(kept_places(second, NOON)) == 3
        nothing_is_broken()

    @pytest.mark.parametrize("left", [14, 15])
    def test_get_two_slots_that_follow_each_other(self, hall, windows, wait, book, left):
        """A place that comes back fills up the slot before it, or the one after."""
        session = make_session(hall, windows, day=TOMORROW, online=6)
        pair = [slot_at(session, 14, 30), slot_at(session, 15)]
        Slot.objects.exclude(pk__in=[slot.pk for slot in pair]).update(is_open=False)
        booked = {14: book(pair[0], person=8), 15: book(pair[1], person=9)}
        other = booked.pop(29 - left)
        cancel(booking=other, now=NOON)
        return_due(now=NOON + COOLED)
        family = wait(1, 2, now=NOON + COOLED)

        cancel(booking=booked[left], now=NOON + COOLED)
        return_due(now=NOON + 2 * COOLED)

        assert {one.slot_id for one in kept_places(family, NOON + 2 * COOLED)} == {
            slot.pk for slot in pair
        }
        nothing_is_broken()
