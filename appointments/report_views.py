"""A hall's day in figures: a page, and the same as a table to take along."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.supervise_views import READERS, asked_hall, halls_here, show
from appointments.tables_to_keep import kept, kind_asked
from config import civil
from queues.reporting import DayReport, report_of
from windows.access import staff_page
from windows.shifts import service_day_at

LONGEST_AGO = timedelta(days=800)


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_report(request: HttpRequest) -> HttpResponse:
    """What became of everybody who came that day."""
    hall, now = asked_hall(request, *READERS), civil.now()
    today = service_day_at(hall.pk, now)
    day, error = _asked_day(request.GET.get("day", ""), today)
    report = report_of(hall, day, now=now)
    if kind := kind_asked(request):
        return _table(report, kind)
    context: dict[str, Any] = {
        "here": "report",
        "hall": hall,
        "halls": halls_here(request, *READERS),
        "report": report,
        "day": saying.long_day(day),
        "address": "?" + urlencode({"hall": hall.code, "day": f"{day}"}),
        "asked": request.GET.get("day", "") or day.isoformat(),
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "errors": [error] if error else [],
        "runs_halls": hall.pk in {one.pk for one in halls_here(request)},
        "most": max((line.issued for line in report.hours), default=0),
    }
    return show(request, "report", context, status=400 if error else 200)


def _asked_day(said: str, today: date) -> tuple[date, str]:
    """The day asked for, else today with what was wrong."""
    if not said:
        return today, ""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return today, _("Write the day like this: 2026-11-24.")
    if not today - LONGEST_AGO <= day <= today:
        return today, _("Choose a day that is over, or today.")
    return day, ""


def _table(report: DayReport, kind: str) -> HttpResponse:
    """One line per window, for office programs."""
    heads = [_("Day"), _("Hall"), _("Window"), _("Calls"), _("Served"), _("Minutes of service"),
             _("Minutes at the window"), _("Minutes of breaks")]  # fmt: skip
    lines = [
        [str(report.day), report.hall.code, one.number, one.calls, one.served,
         one.minutes_serving, one.minutes_staffed, one.minutes_resting]
        for one in report.windows
    ]  # fmt: skip
    return kept([heads, *lines], f"{report.hall.code}-{report.day}", kind)
