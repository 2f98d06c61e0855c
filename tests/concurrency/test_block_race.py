"""Races about reserved numbers. Each guard is taken away once, to see the test turn red."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import DatabaseError

from queues import blocks
from queues.blocks import KNOWN, MADE, Given, reserve_block, take_back
from queues.issuing import issue_walk_in
from queues.models import NumberBlock, NumberCounter, Ticket
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, race
from tests.integration.queues.test_blocks import make_kiosk

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(minutes=30)


@pytest.fixture
def five(hall, session):
    return [make_kiosk(hall, f"kiosk {n}") for n in range(5)]


def rows_of(block: NumberBlock) -> list[Given]:
    return [
        Given("A", number, "RENEW", NOON + timedelta(minutes=number - block.first))
        for number in range(block.first, block.last + 1)
    ]


def test_kiosks_that_ask_at_once_have_numbers_of_their_own(hall, five):
    made = race(*[partial(reserve_block, hall=hall, device=k, prefix="A", now=NOON) for k in five])

    assert sorted(block.first for block in made) == [900, 920, 940, 960, 980]
    nothing_is_broken()


def test_one_kiosk_that_asks_twice_at_once_has_one_block(hall, five):
    ask = partial(reserve_block, hall=hall, device=five[0], prefix="A", now=NOON)

    made = race(ask, ask, ask)

    assert len({block.pk for block in made}) == 1


def test_without_the_halls_lock_two_kiosks_reach_for_the_same(hall, five, monkeypatch):
    """Mutant: only the constraint is left, and one of the kiosks gets an error: that of the
    constraint, or of a deadlock while both check it."""
    both_are_there = Barrier(2)
    monkeypatch.setattr(blocks, "_lock", lambda hall: both_are_there.wait(timeout=30))
    monkeypatch.setattr(blocks, "rule", partial(_late, Barrier(2), blocks.rule))

    def ask(kiosk):
        try:
            return reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON)
        except DatabaseError as error:
            return str(error)

    outcomes = race(*[partial(ask, kiosk) for kiosk in five[:2]])

    assert sum("exclusion constraint" in str(one) for one in outcomes) == 1


def _late(barrier, work, *given, **more):
    barrier.wait(timeout=30)
    return work(*given, **more)


def test_the_same_numbers_taken_back_twice_at_once_are_taken_once(hall, five):
    block = reserve_block(hall=hall, device=five[0], prefix="A", now=NOON)
    send = partial(take_back, device=five[0], given=rows_of(block), now=LATER)

    told = race(send, send, send)

    outcomes = [tuple(fate.outcome for fate in fates) for fates in told]
    assert sorted(outcomes) == sorted([(MADE,) * 20, (KNOWN,) * 20, (KNOWN,) * 20])
    assert Ticket.objects.count() == 20
    nothing_is_broken()


def test_the_counter_passes_the_blocks_while_they_are_taken_back(hall, five, renewal):
    """It stands at 899 with two blocks out: nobody meets anybody's number."""
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    Ticket.objects.update(number=899)
    NumberCounter.objects.update(last=899)
    mine = [reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON) for kiosk in five[:2]]
    back = [
        partial(take_back, device=kiosk, given=rows_of(block), now=LATER)
        for kiosk, block in zip(five, mine, strict=False)
    ]

    race(*back, *[partial(issue_walk_in, hall=hall, matter=renewal, now=LATER)] * 4)

    numbers = sorted(Ticket.objects.values_list("number", flat=True))
    assert numbers == [899, *range(900, 940), 1000, 1001, 1002, 1003]
