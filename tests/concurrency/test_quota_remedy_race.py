"""Online minutes go to walk-ins while people book them: nobody loses a place. # C7 C12"""

from functools import partial

import pytest
from django.db import IntegrityError

from appointments.booking import SlotFull
from appointments.invariants import holds
from appointments.models import Booking
from appointments.remedies import quota
from tests.concurrency.ways import by_command
from tests.conftest import NOON, a_person, make_session, race, slot_at
from windows.models import Slot

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 10


@pytest.fixture
def today(hall, windows):
    return make_session(hall, windows, online=60)


def presses(today, renewal, supervisor):
    """Ten people book one time; a supervisor gives all its free minutes to walk-ins."""
    slot = slot_at(today, 14)
    books = [
        partial(by_command, slot, renewal, [a_person(n)], f"+86138{n:08d}") for n in range(PEOPLE)
    ]
    move = partial(
        quota.move_quota,
        session=today, until=today.ends_at, percent=100, by=supervisor, now=NOON,
    )  # fmt: skip
    return slot, books, move


def test_what_is_booked_stays_and_what_moves_was_free(today, renewal, supervisor):
    slot, books, move = presses(today, renewal, supervisor)

    told = race(*books[:5], move, *books[5:])

    slot.refresh_from_db()
    booked = Booking.objects.filter(slot=slot).count()
    assert booked + told.count(SlotFull) == PEOPLE
    assert (slot.online_taken, slot.online_quota) == (6 * booked, 6 * booked)
    assert slot.walkin_quota == 90 - 6 * booked
    assert holds(NOON) == []


def test_without_its_lock_the_database_says_no(today, renewal, supervisor, monkeypatch):
    """What was read before others booked is not written over them: the guard is needed."""
    slot, books, move = presses(today, renewal, supervisor)

    def unlocked(session, until, now):
        slots = list(Slot.objects.filter(session=session, starts_at__gt=now).order_by("pk"))
        race(books[0])
        return slots

    monkeypatch.setattr(quota, "_locked", unlocked)

    with pytest.raises(IntegrityError, match="slot_online_within_quota"):
        move()
