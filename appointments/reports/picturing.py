"""The charts of a report: each a table that a browser may also draw."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from appointments.charting_counts import Chart, Column
from appointments.reports import expected, names
from appointments.reports.reading import Line, percent
from appointments.reports.telling import COLUMNS, Report, days_in_words
from queues.models import Rating
from windows.models import Hall

CHANNELS = {
    "online": pgettext_lazy("channel", "Online"),
    "assisted": pgettext_lazy("channel", "Assisted"),
    "reserved": pgettext_lazy("channel", "By a session's own link"),
    "walkin": pgettext_lazy("channel", "Walk-in"),
}
LEADS = {"0": gettext_lazy("The same day"), "31+": gettext_lazy("31 and more")}


def charts_of(halls: Sequence[Hall], first: date, last: date, report: Report) -> list[Chart]:
    """Of the report's lines, and of all of it together."""
    whole = report.whole
    return [
        _part("people", _("Numbers given, and what became of them"), "bars", "", report,
              {0: "heat-4", 1: "blue", 2: "weekend"}),
        _part("waits", _("Minutes waited"), "lines", _("min"), report, {4: "heat-2", 5: "blue"}),
        no_shows(whole),
        fill(whole),
        ratings(whole),
        _forecast([hall.pk for hall in halls], first, last),
    ]  # fmt: skip


def _part(
    key: str, title: str, draws: str, unit: str, report: Report, columns: dict[int, str]
) -> Chart:
    shown = {
        n: colour
        for n, colour in columns.items()
        if any(row.values[n] is not None for row in report.rows)
    }
    return Chart(
        key=key,
        title=title,
        finding="",
        draws=draws,
        unit=unit,
        head=report.heads[0],
        columns=[Column(str(COLUMNS[n][0]), colour) for n, colour in shown.items()],
        rows=[(row.name, [row.values[n] for n in shown]) for row in report.rows],
    )


def no_shows(whole: Line) -> Chart:
    booked, away = whole.parts(names.BOOKED), whole.parts(names.NO_SHOW)
    return Chart(
        key="no_shows",
        title=_("Visits that did not take place, by days from booking to visit"),
        finding=_found(_("%(percent)s%% of booked visits did not take place."), whole.no_shows()),
        draws="bars",
        unit="%",
        head=_("Days ahead"),
        columns=[
            Column(_("Booked visits")),
            Column(_("Did not come")),
            Column(_("Did not come (%)"), "weekend"),
        ],
        rows=[
            (str(LEADS.get(lead, lead)), [booked[lead], away.get(lead, 0), whole.no_shows(lead)])
            for lead in names.LEADS
            if booked.get(lead)
        ],
    )


def fill(whole: Line) -> Chart:
    offered, taken = whole.parts(names.OFFERED), whole.parts(names.TAKEN)
    return Chart(
        key="fill",
        title=_("Window hours on offer and booked, by channel"),
        finding=_found(_("%(percent)s%% of all window hours on offer were booked."), whole.fill()),
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
        finding=_found(_("%(percent)s%% were satisfied."), whole.content()),
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
    words = days_in_words(list(days))
    known = {day: one for day, one in days.items() if one.real is not None}
    real = sum(one.real or 0 for one in known.values())
    off = sum(abs((one.real or 0) - one.mean) for one in known.values())
    return Chart(
        key="forecast",
        title=_("Forecast against real: people who wanted to come"),
        finding=_found(
            _("On average the forecast was off by %(percent)s%%."), percent(round(off), real)
        ),
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
            (words[day], [round(one.mean), one.real, _whole(one.low), _whole(one.high)])
            for day, one in days.items()
        ],
    )


def _found(words: str, n: int | None) -> str:
    """The sentence of a chart, where there is a number to say."""
    return "" if n is None else words % {"percent": n}


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)
