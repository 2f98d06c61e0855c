"""Free assisted places for staff who book for somebody: halls, days, times."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from appointments import saying
from appointments.offering import HallDay, OfferedSlot, availability, minutes_of, slots_of
from config import civil
from windows.models import Hall, Matter

HORIZON = 62
SOONEST_SHOWN = 40


@dataclass(frozen=True)
class Search:
    """What somebody needs: matters, people, perhaps more time; where and on which day."""

    matters: tuple[Matter, ...]
    people: int = 1
    more_time: bool = False
    hall: Hall | None = None
    day: date | None = None
    channel: str = "assisted"
    minutes: tuple[int, ...] = ()  # of a visit that is there already, else from the matters

    def query(self, **changes: Any) -> str:
        """The search, with some of it changed, for an address."""
        search = replace(self, **changes)
        first, *also = (one.code for one in search.matters)
        asked = {
            "matter": first,
            "also": also,
            "people": search.people if search.people > 1 else "",
            "more_time": "1" if search.more_time else "",
            "hall": search.hall.code if search.hall else "",
            "day": search.day.isoformat() if search.day else "",
        }
        return urlencode({name: value for name, value in asked.items() if value}, doseq=True)

    def asked(self, now: datetime) -> dict[str, Any]:
        """As the offer takes it."""
        minutes = self.minutes or minutes_of(
            self.matters, people=self.people, more_time=self.more_time, now=now
        )
        return {
            "matter": self.matters[0],
            "matters": self.matters,
            "people": self.people,
            "minutes": minutes,
            "channel": self.channel,
            "now": now,
        }


@dataclass(frozen=True)
class FreeHall:
    """A hall and its first free place."""

    hall: Hall
    first: HallDay
    when: str
    query: str


@dataclass(frozen=True)
class FreeDay:
    day: date
    words: str
    places: int
    selected: bool
    query: str


@dataclass(frozen=True)
class FreeTime:
    slot: OfferedSlot
    at: str
    label: str


def free_halls(search: Search, halls: QuerySet[Hall], now: datetime) -> list[FreeHall]:
    """The halls that have a place, the soonest first."""
    there = halls.in_bulk()
    soonest: dict[int, HallDay] = {}
    for day in availability(first=_first(now), days=HORIZON, **search.asked(now)):
        if day.places > 0 and day.hall_id in there:
            soonest.setdefault(day.hall_id, day)
    found = [_free_hall(there[pk], day, search) for pk, day in soonest.items()]
    found.sort(key=lambda one: (one.first.first_slot_at, one.hall.code))
    return found[:SOONEST_SHOWN]


def _free_hall(hall: Hall, day: HallDay, search: Search) -> FreeHall:
    at = day.first_slot_at
    when = saying.when(at) if at else ""
    return FreeHall(hall, day, when, search.query(hall=hall, day=day.service_day))


def free_days(search: Search, now: datetime) -> list[FreeDay]:
    """The days of the hall that have places."""
    days = availability(first=_first(now), days=HORIZON, hall=search.hall, **search.asked(now))
    return [
        FreeDay(
            day=one.service_day,
            words=saying.short_day(one.service_day),
            places=one.places,
            selected=one.service_day == search.day,
            query=search.query(day=one.service_day),
        )
        for one in days
        if one.places > 0
    ]


def free_times(search: Search, now: datetime) -> Sequence[FreeTime]:
    """The free times of the hall on the day."""
    if search.hall is None or search.day is None:
        return []
    slots = slots_of(hall=search.hall, day=search.day, **search.asked(now))
    return [
        FreeTime(slot, saying.clock(slot.starts_at), saying.when(slot.starts_at))
        for slot in slots
        if slot.places > 0
    ]


def _first(now: datetime) -> date:
    """Yesterday: its night session may run past midnight."""
    return civil.city_date(now) - timedelta(days=1)
