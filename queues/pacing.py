"""How long services take in a hall: learned from its journal, by matter, window and hour.

A service is the time from a call to the moment the window is rid of the person; between
two services the clerk needs a moment more, counted where somebody waited already. All is
learned in logarithms: the matter's own minutes count as FEW services, the matter in this
hall follows from them and from what was measured, windows and hours shift it by a factor
that is drawn to 1 while there is little to go by. The shape is the measured one, drawn to
a log-normal one while there is little of it. Missed calls are a share of the calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection

from config import civil
from queues.foreseeing import RUNS, Floats, orders
from windows.models import Hall

DAYS_MEASURED = 14
KEPT_SECONDS = 1800
FEW, FEW_AT_WINDOW, FEW_IN_HOUR, FEW_IN_SHAPE = 8, 25, 40, 120
USUAL_SPREAD = 0.45  # of the logarithm of a service
SHORTEST, LONGEST = 0.2, 120.0  # minutes; what lies outside was no service
USUAL_BETWEEN, MISSED_MINUTES = 0.4, 1.2
USUALLY_MISSED, USUALLY_COMES = 0.04, 0.88
FEW_BOOKED, FEWEST_HOURS = 200, 20
USUAL_OFFSETS = (-28.0, 12.0)  # when people who booked come, in minutes from the slot's start
CHANCES = (np.arange(RUNS) + 0.5) / RUNS


@dataclass(frozen=True)
class Pace:
    """How long one service of a matter takes in a hall, in minutes.

    `minutes` are the matter's own; `quantiles` how long a call of it keeps a window,
    missed calls and the moment after it included.
    """

    matter_id: int
    code: str
    name_zh: str
    name_en: str
    minutes: int
    mean: float
    sd: float
    quantiles: Floats = field(compare=False, repr=False)


@dataclass(frozen=True)
class Pacing:
    """What the days before say about a hall."""

    matters: Mapping[int, Pace]
    slowness: Mapping[int, float]  # window -> 1.2: a fifth more minutes than usual
    hours: Mapping[int, float]  # hour of the city's day -> the same
    comes: float  # share of booked people who come
    offsets: Floats = field(compare=False, repr=False)  # quantiles, minutes from the slot's start
    green_an_hour: float = 0.0
    half_factor: float = 1.0
    most_factor: float = 1.0

    @property
    def typical(self) -> float:
        """Minutes that a call of this hall usually takes, over its matters as they come."""
        means = [pace.quantiles.mean() for pace in self.matters.values()]
        return float(np.mean(means)) if means else 8.0


Paces = Mapping[int, Pace]

# Everything at one instant in one row. `leaves` is the first time after a call that the
# person is no longer at the window, or goes on there with the next matter.
MEASURED = """
WITH fresh AS (
    SELECT c.id, c.ticket_id, c.window_id, c.called_at, t.matter_id, t.issued_at
    FROM queues_call c JOIN queues_ticket t ON t.id = c.ticket_id
    WHERE t.hall_id = %(hall)s AND t.service_day BETWEEN %(first)s AND %(day)s
        AND NOT c.why ? 'recall'),
stay AS (
    SELECT fresh.*, leaves.at AS left_at, leaves.to_state,
        coalesce((leaves.facts ->> 'done')::bigint, matter_id) AS done
    FROM fresh CROSS JOIN LATERAL (
        SELECT e.at, e.to_state, e.facts FROM queues_ticketevent e
        WHERE e.ticket_id = fresh.ticket_id AND e.at >= fresh.called_at
            AND e.from_state IN ('called', 'serving')
            AND (e.to_state NOT IN ('called', 'serving') OR e.kind = 'continued')
        ORDER BY e.id LIMIT 1) leaves),
timed AS (
    SELECT stay.*, lag(left_at) OVER (PARTITION BY window_id ORDER BY called_at) AS before
    FROM stay)
