"""Races around offers to the waiting list. # C31"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction

from appointments import offering_back
from appointments.answering_offers import kept_places, leave, let_pass, settle, take
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.confirming import confirm
from appointments.housekeeping import expire_holds
from appointments.models import Booking, ReturningPlace, WaitEntry, WaitOffer
from appointments.offering_back import offer_free
from appointments.returning import give_back, return_due
from appointments.waitlist import end_over, join
from config.refusals import Refusal
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, a_person, make_session, race, slot_at

pytestmark = pytest.mark.django_db(transaction=True)
TOMORROW = DAY + timedelta(days=1)
COOLED = NOON + timedelta(minutes=10)


@pytest.fixture
def full(hall, windows, book):
    """Tomorrow's session with room for one renewal in each half-hour, all of them booked."""
    session = make_session(hall, windows, day=TOMORROW, online=6)
    for n, slot in enumerate(session.slots.order_by("starts_at")):
        book(slot, person=500 + n, limited=False)
    return session


@pytest.fixture
def wait(hall, renewal):
    def joined(n: int, now=NOON) -> WaitEntry:
        return join(
            matter=renewal, halls=[hall], first=DAY, last=TOMORROW, people=[a_person(n)],
            phone=f"+86138{n:08d}", now=now,
        )  # fmt: skip

    return joined


def leave_places(session, *hours: int) -> list[Booking]:
    slots = [slot_at(session, hour) for hour in hours]
    bookings = list(Booking.objects.filter(slot__in=slots).order_by("pk"))
    return [cancel(booking=one, now=NOON) for one in bookings]


def at_the_door(slot, renewal, closed: Event, numbers: range) -> list[str]:
    """People outside who try to hold the slot, again and again, until the door closes."""

    def tries(n: int) -> str:
        try:
            while not closed.is_set():
                try:
                    held = hold(
                        slot_id=slot.pk, matter=renewal, people=[a_person(n)],
                        phone=f"+86139{n:08d}", now=COOLED,
                    )  # fmt: skip
                    return held.bookings[0].reference
                except Refusal:
                    time.sleep(0.002)
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(len(numbers)) as pool:
        return [reference for reference in pool.map(tries, numbers) if reference]


def open_the_door(slot, renewal, command) -> list[str]:
    """Runs the command while a crowd presses; who of the crowd got the place."""
    closed = Event()

    def run():
        try:
            time.sleep(0.3)  # everybody is pressing by then
            command()
            time.sleep(0.3)
        finally:
            closed.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        won = at_the_door(slot, renewal, closed, range(700, 712))
        running.result()
    return won


def test_nobody_outside_gets_a_place_between_return_and_offer(full, wait, renewal):
    entry = wait(1)
    leave_places(full, 14)

    won = open_the_door(slot_at(full, 14), renewal, partial(return_due, now=COOLED))

    assert won == []
    assert [one.slot for one in kept_places(entry, COOLED)] == [slot_at(full, 14)]
    nothing_is_broken()


def until_somebody_has_it(slot) -> None:
    for _look in range(3000):
        if Booking.objects.filter(slot=slot, state="held").exists():
            return
        time.sleep(0.01)


def test_given_back_before_the_offer_somebody_outside_gets_it(full, wait, renewal, monkeypatch):
    """Mutant: the place comes back in a transaction of its own, before it is offered."""

    def early(*, place: ReturningPlace, now) -> bool:
        with transaction.atomic():
            give_back(place, now=now)
        until_somebody_has_it(place.slot)
        return bool(offer_free(now=now))

    monkeypatch.setattr(offering_back, "offer_place", early)
    entry = wait(1)
    leave_places(full, 14)

    won = open_the_door(slot_at(full, 14), renewal, partial(return_due, now=COOLED))

    assert len(won) == 1
    assert kept_places(entry, COOLED) == []


def test_two_runners_never_offer_a_place_twice(full, wait):
    for n in range(1, 9):
        wait(n)
    leave_places(full, 13, 14, 15)

    race(*[partial(return_due, now=COOLED)] * 3, *[partial(offer_free, now=COOLED)] * 3)

    offers = WaitOffer.objects.filter(ended_at=None)
    assert offers.count() == offers.values("entry").distinct().count() == 3
    assert Booking.objects.filter(state="held").values("slot").distinct().count() == 3
    nothing_is_broken()


