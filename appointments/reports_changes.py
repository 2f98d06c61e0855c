"""What is said of a journal that grew since its day was written."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from appointments import saying
from appointments.reports.correcting import differences
from appointments.reports_part import correct_link
from appointments.reports_words import figure_words
from windows.models import Hall

DAYS_LOOKED_AT = 31


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
            "address": correct_link(hall, day, one.key),
            "what": figure_words(one.key.name, one.key.bucket),
            "written": one.written.count,
            "journal": one.journal.count,
        }
        for day in (last - timedelta(days=n) for n in range(days))
        for one in differences(hall, day, now=now)
        if one.key[1:4] == (None, None, None) and one.written.count != one.journal.count
    ]
    return Changed(days, rows)
