"""A year's holidays as published: from the packages, or typed in from the notice.

The packages know a year some weeks after its notice was published, when they are updated.
Until then somebody enters the notice, and the whole year stands confirmed in our table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
from chinese_calendar import Holiday
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from windows.calendar_days import DayKind, Source, day_kinds, last_published, published
from windows.models import HallSession, Staff, WorkCalendarDay

# As the law orders them; what `holidays` calls the days of each.
HOLIDAYS = {
    Holiday.new_years_day: ("元旦",),
    Holiday.spring_festival: ("农历除夕", "春节"),
    Holiday.tomb_sweeping_day: ("清明节",),
    Holiday.labour_day: ("劳动节",),
    Holiday.dragon_boat_festival: ("端午节",),
    Holiday.mid_autumn_festival: ("中秋节",),
    Holiday.national_day: ("国庆节",),
}
MOST_DAYS = 15  # of one holiday
EARLIEST = (12, 20)  # New Year's days off can begin in the year before


class NotPublished(Refusal):
    code = "calendar_not_published"
    message = _("The holidays of %(year)s are not published in the packages. Enter the notice.")


class NoticeWrong(Refusal):
    """A line of the notice cannot be; `row` says which."""

    def __init__(self, row: int, field: str, **facts: object) -> None:
        super().__init__(field=field, **facts)
        self.row = row


class HolidayBackwards(NoticeWrong):
    code = "holiday_backwards"
    message = _("The last day comes before the first.")


class HolidayTooLong(NoticeWrong):
    code = "holiday_too_long"
    message = _("A holiday lasts at most %(days)s days.")


class HolidayElsewhere(NoticeWrong):
    code = "holiday_elsewhere"
    message = _("%(day)s is not in %(year)s.")


class HolidayTwice(NoticeWrong):
    code = "holiday_twice"
    message = _("%(day)s stands in another line already.")


class WorkedWeekday(NoticeWrong):
    code = "worked_weekday"
    message = _("%(day)s is not a Saturday or Sunday: people work then anyway.")


@dataclass(frozen=True)
class Off:
    """One line of a notice: days off in a row, and the weekend days worked for them."""

    name_zh: str
    name_en: str
    first: date
    last: date
    worked: tuple[date, ...] = ()

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class Changed:
    """A day that becomes another; `sessions` stand on it, `booked` of them have bookings."""

    day: date
    before: DayKind
    after: DayKind
    sessions: int = 0
    booked: int = 0


@dataclass(frozen=True)
class NoticePreview:
    """What entering a notice would do; nothing is written."""

    year: int
    changes: list[Changed]
    kept: list[date]  # entered by hand: they stay
    missing: list[tuple[date, str]]  # days off by law that the notice does not name


@dataclass(frozen=True)
class Seeded:
    """Days written, days entered by hand that stay, days on which the packages differ."""

    written: int
    kept: int
    differing: list[date]


def statutory(year: int) -> list[Off]:
    """The law's days off of a year, one line for each holiday: what a notice begins from."""
    named: dict[date, str] = dict(_law(year))
    lines = []
    for holiday, names in HOLIDAYS.items():
        days = sorted(day for day, name in named.items() if name.split("（")[0] in names)
        if days:
            lines.append(Off(holiday.chinese, holiday.value, days[0], days[-1]))
    return lines


def notice_of(year: int) -> list[Off]:
    """The notice of the year as it was entered; before that the law's days off."""
    rows = WorkCalendarDay.objects.filter(
        day__range=_reach(year), source=WorkCalendarDay.Source.NOTICE
    ).exclude(name_zh="")
    days: dict[str, list[WorkCalendarDay]] = {}
    for row in rows.order_by("day"):
        days.setdefault(row.name_zh, []).append(row)
    entered = {}
    for name, of in days.items():
        off = [row.day for row in of if not row.is_workday]
        worked = tuple(row.day for row in of if row.is_workday)
        if off:
            entered[name] = Off(name, of[0].name_en, off[0], off[-1], worked)
    if not entered:
        return statutory(year)
    return [entered[h.chinese] for h in HOLIDAYS if h.chinese in entered]


def _law(year: int) -> dict[date, str]:
    """Days off by law and who they belong to, without days worked for others."""
    said = holidays.country_holidays("CN", years=year, language="zh_CN")
    return {day: name for day, name in said.items() if not name.startswith("休息日")}


def differing(year: int) -> list[date]:
    """Days of a published year that the two packages see differently."""
    other = holidays.country_holidays("CN", years=[year - 1, year, year + 1])
    return [day for day in _year(year) if published(day).is_workday != other.is_working_day(day)]


