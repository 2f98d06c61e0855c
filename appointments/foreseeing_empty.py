"""Sessions of which few places are expected to be used."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from appointments.foreseeing_hours import Ahead, ByHour, hour_of


@dataclass(frozen=True)
class Empty:
    """A session that is expected to be mostly empty."""

    hall_id: int
    session: int
    day: date
    starts_at: datetime
    ends_at: datetime
    expected: int
    places: int

    @property
    def percent(self) -> int:
        return round(100 * self.expected / self.places)


def empty_sessions(ahead: Ahead, now: datetime) -> Iterator[Empty]:
    """Sessions to come; who holds a place is expected, however little the forecast says."""
    sessions: dict[int, list[dict[str, Any]]] = {}
    for slot in ahead.slots:
        sessions.setdefault(slot["session"], []).append(slot)
    for session, own in sessions.items():
        hall, day = own[0]["hall"], own[0]["service_day"]
        by_hour = ahead.hours.get((hall, day))
        each = _each(by_hour) if by_hour else 0
        if not by_hour or not each or own[0]["starts_at"] <= now:
            continue
        places = int(sum(slot["minutes"] for slot in own) / each)
        people = round(_wanted(own, by_hour) / each)
        percent = ahead.rule("advice_empty_percent", hall, day)
        is_worth_saying = places >= max(ahead.rule("advice_empty_places", hall, day), 1)
        if is_worth_saying and 100 * people < percent * places:
            yield Empty(hall, session, day, own[0]["starts_at"], own[-1]["ends_at"], people, places)


def _wanted(slots: list[dict[str, Any]], by_hour: ByHour) -> float:
    """Window-minutes of the session that are asked for."""
    wanted = 0.0
    for slot in slots:
        hour = by_hour.get(hour_of(slot))
        part = slot["minutes"] / hour.offered if hour and hour.offered else 0.0
        wanted += max(hour.wanted * part if hour else 0.0, slot["taken"])
    return wanted


def _each(by_hour: ByHour) -> float:
    """Window-minutes that a person of the day needs."""
    people = sum(one.expected for one in by_hour.values())
    return sum(one.wanted for one in by_hour.values()) / people if people > 0 else 0.0
