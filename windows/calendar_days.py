"""Working days: what the city decided, else what was published, else the weekday.

`chinese_calendar` knows the years whose notice was published and raises for all others;
`holidays` knows only the statutory days of those, without the days worked instead. So a
year without a notice is never confirmed, until somebody enters its notice in our table.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import chinese_calendar
import holidays
from chinese_calendar.constants import holidays as published_days
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from windows.models import Staff, WorkCalendarDay
from windows.models.hall import in_language

FIRST_YEAR, LAST_YEAR = 2004, 2100  # what the packages know


class DayOutOfReach(Refusal):
    code = "day_out_of_reach"
    message = _("The calendar holds the days from 2004 to 2100.")
    field = "day"


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
    except NotImplementedError:  # so the package says that no notice is published for the year
        return _statutory(day)
    if not name:
        return DayKind(is_workday=not is_off, confirmed=True)
    chinese = chinese_calendar.Holiday(name).chinese
    return DayKind(not is_off, True, chinese, name, Source.PACKAGE)


def last_published() -> date:
    """The end of the last year whose notice the package knows."""
    return date(max(published_days).year, 12, 31)


def last_confirmed() -> date:
    """The last day up to which every day is published or was confirmed by somebody."""
    last = last_published()
    rows = WorkCalendarDay.objects.filter(day__gt=last, is_confirmed=True)
    for day in rows.order_by("day").values_list("day", flat=True):
        if day != last + timedelta(days=1):
            break
        last = day
    return last


def set_day(
    *,
    day: date,
    is_workday: bool,
    name_zh: str = "",
    name_en: str = "",
    is_confirmed: bool = True,
    by: Staff | None,
    now: datetime,
) -> WorkCalendarDay:
    """The city's calendar says so of the day from now on, whatever the packages say.

    Sessions that exist already stay. Refuses: DayOutOfReach.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DayOutOfReach
    said = {
        "is_workday": is_workday,
        "name_zh": name_zh,
        "name_en": name_en,
        "source": WorkCalendarDay.Source.HAND,
        "is_confirmed": is_confirmed,
        "changed_by": by,
        "changed_at": now,
    }
    row, _made = WorkCalendarDay.objects.update_or_create(day=day, defaults=said)
    return row


def forget_day(*, day: date) -> bool:
    """The day is what was published, or its weekday, again; whether it was anything else."""
    gone, _of = WorkCalendarDay.objects.filter(day=day).delete()
    return gone > 0


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
