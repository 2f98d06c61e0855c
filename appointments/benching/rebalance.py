"""`bench rebalance`: what following the forecast is worth, against three other policies.

The same people, the same staff hours: only the quotas differ. The gap is what the oracle gains
on fixed quotas; a policy's figure is the share of it that it closes.
"""

import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import Any

from appointments.benching.rebalance_played import Knows, Outcome, play_city
from appointments.benching.rebalance_policies import foreseen, last_week, oracle, past_of
from appointments.benching.rebalance_world import WEEKS, World, make_world

SEEDS = (1, 2, 3)
HALLS = 33
PROCESSES = 2
FIXED, LAST_WEEK, OURS, ORACLE = "fixed", "last week", "forecast", "oracle"
POLICIES = (FIXED, LAST_WEEK, OURS, ORACLE)
IN_ALL = "in all"


def measure(
    seeds: Iterable[int] = SEEDS, *, halls: int = HALLS, weeks: int = len(WEEKS)
) -> dict[str, Any]:
    """Medians over the seeds, by policy and week, and the share of the gap that is closed."""
    asked = [(seed, policy, halls, weeks) for seed in seeds for policy in POLICIES]
    played: dict[tuple[int, str], dict[str, dict[str, float]]] = {}
    with ProcessPoolExecutor(PROCESSES) as pool:
        for (seed, policy, *_), found in zip(asked, pool.map(_one, asked), strict=True):
            played[seed, policy] = found
            total = found[IN_ALL]
            sys.stderr.write(
                f"seed {seed}, {policy}: {total['unmet']:.0f} turned to another day,"
                f" nine in ten wait at most {total['wait']:.1f} min\n"
            )
    names = [*WEEKS[:weeks], IN_ALL]
    figures = {
        policy: {
            f"{name}: {what}": median(played[seed, policy][name][what] for seed in seeds)
            for name in names
            for what in ("unmet", "wait")
        }
        for policy in POLICIES
    }
    return {
        "name": "rebalance",
        "seeds": [*seeds],
        "halls": halls,
        "figures": figures,
        "ratios": _closed(played, [*seeds]),
        "worse": worse_weeks(played, names),
        "every": {f"{seed} {policy}": found for (seed, policy), found in played.items()},
    }


def _one(asked: tuple[int, str, int, int]) -> dict[str, dict[str, float]]:
    seed, policy, halls, weeks = asked
    world = make_world(seed, halls=halls, weeks=weeks)
    return figures_of(play_city(world, knowing(world, policy)), weeks)


def knowing(world: World, policy: str) -> Knows:
    """What the policy expects on the evening before a day; fixed quotas expect nothing."""
    ways: dict[str, Knows] = {
        FIXED: None,
        LAST_WEEK: lambda today: last_week(past_of(world, today)),
        OURS: lambda today: foreseen(past_of(world, today)),
        ORACLE: lambda today: oracle(world, today),
    }
    return ways[policy]


def figures_of(outcome: Outcome, weeks: int) -> dict[str, dict[str, float]]:
    found = {
        WEEKS[week]: {"unmet": float(outcome.unmet[week]), "wait": outcome.ninth(week)}
        for week in range(weeks)
    }
    found[IN_ALL] = {"unmet": float(sum(outcome.unmet.values())), "wait": outcome.ninth()}
    return found


def _closed(
    played: dict[tuple[int, str], dict[str, dict[str, float]]], seeds: list[int]
) -> dict[str, float]:
    """Share of the gap between fixed quotas and the oracle, median over the seeds; 0 where the
    oracle gains nothing."""
    found = {}
    for policy in (LAST_WEEK, OURS):
        for what in ("unmet", "wait"):
            shares = []
            for seed in seeds:
                fixed, best, own = (
                    played[seed, one][IN_ALL][what] for one in (FIXED, ORACLE, policy)
                )
                shares.append((fixed - own) / (fixed - best) if fixed > best else 0.0)
            found[f"{policy}: {what}, of the gap"] = median(shares)
    return found


def worse_weeks(
    played: dict[tuple[int, str], dict[str, dict[str, float]]], names: list[str]
) -> list[str]:
    """Each seed's weeks in which the forecast's policy is not as good as fixed quotas."""
    return [
        f"seed {seed}, {name}: {what} {found[name][what]:.1f} for {fixed:.1f}"
        for (seed, policy), found in played.items()
        if policy == OURS
        for name in names
        for what in ("unmet", "wait")
        if found[name][what] > (fixed := played[seed, FIXED][name][what])
    ]


def table(found: dict[str, Any]) -> list[str]:
    """The figures as lines of a table: a line per week and measure."""
    policies = list(found["figures"])
    lines = [f"{'':<34}" + "".join(f"{policy:>12}" for policy in policies)]
    for name in found["figures"][FIXED]:
        cells = "".join(f"{found['figures'][policy][name]:>12.1f}" for policy in policies)
        lines.append(f"{name:<34}{cells}")
    lines += [f"{name:<34}{share:>12.0%}" for name, share in found["ratios"].items()]
    lines.append(
        "worse than fixed quotas: " + ("; ".join(found["worse"]) or "in no week of any seed")
    )
    return lines
