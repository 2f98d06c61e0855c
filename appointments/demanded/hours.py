"""Hours of a service day: those of the wall, and after midnight 24 and on."""

from datetime import date, datetime

from config import civil

LAST_HOUR = 41  # a session ends within 18 hours, and it starts on its service day


def hour_of(at: datetime, day: date) -> int:
    """The hour of that service day in which the instant lies; never outside the day."""
    wall = civil.city_time(at)
    return min(max((wall.date() - day).days * 24 + wall.hour, 0), LAST_HOUR)


def clock_of(hour: int) -> str:
    """As the hall's wall shows it: hour 24 is 00:00."""
    return f"{hour % 24:02d}:00"
