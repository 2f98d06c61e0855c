"""Working days: published holidays and make-up days, else the weekday.

`chinese_calendar` knows the years whose notice was published and raises for all others;
for those the weekday decides and the day is marked as not confirmed.
"""

from dataclasses import dataclass
from datetime import date

import chinese_calendar


@dataclass(frozen=True)
class DayKind:
    """`name` is the holiday's English name, "" for an ordinary day; `confirmed` is False
    where no notice has been published for the year."""

    is_workday: bool
    name: str
    confirmed: bool


def day_kind(day: date) -> DayKind:
    """What the city's calendar says of the day."""
    try:
        is_off, holiday = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return DayKind(is_workday=day.weekday() < 5, name="", confirmed=False)
    return DayKind(is_workday=not is_off, name=holiday or "", confirmed=True)
