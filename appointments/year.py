"""A year as a supervisor sees it: twelve months with days off, days worked for them, events
and how many sessions there are. Reads only."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db.models import Count, QuerySet
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from appointments import saying
from windows.calendar_days import DayKind, Source, day_kinds
from windows.calendar_watch import watch_calendar
from windows.events import events_between
from windows.models import DemandEvent, Hall, HallSession


@dataclass(frozen=True)
class Cell:
    """One day: `mark` is the word beside its number, `label` says all of it."""

    day: date
    kind: DayKind
    sessions: int
    events: list[DemandEvent]
    is_today: bool
    is_chosen: bool

    @property
    def level(self) -> str:
        """The ending of its class: off, work (in place of a holiday), rest, or usual."""
        if self.mark:
            return "work" if self.kind.is_workday else "off"
        return "usual" if self.kind.is_workday else "rest"

    @property
    def mark(self) -> str:
        """Only where the day is not what its weekday says, or a holiday names it."""
        as_usual = self.kind.is_workday == (self.day.weekday() < 5)
        if self.kind.is_workday:
            return "" if as_usual else pgettext("mark of a day", "work")
        return "" if as_usual and not self.kind.name else pgettext("mark of a day", "off")

    @property
    def label(self) -> str:
        """Thursday 1 October: day off, National Day, 33 sessions."""
        told = [day_words(self.day, self.kind)]
        if self.sessions:
            told.append(sessions_words(self.sessions))
        told += [event.name for event in self.events]
        if not self.kind.confirmed:
            told.append(_("not confirmed"))
        return f"{saying.long_day(self.day)}: {', '.join(told)}"


@dataclass(frozen=True)
class Note:
    """What a month has beside ordinary days, in words."""

    days: str
    text: str
    level: str


@dataclass(frozen=True)
class Month:
    name: str
    first: date
    weeks: list[list[Cell | None]]
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Year:
    year: int
    months: list[Month]
    workdays: int
    unconfirmed: int

    @property
    def is_confirmed(self) -> bool:
        return not self.unconfirmed


def year_of(year: int, *, halls: QuerySet[Hall], today: date, chosen: date | None) -> Year:
    """The year with the sessions of these halls and the events that reach them; 3 queries."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    kinds = day_kinds(first, last)
    sessions = _sessions(halls, first, last)
    events = list(events_between(first, last))
    months = []
    for month in range(1, 13):
        weeks = calendar.Calendar().monthdatescalendar(year, month)
        cells = [
            [
                _cell(day, kinds, sessions, events, today, chosen) if day.month == month else None
                for day in week
            ]
            for week in weeks
        ]
        days = [cell for week in cells for cell in week if cell]
        name = formatted(date(year, month, 1), pgettext("name of a month", "F"))
        months.append(Month(name, days[0].day, cells, [*_holidays(days), *_events(days, events)]))
    return Year(
        year=year,
        months=months,
        workdays=sum(kind.is_workday for kind in kinds.values()),
        unconfirmed=sum(not kind.confirmed for kind in kinds.values()),
    )


def _sessions(halls: QuerySet[Hall], first: date, last: date) -> dict[date, int]:
    rows = HallSession.objects.filter(
        hall__in=halls, service_day__range=(first, last), state=HallSession.State.OPEN
    )
    return dict(rows.values_list("service_day").annotate(Count("pk")).order_by())


def _cell(
    day: date,
    kinds: dict[date, DayKind],
    sessions: dict[date, int],
    events: list[DemandEvent],
    today: date,
    chosen: date | None,
) -> Cell:
    there = [event for event in events if event.first_day <= day <= event.last_day]
    return Cell(day, kinds[day], sessions.get(day, 0), there, day == today, day == chosen)


def _holidays(days: list[Cell]) -> Iterable[Note]:
    """Days in a row that are off, or worked, for the same reason."""
    for (level, name), cells in groupby(days, key=lambda one: (one.level, one.kind.name)):
        if level in ("off", "work"):
            row = list(cells)
            text = name or (_("A day off") if level == "off" else _("A working day"))
            if level == "work" and name and row[0].kind.source != Source.HAND:
                text = _("worked for %(name)s") % {"name": name}
            yield Note(days_words(row[0].day, row[-1].day), text, level)


def _events(days: list[Cell], events: list[DemandEvent]) -> Iterable[Note]:
    """The events that have a day in the month."""
    first, last = days[0].day, days[-1].day
    for event in events:
        if event.first_day <= last and event.last_day >= first:
            between = days_words(max(first, event.first_day), min(last, event.last_day))
            yield Note(between, f"{event.name} {uplift_words(event.uplift_percent)}", "event")


def days_words(first: date, last: date) -> str:
    """1-8, or 4: days of one month."""
    days = str(first.day) if first == last else f"{first.day}–{last.day}"
    return pgettext("days of a month", "%(days)s") % {"days": days}


def uplift_words(percent: int) -> str:
    return f"{'+' if percent > 0 else '−' if percent < 0 else '±'}{abs(percent)}%"


def day_words(day: date, kind: DayKind) -> str:
    """Day off: National Day."""
    as_usual = kind.is_workday == (day.weekday() < 5)
    if kind.is_workday and kind.source == Source.HAND and kind.name:
        return _("a working day, %(name)s") % {"name": kind.name}
    if kind.is_workday:
        return _("a working day") if as_usual else _("a working day in place of a holiday")
    if kind.name:
        return _("a day off, %(name)s") % {"name": kind.name}
    return _("a day off") if not as_usual else _("a weekend day")


def sessions_words(count: int) -> str:
    return ngettext("%(n)s session", "%(n)s sessions", count) % {"n": count}


def source_words(kind: DayKind) -> str:
    """Who says so."""
    return {
        Source.HAND: _("Entered by hand"),
        Source.NOTICE: _("From the published notice"),
        Source.PACKAGE: _("From the published calendar"),
        Source.STATUTE: _("A day off by law; days worked for it are not announced yet"),
        Source.WEEKDAY: _("From the weekday"),
    }[kind.source]


def warning_words(now: datetime) -> str:
    """What a supervisor should know of the coming days' holidays; "" while all is well."""
    watch = watch_calendar(now=now)
    facts = {
        "until": f"{watch.confirmed_until.year}-{watch.confirmed_until:%m-%d}",
        "day": saying.long_day(watch.reached_on),
    }
    if watch.is_passed:
        return (
            _(
                "Holidays are announced until %(until)s only, and people can already book days"
                " after that. Some of these may turn out to be days off."
            )
            % facts
        )
    if watch.is_near:
        return (
            _(
                "Holidays are announced until %(until)s only. From %(day)s on people can book"
                " days after that."
            )
            % facts
        )
    return ""
