"""What an estimate is worth in a hall of which everything is known. Row C17.

The hall is played (appointments/benching/played_hall.py) on days that the estimates have
not learned from; `manage.py bench estimate` prints the same for more days.
"""

import pytest

from appointments.benching.estimating import as_it_is, cost, worth
from appointments.benching.played_hall import Day, compare, learned


@pytest.fixture(scope="module")
def ways():
    return worth(judged=range(100, 106), fitted=range(20, 24), every=6)


def test_is_far_better_than_the_rule_of_thumb(ways):
    ours = ways["as it is"]

    assert ours["half"] < 0.6 * ours["thumb_half"]
    assert ours["most"] < 0.6 * ours["thumb_most"]


def test_nine_in_ten_is_about_nine_in_ten(ways):
    assert 0.85 <= ways["as it is"]["within_most"] <= 0.95


def test_half_is_about_half(ways):
    assert 0.4 <= ways["as it is"]["within_half"] <= 0.6


@pytest.mark.parametrize("mutant", ["without bookings to come", "without breaks"])
def test_leaving_something_out_is_seen(ways, mutant):
    """The mutants: what they leave out is worth more than the chance of these days."""
    whole, spoiled = ways["not corrected"], ways[mutant]

    assert spoiled["half"] + spoiled["most"] > 1.05 * (whole["half"] + whole["most"])


def test_learning_finds_what_is_not_on_the_matters_page():
    """The third matter says 12 minutes and takes 15 here; window 3 is a quarter slower."""
    import numpy as np

    pacing = learned([Day(np.random.default_rng(seed)).play() for seed in range(6)])

    assert pacing.matters[3].mean == pytest.approx(15.5, abs=1.5)
    assert pacing.slowness[2] == pytest.approx(1.25, abs=0.1)
    assert pacing.hours[15] > 1.0 > pacing.hours[10]
    assert pacing.comes == pytest.approx(0.85, abs=0.05)


def test_the_same_day_gives_the_same_answer():
    import numpy as np

    pacing = learned([Day(np.random.default_rng(1)).play()])
    one, other = (compare(pacing, range(7, 8), as_it_is, every=8) for _ in range(2))

    assert (one.half == other.half).all()
    assert (one.most == other.most).all()


def test_the_bench_knows_what_a_play_costs():
    assert cost(rounds=1)["runs"] >= 200
