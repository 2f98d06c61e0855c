"""A report as a table: what each of its lines says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments import saying
from appointments.demanded.hours import clock_of
from appointments.reports import names
from appointments.reports.reading import Line, lines_and_whole
from windows.models import Hall, Matter, Window

HEADS = {
    "hall": gettext_lazy("Hall"),
    "matter": gettext_lazy("Matter"),
    "window": gettext_lazy("Window"),
    "hour": gettext_lazy("Hour"),
    "day": gettext_lazy("Day"),
}
COLUMNS: list[tuple[Any, Callable[[Line], int | None]]] = [
    (gettext_lazy("Numbers given"), lambda line: line.people(names.CAME)),
    (gettext_lazy("Served"), lambda line: line.people(names.SERVED)),
    (gettext_lazy("Left without being served"), lambda line: line.people(names.LEFT)),
    (gettext_lazy("Missed calls"), lambda line: line.people(names.MISSED)),
    (gettext_lazy("Half waited at most (min)"), lambda line: line.half(names.WAIT)),
    (gettext_lazy("Nine in ten waited at most (min)"), lambda line: line.nine_in_ten(names.WAIT)),
    (gettext_lazy("Service on average (min)"), lambda line: line.mean(names.SERVICE)),
    (gettext_lazy("Booked visits"), lambda line: line.people(names.BOOKED)),
    (gettext_lazy("Did not come (%)"), lambda line: line.no_shows()),
    (gettext_lazy("Bookable time booked (%)"), lambda line: line.fill()),
    (gettext_lazy("Ratings"), lambda line: line.people(names.RATING)),
    (gettext_lazy("Satisfied (%)"), lambda line: line.content()),
    (gettext_lazy("Hours at windows"), lambda line: line.hours(names.STAFFED)),
]
# What a window or a matter has no figure for is not a zero.
UNKNOWN = {"window": {0, 2, 7, 8, 9}, "matter": {9, 12}, "hour": {12}}


class Row(NamedTuple):
    """A line of a report; `of` is the hall, matter, window, hour or day that it is of."""

    name: str
    values: list[int | None]
    of: Any


@dataclass(frozen=True)
class Report:
    """A line for each hall, matter, window, hour or day, and all of it together."""

    by: str
    rows: list[Row]
    whole: Line

    @property
    def heads(self) -> list[str]:
        return [str(HEADS[self.by]), *(str(head) for head, _told in COLUMNS)]


def report_of(halls: Sequence[Hall], first: date, last: date, by: str) -> Report:
    """Lines in the order of their name or time."""
    lines, whole = lines_and_whole([hall.pk for hall in halls], first, last, by)
    unknown = UNKNOWN.get(by, set())
    rows = [
        Row(
            name,
            [None if n in unknown else told(lines[of]) for n, (_head, told) in enumerate(COLUMNS)],
            of,
        )
        for of, name in _named(lines, halls, by).items()
        if of in lines
    ]
    return Report(by, rows, whole)


def _named(lines: Mapping[Any, Line], halls: Sequence[Hall], by: str) -> dict[Any, str]:
    """What each line is of, in words and in order."""
    if by == "hall":
        return {hall.pk: hall.name for hall in halls}
    if by == "matter":
        of_matters = Matter.objects.filter(pk__in=lines).order_by("position", "code")
        return {one.pk: one.name for one in of_matters}
    if by == "window":
        of_windows = Window.objects.filter(pk__in=lines).select_related("hall")
        several = len(halls) > 1
        return {
            one.pk: _window(one, several=several)
            for one in of_windows.order_by("hall__code", "number")
        }
    if by == "hour":
        return {hour: clock_of(hour) for hour in sorted(lines)}
    return days_in_words(sorted(lines))


def _window(window: Window, *, several: bool) -> str:
    said = _("Window %(number)s") % {"number": window.number}
    return f"{window.hall.name} · {said}" if several else said


def days_in_words(days: Sequence[date]) -> dict[date, str]:
    """With the year where there are several."""
    several = len({day.year for day in days}) > 1
    return {day: saying.short_dated(day) if several else saying.short_day(day) for day in days}


def period_words(first: date, last: date) -> str:
    facts = {"first": saying.dated(first), "last": saying.dated(last)}
    return facts["first"] if first == last else _("%(first)s to %(last)s") % facts