@transaction.atomic
def seed_year(year: int, *, by: Staff | None, now: datetime) -> Seeded:
    """The year's published holidays and days worked for them stand in our table.

    A day on which the packages differ is not confirmed. What was entered by hand stays.
    Refuses: NotPublished.
    """
    if year > last_published().year or not published(date(year, 1, 1)).confirmed:
        raise NotPublished(year=year)
    doubtful = set(differing(year))
    special = {d: published(d) for d in _year(year) if published(d).name_zh or d in doubtful}
    kept = _by_hand(year)
    rows = [
        _row(day, kind, by, now, confirmed=day not in doubtful)
        for day, kind in special.items()
        if day not in kept
    ]
    _write(rows)
    return Seeded(len(rows), len(kept & special.keys()), sorted(doubtful))


def preview_notice(year: int, lines: Sequence[Off]) -> NoticePreview:
    """What the year would be. Refuses: NoticeWrong."""
    after = _said(year, lines)
    before = day_kinds(min(after), max(after))
    kept = _by_hand(year)
    changed = [
        day
        for day, kind in after.items()
        if day not in kept and kind.is_workday != before[day].is_workday
    ]
    counts = _sessions_on(changed)
    law = {day: name for day, name in _law(year).items() if day.year == year}
    return NoticePreview(
        year=year,
        changes=[
            Changed(day, before[day], after[day], *counts.get(day, (0, 0)))
            for day in sorted(changed)
        ],
        kept=sorted(kept),
        missing=[(day, name) for day, name in sorted(law.items()) if after[day].is_workday],
    )


@transaction.atomic
def enter_notice(
    year: int, lines: Sequence[Off], *, by: Staff | None, now: datetime
) -> NoticePreview:
    """Every day of the year stands in our table, confirmed. Days by hand stay as they are.

    Refuses: NoticeWrong.
    """
    preview = preview_notice(year, lines)
    kept = set(preview.kept)
    said = _said(year, lines)
    _write([_row(day, kind, by, now) for day, kind in said.items() if day not in kept])
    WorkCalendarDay.objects.filter(day__in=kept).update(is_confirmed=True)
    return preview


def _said(year: int, lines: Sequence[Off]) -> dict[date, DayKind]:
    """Each day of the year as the notice says it. Refuses: NoticeWrong."""
    days = {day: DayKind(day.weekday() < 5, True) for day in _year(year)}
    seen: set[date] = set()
    for row, line in enumerate(lines):
        _sensible(row, line, year)
        named = (line.name_zh, line.name_en, Source.NOTICE)
        for field, these, workday in (("first", line.days, False), ("worked", line.worked, True)):
            for day in these:
                if day in seen:
                    raise HolidayTwice(row, field, day=day.isoformat())
                seen.add(day)
                days[day] = DayKind(workday, True, *named)
    return days


def _sensible(row: int, line: Off, year: int) -> None:
    if line.last < line.first:
        raise HolidayBackwards(row, "last")
    if (line.last - line.first).days >= MOST_DAYS:
        raise HolidayTooLong(row, "last", days=MOST_DAYS)
    reach = _reach(year)
    for field, day in [("first", line.first), ("last", line.last)] + [
        ("worked", day) for day in line.worked
    ]:
        if not reach[0] <= day <= reach[1]:
            raise HolidayElsewhere(row, field, day=day.isoformat(), year=year)
    for day in line.worked:
        if day.weekday() < 5:
            raise WorkedWeekday(row, "worked", day=day.isoformat())


def _year(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]


def _reach(year: int) -> tuple[date, date]:
    return date(year - 1, *EARLIEST), date(year, 12, 31)


def _by_hand(year: int) -> set[date]:
    hand = WorkCalendarDay.Source.HAND
    rows = WorkCalendarDay.objects.filter(day__range=_reach(year), source=hand)
    return set(rows.values_list("day", flat=True))


def _row(
    day: date, kind: DayKind, by: Staff | None, now: datetime, *, confirmed: bool = True
) -> WorkCalendarDay:
    return WorkCalendarDay(
        day=day, is_workday=kind.is_workday, name_zh=kind.name_zh, name_en=kind.name_en,
        source=WorkCalendarDay.Source.NOTICE, is_confirmed=confirmed, changed_by=by, changed_at=now,
    )  # fmt: skip


def _write(rows: list[WorkCalendarDay]) -> None:
    """One statement; a day that stands already is written over."""
    told = ["is_workday", "name_zh", "name_en", "source", "is_confirmed", "changed_by"]
    WorkCalendarDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day"], update_fields=[*told, "changed_at"]
    )


def _sessions_on(days: Sequence[date]) -> dict[date, tuple[int, int]]:
    """Open sessions of each day, and how many of them somebody has booked."""
    taken = Q()
    for channel in ("online", "assisted", "reserved"):
        taken |= Q(**{f"slots__{channel}_taken__gt": 0})
    sessions = HallSession.objects.filter(service_day__in=days, state=HallSession.State.OPEN)
    counts: dict[date, tuple[int, int]] = {}
    booked = set(sessions.filter(taken).values_list("pk", flat=True))
    for pk, day in sessions.values_list("pk", "service_day"):
        all_of, some = counts.get(day, (0, 0))
        counts[day] = (all_of + 1, some + (pk in booked))
    return counts
