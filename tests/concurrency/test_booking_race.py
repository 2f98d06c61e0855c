"""Races for places. Each guard is taken away once, to see the test turn red."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import IntegrityError, connection

from appointments import claiming as module
from appointments.arriving import check_in
from appointments.booking import Held, PersonNotOnline, SlotFull
from appointments.gathering import line
from appointments.models import Booking
from appointments.rescheduling import reschedule
from config.refusals import Refusal
from queues.models import Ticket
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.ways import WAYS, by_command, way_of
from tests.conftest import NOON, PHONE, a_person, make_session, race, slot_at

pytestmark = pytest.mark.django_db(transaction=True)


def crowd(count, command, at_once=40):
    """Runs command(n) for n people, so many at once; results or refusal classes."""

    def one(n):
        try:
            return command(n)
        except Refusal as refusal:
            return type(refusal)
        except IntegrityError as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, range(count)))


@pytest.fixture
def five_places(hall, windows, renewal):
    return slot_at(make_session(hall, windows, online=30), 14)


@pytest.fixture(params=WAYS)
def take(request, settings, monkeypatch):
    """Each of the ways to a place: the same guarantees for all of them."""
    yield way_of(request.param, settings, monkeypatch)
    line.rest()


def phone_of(n):
    return f"+86138{n:08d}"


def hold_one(slot, renewal, n):
    return by_command(slot, renewal, [a_person(n)], phone_of(n))


def is_held(outcome):
    return isinstance(outcome, Held | dict)


def test_two_hundred_people_and_five_places(five_places, renewal, take):
    outcomes = crowd(200, lambda n: take(five_places, renewal, [a_person(n)], phone_of(n)))

    assert sum(map(is_held, outcomes)) == 5
    assert outcomes.count(SlotFull) == 195
    assert Booking.objects.count() == 5
    nothing_is_broken()


def test_without_the_guard_the_constraint_still_refuses(five_places, renewal, monkeypatch):
    """Mutant: the claim forgets to look at the quota; the CHECK is the second line."""
    blind = module.CLAIM["online"].replace("AND s.online_taken + asked.need <= s.online_quota", "")
    monkeypatch.setitem(module.CLAIM, "online", blind)

    outcomes = crowd(40, partial(hold_one, five_places, renewal))

    assert sum(isinstance(one, Held) for one in outcomes) == 5
    assert sum("slot_online_within_quota" in str(one) for one in outcomes) == 35


def test_without_guard_and_constraint_it_oversells(five_places, renewal, monkeypatch):
    """Mutant: both lines gone. This is what the two of them prevent."""
    blind = module.CLAIM["online"].replace("AND s.online_taken + asked.need <= s.online_quota", "")
    monkeypatch.setitem(module.CLAIM, "online", blind)
    check = "CHECK (online_taken >= 0 AND online_taken <= online_quota)"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE windows_slot DROP CONSTRAINT slot_online_within_quota")
    try:
        outcomes = crowd(40, partial(hold_one, five_places, renewal))
        five_places.refresh_from_db()
    finally:
        Booking.objects.update(state="expired")
        type(five_places).objects.update(online_taken=0)
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE windows_slot ADD CONSTRAINT slot_online_within_quota {check}"
            )

    assert sum(isinstance(one, Held) for one in outcomes) == 40
    assert five_places.online_taken == 240 > five_places.online_quota


def test_one_person_presses_in_two_tabs(session, renewal, take):
    slots = [slot_at(session, 14), slot_at(session, 15)]
    phones = ["+8613800138000", "+8613900139000"]
    party = [a_person(1)]

    outcomes = race(
        *[
            partial(take, slot, renewal, party, phone)
            for slot, phone in zip(slots, phones, strict=True)
        ]
    )

    assert sum(map(is_held, outcomes)) == 1
    assert outcomes.count(PersonNotOnline) == 1
    nothing_is_broken()


def test_families_in_neighbouring_slots_never_deadlock(hall, windows, renewal, take):
    session = make_session(hall, windows, online=18)
    slots = [slot_at(session, hour, minute) for hour in (14, 15) for minute in (0, 30)]

    def family(n):
        people = [a_person(10 * n + k) for k in range(4)]
        return take(slots[n % 4], renewal, people, phone_of(n))

    outcomes = crowd(40, family, at_once=20)

    held = sum(map(is_held, outcomes))
    assert held >= 2
    assert outcomes.count(SlotFull) == 40 - held
    nothing_is_broken()


def test_swapping_places_never_deadlocks(session, renewal, book):
    here, there = slot_at(session, 14), slot_at(session, 15)
    left = [book(here, person=n) for n in range(5)]
    right = [book(there, person=n) for n in range(5, 10)]
    storm = [partial(reschedule, booking=one, slot_id=there.pk, now=NOON) for one in left]
    storm += [partial(reschedule, booking=one, slot_id=here.pk, now=NOON) for one in right]

    outcomes = race(*storm)

    assert [one.slot_id for one in outcomes] == [there.pk] * 5 + [here.pk] * 5
    nothing_is_broken()


def test_one_booking_at_two_kiosks_is_one_ticket(hall, session, book):
    booking = book(slot_at(session, 12, 30))

    outcomes = race(
        *[partial(check_in, hall=hall, reference=booking.reference, now=NOON) for _ in range(6)]
    )

    assert len({ticket.pk for ticket in outcomes}) == Ticket.objects.count() == 1
    nothing_is_broken()


def test_a_hold_and_the_same_phones_other_tab(session, renewal, take):
    """Both tabs of one phone may win in turn; the last one stands, nothing is lost."""
    slots = [slot_at(session, hour) for hour in (13, 14, 15, 16)]
    party = [a_person(1)]
    race(*[partial(take, slot, renewal, party, PHONE) for slot in slots])

    assert Booking.objects.filter(state="held").count() == 1
    nothing_is_broken()
