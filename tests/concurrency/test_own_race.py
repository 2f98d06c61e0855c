"""Second thoughts of several people at once: nothing is lost, nobody waits for another. # C30"""

from functools import partial

import pytest

from appointments.booking import Held, SlotFull, hold
from appointments.cancelling import PlaceTaken, cancel_visit, undo_visit
from appointments.confirming import confirm, find
from appointments.models import Booking, ReturningPlace
from appointments.rescheduling import reschedule
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, PHONE, a_person, race, slot_at
from windows.models import Slot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def family(session, renewal) -> list[Booking]:
    """Four people in two neighbouring slots."""
    slot = slot_at(session, 15)
    Slot.objects.filter(pk=slot.pk).update(online_quota=12, walkin_quota=78)
    people = [a_person(n) for n in (1, 2, 3, 4)]
    held = hold(slot_id=slot.pk, matter=renewal, people=people, phone=PHONE, now=NOON)
    bookings = [find(one.reference, one.secret) for one in held.bookings]
    confirm(booking=bookings[0], now=NOON)
    return list(Booking.objects.order_by("position"))


def test_all_four_cancel_for_all_at_once(family):
    """Mutant: with `_lock` giving the bookings without their slots first, it deadlocks."""
    cancels = [partial(cancel_visit, booking=one, now=NOON, together=True) for one in family]

    race(*cancels)

    assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}
    assert ReturningPlace.objects.count() == 4
    nothing_is_broken()


def test_one_cancels_for_all_while_another_moves_everybody(family, session):
    race(
        partial(cancel_visit, booking=family[0], now=NOON, together=True),
        partial(
            reschedule, booking=family[3], slot_id=slot_at(session, 16).pk, now=NOON, together=True
        ),
    )

    assert len(set(Booking.objects.values_list("state", flat=True))) == 1
    nothing_is_broken()


def test_an_undo_and_a_stranger_want_the_same_place(family, renewal):
    """Whoever comes first has it, the other is told."""
    slot = family[0].slot
    cancel_visit(booking=family[0], now=NOON, together=True)
    ReturningPlace.objects.update(ended_at=NOON, end="returned")
    Slot.objects.filter(pk__in={one.slot_id for one in family}).update(
        online_taken=0, online_quota=12, walkin_quota=18, assisted_quota=60
    )
    stranger = partial(
        hold, slot_id=slot.pk, matter=renewal, people=[a_person(8), a_person(9)],
        phone="+8613900139000", now=NOON,
    )  # fmt: skip

    outcomes = race(partial(undo_visit, booking=Booking.objects.get(pk=family[0].pk), now=NOON),
                    stranger)  # fmt: skip

    both = isinstance(outcomes[0], list) and isinstance(outcomes[1], Held)
    assert not both
    assert {type(outcomes[0]), type(outcomes[1])} & {list, Held}
    assert PlaceTaken in outcomes or SlotFull in outcomes
    nothing_is_broken()
