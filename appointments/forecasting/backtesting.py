"""How wrong each method would have been: forecasts made at many days of the past.

At an origin only the days before it are known; which days will be open is told by the calendar.
A day is scored only where the naive guess has a day of the same kind to repeat, so that every
method answers for the same days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting import choosing, quantiles
from appointments.forecasting.known import Known
from appointments.forecasting.methods import LEAST, METHODS, as_rows, try_hours
from appointments.forecasting.series import Series, weekdays

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAIVE = "seasonal_naive"
CHOSEN = "blend"
WARM_UP = 28  # days before the first scored origin, a third of a shorter file, a week at least
MOST_WORK = 30_000  # series times origins; beyond it not every day is an origin
LEAST_ORIGINS = 24
MOST_ORIGINS = 400
RECENT = 40  # origins whose errors make the ranges


class TooShort(Exception):
    """There is nothing to compare: says why."""


@dataclass(frozen=True)
class Score:
    """The errors of one method over all scored days.

    below_naive: by which share its total absolute error is below the naive one's; wmape: that
    error as a share of all people; mase: that error against the naive one's before the first
    scored day; coverage: the share of days within the nine-in-ten range; pinball: the mean loss
    of all quantiles.
    """

    method: str
    absolute_error: float
    below_naive: float
    wmape: float
    mase: float | None
    coverage: float
    pinball: float


@dataclass(frozen=True)
class Part:
    """What was scored, by day or by hour."""

    scored: int
    people: float
    methods: tuple[Score, ...]

    def of(self, method: str) -> Score:
        return next(score for score in self.methods if score.method == method)


@dataclass(frozen=True)
class Backtest:
    horizon: int
    series: int
    origins: int
    first_origin: date
    last_origin: date
    daily: Part
    hourly: Part | None
    notes: tuple[str, ...]


def backtest(series: Series, horizon: int, since: date | None = None) -> Backtest:
    """Scores every method over so many open days ahead, at origins from `since` on.

    Refuses: TooShort.
    """
    open_days = np.flatnonzero(np.isfinite(series.daily).any(axis=0))
    first = first_scored(series, open_days, since)
    origins = some_of(open_days[open_days >= LEAST], first, len(series.names))
    if not (origins >= first).any():
        raise TooShort("The file is too short: a week of days and one more are the least.")
    ahead = max(span(open_days, origin, horizon) for origin in origins)
    days = series.daily.shape[1]
    known = Known(
        series.daily,
        series.kinds,
        weekdays(series.first_day + timedelta(days=days), ahead),
        series.first_day,
    )
    trials = nearest(choosing.try_all(known, origins.tolist(), METHODS), open_days, horizon)
    daily = scored(trials, known, first)
    if daily is None:
        raise TooShort("No day repeats a kind of day that was seen before it.")
    scored_origins = origins[origins >= first]
    return Backtest(
        horizon=horizon,
        series=len(series.names),
        origins=len(scored_origins),
        first_origin=series.first_day + timedelta(days=int(scored_origins[0])),
        last_origin=series.first_day + timedelta(days=int(scored_origins[-1])),
        daily=daily,
        hourly=by_hour(series, known, origins, open_days, horizon, first),
        notes=series.notes,
    )


def by_hour(
    series: Series,
    known: Known,
    origins: Ints,
    open_days: Ints,
    horizon: int,
    first: int,
) -> Part | None:
    """The same for hours, where the file has times."""
    if series.hourly is None:
        return None
    rows = as_rows(series.hourly)
    trials = nearest(try_hours(series.hourly, known, origins.tolist()), open_days, horizon)
    return scored(trials, replace(known, history=rows), first)


def first_scored(series: Series, open_days: Ints, since: date | None) -> int:
    """The column of the first day at which a forecast is scored."""
    if since is not None:
        return max(7, (since - series.first_day).days)
    days = int(open_days[-1]) + 1 if len(open_days) else 0
    return max(7, min(WARM_UP, days // 3))


def some_of(origins: Ints, first: int, series: int) -> Ints:
    """All origins, or evenly some where there are many series."""
    most = min(MOST_ORIGINS, max(LEAST_ORIGINS, MOST_WORK // max(series, 1)))
    if len(origins) <= most:
        return origins
    before = origins[origins < first][-RECENT:]
    after = origins[origins >= first]
    kept = before[np.linspace(0, len(before) - 1, min(len(before), most // 4)).astype(int)]
    step = -(-len(after) // (most - len(kept)))
    step += step % 7 == 0  # not the same weekday each time
    return np.concatenate([kept, after[::step]])


def span(open_days: Ints, origin: int, horizon: int) -> int:
    """How many days of the calendar hold the next so many open days."""
    ahead = open_days[open_days >= origin][:horizon]
    return int(ahead[-1]) - int(origin) + 1


def nearest(trials: choosing.Trials, open_days: Ints, horizon: int) -> choosing.Trials:
    """Of each origin only the next so many open days are guessed."""
    actual = trials.actual.copy()
    column = trials.origins[:, None] + np.arange(actual.shape[2])
    for row, origin in enumerate(trials.origins):
        ahead = open_days[open_days >= origin][:horizon]
        actual[row][:, ~np.isin(column[row], ahead)] = np.nan
    return replace(trials, actual=actual)


def scored(trials: choosing.Trials, known: Known, first: int) -> Part | None:
    """Every method and their blend over the days that can be compared."""
    comparable = replace(trials, actual=repeated_only(trials, known))
    late = trials.origins >= first
    truth = comparable.actual[late]
    count = int(np.isfinite(truth).sum())
    if count == 0:
        return None
    methods = dict(zip(trials.names, trials.guesses, strict=True)) | {
        CHOSEN: choosing.blends(trials)
    }
    naive = float(np.nansum(np.abs(methods[NAIVE][late] - truth)))
    people = float(np.nansum(truth))
    usual = naive_before(known.history[:, :first], known.kinds[:first])
    found = []
    for name, guesses in methods.items():
        error = float(np.nansum(np.abs(guesses[late] - truth)))
        inside, pinball = ranges(trials, guesses, truth, np.flatnonzero(late))
        found.append(
            Score(
                method=name,
                absolute_error=error,
                below_naive=1 - error / naive if naive else 0.0,
                wmape=error / people if people else 0.0,
                mase=error / count / usual if usual else None,
                coverage=inside / count,
                pinball=pinball / count,
            )
        )
    return Part(count, people, tuple(found))


def repeated_only(trials: choosing.Trials, known: Known) -> Floats:
    """What came on days of a kind that the series had before the origin."""
    actual = trials.actual.copy()
    kinds = np.concatenate([known.kinds, known.future_kinds])
    for row, origin in enumerate(trials.origins):
        ahead = kinds[origin : origin + actual.shape[2]]
        for kind in np.unique(ahead):
            past = known.history[:, :origin][:, known.kinds[:origin] == kind]
            unseen = ~np.isfinite(past).any(axis=1)
            actual[row][np.ix_(unseen, np.flatnonzero(ahead == kind))] = np.nan
    return actual


def naive_before(history: Floats, kinds: Ints) -> float:
    """The mean absolute difference of days to the last of their kind, before anything is scored."""
    found: list[Floats] = []
    for kind in np.unique(kinds):
        same = history[:, kinds == kind]
        off = np.abs(np.diff(same, axis=1))
        found.append(off[np.isfinite(off)])
    every = np.concatenate(found) if found else np.empty(0)
    return float(every.mean()) if len(every) else 0.0


def ranges(
    trials: choosing.Trials, guesses: Floats, truth: Floats, places: Sequence[int] | Ints
) -> tuple[int, float]:
    """How many of the truths lie within nine-in-ten ranges made at their origins; the pinball loss.

    The ranges of an origin come from the method's errors that were known there.
    """
    inside, loss = 0, 0.0
    for row, place in enumerate(places):
        origin = int(trials.origins[place])
        past = slice(max(0, place - RECENT), place)
        actual = trials.seen_before(origin)[past]
        found = quantiles.around(guesses[place], guesses[past], actual, trials.age(origin)[past])
        came = truth[row]
        low, high = found[quantiles.LEVELS[0]], found[quantiles.LEVELS[-1]]
        inside += int(((came >= low) & (came <= high)).sum())
        loss += sum(
            float(np.nansum(np.maximum(level * (came - cut), (level - 1) * (came - cut))))
            for level, cut in found.items()
        ) / len(found)
    return inside, loss
