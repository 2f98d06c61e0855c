"""Quotas move while people book: nobody loses a place, and the day's limits hold. C8"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction

from appointments.attending import Attendee
from appointments.booking import SlotFull
from appointments.invariants import holds
from appointments.models import Booking, QuotaMove, RebalanceRun, UnmetDemand
from appointments.rebalancing import moves_of, rebalance, undo_run
from config.refusals import Refusal
from queues.issuing import issue_walk_in
from tests.concurrency.ways import by_command
from tests.conftest import DAY, NOON, a_person, an_id, make_session, race, slot_at
from tests.integration.rebalancing.conftest import NIGHT, TOMORROW
from windows.models import Rule, Slot

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, REBALANCES, AT_ONCE = 2000, 100, 16
DAYS = 3


@pytest.fixture
def coming(hall, windows, renewal):
    """Three days of 60 online minutes of 90 in a slot; one day asked for walk-ins, the day
    before it for online places, so that the minutes go to and fro."""
    make_session(hall, windows)
    for _person in range(10):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
    yesterday = DAY - timedelta(days=1)
    make_session(hall, windows, day=yesterday)
    UnmetDemand.objects.create(
        hall=hall, matter=renewal, service_day=yesterday, asked_on=yesterday, count=160
    )
    for name in ("rebalance_max_percent", "rebalance_hall_percent"):
        Rule.objects.create(name=name, value=100_000, effective_on=yesterday)
    return [
        make_session(hall, windows, day=TOMORROW + timedelta(days=n), online=60)
        for n in range(DAYS)
    ]


def one_after_the_other_of_many(commands):
    """Each command in some thread, so many at once; results or classes of refusals."""

    def run(command):
        try:
            return command()
        except Refusal as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, commands))


def somebody(number):
    """One of two thousand different people."""
    born = "19750307" if number < 1000 else "19800307"
    return Attendee(name="陈小宁", id_number=an_id(number, born=born))


@pytest.mark.slow
def test_a_hundred_rebalances_against_two_thousand_bookings(coming, renewal):
    """Mutant: MOVE without `online_quota - online_taken >= m.minutes` breaks the constraint
    slot_online_within_quota, because minutes are booked between the plan and the move."""
    slots = [slot for session in coming for slot in session.slots.order_by("pk")]
    books = [
        partial(by_command, slots[n % len(slots)], renewal, [somebody(n)], f"+86138{n:08d}")
        for n in range(PEOPLE)
    ]
    every = PEOPLE // REBALANCES
    commands = []
    for n in range(REBALANCES):
        day = DAY - timedelta(days=n % 2)
        commands += [partial(rebalance, demand_day=day, now=NIGHT), *books[n * every :][:every]]

    told = one_after_the_other_of_many(commands)

    held = Booking.objects.filter(state=Booking.State.HELD)
    runs = [one for one in told if isinstance(one, RebalanceRun)]
    assert len(runs) == REBALANCES
    assert QuotaMove.objects.count() > 50
    assert held.count() > 300
    assert told.count(SlotFull) > 0
    for slot in Slot.objects.filter(session__in=coming):
        assert slot.online_taken == 6 * held.filter(slot=slot).count() <= slot.online_quota
        assert slot.online_quota + slot.walkin_quota == 90
        assert slot.walkin_quota >= 18
        moved = QuotaMove.objects.filter(slot=slot)
        net = sum(m.minutes if m.to_channel == "walkin" else -m.minutes for m in moved)
        assert slot.walkin_quota == 30 + net
    assert holds(NOON) == []


def test_two_rebalances_at_once_move_what_one_may(coming):
    """Mutant: without take_turn both look at what moved today before the other has moved."""
    Rule.objects.filter(name="rebalance_max_percent").update(value=10)

    race(*[partial(rebalance, demand_day=DAY, now=NIGHT)] * 4)

    for move in QuotaMove.objects.all():
        assert (
            sum(QuotaMove.objects.filter(slot=move.slot_id).values_list("minutes", flat=True)) <= 9
        )
    assert slot_at(coming[0], 12).walkin_quota == 39


def test_a_slot_that_somebody_is_booking_is_left_for_the_next_time(coming):
    """Mutant: without `skip_locked` the run waits for the booking, and then moves."""
    Rule.objects.filter(name="rebalance_max_percent").update(value=10)
    slot = slot_at(coming[0], 12)
    is_locked, is_over = Event(), Event()

    def book():
        with transaction.atomic():
            Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
            is_locked.set()
            is_over.wait(timeout=10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        booking = pool.submit(book)
        assert is_locked.wait(timeout=10)
        run = rebalance(demand_day=DAY, now=NIGHT)
        is_over.set()
        booking.result()

    moved = set(run.moves.values_list("slot", flat=True))
    assert moved
    assert slot.pk not in moved


def test_taking_a_run_back_while_people_book_leaves_what_is_booked(coming, renewal, hall):
    """Mutant: move_minutes without its guard breaks slot_online_within_quota."""
    Rule.objects.filter(name="rebalance_max_percent").update(value=10)
    run = rebalance(demand_day=DAY - timedelta(days=1), now=NIGHT)
    slot = slot_at(coming[0], 9)
    books = [partial(by_command, slot, renewal, [a_person(n)], f"+86138{n:08d}") for n in range(12)]

    told = race(
        *books[:6], partial(undo_run, run=run, halls=[hall.pk], by=None, now=NIGHT), *books[6:]
    )

    slot.refresh_from_db()
    assert slot.online_taken == 6 * Booking.objects.filter(slot=slot).count()
    assert (slot.online_quota, slot.walkin_quota) in {(60, 30), (69, 21)}
    stuck = {move.slot_id for move in told[6].stuck}
    assert (slot.online_quota == 69) == (slot.pk in stuck)
    assert {move.slot_id for move in moves_of(run) if not move.undone_at} == stuck
    assert holds(NOON) == []
