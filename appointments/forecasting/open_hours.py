"""In which hours a hall's people are looked for: where it is open, or mostly was, or was asked for.

A hall that is not open at night is not asked for at night: what its neighbours have there, or it
once had, is not lent to it. An evening that is planned counts on its day, though it is the first.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from django.db.models import QuerySet
from django.db.models.functions import TruncHour
from numpy.typing import NDArray

from appointments.demanded.hours import hour_of
from appointments.forecasting.history import HOURS, History
from config import civil
from windows.models import HallSession, Slot

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
SEEN_DAYS = 2  # of a kind of day; with fewer all days of the hall tell its hours
OFTEN = 0.25  # of those days: once in a while is not an hour of the hall


def hours_allowed(history: History, kinds: Ints, future_kinds: Ints) -> Bools:
    """[hall, hour, day ahead]: in the hours of this kind of day, or planned for this very day."""
    days = len(kinds)
    planned = _opened(history, days + len(future_kinds))
    asked: Bools = np.greater(np.nan_to_num(history.hours), 0)
    seen = planned[:, :, :days] | asked
    known = np.asarray(seen.any(axis=1))  # [hall, day]
    found = planned[:, :, days:]
    for kind in np.unique(future_kinds):
        same, ahead = kinds == kind, future_kinds == kind
        enough = known[:, same].sum(axis=1) >= SEEN_DAYS
        usual = np.where(
            enough[:, None], _often(seen[:, :, same], known[:, same]), _often(seen, known)
        )
        found[:, :, ahead] |= usual[:, :, None]
    return found


def _often(seen: Bools, known: Bools) -> Bools:
    """[hall, hour] of [hall, hour, day], among the days [hall, day] of which something is known."""
    days = known.sum(axis=1)[:, None]
    return (seen.sum(axis=2) > OFTEN * days) & seen.any(axis=2)


def _opened(history: History, days: int) -> Bools:
    """Hours that have an open slot [hall, hour, day]."""
    at = {hall.pk: n for n, hall in enumerate(history.halls)}
    found = np.zeros((len(at), HOURS, days), dtype=bool)
    for hall_id, day, hour in _slots(list(at), history.first, days):
        found[at[hall_id], min(hour, HOURS - 1), (day - history.first).days] = True
    return found


def _slots(halls: list[int], first: date, days: int) -> Iterator[tuple[int, date, int]]:
    span = (first, first + timedelta(days=days - 1))
    slots: QuerySet[Slot] = Slot.objects.filter(
        hall__in=halls, service_day__range=span, session__state=HallSession.State.OPEN
    )
    hours = slots.annotate(began=TruncHour("starts_at", tzinfo=civil.CITY))
    rows = hours.values_list("hall_id", "service_day", "began").distinct().order_by()
    for hall_id, day, began in rows.iterator():
        yield hall_id, day, hour_of(began, day)
