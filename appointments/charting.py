"""What charts show of some halls over some days: places, waits, sessions. Counts only.

A chart is a table that a browser may also draw (`static/dengta/charts.js`): the numbers are
said once. Five queries, whatever the halls and the days.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import ExtractHour
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments import saying
from appointments.charting_counts import Chart, Column, in_vain, sessions, visits
from config import civil
from windows.models import HallSession, Slot

DAYS_SINGLY = 14  # up to so many days each has its row; beyond, weekdays have
MORNING = 4  # hours before it belong to the night before

WAITS = """
SELECT extract(hour FROM issued_at AT TIME ZONE %(zone)s)::int, service_day, count(waited),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY waited),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY waited), max(waited)
FROM (SELECT issued_at, service_day, extract(epoch FROM called_at - issued_at) / 60 AS waited
  FROM queues_ticket WHERE hall_id = ANY(%(halls)s) AND called_at IS NOT NULL
    AND service_day BETWEEN %(first)s AND %(last)s) AS one
GROUP BY GROUPING SETS ((1), (2))
"""


@dataclass
class Places:
    """Minutes on offer online and by link, and those that are booked."""

    quota: int = 0
    taken: int = 0

    def add(self, quota: int, taken: int) -> None:
        self.quota += quota
        self.taken += taken

    @property
    def fill(self) -> int | None:
        return round(100 * self.taken / self.quota) if self.quota else None

    @property
    def hours(self) -> int:
        return round(self.taken / 60)

    @property
    def free_hours(self) -> int:
        return round((self.quota - self.taken) / 60)


def charts_of(*, halls: Sequence[int], first: date, last: date) -> list[Chart]:
    """All charts of these halls and days."""
    asked = {"hall__in": list(halls), "service_day__range": (first, last)}
    offered = list(_offered(asked))
    by_hour, by_day = _waits(halls, first, last)
    return [
        _fill_by_hour(offered, first, last),
        _fill_by_day(offered),
        sessions(asked),
        _waits_by_hour(by_hour),
        _waits_by_day(by_day),
        visits(asked),
        in_vain(asked),
    ]


def _offered(asked: dict[str, Any]) -> Iterable[tuple[date, int, int, int]]:
    """(service day, hour, minutes on offer, minutes booked)."""
    slots = Slot.objects.filter(**asked, is_open=True, session__state=HallSession.State.OPEN)
    grouped = slots.annotate(hour=ExtractHour("starts_at", tzinfo=civil.CITY))
    sums = ("online_quota", "reserved_quota", "online_taken", "reserved_taken")
    rows = grouped.values_list("service_day", "hour").annotate(*(Sum(name) for name in sums))
    for day, hour, online, reserved, taken, by_link in rows.order_by():
        yield day, hour, online + reserved, taken + by_link


def _waits(
    halls: Sequence[int], first: date, last: date
) -> tuple[dict[int, list[Any]], dict[date, list[Any]]]:
    """By hour and by service day: people called; half, nine in ten, all waited at most."""
    asked: dict[str, Any] = {"halls": list(halls), "first": first, "last": last}
    asked["zone"] = str(civil.CITY)
    with connection.cursor() as cursor:
        cursor.execute(WAITS, asked)
        rows = cursor.fetchall()
    found: tuple[dict[int, list[Any]], dict[date, list[Any]]] = {}, {}
    for hour, day, people, *minutes in rows:
        line = [people, *(None if one is None else round(one) for one in minutes)]
        if day is None:
            found[0][hour] = line
        else:
            found[1][day] = line
    return found


def _night_last(hour: int) -> int:
    return (hour - MORNING) % 24


def _clock(hour: int) -> str:
    return f"{hour:02d}:00"


def _fill_by_hour(offered: list[tuple[date, int, int, int]], first: date, last: date) -> Chart:
    """Days, or weekdays of a longer time, by hour."""
    singly = (last - first).days < DAYS_SINGLY
    place: Callable[[date], Any] = (lambda day: day) if singly else (lambda day: day.weekday())
    cells: dict[tuple[Any, int], Places] = defaultdict(Places)
    names: dict[Any, str] = {}
    for day, hour, quota, taken in offered:
        cells[place(day), hour].add(quota, taken)
        names[place(day)] = saying.short_day(day) if singly else saying.short_weekday(day)
    hours = sorted({hour for _place, hour in cells}, key=_night_last)
    rows: list[tuple[str, list[int | None]]] = [
        (names[one], [cells[one, hour].fill if (one, hour) in cells else None for hour in hours])
        for one in sorted(names)
    ]
    fullest = max(
        ((cells[key].fill or 0, key) for key in cells), default=(0, None), key=lambda one: one[0]
    )
    finding = ""
    if fullest[1] is not None and fullest[0]:
        facts = {"day": names[fullest[1][0]], "hour": _clock(fullest[1][1]), "fill": fullest[0]}
        finding = _("Fullest: %(day)s at %(hour)s, %(fill)s%% booked.") % facts
    return Chart(
        key="fill_by_hour",
        title=_("How full: each day by hour, in percent")
        if singly
        else _("How full: each weekday by hour, in percent"),
        finding=finding,
        draws="heat",
        unit="%",
        head=_("Day"),
        columns=[Column(_clock(hour)) for hour in hours],
        rows=rows,
    )  # fmt: skip


def _fill_by_day(offered: list[tuple[date, int, int, int]]) -> Chart:
    days: dict[date, Places] = defaultdict(Places)
    together = Places()
    for day, _hour, quota, taken in offered:
        days[day].add(quota, taken)
        together.add(quota, taken)
    finding = ""
    if together.fill is not None:
        finding = _("%(fill)s%% of all window hours on offer were booked.") % {
            "fill": together.fill
        }
    return Chart(
        key="fill_by_day",
        title=_("Window hours booked and free, by day"),
        finding=finding,
        draws="stack",
        unit=pgettext("unit", "h"),
        head=_("Day"),
        columns=[
            Column(pgettext("chart", "Booked"), "heat-4"),
            Column(pgettext("chart", "Free"), "heat-1"),
            Column(_("Booked, in percent")),
        ],
        rows=[
            (saying.short_day(day), [one.hours, one.free_hours, one.fill])
            for day, one in sorted(days.items())
        ],
    )


def _wait_columns() -> list[Column]:
    return [
        Column(_("People called")),
        Column(_("Half waited at most"), "heat-2"),
        Column(_("Nine in ten waited at most"), "blue"),
        Column(_("Longest wait")),
    ]


def _waits_by_hour(lines: dict[int, list[Any]]) -> Chart:
    finding = ""
    if lines:
        worst = max(lines, key=lambda hour: lines[hour][2])
        finding = _(
            "Who took a number between %(hour)s and the next hour waited longest: nine in ten at"
            " most %(minutes)s minutes."
        ) % {"hour": _clock(worst), "minutes": lines[worst][2]}
    return Chart(
        key="waits_by_hour",
        title=_("Minutes waited, by the hour of the number"),
        finding=finding,
        draws="lines",
        unit=_("min"),
        head=_("Hour"),
        columns=_wait_columns(),
        rows=[(_clock(hour), lines[hour]) for hour in sorted(lines, key=_night_last)],
    )


def _waits_by_day(lines: dict[date, list[Any]]) -> Chart:
    finding = ""
    if lines:
        worst = max(lines, key=lambda day: lines[day][2])
        finding = _("Longest: %(day)s, nine in ten at most %(minutes)s minutes.") % {
            "day": saying.short_day(worst),
            "minutes": lines[worst][2],
        }
    return Chart(
        key="waits_by_day",
        title=_("Minutes waited, by day"),
        finding=finding,
        draws="lines",
        unit=_("min"),
        head=_("Day"),
        columns=_wait_columns(),
        rows=[(saying.short_day(day), lines[day]) for day in sorted(lines)],
    )
