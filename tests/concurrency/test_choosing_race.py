"""Several senders take turns of one provider: cap, rate and trial are shared. C18.

Each race is proved to bite: the mutant named in its docstring turns it red.
"""

from datetime import timedelta
from functools import partial

import pytest

from appointments.messaging.choosing import BestWay, _make_rows
from appointments.messaging.configured import Carrier
from appointments.messaging.routing import Route
from appointments.models import MessageProvider
from tests.conftest import NOON, race
from tests.integration.messaging.test_choosing import Named

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)


def take(patience: timedelta, times: int) -> list[Route]:
    """What one sender gets when it asks so many times."""
    carrier = Carrier(Named("one"), "sms")
    best = BestWay([carrier], patience=patience, sleep=lambda _seconds: None)
    routes = [best.take("sms", most=20, now=NOON) for _ in range(times)]
    return [route for route in routes if route]


def together(patience: timedelta = timedelta(hours=1), times: int = 5) -> list[Route]:
    return [route for routes in race(*[partial(take, patience, times)] * 4) for route in routes]


def test_four_senders_stay_within_the_daily_cap():
    """Mutant: without FOR UPDATE in TAKE, each counts on from the same number, and more than
    150 are taken while the row says less."""
    MessageProvider.objects.create(name="one", channel="sms", daily_cap=150, per_second=1000)

    routes = together()

    assert sum(route.most for route in routes) == 150
    assert MessageProvider.objects.get().taken == 150


def test_four_senders_stay_within_the_rate():
    """Twenty turns of ten messages, at ten a second, begin one second apart. Mutant: as above,
    turns lie upon each other."""
    MessageProvider.objects.create(name="one", channel="sms", per_second=10)

    routes = together()

    ends = sorted(route.turn.free_at for route in routes)
    assert [route.most for route in routes] == [10] * 20
    assert ends == [NOON + n * SECOND for n in range(1, 21)]


def test_one_sender_makes_the_trial():
    """Mutant: as above, every sender tries the provider that was down."""
    MessageProvider.objects.create(name="one", channel="sms", failures=5, closed_again_at=NOON)

    (trial,) = together()

    assert (trial.most, trial.turn.is_trial) == (1, True)


def test_a_provider_that_nobody_used_gets_one_row():
    """Four senders have seen that it has none. Mutant: `bulk_create` without ignore_conflicts
    breaks all of them but one (provider_named_once)."""
    race(*[partial(_make_rows, ["one"], "sms")] * 4)

    assert MessageProvider.objects.count() == 1