SELECT
    (SELECT json_agg(m ORDER BY position, id) FROM (
        SELECT id, code, name_zh, name_en, minutes, position FROM windows_matter
        WHERE is_offered) m),
    (SELECT json_build_array(
        coalesce(array_agg(done), '{}'), coalesce(array_agg(window_id), '{}'),
        coalesce(array_agg(extract(hour FROM called_at AT TIME ZONE %(zone)s)), '{}'),
        coalesce(array_agg(extract(epoch FROM left_at - called_at)), '{}'),
        coalesce(array_agg(to_state = 'missed' OR to_state = 'void'), '{}'),
        coalesce(array_agg(CASE WHEN issued_at < before
            THEN extract(epoch FROM called_at - before) END), '{}')) FROM timed),
    (SELECT json_build_object(
        'offsets', coalesce(array_agg(extract(epoch FROM issued_at - booked_for))
            FILTER (WHERE booked_for IS NOT NULL), '{}'),
        'booked', coalesce(sum(m.minutes) FILTER (WHERE booked_for IS NOT NULL), 0),
        'green', count(*) FILTER (WHERE priority <> ''),
        'hours', count(DISTINCT date_trunc('hour', issued_at)))
        FROM queues_ticket t JOIN windows_matter m ON m.id = t.matter_id
        WHERE hall_id = %(hall)s AND service_day BETWEEN %(first)s AND %(day)s - 1),
    (SELECT coalesce(sum(s.online_taken + s.assisted_taken + s.reserved_taken), 0)
        FROM windows_slot s
        WHERE hall_id = %(hall)s AND service_day BETWEEN %(first)s AND %(day)s - 1),
    (SELECT json_build_array(half_factor, most_factor) FROM queues_waitfit
        WHERE hall_id = %(hall)s AND learned_on <= %(day)s ORDER BY learned_on DESC LIMIT 1)
"""


def pacing_of(hall: Hall, day: date) -> Pacing:
    """What the hall's journal says, asked at most twice an hour and day."""
    key = f"pacing:{hall.pk}:{day.isoformat()}"
    known: Pacing | None = cache.get(key)
    if known is None:
        known = learn(hall, day)
        cache.set(key, known, KEPT_SECONDS)
    return known


def paces_of(hall: Hall, day: date) -> Paces:
    """The pace of each matter in the hall."""
    return pacing_of(hall, day).matters


def learn(hall: Hall, day: date) -> Pacing:
    """The same, asked now; one query."""
    asked: dict[str, int | str | date] = {
        "hall": hall.pk,
        "day": day,
        "first": day - timedelta(days=DAYS_MEASURED),
        "zone": str(civil.CITY),
    }
    with connection.cursor() as cursor:
        cursor.execute(MEASURED, asked)
        matters, stays, people, booked_minutes, factors = cursor.fetchone()
    known = pacing_from(
        matters or [],
        Stays.read(stays),
        offsets=np.array(people["offsets"], dtype=float) / 60,
        came=(people["booked"], booked_minutes),
    )
    half, most = factors or (1.0, 1.0)
    green = people["green"] / max(people["hours"], FEWEST_HOURS)
    return replace(known, green_an_hour=green, half_factor=half, most_factor=most)


def pacing_from(
    matters: list[dict[str, Any]], stays: "Stays", *, offsets: Floats, came: tuple[float, float]
) -> Pacing:
    """What these calls say; `offsets` are minutes from the slots' starts at which booked
    people came, `came` how much of what was booked that was."""
    effects = Effects.of(stays, {row["id"]: row["minutes"] for row in matters})
    return Pacing(
        matters={row["id"]: _pace(row, effects) for row in matters},
        slowness=effects.windows,
        hours=effects.hours,
        comes=_share(*came, USUALLY_COMES, weight=FEW_BOOKED),
        offsets=_offsets(offsets),
    )


@dataclass(frozen=True)
class Stays:
    """Calls of a hall, an entry each: who was how long at which window, and at what hour."""

    matter: np.ndarray
    window: np.ndarray
    hour: np.ndarray
    minutes: Floats
    missed: np.ndarray
    between: Floats  # minutes before the call in which the window stood free though somebody waited

    @classmethod
    def read(cls, columns: list[list[Any]]) -> "Stays":
        matter, window, hour, seconds, missed, between = columns
        return cls(
            np.array(matter, dtype=int),
            np.array(window, dtype=int),
            np.array(hour, dtype=int),
            np.array(seconds, dtype=float) / 60,
            np.array(missed, dtype=bool),
            np.array(between, dtype=float) / 60,
        )


