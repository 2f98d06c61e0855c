"""A tiny city through the proof of rebalancing. # C8 C9

Seen red: a `Past` with the counts of the day itself (the forecast then changes with them);
quotas moved the other way; weeks compared by the medians of the seeds.
"""

import numpy as np
import pytest

from appointments.benching.rebalance import (
    FIXED,
    ORACLE,
    OURS,
    figures_of,
    knowing,
    table,
    worse_weeks,
)
from appointments.benching.rebalance_played import play_city
from appointments.benching.rebalance_policies import foreseen, last_week, past_of
from appointments.benching.rebalance_world import HISTORY, World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(5, halls=2, weeks=1)


def figures(world: World, policy: str) -> dict[str, dict[str, float]]:
    return figures_of(play_city(world, knowing(world, policy)), 1)


def test_who_knows_the_demand_is_never_worse_than_fixed_quotas(world):
    fixed, best = figures(world, FIXED)["in all"], figures(world, ORACLE)["in all"]

    assert best["unmet"] <= fixed["unmet"]
    assert best["wait"] <= fixed["wait"]
    assert best != fixed


def test_the_same_seed_gives_the_same_figures(world):
    again = make_world(5, halls=2, weeks=1)

    assert np.array_equal(world.counts, again.counts)
    assert figures(world, OURS) == figures(again, OURS)


@pytest.mark.parametrize("policy", [foreseen, last_week])
def test_no_policy_sees_the_coming_days(world, policy):
    changed = make_world(5, halls=2, weeks=1)
    changed.counts[:, :, HISTORY:] *= 3

    assert policy(past_of(world, HISTORY)) == policy(past_of(changed, HISTORY))


def test_the_forecast_learns_from_days_that_are_over(world):
    changed = make_world(5, halls=2, weeks=1)
    changed.counts[:, :, HISTORY:] *= 3

    assert foreseen(past_of(world, HISTORY + 2)) != foreseen(past_of(changed, HISTORY + 2))


def test_the_past_is_a_copy_that_ends_with_yesterday(world):
    past = past_of(world, HISTORY + 3)

    assert past.counts.shape[2] == HISTORY + 3
    assert past.counts.base is None
    assert past.factors.base is None


def test_every_policy_meets_the_same_people(world):
    fixed, ours = (play_city(world, knowing(world, one)) for one in (FIXED, OURS))

    assert fixed.wanted == ours.wanted
    assert fixed.moved == 0
    assert ours.moved > 0


def test_one_worse_week_of_one_seed_is_told_though_the_medians_are_better():
    fixed = {"ordinary": {"unmet": 60.0, "wait": 20.0}}
    worse = {"ordinary": {"unmet": 62.0, "wait": 19.0}}
    better = {"ordinary": {"unmet": 40.0, "wait": 19.0}}
    played = {(seed, FIXED): fixed for seed in (1, 2, 3)}
    played |= {(1, OURS): better, (2, OURS): worse, (3, OURS): better}

    assert worse_weeks(played, ["ordinary"]) == ["seed 2, ordinary: unmet 62.0 for 60.0"]


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        (["seed 2, exams: wait 9.0 for 8.0"], "seed 2, exams: wait 9.0 for 8.0"),
        ([], "in no week of any seed"),
    ],
)
def test_the_table_ends_with_where_it_is_worse(worse, said):
    figures = dict.fromkeys((FIXED, OURS), {"ordinary: unmet": 2.0, "ordinary: wait": 9.0})
    ratios = {"forecast: unmet, of the gap": 0.5}

    lines = table({"figures": figures, "ratios": ratios, "worse": worse})

    assert lines[-1] == f"worse than fixed quotas: {said}"
    assert "50%" in lines[-2]
