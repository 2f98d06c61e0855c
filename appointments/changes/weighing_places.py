"""Weighing places against what somebody had: minutes of trouble.

How far away in time, on another day, in another hall, in the day for one who had come in
the evening. Who needs more windows or a way for a wheelchair cannot go everywhere.
"""

from dataclasses import dataclass
from datetime import date, datetime
from math import asin, cos, radians, sin, sqrt

import numpy as np

from appointments.changes.candidates import Column
from appointments.changes.matching import Costs
from appointments.picking import EVENING_KINDS
from config import civil
from windows.models import Hall

A_DAY = 240
ANOTHER_HALL = 60
ANOTHER_DISTRICT = 60
A_KILOMETRE = 12
UNKNOWN_KILOMETRES = 10
EVENING_LOST = 240
ANOTHER_CHANNEL = 1
EARLIER = 1.5
EVENING = 17  # o'clock


@dataclass(frozen=True)
class Kind:
    """What parties with the same wishes have in common."""

    starts_at: datetime
    service_day: date
    hall: Hall
    channel: str
    matters: frozenset[int]
    wheelchair: bool
    is_evening: bool


def is_evening(starts_at: datetime, kind: str) -> bool:
    return kind in EVENING_KINDS or civil.city_time(starts_at).hour >= EVENING


class Ground:
    """The columns as arrays, so that thousands are weighed at once."""

    def __init__(self, columns: list[Column]) -> None:
        places = [column.place for column in columns]
        self.columns = columns
        self.clocks = np.array([_clock(one.starts_at, one.service_day) for one in places])
        self.days = np.array([one.service_day.toordinal() for one in places])
        self.channels = np.array([column.channel for column in columns])
        self.accessible = np.array([column.accessible for column in columns], dtype=bool)
        evening = [is_evening(one.place.starts_at, one.kind) for one in columns]
        self.evening = np.array(evening, dtype=bool)
        self.halls = np.array([one.hall.pk for one in places])
        self.hall_of = {one.hall.pk: one.hall for one in places}
        self.was = np.array([one.was.timestamp() if one.was else np.nan for one in columns])
        self.sets = list({column.matters for column in columns})
        of_set = {matters: n for n, matters in enumerate(self.sets)}
        self.served = np.array([of_set[column.matters] for column in columns])

    def costs(self, kind: Kind) -> Costs:
        """Minutes of trouble in each column; infinite where the party cannot go."""
        days = self.days - kind.service_day.toordinal()
        apart = self.clocks - _clock(kind.starts_at, kind.service_day)
        trouble = np.abs(apart) + np.abs(days) * A_DAY
        trouble = np.where((days < 0) | (days == 0) & (apart < 0), trouble * EARLIER, trouble)
        trouble += np.where(kind.is_evening & ~self.evening, EVENING_LOST, 0)
        for pk, hall in self.hall_of.items():
            trouble += np.where(self.halls == pk, _way(kind.hall, hall), 0)
        moved = np.abs(self.was - kind.starts_at.timestamp()) / 60
        trouble = np.where(np.isnan(self.was), trouble, moved)  # it moves with its people
        other = self.channels != kind.channel
        serves = np.array([kind.matters <= one for one in self.sets], dtype=bool)
        cannot = ~serves[self.served] | other & (self.channels != "online")
        cannot |= kind.wheelchair & ~self.accessible
        return np.asarray(np.where(cannot, np.inf, trouble + other * ANOTHER_CHANNEL))


def _clock(at: datetime, day: date) -> float:
    """Minutes from the service day's midnight; beyond 1440 after the next one."""
    return (at - civil.city_day(day)[0]).total_seconds() / 60


def _way(here: Hall, there: Hall) -> float:
    if here.pk == there.pk:
        return 0
    further = 0 if here.district_zh == there.district_zh else ANOTHER_DISTRICT
    return ANOTHER_HALL + further + A_KILOMETRE * kilometres(here, there)


def kilometres(here: Hall, there: Hall) -> float:
    """As the crow flies; a middling way when it is not known where the halls are."""
    known = [here.latitude, here.longitude, there.latitude, there.longitude]
    if any(one is None for one in known):
        return UNKNOWN_KILOMETRES
    lat1, lon1, lat2, lon2 = (radians(float(one)) for one in known if one is not None)
    step = sin((lat2 - lat1) / 2) ** 2
    step += cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * asin(sqrt(step))
