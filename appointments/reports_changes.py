"""What is said of numbers that were put right, and of a journal that grew since."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.demanded.hours import clock_of
from appointments.models import DayFigure
from appointments.reports import names
from appointments.reports.correcting import differences
from windows.models import Hall

DAYS_LOOKED_AT = 31
FIGURES = {
    names.DAY: _("Day with a session"),
    names.CAME: _("Numbers given"),
    names.SERVED: _("Served"),
    names.MISSED: _("Missed calls"),
    names.LEFT: _("Left without being served"),
    names.WENT_ON: _("Went on in another hall"),
    names.WAIT: _("Waits"),
    names.SERVICE: _("Times of service"),
    names.BOOKED: _("Booked visits"),
    names.NO_SHOW: _("Did not come"),
    names.CANCELLED: _("Cancelled"),
    names.OFFERED: _("Window-minutes on offer"),
    names.TAKEN: _("Window-minutes booked"),
    names.RATING: _("Ratings"),
    names.STAFFED: _("Time at the window"),
    names.RESTED: _("Breaks"),
}


@dataclass(frozen=True)
class Changed:
    """Numbers of the whole hall that the journal tells differently now."""

    days_looked_at: int
    rows: list[dict[str, Any]]


def changed_since(hall: Hall, first: date, last: date, *, now: datetime) -> Changed | None:
    """None for a period too long to count again; the newest days first."""
    days = (last - first).days + 1
    if days > DAYS_LOOKED_AT:
        return None
    rows = [
        {
            "day": saying.short_day(day),
            "what": _name(one.key.name, one.key.bucket),
            "written": one.written.count,
            "journal": one.journal.count,
        }
        for day in (last - timedelta(days=n) for n in range(days))
        for one in differences(hall, day, now=now)
        if one.key[1:4] == (None, None, None) and one.written.count != one.journal.count
    ]
    return Changed(days, rows)


def correction_words(row: DayFigure) -> dict[str, Any]:
    """One correction as its readers see it: what, from, to, by whom, why, when."""
    before = row.corrects
    assert isinstance(before, DayFigure)  # a first figure is no correction
    parts = [_name(row.name, row.bucket)]
    if row.matter:
        parts.append(row.matter.name)
    if row.window:
        parts.append(str(_("Window %(number)s") % {"number": row.window.number}))
    if row.hour is not None:
        parts.append(clock_of(row.hour))
    return {
        "day": saying.short_day(row.service_day),
        "hall": row.hall.name,
        "what": " · ".join(parts),
        "before": before.count,
        "after": row.count,
        "by": row.by,
        "why": row.reason,
        "when": saying.when(row.recorded_at),
    }


def _name(name: str, bucket: str) -> str:
    said = str(FIGURES.get(name, name))
    if name in (names.WAIT, names.SERVICE) and bucket:
        return f"{said} · {int(bucket)}+"
    return f"{said} · {bucket}" if bucket else said
