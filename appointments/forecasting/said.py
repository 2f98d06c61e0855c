"""What was really said: stored forecasts beside what came, one, seven and 28 days ahead.

Other than in accuracy.py nothing is made again: these are the numbers that stood on the page, made
by whatever method and from whatever was known that night. A day counts where it is known what
came. A district's or the city's day is compared in the halls that are known; its range only where
all that were foreseen are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from appointments.forecasting.sums import places_of
from appointments.models import ForecastValue
from windows.models import Hall

Floats = NDArray[np.float64]

HORIZONS = (1, 7, 28)  # days after the last one that was known
SHOWN = 28  # days of which each number is kept for the page


@dataclass(frozen=True)
class Said:
    """What was said of each hall's days [hall, day], and the ranges [place, day] of halls and
    sums, by the place's name; nan where nothing was."""

    mean: Floats
    ranges: dict[str, tuple[Floats, Floats]]


def said_of(came: Floats, halls: Sequence[Hall], first: date) -> dict[str, Any]:
    """For JSON, by hall code, district and "": of each horizon [days, error, inside], and of the
    newest days [day, came, said one day before, seven, 28]. `came` is [hall, day] from `first`."""
    told = {days: _read(halls, first, came.shape[1], days) for days in HORIZONS}
    places = places_of(halls)
    return {
        "horizons": {
            str(days): {name: _right(came[rows], one, name, rows) for name, rows in places.items()}
            for days, one in told.items()
        },
        "days": {
            name: _newest(came[rows], [one.mean[rows] for one in told.values()], first)
            for name, rows in places.items()
        },
    }


def _read(halls: Sequence[Hall], first: date, days: int, horizon: int) -> Said:
    """Of two forecasts made on one day the newer one."""
    names = list(places_of(halls))
    codes = {hall.pk: hall.code for hall in halls}
    found = {name: np.full((3, days), np.nan) for name in names}
    ahead = F("run__last_known_day") + timedelta(days=horizon)
    rows = ForecastValue.objects.filter(matter=None, hour=None, service_day=ahead)
    rows = rows.filter(service_day__range=(first, first + timedelta(days=days - 1)))
    told = rows.values_list("hall_id", "district", "service_day", "mean", "p05", "p95")
    for hall_id, district, day, *numbers in told.order_by("run__made_at", "run"):
        name = district if hall_id is None else codes.get(hall_id)
        if name in found:
            found[name][:, (day - first).days] = numbers
    return Said(
        np.array([found[hall.code][0] for hall in halls]).reshape(len(halls), days),
        {name: (one[1], one[2]) for name, one in found.items()},
    )


def _right(came: Floats, said: Said, name: str, rows: list[int]) -> list[float | int | None]:
    """How many days can be compared, the error as a share of who came, and which share of the days
    was within the range."""
    mean = said.mean[rows]
    both = np.isfinite(came) & np.isfinite(mean)
    days = both.any(axis=0)
    real, guess = (np.where(both, one, 0.0).sum(axis=0) for one in (came, mean))
    if not real[days].sum() > 0:
        return [int(days.sum()), None, None]
    error = float(np.abs(real - guess)[days].sum() / real[days].sum())
    low, high = said.ranges[name]
    whole = days & (both == np.isfinite(mean)).all(axis=0) & np.isfinite(low)
    within = (real >= low) & (real <= high)
    inside = round(float(within[whole].mean()), 4) if whole.any() else None
    return [int(days.sum()), round(error, 4), inside]


def _newest(came: Floats, said: list[Floats], first: date) -> list[list[Any]]:
    """Who came and what was said of them, in the halls of which both are known."""
    found = []
    for n in range(max(0, came.shape[1] - SHOWN), came.shape[1]):
        known = np.isfinite(came[:, n])
        told = [_people(one[known, n]) for one in said]
        if any(one is not None for one in told):
            found.append([f"{first + timedelta(days=n)}", _people(came[known, n]), *told])
    return found


def _people(numbers: Floats) -> int | None:
    return round(float(np.nansum(numbers))) if np.isfinite(numbers).any() else None