@dataclass(frozen=True)
class Effects:
    """Logarithms of minutes taken apart: matter, window, hour, and what is left."""

    matters: Mapping[int, float]
    windows: Mapping[int, float]
    hours: Mapping[int, float]
    shape: Floats  # quantiles of what is left, RUNS of them
    spread: float
    missed: float
    between: float

    @classmethod
    def of(cls, stays: Stays, own_minutes: Mapping[int, int]) -> "Effects":
        served = ~stays.missed & (stays.minutes > SHORTEST) & (stays.minutes < LONGEST)
        served &= np.isin(stays.matter, list(own_minutes))
        matter, logs = stays.matter[served], np.log(stays.minutes[served])
        middles, left = {}, np.zeros(len(logs))
        for pk, minutes in own_minutes.items():
            here = matter == pk
            middle = np.log(minutes) - USUAL_SPREAD**2 / 2  # so that the mean is its minutes
            middles[pk] = (logs[here].sum() + FEW * middle) / (here.sum() + FEW)
            left[here] = logs[here] - middles[pk]
        windows = _factors(stays.window[served], left, FEW_AT_WINDOW)
        left -= np.log([windows[pk] for pk in stays.window[served]])
        hours = _factors(stays.hour[served], left, FEW_IN_HOUR)
        left -= np.log([hours[hour] for hour in stays.hour[served]])
        between = stays.between[(stays.between >= 0) & (stays.between < 5)]
        return cls(
            matters=middles,
            windows=windows,
            hours=hours,
            shape=_shape(left),
            spread=_spread(left),
            missed=_share(stays.missed.sum(), len(stays.missed), USUALLY_MISSED, weight=50),
            between=float((between.sum() + 20 * USUAL_BETWEEN) / (len(between) + 20)),
        )


def _factors(of: np.ndarray, left: Floats, few: int) -> dict[int, float]:
    """By how much each shifts the minutes, drawn to 1 while it was seen a few times only."""
    return {
        int(one): float(np.exp(left[of == one].sum() / ((of == one).sum() + few)))
        for one in np.unique(of)
    }


def _spread(left: Floats) -> float:
    squares = (left**2).sum() + FEW * USUAL_SPREAD**2
    return float(np.sqrt(squares / (len(left) + FEW)))


def _shape(left: Floats) -> Floats:
    """Quantiles of what is left: as measured, drawn to a normal distribution."""
    normal = _spread(left) * NORMAL
    if not len(left):
        return normal
    weight = len(left) / (len(left) + FEW_IN_SHAPE)
    return weight * np.quantile(left, CHANCES) + (1 - weight) * normal


def _share(count: float, of: float, usual: float, *, weight: float) -> float:
    return float(min(1.0, (count + weight * usual) / (of + weight)))


def _offsets(minutes: Floats) -> Floats:
    """When booked people come: as measured, drawn to what is usual."""
    low, high = USUAL_OFFSETS
    usual = low + (high - low) * CHANCES
    known = minutes[(minutes > -120) & (minutes < 60)]
    if not len(known):
        return usual
    weight = len(known) / (len(known) + 30)
    return weight * np.quantile(known, CHANCES) + (1 - weight) * usual


def _pace(row: Mapping[str, Any], effects: Effects) -> Pace:
    served = np.exp(effects.matters[row["id"]] + effects.shape)
    missed = round(effects.missed * RUNS)
    calls = served.copy()
    calls[orders()[0][:missed]] = MISSED_MINUTES
    calls += effects.between
    return Pace(
        matter_id=row["id"],
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        minutes=row["minutes"],
        mean=float(served.mean()),
        sd=float(served.std()),
        quantiles=np.sort(calls),
    )


def _normal_quantiles() -> Floats:
    from statistics import NormalDist

    return np.array([NormalDist().inv_cdf(chance) for chance in CHANCES])


NORMAL = _normal_quantiles()
