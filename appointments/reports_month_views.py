"""The monthly report of a hall, or of all that one may see: a page to print."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.reports import names
from appointments.reports.correcting import corrections
from appointments.reports.picturing import fill, no_shows, ratings
from appointments.reports.reading import Line
from appointments.reports.telling import report_of
from appointments.reports_forms import EVERY
from appointments.reports_words import correction_words
from appointments.supervise_overtime_views import month_asked
from appointments.supervise_views import READERS, asked_hall, halls_here, show
from config import civil
from windows.access import halls_of, staff_page
from windows.overtime import month_of


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_reports_month(request: HttpRequest) -> HttpResponse:
    """A hall's month on two sheets: waits, service, no-shows, fill, ratings. Of all halls
    together there is a line for each hall in the place of its windows."""
    now, halls = civil.now(), list(halls_of(request.user, *READERS).order_by("code"))
    of_all = len(halls) > 1 and request.GET.get("hall") == EVERY
    hall = None if of_all else asked_hall(request, *READERS)
    there = [hall] if hall else halls
    month, understood = month_asked(request, civil.city_date(now))
    first, after = month_of(month)
    last = after - timedelta(days=1)
    reports = [
        (label, report_of(there, first, last, by))
        for by, label in (
            ("matter", _("By matter")),
            ("window", _("By window")) if hall else ("hall", _("By hall")),
            ("hour", _("By hour")),
        )
    ]
    whole = reports[0][1].whole
    context: dict[str, Any] = {
        "here": "reports",
        "hall": hall,
        "halls": halls_here(request, *READERS),
        "several": len(halls) > 1,
        "code": hall.code if hall else EVERY,
        "name": hall.name if hall else _("All halls"),
        "month": first,
        "last": last,
        "month_words": formatted(first, pgettext("format of a month", "F Y")),
        "printed": saying.when(now),
        "earlier": first - timedelta(days=1),
        "later": after,
        "not_understood": not understood,
        "errors": [] if understood else [_("Write the month like this: 2026-11.")],
        "written": whole.written,
        "was_open": whole.was_open,
        "tiles": _tiles(whole),
        "tables": [(label, one.heads, one.rows) for label, one in reports],
        "parts": [no_shows(whole), fill(whole), ratings(whole)],
        "corrections": [
            correction_words(one) for one in corrections([one.pk for one in there], first, last)
        ],
    }
    return show(request, "reports_month", context, status=200 if understood else 400)


def _tiles(whole: Line) -> list[tuple[str, int | None, str]]:
    minutes = _("min")
    return [
        (_("Numbers given"), whole.people(names.CAME), ""),
        (_("Served"), whole.people(names.SERVED), ""),
        (_("Half waited at most"), whole.half(names.WAIT), minutes),
        (_("Nine in ten waited at most"), whole.nine_in_ten(names.WAIT), minutes),
        (_("Service on average"), whole.mean(names.SERVICE), minutes),
        (_("Did not come"), whole.no_shows(), "%"),
        (_("Bookable time booked"), whole.fill(), "%"),
        (_("Satisfied"), whole.content(), "%"),
    ]