def test_two_runners_offer_free_places_once(hall, windows, wait):
    make_session(hall, windows, day=TOMORROW, online=6)
    for n in range(1, 13):
        wait(n)

    made = race(*[partial(offer_free, now=NOON)] * 4)

    assert sum(made) == WaitOffer.objects.count() == 12
    nothing_is_broken()


def test_an_answer_and_the_end_of_the_offer_at_the_same_instant(full, wait):
    """Whoever comes first, the offer ends once, and its booking agrees."""
    for n in range(1, 9):
        wait(n)
    leave_places(full, 12, 13, 14, 15)
    return_due(now=COOLED)
    offered = list(WaitEntry.objects.filter(state="offered"))
    in_time, over = COOLED + timedelta(minutes=19), COOLED + timedelta(minutes=20)

    race(
        partial(take, entry=offered[0], now=in_time),
        partial(let_pass, entry=offered[0], now=in_time),
        partial(take, entry=offered[1], now=in_time),
        partial(leave, entry=offered[1], now=in_time),
        partial(take, entry=offered[2], now=in_time),
        partial(confirm, booking=kept_places(offered[3], in_time)[0], now=in_time),
        partial(settle, now=over),
        partial(expire_holds, now=over),
        partial(settle, now=over),
    )
    settle(now=over)

    ends = WaitOffer.objects.filter(ended_at__isnull=False)
    for offer in ends.filter(entry__in=offered):
        states = set(offer.group.bookings.values_list("state", flat=True))
        assert (offer.end == "taken") == (states == {"confirmed"}), (offer.end, states)
    nothing_is_broken()


def test_one_person_joins_in_two_tabs(hall, renewal):
    asked = partial(
        join, matter=renewal, halls=[hall], first=DAY, last=TOMORROW, people=[a_person(1)],
        phone="+8613800000001", now=NOON,
    )  # fmt: skip

    race(*[asked] * 6)

    assert WaitEntry.objects.count() == 1


def test_who_books_while_being_offered_a_place_has_one_of_them(full, wait, renewal, session):
    """A person's own hold and the offer to them meet in the lock on the person."""
    free = slot_at(session, 16)
    entries = [wait(n) for n in range(1, 5)]
    leave_places(full, 12, 13, 14, 15)
    own = [
        partial(
            hold, slot_id=free.pk, matter=renewal, people=[a_person(n)],
            phone=f"+86138{n:08d}", now=COOLED,
        )
        for n in range(1, 5)
    ]  # fmt: skip

    race(*own, partial(return_due, now=COOLED), partial(return_due, now=COOLED))
    settle(now=COOLED)

    for n in range(len(entries)):
        index = entries[n].people.get().id_index
        assert Booking.objects.filter(id_index=index, state="held").count() == 1
    nothing_is_broken()


def test_a_busy_hour_never_deadlocks(full, wait, renewal):
    """Offers, answers, cancellations, holds and sweeps, from many at once."""
    entries = [wait(n) for n in range(1, 17)]
    leave_places(full, 9, 10, 11, 12)
    chance = random.Random(31)

    def one(n: int) -> str:
        now = COOLED + timedelta(seconds=n)
        entry = entries[n % len(entries)]
        person = n % len(entries) + 1
        ways = [
            partial(return_due, now=now),
            partial(offer_free, now=now),
            partial(settle, now=now),
            partial(expire_holds, now=now),
            partial(end_over, now=now),
            partial(take, entry=entry, now=now),
            partial(let_pass, entry=entry, now=now),
            partial(
                hold, slot_id=slot_at(full, 9 + n % 4).pk, matter=renewal,
                people=[a_person(person)], phone=f"+86138{person:08d}", now=now,
            ),
            partial(_cancel_one, full, now),
        ]  # fmt: skip
        try:
            chance.choice(ways)()
            return "done"
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(one, range(240)))
    settle(now=COOLED + timedelta(hours=1))

    assert outcomes.count("done") > 100
    nothing_is_broken()


def _cancel_one(session, now) -> None:
    confirmed = Booking.objects.filter(slot__session=session, state="confirmed")
    booking = confirmed.order_by("?").first()
    if booking:
        cancel(booking=booking, now=now)
        mine = ReturningPlace.objects.filter(booking=booking, ended_at=None, left_at__lte=now)
        mine.update(returns_at=now)
