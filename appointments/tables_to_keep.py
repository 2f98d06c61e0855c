"""Tables that people take along, for office programs; no text in them is ever a formula."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from appointments.charting_counts import Chart
from config.refusals import NotFound
from windows.importing.files import as_file


def kept(
    rows: Iterable[Sequence[Any]], name: str, kind: str = "csv", *, title: str = ""
) -> HttpResponse:
    """The rows as a file of that name: `csv`, or `xlsx` with a sheet of that title."""
    content, content_type = as_file(rows, kind, title)
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def table_of(charts: Sequence[Chart], key: str, name: str) -> HttpResponse:
    """A chart's numbers. Raises NotFound."""
    chart = next((one for one in charts if one.key == key), None)
    if chart is None:
        raise NotFound
    heads = [chart.head, *(column.text for column in chart.columns)]
    lines = [[row, *("" if one is None else one for one in values)] for row, values in chart.rows]
    return kept([heads, *lines], f"{chart.key}-{name}")
