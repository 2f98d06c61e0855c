"""The assignment of displaced parties: never oversold, and the best there is. C6"""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from appointments.changes.matching import NO_PLACE, assign

COST = st.one_of(st.integers(0, 500).map(float), st.just(float("inf")))


@st.composite
def tasks(draw, sizes=(6,)):
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    row = st.lists(COST, min_size=columns, max_size=columns)
    costs = np.array(draw(st.lists(row, min_size=rows, max_size=rows)))
    size = st.lists(st.sampled_from(sizes), min_size=rows, max_size=rows)
    room = st.lists(st.integers(0, 30), min_size=columns, max_size=columns)
    return costs, draw(size), draw(room)


def price(costs, sizes, room, chosen):
    """What the choice costs in all; None where somebody cannot go, or a slot is oversold."""
    left, total = list(room), 0.0
    for row, column in enumerate(chosen):
        if column is None:
            total += NO_PLACE
            continue
        left[column] -= sizes[row]
        total += costs[row, column]
    return total if np.isfinite(total) and min(left) >= 0 else None


@settings(max_examples=200, deadline=None)
@given(tasks())
def test_of_one_size_nothing_is_better(task):
    costs, sizes, room = task
    found = price(costs, sizes, room, assign(costs, sizes, room))

    columns = [None, *range(len(room))]
    every = (price(costs, sizes, room, one) for one in product(columns, repeat=len(sizes)))

    assert found is not None
    assert found == min(one for one in every if one is not None)


@settings(max_examples=300, deadline=None)
@given(tasks(sizes=(3, 6, 12, 18)))
def test_of_any_size_no_slot_is_oversold_and_no_room_is_left_that_would_do(task):
    costs, sizes, room = task
    chosen = assign(costs, sizes, room)

    assert price(costs, sizes, room, chosen) is not None
    left = list(room)
    for row, column in enumerate(chosen):
        if column is not None:
            left[column] -= sizes[row]
    for row, column in enumerate(chosen):
        if column is None:
            free = [n for n, minutes in enumerate(left) if minutes >= sizes[row]]
            assert not any(np.isfinite(costs[row, n]) for n in free)


def test_a_mutant_that_counts_no_copies_oversells():
    """Mutant: a slot that could be given to everybody."""
    costs = np.zeros((3, 1))
    assert assign(costs, [6, 6, 6], [12]).count(0) == 2
    assert price(costs, [6, 6, 6], [12], [0, 0, 0]) is None
