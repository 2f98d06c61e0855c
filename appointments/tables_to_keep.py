"""Tables that people take along, for office programs; no text in them is ever a formula."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from appointments.charting_counts import Chart
from config.refusals import NotFound
from windows.importing.files import as_file

KINDS = ("csv", "xlsx")


def kind_asked(request: HttpRequest) -> str:
    """The kind of file that `?format=` asks for; empty: it asks for the page."""
    kind = request.GET.get("format", "")
    return kind if kind in KINDS else ""


def kept(
    rows: Iterable[Sequence[Any]], name: str, kind: str = "csv", *, title: str = ""
) -> HttpResponse:
    """The rows as a file of that name: `csv`, or `xlsx` with a sheet of that title (the name)."""
    content, content_type = as_file(rows, kind, title or name)
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def table_of(charts: Sequence[Chart], key: str, name: str, kind: str = "csv") -> HttpResponse:
    """A chart's numbers. Raises NotFound."""
    chart = next((one for one in charts if one.key == key), None)
    if chart is None:
        raise NotFound
    heads = [chart.head, *(column.text for column in chart.columns)]
    lines = [[row, *("" if one is None else one for one in values)] for row, values in chart.rows]
    return kept([heads, *lines], f"{chart.key}-{name}", kind, title=chart.key)


def chart_asked(request: HttpRequest, charts: Sequence[Chart], name: str) -> HttpResponse | None:
    """The file of the chart `?chart=`; None where the page is asked for. Raises NotFound."""
    kind = kind_asked(request)
    return table_of(charts, request.GET.get("chart", ""), name, kind) if kind else None
