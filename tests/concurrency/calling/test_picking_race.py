"""Who is picked and who is called at this moment. # C13 C16"""

from functools import partial

import pytest

from queues.calling import call_next
from queues.moving import NotPossibleNow
from queues.picking_one import call_this
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.calling.conftest import LATER, line_of
from tests.concurrency.interleaving import after

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_is_picked_is_not_called_by_another_window(hall, renewal, two):
    first, second = line_of(2, hall, renewal)
    (window, clerk), (there, other) = two
    pick = partial(call_this, ticket=first, window=window, staff=clerk, reason="help", now=LATER)
    next_one = partial(call_next, window=there, staff=other, now=LATER)

    assert after(pick, next_one) == (second, False)


def test_who_is_called_cannot_be_picked(hall, renewal, two):
    first, _second = line_of(2, hall, renewal)
    (window, clerk), (there, other) = two
    next_one = partial(call_next, window=there, staff=other, now=LATER)
    pick = partial(call_this, ticket=first, window=window, staff=clerk, reason="help", now=LATER)

    assert after(next_one, pick) == (NotPossibleNow, True)
    nothing_is_broken()
