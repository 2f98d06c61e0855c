"""Events as factors on the days, halls and matters that they reach: as told, or as seen so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from appointments.forecasting.history import History
from appointments.forecasting.sums import added
from windows.events import events_between
from windows.models import DemandEvent, Hall

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST, MOST = 0.05, 12.0  # an event that says nobody comes is not divided by zero
BEFORE = 56  # days before an event that say what was usual
TOLD = 3.0  # days of an event that weigh as much as what was told of it


@dataclass(frozen=True)
class Effect:
    """One event: its halls, matters, first day and the day after its last, as places; and by how
    much it is said to change a usual day."""

    halls: list[int]
    matters: list[int]
    begins: int
    ends: int
    factor: float

    def share(self, people: Floats) -> Floats:
        """Who came where it reaches [day], of people [hall, matter, day]."""
        return added(people[np.ix_(self.halls, self.matters)].sum(axis=1))


def effects_of(history: History, days: Sequence[date]) -> list[Effect]:
    """The events that reach these days, which begin with the history's; two queries."""
    found = []
    for event in events_between(days[0], days[-1]).prefetch_related("matters"):
        wanted = {matter.pk for matter in event.matters.all()}
        found.append(
            Effect(
                halls=[n for n, hall in enumerate(history.halls) if reaches(event, hall)],
                matters=[n for n, m in enumerate(history.matters) if not wanted or m.pk in wanted],
                begins=max(0, (event.first_day - days[0]).days),
                ends=min(len(days), (event.last_day - days[0]).days + 1),
                factor=float(np.clip(1 + event.uplift_percent / 100, LEAST, MOST)),
            )
        )
    return [one for one in found if one.halls and one.matters]


def reaches(event: DemandEvent, hall: Hall) -> bool:
    """Whether the event is the hall's own, its district's or the city's."""
    if event.hall_id is not None:
        return event.hall_id == hall.pk
    return event.district in ("", hall.district_zh)


def multiplied(effects: Iterable[Effect], shape: tuple[int, int, int]) -> Floats:
    """The factors [hall, matter, day] of all of them together."""
    factors = np.ones(shape)
    for one in effects:
        factors[np.ix_(one.halls, one.matters, range(one.begins, one.ends))] *= one.factor
    return factors


def as_seen(effect: Effect, people: Floats, kinds: Ints) -> float:
    """The factor of an event that goes on, by its days so far [hall, matter, day] and by what was
    told of it; the more of its days are known, the less by what was told.

    A day is held against days of its kind before the event. Without any of these nothing can be
    told apart: what the event brings is in the level already.
    """
    came = effect.share(people)
    during, usual = [], []
    for day in range(effect.begins, min(effect.ends, len(came))):
        before = came[max(0, effect.begins - BEFORE) : effect.begins]
        alike = before[kinds[max(0, effect.begins - BEFORE) : effect.begins] == kinds[day]]
        alike = alike[np.isfinite(alike)]
        if np.isfinite(came[day]) and len(alike) and alike.mean() > 0:
            during.append(came[day])
            usual.append(alike.mean())
    if not during:
        return 1.0 if np.isfinite(came[effect.begins :]).any() else effect.factor
    seen = np.clip(sum(during) / sum(usual), LEAST, MOST)
    share = len(during) / (len(during) + TOLD)
    return float(np.exp(share * np.log(seen) + (1 - share) * np.log(effect.factor)))
