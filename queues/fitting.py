"""Ranges that learn from what they missed: each night, for each hall, from the last weeks.

What was told before any correction is compared with what came. The factor for `most` is
the one with which nine in ten of those ranges would have held (conformal: the ceil of
0.9 (n + 1)-th smallest ratio), the one for `half` the one with which half would have.
Few comparisons leave a factor near 1, and none leaves the bounds. It is in force from the
service day after the last one that it was learned from.
"""

from datetime import date, datetime, timedelta
from math import ceil

import numpy as np

from config import civil
from queues.models import WaitFit
from queues.predicting import Told, told_in
from windows.models import Hall

DAYS_LEARNED = 21
FEW = 60
LEAST, MOST = 0.6, 2.0
FORGET_DAYS = 7.0  # older days count less


def learn_today(*, now: datetime) -> int:
    """Every hall that has not learned for this day yet does; returns how many did."""
    day = civil.city_date(now)
    done = WaitFit.objects.filter(learned_on=day).values("hall")
    fits = [learn(hall, day) for hall in Hall.objects.exclude(pk__in=done).order_by("pk")]
    WaitFit.objects.bulk_create(fits, ignore_conflicts=True)
    return len(fits)


def learn(hall: Hall, day: date) -> WaitFit:
    """The factors for the hall from that day on, learned from the days before it."""
    told = told_in(hall, day - timedelta(days=DAYS_LEARNED), day - timedelta(days=1))
    half, most = factor(told, 0, 0.5, day), factor(told, 1, 0.9, day)
    facts = {"days": [str(day - timedelta(days=DAYS_LEARNED)), str(day - timedelta(days=1))]}
    return WaitFit(
        hall=hall,
        learned_on=day,
        half_factor=half,
        most_factor=max(most, half),
        tickets=len(told),
        facts=facts,
    )


def factor(told: Told, column: int, level: float, day: date) -> float:
    """What the told minutes are to be multiplied by so that the level would have held."""
    told = told.where((told.raw[:, column] > 0) | (told.waited > 0))  # others did not wait
    count = len(told)
    if not count:
        return 1.0
    ratios = (told.waited + 1) / (told.raw[:, column] + 1)
    ages = np.array([(day - one).days for one in told.day], dtype=float)
    weights = np.exp(-ages / FORGET_DAYS)
    order = np.argsort(ratios)
    reached = np.cumsum(weights[order]) / weights.sum()
    goal = min(1.0, ceil(level * (count + 1)) / count)
    found = ratios[order][min(int(np.searchsorted(reached, goal)), count - 1)]
    weight = count / (count + FEW)
    return float(np.clip(np.exp(weight * np.log(found)), LEAST, MOST))
