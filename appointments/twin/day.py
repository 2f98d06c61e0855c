"""What a hall's day is made of, for the twin: slots, windows, demand, habits.

Instants are minutes from the midnight that begins the service day (1470: half past
midnight, still this day). Pure facts, no database: they are read from one (`reading.py`)
or made up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Share that does not come, by days between booking and visit: (days at least, share). From
# a clinic's appointments (domain research, noshow_by_lead_days.csv); a hall's own journal
# replaces them as it grows.
USUAL_NO_SHOWS = ((0, 0.033), (1, 0.214), (2, 0.243), (8, 0.311), (15, 0.364))
USUAL_LEADS = ((0, 0.3), (1, 0.25), (3, 0.25), (7, 0.15), (14, 0.05))  # (days, share of asks)
USUAL_OFFSETS = (-28.0, 12.0)  # minutes from the slot's start
QUANTILES = 1024


@dataclass(frozen=True)
class TwinSlot:
    """A slot's places: window-minutes that are still free, by channel."""

    starts: float
    ends: float
    online: float
    assisted: float = 0.0
    matters: frozenset[int] | None = None  # None: all


@dataclass(frozen=True)
class Booked:
    """People who hold a place already."""

    starts: float
    matter: int
    lead_days: int
    people: int = 1


@dataclass(frozen=True)
class Span:
    """A window is staffed; `stays`: until nobody who came in time waits for it any more."""

    begins: float
    ends: float
    stays: bool = True


@dataclass(frozen=True)
class TwinWindow:
    number: int
    matters: frozenset[int]
    spans: tuple[Span, ...]
    breaks: tuple[tuple[float, float], ...] = ()
    slowness: float = 1.0


@dataclass(frozen=True)
class HourDemand:
    """People who want to come in an hour for a matter, on average.

    `online` and `assisted` ask for a place, those who hold one already included;
    `walk_in` come without.
    """

    hour: int
    matter: int
    online: float
    walk_in: float
    assisted: float = 0.0


@dataclass(frozen=True)
class Habits:
    """How people behave; shares between 0 and 1."""

    flexible: float = 0.6  # takes another hour of the day when the wished one is full
    walks_in: float = 0.3  # finds no place that day and comes without one
    leaves_after: float = np.inf  # minutes of waiting after which a person goes home
    follows: float = 0.15  # comes without a place, in the added hours rather than the wished one
    green: float = 0.0  # share of walk-ins that the green channel lets go first
    no_shows: tuple[tuple[int, float], ...] = USUAL_NO_SHOWS
    leads: tuple[tuple[int, float], ...] = USUAL_LEADS
    offsets: tuple[float, ...] = USUAL_OFFSETS  # quantiles of when booked people come

    def no_show(self, lead_days: Floats) -> Floats:
        """How likely each is not to come."""
        from_days, shares = (np.array(column) for column in zip(*self.no_shows, strict=True))
        found = np.searchsorted(from_days, lead_days, side="right") - 1
        return np.asarray(shares[np.maximum(found, 0)], dtype=float)


@dataclass(frozen=True)
class TwinDay:
    """All that decides a day.

    `needs` are the window-minutes that a booking of a matter takes from a slot, `services`
    quantiles of the minutes that it really takes at a window, ascending. `spread` is the
    day's own uncertainty: the standard deviation of all its demand over its mean, beside
    the chance in each hour's count.
    """

    slots: tuple[TwinSlot, ...]
    windows: tuple[TwinWindow, ...]
    demand: tuple[HourDemand, ...]
    needs: Mapping[int, float]
    services: Mapping[int, Floats]
    booked: tuple[Booked, ...] = ()
    habits: Habits = Habits()
    spread: float = 0.15
    hours: Mapping[int, float] = field(default_factory=dict)  # hour -> 1.1: slower than usual
    patience: float = 20.0
    added: tuple[tuple[float, float], ...] = ()  # hours that a change adds to the day
    early: float = 30.0  # minutes before a slot (or the opening) from which one gets a number
    late: float = 15.0  # minutes after a slot's start until which one is on time

    def openings(self) -> tuple[tuple[float, float], ...]:
        """When numbers are given: from shortly before the windows open until they close."""
        spans = sorted((s.begins - self.early, s.ends) for w in self.windows for s in w.spans)
        found: list[tuple[float, float]] = []
        for begins, ends in spans:
            if found and begins <= found[-1][1]:
                found[-1] = found[-1][0], max(ends, found[-1][1])
            else:
                found.append((begins, ends))
        return tuple(found)

    def with_windows(self, windows: Iterable[TwinWindow]) -> "TwinDay":
        return replace(self, windows=tuple(windows))

    def with_slots(self, slots: Iterable[TwinSlot]) -> "TwinDay":
        return replace(self, slots=tuple(slots))


def lognormal(mean: float, spread: float = 0.45) -> Floats:
    """Quantiles of service minutes with this mean; `spread` is of their logarithm."""
    middle = np.log(mean) - spread**2 / 2
    return np.asarray(np.exp(middle + spread * _NORMAL), dtype=float)


_NORMAL = np.array(
    [NormalDist().inv_cdf(chance) for chance in (np.arange(QUANTILES) + 0.5) / QUANTILES]
)
