"""Free places of sessions are offered to who waits for them. # C31"""

from datetime import timedelta

import pytest

from appointments.answering_offers import kept_places
from appointments.offering_back import offer_free
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, slot_at
from tests.integration.appointments.waitlist.conftest import State, states
from windows.models import HallSession, Slot

pytestmark = pytest.mark.django_db


class TestFreePlaces:
    def test_of_a_new_session_are_offered_in_order(self, full, wait):
        entries = [wait(n) for n in (1, 2, 3)]

        assert offer_free(now=NOON, most=2) == 2
        assert states() == [State.OFFERED, State.OFFERED, State.WAITING]
        first = kept_places(entries[0], NOON)[0]
        assert first.slot == slot_at(full, 9)
        assert offer_free(now=NOON) == 1
        nothing_is_broken()

    def test_wait_for_their_release(self, full, wait):
        wait(1)
        Slot.objects.update(booking_opens_at=NOON + timedelta(minutes=1))

        assert offer_free(now=NOON) == 0
        assert offer_free(now=NOON + timedelta(minutes=1)) == 1

    def test_behind_a_waiting_room_are_left_to_those_in_it(self, full, wait):
        wait(1)
        Slot.objects.update(booking_opens_at=NOON)
        HallSession.objects.update(release="room")

        assert offer_free(now=NOON + timedelta(minutes=29)) == 0
        assert offer_free(now=NOON + timedelta(minutes=30)) == 1

    def test_of_a_draw_wait_until_it_is_drawn(self, full, wait):
        from appointments.models import Draw

        wait(1)
        draw = Draw.objects.create(
            session=full, registers_from=NOON, registers_until=NOON + timedelta(hours=1),
            hold_until=NOON + timedelta(hours=24), commitment="", seed_sealed=b"", made_at=NOON,
        )  # fmt: skip

        assert offer_free(now=NOON) == 0
        draw.drawn_at, draw.seed, draw.result = NOON, "00", {}
        draw.save()
        assert offer_free(now=NOON) == 1

    def test_two_who_want_the_same_place_do_not_both_get_it(self, full, wait):
        Slot.objects.exclude(pk=slot_at(full, 14).pk).update(is_open=False)
        wait(1), wait(2)

        assert offer_free(now=NOON) == 1
        assert states() == [State.OFFERED, State.WAITING]
