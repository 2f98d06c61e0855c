"""What holds for all halls of a day together: nobody pays for the shorter wait of others.

The city turns away no more people on a day than if its quotas stayed as they are. Without
this a crowded hall could shorten its line by letting fewer people book, and the objective
would call that a gain, as each person turned away is one fewer who waits. With it minutes of
waiting are saved only by when people come and where room stands unused. It binds the city and
not each hall: a hall may give up a little where another gains as much, which saves far more
waiting than if each had to keep its own, and no district may fall behind by more than its gap.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from appointments.rebalancing.costing import CHANCES, HallDay
from appointments.rebalancing.problem import Cost, Problem
from appointments.rebalancing.program import Program

ALMOST = 1e-6  # minutes


def add_city(program: Program, costs: Sequence[Cost], unmet: Sequence[Any]) -> None:
    """The day's halls turn away no more than they do as quotas stand."""
    most = sum(cost.unmet for cost in costs) + ALMOST
    here = np.concatenate(unmet)[None]
    program.at_most(np.array([most]), (here, np.tile(CHANCES, len(unmet))[None]))


def add_districts(
    program: Program,
    problem: Problem,
    days: Sequence[HallDay],
    costs: Sequence[Cost],
    unmet: Sequence[Any],
) -> None:
    """No district turns away a larger share than the city's mean of now and the bound, or than
    it does now itself."""
    names = sorted({day.district for day in days})
    city = sum(costs, Cost())
    if len(names) < 2 or city.asked <= 0:
        return
    for name in names:
        mine = [at for at, day in enumerate(days) if day.district == name]
        own = sum((costs[at] for at in mine), Cost())
        if own.asked <= 0:
            continue
        most = max(city.unmet_share + problem.bounds.district_gap, own.unmet_share)
        here = np.concatenate([unmet[at] for at in mine])
        chances = np.tile(CHANCES, len(mine))[None]
        program.at_most(np.array([most * own.asked]), (here[None], chances))


def left_as_they_are(rises: Mapping[int, float]) -> set[int]:
    """The halls that must stay so that the sum of what all turn away more does not rise.

    In whole minutes a little is lost of what the program promised; the hall whose staying is
    just enough stays, or, while none is, the one that turns away most."""
    rises, staying = dict(rises), set()
    while (excess := sum(rises.values())) > ALMOST:
        enough = [hall for hall in rises if rises[hall] >= excess]
        stays = (
            min(enough, key=lambda hall: (rises[hall], hall))
            if enough
            else max(rises, key=lambda hall: (rises[hall], -hall))
        )
        staying.add(stays)
        del rises[stays]
    return staying
