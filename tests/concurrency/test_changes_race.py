"""Cutting and cancelling while people book. Each guard is taken away once. C5 C6"""

from datetime import timedelta
from functools import partial

import pytest

from appointments.booking import SlotFull, SlotGone, hold
from appointments.changes import applying
from appointments.changes.asking import Ask, Changed, NothingChanges, apply_change, preview_change
from appointments.changes.picturing import Applied
from appointments.changes.undoing import undo_change
from appointments.confirming import confirm, find
from appointments.invariants import holds
from appointments.models import Booking, Displaced
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.test_booking_race import crowd, phone_of
from tests.conftest import DAY, NOON, a_person, make_session, race, slot_at
from windows.models import HallSession

pytestmark = pytest.mark.django_db(transaction=True)
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY, online=60)


@pytest.fixture
def later(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY + timedelta(days=1), online=60)


def taken(slot, renewal, n):
    held = hold(
        slot_id=slot.pk, matter=renewal, people=[a_person(n)], phone=phone_of(n), now=NOON
    ).bookings[0]
    return confirm(booking=find(held.reference, held.secret), now=NOON)[0].pk


def nobody_is_lost(promised):
    """Everybody who was promised a place stands in one that is open, or was displaced."""
    for booking in Booking.objects.filter(pk__in=promised).select_related("slot__session"):
        displaced = Displaced.objects.filter(booking=booking).first()
        if booking.state == "confirmed":
            assert booking.slot.is_open
            assert booking.slot.session.state == HallSession.State.OPEN
            assert displaced is None or displaced.new_slot_id == booking.slot_id
        else:
            assert (booking.state, displaced and displaced.state) == ("withdrawn", "withdrawn")


@pytest.mark.parametrize("kind", ["cut", "cancel"])
def test_a_session_is_cut_while_fifty_people_book(kind, tomorrow, later, renewal, windows):
    slot = slot_at(tomorrow, 10)
    asks = {"cut": Ask.cut(tomorrow, windows=(windows[2].pk,)), "cancel": Ask.cancel(tomorrow)}

    def one(n):
        if n == 20:
            return apply_change(asks[kind], by=None, now=NOON)
        return taken(slot, renewal, n)

    outcomes = crowd(51, one, at_once=25)

    promised = [one for one in outcomes if isinstance(one, int)]
    assert len(promised) >= 4
    assert any(isinstance(one, Applied) for one in outcomes)
    assert all(
        isinstance(one, int | Applied) or one in (SlotFull, SlotGone) or one.code == "hold_expired"
        for one in outcomes
    ), outcomes
    nobody_is_lost(promised)
    nothing_is_broken()


def test_two_supervisors_who_saw_the_same_change_it_once(tomorrow, later, renewal, windows):
    for n in range(8):
        taken(slot_at(tomorrow, 10), renewal, n)
    ask = Ask.cut(tomorrow, windows=(windows[2].pk,))
    seen = preview_change(ask, now=NOON)

    outcomes = race(*[partial(apply_change, ask, by=None, now=NOON, expect=seen.digest)] * 2)

    assert sum(isinstance(one, Applied) for one in outcomes) == 1
    assert {Changed, NothingChanges} & set(filter(lambda one: isinstance(one, type), outcomes))
    assert Displaced.objects.count() == len(seen.losing)
    nothing_is_broken()


def test_undone_twice_at_once_it_is_undone_once(tomorrow, later, renewal):
    promised = [taken(slot_at(tomorrow, 10), renewal, n) for n in range(4)]
    done = apply_change(Ask.cancel(tomorrow), by=None, now=NOON)
    soon = NOON + timedelta(minutes=1)

    race(*[partial(undo_change, done.change, by=None, now=soon)] * 2)

    there = Booking.objects.filter(pk__in=promised, slot=slot_at(tomorrow, 10))
    assert there.filter(state="confirmed").count() == 4
    nothing_is_broken()


def test_without_the_locks_a_booking_in_between_is_lost_count_of(
    tomorrow, renewal, windows, monkeypatch
):
    """Mutant: the plan is written down as it was before somebody else booked."""
    slot = slot_at(tomorrow, 10)
    taken(slot, renewal, 1)

    def unlocked(work_out):
        made = work_out()
        crowd(1, lambda n: taken(slot, renewal, 2))
        return made

    monkeypatch.setattr(applying, "locked", unlocked)
    apply_change(Ask.cut(tomorrow, windows=(windows[2].pk,)), by=None, now=NOON)

    assert "I2 online places are never oversold" in {one.name for one in holds(NOON)}
