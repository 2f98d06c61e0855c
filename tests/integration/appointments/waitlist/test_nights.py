"""The waiting list at night: nobody is asked, and places are kept. # C31"""

from datetime import datetime, time

import pytest

from appointments.cancelling import cancel
from appointments.models import ReturningPlace, WaitEntry
from appointments.offering_back import offer_free
from appointments.returning import return_due
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import make_session
from tests.integration.appointments.waitlist.conftest import (
    COOLED,
    TOMORROW,
    State,
    at,
    come_back,
    fill,
    now_of,
)
from windows.models import Slot

pytestmark = pytest.mark.django_db


class TestNight:
    @pytest.fixture
    def leaving(self, full, wait, book):
        """Somebody waits; a place of tomorrow at 10:30 cools off at that moment."""
        booked = fill(full, book)
        entry = wait(1)

        def left(when: datetime, place: int = 3) -> WaitEntry:
            cancel(booking=booked[place], now=when - COOLED)
            return_due(now=when)
            return now_of(entry)

        return left

    @pytest.mark.parametrize("when", [at(21, 45), at(22, 30), at(6, 59, TOMORROW)])
    def test_nobody_is_asked_and_the_place_is_kept(self, leaving, when):
        entry = leaving(when, place=4)

        assert entry.state == State.WAITING
        assert ReturningPlace.objects.get().returns_at == at(7, 0, TOMORROW)
        assert not Slot.objects.filter(online_taken=0).exists()
        return_due(now=at(7, 0, TOMORROW))
        assert now_of(entry).state == State.OFFERED
        nothing_is_broken()

    @pytest.mark.parametrize("when", [at(21, 39), at(7, 0, TOMORROW)])
    def test_by_day_they_are_asked(self, leaving, when):
        assert leaving(when, place=4).state == State.OFFERED

    def test_what_begins_early_goes_to_everyone(self, hall, windows, wait, book):
        session = make_session(
            hall, windows, day=TOMORROW, opens=time(8), closes=time(12), online=6
        )
        booked = fill(session, book)
        wait(1)

        for place in (booked[1], booked[2]):  # 8:30 and 9:00
            cancel(booking=place, now=at(22, 20))
        return_due(now=at(22, 30))

        assert list(Slot.objects.filter(online_taken=0)) == [booked[1].slot]

    def test_what_nobody_waits_for_goes_to_everyone(self, full, book):
        booked = fill(full, book)

        come_back(booked[3], now=at(22, 20))

        assert Slot.objects.filter(online_taken=0).count() == 1

    def test_free_places_are_not_offered(self, full, wait):
        wait(1)

        assert offer_free(now=at(21, 45)) == offer_free(now=at(6, 59, TOMORROW)) == 0
        assert offer_free(now=at(7, 0, TOMORROW)) == 1
