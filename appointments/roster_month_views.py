"""The monthly sheet of a hall: a page to print, and the same as a table to keep."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateformat import format as formatted
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.roster_words import hours_words, length_words
from appointments.supervise_overtime_views import month_asked
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from appointments.tables_to_keep import kept, kind_asked
from config import civil
from windows.access import has_role, staff_page
from windows.models import Hall
from windows.month_sheet import SheetRow, month_sheet
from windows.overtime import month_of


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_roster_month(request: HttpRequest) -> HttpResponse:
    """Planned and real hours, nights, overtime and time off of everybody, by month."""
    hall, now = asked_hall(request, *LOOKERS), civil.now()
    today = civil.city_date(now)
    month, understood = month_asked(request, today)
    rows = month_sheet(hall, month, now=now)
    if kind := kind_asked(request):
        return _table(hall, month, rows, kind)
    first, after = month_of(month)
    runs = has_role(request.user, hall, *WHO)
    context: dict[str, Any] = {
        "here": "month",
        "hall": hall,
        "halls": halls_here(request, *LOOKERS),
        "rows": [(one, _words(one)) for one in rows],
        "together": _words(_sum(rows)) if rows else {},
        "month": first,
        "address": "?" + urlencode({"hall": hall.code, "month": f"{first:%Y-%m}"}),
        "month_words": formatted(first, pgettext("format of a month", "F Y")),
        "printed": saying.when(now),
        "earlier": first - timedelta(days=1),
        "later": after,
        "not_understood": not understood,
        "may_act": runs,
        "runs_halls": runs,
    }
    return show(request, "roster_month", context)


def _sum(rows: list[SheetRow]) -> SheetRow:
    both = SheetRow(rows[0].staff)
    for name in (
        "planned", "present", "overtime", "absent_days", "earned", "used", "expired", "corrected",
        "balance",
    ):  # fmt: skip
        setattr(both, name, sum(getattr(one, name) for one in rows))
    return both


def _words(row: SheetRow) -> dict[str, str]:
    return {
        "planned": hours_words(row.planned) if row.planned else "–",
        "present": hours_words(row.present) if row.present else "–",
        "overtime": length_words(row.overtime) if row.overtime else "–",
        "earned": length_words(row.earned) if row.earned else "–",
        "used": length_words(row.used) if row.used else "–",
        "expired": length_words(row.expired) if row.expired else "–",
        "corrected": length_words(row.corrected) if row.corrected else "–",
        "balance": length_words(row.balance),
    }


def _table(hall: Hall, month: date, rows: list[SheetRow], kind: str) -> HttpResponse:
    """One line per person, in minutes."""
    heads = [
        _("Name"), _("User name"), _("Planned minutes"), _("Minutes at windows"),
        _("Nights and weekends"), _("Overtime minutes"), _("Days absent"),
        _("Time off earned, minutes"), _("Time off used, minutes"),
        _("Time off expired, minutes"), _("Time off put right, minutes"),
        _("Time off left, minutes"),
    ]  # fmt: skip
    lines = [
        [str(one.staff), one.staff.username, one.planned, one.present, one.off_hours,
         one.overtime, one.absent_days, one.earned, one.used, one.expired, one.corrected,
         one.balance]
        for one in rows
    ]  # fmt: skip
    return kept([heads, *lines], f"month-{hall.code}-{month:%Y-%m}", kind)
