"""Reports over a period: a page with charts, and the same as a table to take along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments.models import DayFigure
from appointments.reports.correcting import corrections
from appointments.reports.picturing import charts_of
from appointments.reports.telling import Report, Row, period_words, report_of
from appointments.reports_changes import changed_since
from appointments.reports_forms import EVERY, ReportForm
from appointments.reports_part import day_link
from appointments.reports_words import correction_words
from appointments.supervise_views import READERS, WHO, show
from appointments.tables_to_keep import kept, kind_asked, table_of
from config import civil
from config.refusals import NotFound
from windows.access import halls_of, has_role, staff_page
from windows.models import Hall

FOUR_WEEKS = timedelta(days=27)


@dataclass(frozen=True)
class Asked:
    """Halls, days and grouping, as the address says."""

    hall: str
    first: date
    last: date
    by: str

    def address(self, **changes: str) -> str:
        facts = {"hall": self.hall, "from": f"{self.first}", "to": f"{self.last}", "by": self.by}
        return "?" + urlencode({**facts, **changes})


@dataclass(frozen=True)
class Linked:
    """A line of the page, with where it leads and whether a number in it was put right."""

    name: str
    values: list[int | None]
    address: str = ""
    is_corrected: bool = False


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_reports(request: HttpRequest) -> HttpResponse:
    """What closed days were: waits, service, no-shows, fill, ratings, forecast against real."""
    now = civil.now()
    halls = list(halls_of(request.user, *READERS).order_by("code"))
    if not halls:
        raise NotFound
    asked, form = _asked(request, halls, now)
    there = [hall for hall in halls if asked.hall in (EVERY, hall.code)]
    report = report_of(there, asked.first, asked.last, asked.by)
    kind = "" if form.errors else kind_asked(request)
    if kind and "chart" not in request.GET:
        return _file(asked, report, kind)
    charts = charts_of(there, asked.first, asked.last, report)
    if kind:
        days = f"{asked.hall}-{asked.first}-{asked.last}"
        return table_of(charts, request.GET["chart"], days, kind)
    pks = [hall.pk for hall in there]
    corrected = corrections(pks, asked.first, asked.last)
    hall = there[0] if len(there) == 1 else None
    context: dict[str, Any] = {
        "here": "reports",
        "runs_halls": halls_of(request.user, *WHO).exists(),
        "runs_this": hall is not None and has_role(request.user, hall, *WHO),
        "hall": hall,
        "code": asked.hall,
        "halls": halls,
        "form": form,
        "name": hall.name if hall else _("All halls"),
        "days": period_words(asked.first, asked.last),
        "written": report.whole.written,
        "was_open": report.whole.was_open,
        "charts": [(one, asked.address(chart=one.key)) for one in charts],
        "heads": report.heads,
        "rows": report.rows,
        "lines": _linked(asked, there, report.rows, corrected),
        "spans": _spans(asked, now),
        "address": asked.address(),
        "month": asked.last.strftime("%Y-%m"),
        "corrections": [correction_words(one) for one in corrected],
        "changed": changed_since(hall, asked.first, asked.last, now=now) if hall else None,
    }
    return show(request, "reports", context, status=400 if form.errors else 200)


def _asked(request: HttpRequest, halls: Sequence[Hall], now: datetime) -> tuple[Asked, ReportForm]:
    """What is asked for; where it is not understood, the four weeks until yesterday."""
    yesterday = civil.city_date(now) - timedelta(days=1)
    every = EVERY if len(halls) > 1 else halls[0].code
    usual = Asked(every, yesterday - FOUR_WEEKS, yesterday, "day")
    said: dict[str, Any] = {
        "hall": usual.hall, "from": usual.first, "to": usual.last, "by": usual.by
    }  # fmt: skip
    given = {name: request.GET[name] for name in said if name in request.GET}
    form = ReportForm({**said, **given}, halls=halls)
    if not form.is_valid():
        return usual, form
    told = form.cleaned_data
    return Asked(told["hall"], told["from"], told["to"], told["by"]), form


def _spans(asked: Asked, now: datetime) -> list[tuple[str, str, bool]]:
    """Days that are asked for often: text, address, whether they are shown."""
    yesterday = civil.city_date(now) - timedelta(days=1)
    this_month = yesterday.replace(day=1)
    before = this_month - timedelta(days=1)
    spans = [
        (_("The last seven days"), yesterday - timedelta(days=6), yesterday),
        (_("The last four weeks"), yesterday - FOUR_WEEKS, yesterday),
        (_("Last month"), before.replace(day=1), before),
        (_("The last twelve months"), yesterday - timedelta(days=364), yesterday),
    ]
    return [
        (
            text,
            asked.address(**{"from": f"{first}", "to": f"{last}"}),
            (first, last) == (asked.first, asked.last),
        )
        for text, first, last in spans
    ]


def _linked(
    asked: Asked, halls: Sequence[Hall], rows: Sequence[Row], corrected: Sequence[DayFigure]
) -> list[Linked]:
    """From a day to its figures or its halls, from a hall to its days."""
    codes = {hall.pk: hall for hall in halls}
    touched = {getattr(one, OF[asked.by]) for one in corrected}
    return [
        Linked(row.name, row.values, _address(asked, codes, row.of), row.of in touched)
        for row in rows
    ]


OF = {"hall": "hall_id", "matter": "matter_id", "window": "window_id", "hour": "hour"} | {
    "day": "service_day"
}


def _address(asked: Asked, halls: dict[int, Hall], of: Any) -> str:
    if asked.by == "hall":
        return asked.address(hall=halls[of].code, by="day")
    if asked.by != "day":
        return ""
    if len(halls) == 1:
        return day_link(next(iter(halls.values())), of)
    return asked.address(**{"from": f"{of}", "to": f"{of}", "by": "hall"})


def _file(asked: Asked, report: Report, kind: str) -> HttpResponse:
    """The lines as a spreadsheet; no cell is ever a formula."""
    lines = [report.heads, *([_cell(row), *row.values] for row in report.rows)]
    name = f"report-{asked.hall}-{asked.first}-{asked.last}-{asked.by}"
    return kept(lines, name, kind, title=asked.by)


def _cell(row: Row) -> Any:
    """A day as a date, so that office programs can count with it."""
    return row.of if isinstance(row.of, date) else row.name
