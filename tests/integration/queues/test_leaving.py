"""“You may leave for a while”: a clock time, and never on a short wait. Row C17."""

from datetime import timedelta

import pytest

from queues.leaving import away_until
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("early", "minutes"),
    [(None, None), (0, None), (19.9, None), (20, 10), (24.9, 10), (26, 15), (65, 55)],
)
def test_a_reserve_of_ten_minutes_is_kept(early, minutes):
    until = away_until(early=early, reserve=10, at=NOON)

    assert until == (minutes and NOON + timedelta(minutes=minutes))


def test_it_is_told_in_steps_of_five_minutes_on_the_clock():
    until = away_until(early=40, reserve=10, at=NOON + timedelta(minutes=3, seconds=20))

    assert until == NOON + timedelta(minutes=30)
