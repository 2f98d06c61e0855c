"""Working days: what the city decided, else what was published, else the weekday.

`chinese_calendar` knows the years whose notice was published and raises for all others;
`holidays` knows only the statutory days of those, without the days worked instead. So a
year without a notice is never confirmed, until somebody enters its notice in our table.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

import chinese_calendar
import holidays
from chinese_calendar.constants import holidays as published_days

from windows.models import WorkCalendarDay
from windows.models.hall import in_language

FIRST_YEAR, LAST_YEAR = 2004, 2100  # what the packages know


class Source(StrEnum):
    """Who says what kind of day it is; the first that says something is believed."""

    HAND = "hand"
    NOTICE = "notice"
    PACKAGE = "package"
    STATUTE = "statute"
    WEEKDAY = "weekday"


@dataclass(frozen=True)
class DayKind:
    """`name` is the holiday's, also on a day worked in its place; "" for an ordinary day.
    `confirmed` is False where no notice has been published for the year."""

    is_workday: bool
    confirmed: bool
    name_zh: str = ""
    name_en: str = ""
    source: Source = Source.WEEKDAY

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)


def day_kind(day: date) -> DayKind:
    """What the city's calendar says of the day."""
    return day_kinds(day, day)[day]


def day_kinds(first: date, last: date) -> dict[date, DayKind]:
    """What the city's calendar says of each day from `first` to `last`; one query."""
    rows = WorkCalendarDay.objects.filter(day__range=(first, last))
    decided = {row.day: _decided(row) for row in rows}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day: decided.get(day) or published(day) for day in days}


def _decided(row: WorkCalendarDay) -> DayKind:
    return DayKind(row.is_workday, row.is_confirmed, row.name_zh, row.name_en, Source(row.source))


@lru_cache(maxsize=4096)
def published(day: date) -> DayKind:
    """What the packages say of the day, whatever the city decided; without a query."""
    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return _statutory(day)
    if not name:
        return DayKind(is_workday=not is_off, confirmed=True)
    chinese = chinese_calendar.Holiday(name).chinese
    return DayKind(not is_off, True, chinese, name, Source.PACKAGE)


def last_published() -> date:
    """The end of the last year whose notice the package knows."""
    return date(max(published_days).year, 12, 31)


def _statutory(day: date) -> DayKind:
    """A day of a year without a notice: the law's own days off, else the weekday."""
    weekday = DayKind(is_workday=day.weekday() < 5, confirmed=False)
    if not FIRST_YEAR <= day.year <= LAST_YEAR or day not in _statute(day.year, "en_US"):
        return weekday
    chinese, english = (_statute(day.year, language)[day] for language in ("zh_CN", "en_US"))
    return DayKind(False, False, chinese, english, Source.STATUTE)


@lru_cache(maxsize=64)
def _statute(year: int, language: str) -> dict[date, str]:
    return dict(holidays.country_holidays("CN", years=year, language=language))
