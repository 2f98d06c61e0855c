"""A report as tables: what each line of a report says, and the charts over it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from appointments import saying
from appointments.charting_counts import Chart, Column
from appointments.demanded.hours import clock_of
from appointments.reports import expected, names
from appointments.reports.reading import Line, lines_of, percent
from queues.models import Rating
from windows.models import Hall, Matter, Window

HEADS = {
    "hall": gettext_lazy("Hall"),
    "matter": gettext_lazy("Matter"),
    "window": gettext_lazy("Window"),
    "hour": gettext_lazy("Hour"),
    "day": gettext_lazy("Day"),
}
COLUMNS: list[tuple[Any, Callable[[Line], int | None]]] = [
    (gettext_lazy("Numbers given"), lambda line: line.people(names.CAME)),
    (gettext_lazy("Served"), lambda line: line.people(names.SERVED)),
    (gettext_lazy("Left without being served"), lambda line: line.people(names.LEFT)),
    (gettext_lazy("Missed calls"), lambda line: line.people(names.MISSED)),
    (gettext_lazy("Half waited at most (min)"), lambda line: line.half(names.WAIT)),
    (gettext_lazy("Nine in ten waited at most (min)"), lambda line: line.nine_in_ten(names.WAIT)),
    (gettext_lazy("Service on average (min)"), lambda line: line.mean(names.SERVICE)),
    (gettext_lazy("Booked visits"), lambda line: line.people(names.BOOKED)),
    (gettext_lazy("Did not come (%)"), lambda line: line.no_shows()),
    (gettext_lazy("Bookable time booked (%)"), lambda line: line.fill()),
    (gettext_lazy("Ratings"), lambda line: line.people(names.RATING)),
    (gettext_lazy("Satisfied (%)"), lambda line: line.content()),
    (gettext_lazy("Hours at windows"), lambda line: line.hours(names.STAFFED)),
]
# What a window or a matter has no figure for is not a zero.
UNKNOWN = {"window": {0, 2, 7, 8, 9}, "matter": {9, 12}, "hour": {12}}
CHANNELS = {
    "online": pgettext_lazy("channel", "Online"),
    "assisted": pgettext_lazy("channel", "Assisted"),
    "reserved": pgettext_lazy("channel", "By a session's own link"),
    "walkin": pgettext_lazy("channel", "Walk-in"),
}

Row = tuple[str, list[int | None]]


def rows_of(halls: Sequence[Hall], first: date, last: date, by: str) -> list[Row]:
    """A line for each hall, matter, window, hour or day, in the order of its name or time."""
    lines = lines_of([hall.pk for hall in halls], first, last, by)
    unknown = UNKNOWN.get(by, set())
    return [
        (name, [None if n in unknown else told(line) for n, (_head, told) in enumerate(COLUMNS)])
        for name, line in _named(lines, halls, by)
    ]


def heads_of(by: str) -> list[str]:
    return [str(HEADS[by]), *(str(head) for head, _told in COLUMNS)]


def charts_of(halls: Sequence[Hall], first: date, last: date, by: str) -> list[Chart]:
    """Each a table that a browser may also draw; few queries, whatever is asked."""
    pks = [hall.pk for hall in halls]
    rows = rows_of(halls, first, last, by)
    whole = lines_of(pks, first, last, "all").get("all", Line())
    return [
        _part("people", _("Numbers given, and what became of them"), "bars", "", by, rows,
              {0: "heat-4", 1: "blue", 2: "weekend"}),
        _part("waits", _("Minutes waited"), "lines", _("min"), by, rows, {4: "heat-2", 5: "blue"}),
        no_shows(whole),
        fill(whole),
        ratings(whole),
        _forecast(pks, first, last),
    ]  # fmt: skip


def _part(
    key: str, title: str, draws: str, unit: str, by: str, rows: list[Row], columns: dict[int, str]
) -> Chart:
    shown = {
        n: colour for n, colour in columns.items() if any(row[1][n] is not None for row in rows)
    }
    return Chart(
        key=key,
        title=title,
        finding="",
        draws=draws,
        unit=unit,
        head=str(HEADS[by]),
        columns=[Column(str(COLUMNS[n][0]), colour) for n, colour in shown.items()],
        rows=[(name, [values[n] for n in shown]) for name, values in rows],
    )


def no_shows(whole: Line) -> Chart:
    booked, away = whole.parts(names.BOOKED), whole.parts(names.NO_SHOW)
    together = whole.no_shows()
    return Chart(
        key="no_shows",
        title=_("Visits that did not take place, by days from booking to visit"),
        finding=""
        if together is None
        else _("%(percent)s%% of booked visits did not take place.") % {"percent": together},
        draws="bars",
        unit="%",
        head=_("Days ahead"),
        columns=[
            Column(_("Booked visits")),
            Column(_("Did not come")),
            Column(_("Did not come (%)"), "weekend"),
        ],
        rows=[
            (_lead(lead), [booked[lead], away.get(lead, 0), whole.no_shows(lead)])
            for lead in names.LEADS
            if booked.get(lead)
        ],
    )


def fill(whole: Line) -> Chart:
    offered, taken = whole.parts(names.OFFERED), whole.parts(names.TAKEN)
    together = whole.fill()
    return Chart(
        key="fill",
        title=_("Window hours on offer and booked, by channel"),
        finding=""
        if together is None
        else _("%(fill)s%% of all window hours on offer were booked.") % {"fill": together},
        draws="bars",
        unit=pgettext("unit", "h"),
        head=_("Channel"),
        columns=[
            Column(_("On offer"), "heat-1"),
            Column(pgettext("chart", "Booked"), "heat-4"),
            Column(_("Booked, in percent")),
        ],
        rows=[
            (
                str(label),
                [
                    round(offered[channel] / 60),
                    None if channel == "walkin" else round(taken.get(channel, 0) / 60),
                    None if channel == "walkin" else whole.fill(channel),
                ],
            )
            for channel, label in CHANNELS.items()
            if offered.get(channel)
        ],
    )


def ratings(whole: Line) -> Chart:
    levels, together = whole.parts(names.RATING), whole.people(names.RATING)
    return Chart(
        key="ratings",
        title=_("Ratings by level"),
        finding=_("%(percent)s%% were satisfied.") % {"percent": whole.content()}
        if together
        else "",
        draws="bars",
        unit="",
        head=_("Level"),
        columns=[Column(_("Ratings"), "blue"), Column(pgettext("column", "In percent"))],
        rows=[
            (str(label), [levels.get(str(level), 0), percent(levels.get(str(level), 0), together)])
            for level, label in Rating.Level.choices
        ]
        if together
        else [],
    )


def _forecast(pks: list[int], first: date, last: date) -> Chart:
    days = expected.foretold(pks, first, last)
    known = {day: one for day, one in days.items() if one.real is not None}
    real = sum(one.real or 0 for one in known.values())
    off = sum(abs((one.real or 0) - one.mean) for one in known.values())
    finding = ""
    if real:
        finding = _("On average the forecast was off by %(percent)s%%.") % {
            "percent": round(100 * off / real)
        }
    return Chart(
        key="forecast",
        title=_("Forecast against real: people who wanted to come"),
        finding=finding,
        draws="lines",
        unit="",
        head=_("Day"),
        columns=[
            Column(_("Forecast"), "heat-2"),
            Column(_("Real"), "blue"),
            Column(_("Range from (nine days in ten)")),
            Column(_("Range to (nine days in ten)")),
        ],
        rows=[
            (saying.short_day(day), [round(one.mean), one.real, _whole(one.low), _whole(one.high)])
            for day, one in days.items()
        ],
    )


def _named(lines: Mapping[Any, Line], halls: Sequence[Hall], by: str) -> list[tuple[str, Line]]:
    words: dict[Any, str]
    if by == "hall":
        words = {hall.pk: hall.name for hall in halls}
    elif by == "matter":
        of_matters = Matter.objects.filter(pk__in=lines).order_by("position", "code")
        words = {one.pk: one.name for one in of_matters}
    elif by == "window":
        of_windows = Window.objects.filter(pk__in=lines).select_related("hall")
        in_order = of_windows.order_by("hall__code", "number")
        several = len(halls) > 1
        words = {one.pk: _window(one, several=several) for one in in_order}
    elif by == "hour":
        words = {hour: clock_of(hour) for hour in sorted(lines)}
    else:
        words = {day: saying.short_day(day) for day in sorted(lines)}
    return [(name, lines[key]) for key, name in words.items() if key in lines]


def _window(window: Window, *, several: bool) -> str:
    said = _("Window %(number)s") % {"number": window.number}
    return f"{window.hall.name} · {said}" if several else said


def _lead(lead: str) -> str:
    return {"0": _("The same day"), "31+": _("31 and more")}.get(lead, lead)


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def period_words(first: date, last: date) -> str:
    facts = {"first": saying.long_day(first), "last": saying.long_day(last)}
    return facts["first"] if first == last else _("%(first)s to %(last)s") % facts
