"""Whether nine in ten come within the ranges of a forecast, in invented cities of many kinds.

Each world is foreseen at its last ten days from the days before them alone, as `backtest --from`
does. What a world is, is drawn by its seed.
"""

import itertools
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting.backtesting import CHOSEN, Score, backtest
from appointments.forecasting.series import Series

Floats = NDArray[np.float64]

MONDAY = date(2026, 3, 2)
SHAPE = np.array([10.0, 10, 12, 13, 13, 13, 14, 10, 4, 1]) / 100  # of a day's people by hour
USUAL = 30.0  # people a day
MOODS = {"chance alone": 0.0, "wild moods": 0.4}  # else:
MOOD = 0.16  # the spread of a series' days, as a share
CITY = 0.07  # of what all have in common
KINDS = (
    "chance alone", "moods", "wild moods", "level shift", "trend", "few people", "odd days",
    "closed nowhere",
)  # fmt: skip
KNOWN = (10, 20, 40, 100)  # days before the first forecast
SERIES = (1, 6, 19)
SCORED = 14  # days after it
HORIZON = 5
LIKE = 120  # series for which each pair of days and series gets a world of its own
NEAR = 0.03


def world(kind: str, seed: int, days: int, series: int, usual: float = USUAL) -> Series:
    """Halls that differ in size and weekdays, by hour; no weekends but in one kind."""
    luck = np.random.default_rng([KINDS.index(kind), seed, days, series])
    weekday = np.arange(days) % 7
    mean = luck.lognormal(np.log(usual), 0.8, (series, 1)) * np.ones(days)
    mean *= np.exp(luck.normal(0, 0.2, 7))[weekday]
    mean *= np.exp(luck.normal(0, 0.07, (series, 7)))[:, weekday]
    mean *= changing(kind, luck, days, series)
    hours = luck.poisson(mean[:, None] * SHAPE[:, None]).astype(float)
    if kind != "closed nowhere":
        hours[:, :, weekday >= 5] = np.nan
    daily = np.where(np.isfinite(hours).any(axis=1), np.nansum(hours, axis=1), np.nan)
    names = tuple(str(n) for n in range(series))
    return Series(names, MONDAY, daily, hours, tuple(range(len(SHAPE))))


def changing(kind: str, luck: np.random.Generator, days: int, series: int) -> Floats:
    """By how much days differ from what is usual [series, day]."""
    found = np.ones((series, days))
    if mood := MOODS.get(kind, MOOD):
        found *= luck.gamma(mood**-2, mood**2, found.shape) * luck.gamma(CITY**-2, CITY**2, days)
    if kind == "level shift":
        found[:, luck.integers(days // 3, days) :] *= luck.choice([0.6, 1.6])
    if kind == "trend":
        found *= np.exp(0.25 * np.arange(days) / 100)
    if kind == "few people":
        found /= 10
    if kind == "odd days":
        odd = luck.random(found.shape) < 0.03
        found[odd] *= luck.uniform(0.2, 3.0, odd.sum())
    return found


def measure() -> dict[str, Any]:
    """Coverage and error by kind, by days that are known, and by number of series."""
    rows: list[tuple[tuple[str, ...], dict[str, Score]]] = []
    for kind, known, series in itertools.product(KINDS, KNOWN, SERIES):
        for seed in range(max(1, LIKE // (known * series))):
            found = backtest(
                world(kind, seed, known + SCORED, series), HORIZON, MONDAY + timedelta(days=known)
            )
            assert found.hourly  # noqa: S101
            names = (kind, f"{known} days", f"{series} series", "all")
            of_ours = {"by day": found.daily.of(CHOSEN), "by hour": found.hourly.of(CHOSEN)}
            rows.append((names, of_ours))
    groups = [*KINDS, *(f"{n} days" for n in KNOWN), *(f"{n} series" for n in SERIES), "all"]
    return {
        "name": "ranges",
        "figures": {
            group: {
                part: summed([score[part] for names, score in rows if group in names])
                for part in ("by day", "by hour")
            }
            for group in groups
        },
    }


def summed(scores: list[Score]) -> dict[str, float]:
    covered = np.array([score.coverage for score in scores])
    return {
        "worlds": len(scores),
        "coverage": float(covered.mean()),
        "within 3 points": float((np.abs(covered - 0.9) <= NEAR).mean()),
        "below naive": float(np.mean([score.below_naive for score in scores])),
    }


def table(result: dict[str, Any]) -> list[str]:
    names = ("coverage", "within 3 points", "below naive")
    lines = [f"{'':<16}{'worlds':>8}" + "".join(f"{name:>18}" for name in names * 2)]
    for group, parts in result["figures"].items():
        cells = "".join(f"{part[name]:>18.1%}" for part in parts.values() for name in names)
        lines.append(f"{group:<16}{parts['by day']['worlds']:>8}{cells}")
    return ["", "ranges: nine in ten, first by day, then by hour", *lines]
