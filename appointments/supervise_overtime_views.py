"""Supervisors' page of overtime: who of the hall stayed how long, by month; as CSV too."""

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
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from appointments.tables_to_keep import kept, kind_asked
from config import civil
from windows.access import staff_page
from windows.models import Hall
from windows.overtime import PersonStayed, ledger, month_of


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_overtime(request: HttpRequest) -> HttpResponse:
    """By person and day; a month that cannot be read is the present one."""
    hall, today = asked_hall(request), civil.city_date(civil.now())
    month, understood = month_asked(request, today)
    people = ledger(hall, month)
    if kind := kind_asked(request):
        return _table(hall, month, people, kind)
    first, after = month_of(month)
    context: dict[str, Any] = {
        "here": "overtime",
        "hall": hall,
        "halls": halls_here(request),
        "people": [(one, [(saying.short_day(d.day), d) for d in one.days]) for one in people],
        "total": sum(one.minutes for one in people),
        "month": first,
        "address": "?" + urlencode({"hall": hall.code, "month": f"{first:%Y-%m}"}),
        "month_words": formatted(first, pgettext("format of a month", "F Y")),
        "earlier": first - timedelta(days=1),
        "later": after if after <= today else None,
        "not_understood": not understood,
    }
    return show(request, "overtime", context)


def month_asked(request: HttpRequest, today: date) -> tuple[date, bool]:
    """The month of `?month=2027-03`, and whether it could be read."""
    asked = request.GET.get("month", "")
    if not asked:
        return today.replace(day=1), True
    try:
        month = date.fromisoformat(f"{asked}-01")
    except ValueError:
        return today.replace(day=1), False
    in_reach = 2000 <= month.year <= today.year + 1
    return (month, True) if in_reach else (today.replace(day=1), False)


def _table(hall: Hall, month: date, people: list[PersonStayed], kind: str) -> HttpResponse:
    """One line per person and day."""
    heads = [_("Name"), _("User name"), _("Day"), _("Windows"), _("Minutes")]
    lines = [
        [one.name, one.username, day.day.isoformat(), day.windows, day.minutes]
        for one in people
        for day in one.days
    ]
    return kept([heads, *lines], f"overtime-{hall.code}-{month:%Y-%m}", kind)
