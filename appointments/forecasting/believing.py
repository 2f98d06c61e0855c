"""Which drivers are believed: those without which the last four weeks are not foreseen better."""

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting import near_holidays, sums
from appointments.forecasting.accuracy import Accuracy, accuracy_of, first_scored, inside_of_sums
from appointments.forecasting.drivers import Drivers
from appointments.forecasting.history import History

Floats = NDArray[np.float64]
Tried = tuple[Drivers, Accuracy]


def believed(totals: Floats, history: History, drivers: Drivers) -> Tried:
    """The drivers with how right they are on the halls' past days [hall, day]."""
    found = _events(totals, history, drivers)
    found = _beside_holidays(totals, history, found)
    found[1].inside.update(inside_of_sums(totals, history.halls, history, found[0]))
    return found


def _events(totals: Floats, history: History, drivers: Drivers) -> Tried:
    """As told, or doubted where they made earlier forecasts worse: an event that was said to bring
    more people, and did not, is not taken out of what came."""
    told = drivers, accuracy_of(totals, history.halls, history, drivers)
    if not any(one.begins < history.days for one in drivers.effects):
        return told
    return _better(told, drivers.doubted(history), totals, history)


def _beside_holidays(totals: Floats, history: History, found: Tried) -> Tried:
    """With what days beside holidays bring, unless what had been learnt before the last four weeks
    would have made these worse."""
    drivers, first = found[0], first_scored(totals)
    factor = sums.of_all_matters(drivers.factors, history.people)[:, : history.days]
    came = sums.added(totals / factor)
    kinds, places = drivers.kinds[: history.days], drivers.beside[: history.days]
    effects = near_holidays.learnt(came, kinds, places)
    if not effects:
        return found
    every = drivers.with_days(near_holidays.factors(drivers.beside, effects))
    before = near_holidays.learnt(came[:first], kinds[:first], places[:first])
    if first is None or not set(places[first:]) & set(before):
        return every, found[1]  # nothing speaks against it
    earlier = drivers.with_days(near_holidays.factors(drivers.beside, before))
    tried = accuracy_of(totals, history.halls, history, earlier)
    is_worse = tried.ours.get("", np.inf) > found[1].ours.get("", np.inf)
    return found if is_worse else (every, tried)


def _better(found: Tried, other: Drivers, totals: Floats, history: History) -> Tried:
    """Of two the one with the smaller error of the city; the first where they are alike."""
    tried = accuracy_of(totals, history.halls, history, other)
    is_worse = tried.ours.get("", np.inf) >= found[1].ours.get("", np.inf)
    return found if is_worse else (other, tried)
