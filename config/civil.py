"""The city's clock and calendar: the only module that knows a zone or reads the time.

Instants are aware and kept in UTC; the city's dates and wall times are derived here.
Periods are half-open: [starts_at, ends_at).
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

CITY = ZoneInfo(os.environ.get("DENGTA_CITY_ZONE", "Asia/Shanghai"))


_anchor: tuple[datetime, float] | None = None
_rate = 1.0


def now() -> datetime:
    """The present instant, for the edge only: views, tasks, management commands."""
    if _anchor is None:
        return datetime.now(UTC)
    instant, since = _anchor
    return instant + timedelta(seconds=(monotonic() - since) * _rate)


def count_on(instant: datetime, *, since: float, rate: float = 1.0) -> None:
    """It was that instant when the steady clock stood at `since` (config/clock.py).

    `rate`: seconds of the city per second of the clock; another than 1 only in a play.
    """
    global _anchor, _rate
    _anchor, _rate = (instant.astimezone(UTC), since), rate


def city_time(instant: datetime) -> datetime:
    """The same instant as the hall's wall clock shows it."""
    return instant.astimezone(CITY)


def city_date(instant: datetime) -> date:
    """The date on the hall's wall calendar at that instant."""
    return instant.astimezone(CITY).date()


def city_instant(day: date, at: time) -> datetime:
    """The instant at which the hall's wall shows that date and time."""
    return datetime.combine(day, at, tzinfo=CITY).astimezone(UTC)


def city_day(day: date) -> tuple[datetime, datetime]:
    """The instants [start, end) between which the hall's calendar shows that day."""
    return city_instant(day, time.min), city_instant(day + timedelta(days=1), time.min)


def session_hours(day: date, opens: time, closes: time) -> tuple[datetime, datetime]:
    """The instants of a session of that service day; one that closes at or before its
    opening time ends on the next calendar day (18:30-00:30)."""
    last = day if closes > opens else day + timedelta(days=1)
    return city_instant(day, opens), city_instant(last, closes)


def full_years(born: date, on: date) -> int:
    """Completed years of age; someone born on 29 February ages on 1 March in common years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
