"""Answers to an offer: taken, passed on, too late, left. # C31"""

from datetime import timedelta

import pytest

from appointments import housekeeping
from appointments.answering_offers import (
    NoOffer,
    NotWaiting,
    kept_places,
    leave,
    let_pass,
    settle,
    take,
)
from appointments.cancelling import cancel
from appointments.confirming import HoldExpired, confirm
from appointments.models import Message, WaitOffer
from appointments.offering_back import offer_free
from appointments.returning import return_due
from appointments.withdrawing import withdraw_session
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON
from tests.integration.appointments.waitlist.conftest import (
    COOLED,
    State,
    come_back,
    fill,
    now_of,
    states,
    texts,
)
from windows.models import Slot

pytestmark = pytest.mark.django_db


class TestAnswers:
    @pytest.fixture
    def offered(self, full, wait, book):
        """Two wait; the place at 10:30 tomorrow is kept for the first until 12:30."""
        booked = fill(full, book)
        pair = wait(1), wait(2)
        come_back(booked[3])
        return pair

    def test_passing_hands_the_place_to_the_next_at_once(self, offered, full):
        first, second = offered
        slot = kept_places(first, NOON + COOLED)[0].slot_id

        let_pass(entry=first, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert [now_of(one).state for one in offered] == [State.WAITING, State.OFFERED]
        assert kept_places(second, NOON + COOLED)[0].slot_id == slot
        assert now_of(first).offers_passed == 1
        nothing_is_broken()

    def test_the_last_one_leaves_it_to_everyone_after_another_cooling_off(self, offered, full):
        """Otherwise two friends could hand a place over by the clock."""
        for entry in offered:
            let_pass(entry=entry, now=NOON + COOLED)
            settle(now=NOON + COOLED)

        assert states() == [State.WAITING] * 2
        assert Slot.objects.filter(online_taken=0).count() == 0
        return_due(now=NOON + 2 * COOLED)
        assert Slot.objects.filter(online_taken=0).count() == 1
        nothing_is_broken()

    @pytest.mark.parametrize("sweep_first", [True, False])
    def test_an_offer_that_nobody_answers_passes_on(self, offered, sweep_first):
        over = NOON + timedelta(minutes=31)
        if sweep_first:
            housekeeping.expire_holds(now=over)

        settle(now=over)

        assert [now_of(one).state for one in offered] == [State.WAITING, State.OFFERED]
        assert WaitOffer.objects.order_by("pk")[0].end == "expired"
        nothing_is_broken()

    def test_is_too_late_when_the_time_is_over(self, offered):
        with pytest.raises(HoldExpired):
            take(entry=offered[0], now=NOON + timedelta(minutes=31))

    def test_twice_taken_is_taken_once(self, offered):
        first, again = (take(entry=offered[0], now=NOON + COOLED) for _ in range(2))

        assert first == again
        assert Message.objects.filter(kind="confirmed", subject=f"booking:{first[0].pk}").count()

    def test_confirming_on_the_bookings_own_page_takes_the_offer(self, offered):
        place = kept_places(offered[0], NOON + COOLED)[0]

        confirm(booking=place, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert now_of(offered[0]).state == State.BOOKED
        assert WaitOffer.objects.get().end == "taken"
        nothing_is_broken()

    def test_cancelling_on_the_bookings_own_page_lets_it_pass(self, offered):
        cancel(booking=kept_places(offered[0], NOON + COOLED)[0], now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert [now_of(one).state for one in offered] == [State.WAITING, State.OFFERED]
        assert WaitOffer.objects.order_by("pk")[0].end == "declined"

    def test_leaving_gives_the_place_up(self, offered):
        leave(entry=offered[0], now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert [now_of(one).state for one in offered] == [State.LEFT, State.OFFERED]
        assert leave(entry=offered[0], now=NOON + COOLED).state == State.LEFT
        nothing_is_broken()

    def test_a_place_that_the_hall_cancels_is_no_offer_passed(self, offered, full):
        withdraw_session(session=full, by=None, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        first = now_of(offered[0])
        assert (first.state, first.priority, first.offers_passed) == (State.WAITING, 1, 0)
        nothing_is_broken()

    def test_there_must_be_an_offer(self, offered):
        for command in (take, let_pass):
            with pytest.raises(NoOffer):
                command(entry=offered[1], now=NOON + COOLED)

    def test_who_left_is_asked_nothing(self, offered):
        leave(entry=offered[0], now=NOON + COOLED)

        for command in (take, let_pass):
            with pytest.raises(NotWaiting):
                command(entry=offered[0], now=NOON + COOLED)

    def test_nobody_is_asked_again_for_a_time_they_let_pass(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1)
        come_back(booked[3])
        let_pass(entry=entry, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        return_due(now=NOON + 2 * COOLED)
        offer_free(now=NOON + timedelta(hours=3))

        assert now_of(entry).state == State.WAITING

    def test_who_did_not_answer_is_left_in_peace_for_a_while(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1)
        come_back(booked[3])
        settle(now=NOON + timedelta(minutes=31))

        come_back(booked[4], now=NOON + timedelta(minutes=40))
        assert now_of(entry).state == State.WAITING
        come_back(booked[5], now=NOON + timedelta(minutes=100))
        assert now_of(entry).state == State.OFFERED

    def test_after_three_offers_the_entry_leaves_with_a_word(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1, language="en")
        for n in range(3):
            come_back(booked[3 + n], now=NOON + n * timedelta(minutes=20))
            let_pass(entry=entry, now=NOON + n * timedelta(minutes=20) + COOLED)

        assert now_of(entry).state == State.LEFT
        assert "3 offers were not taken" in texts("waiting")[-1]
        assert wait(1).state == State.WAITING
        nothing_is_broken()
