"""Figures of a day in words: what is counted, of whom, and what became of a number."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from appointments import saying
from appointments.demanded.hours import clock_of
from appointments.models import DayFigure
from appointments.reports import names
from appointments.reports.correcting import shown_minutes
from appointments.reports.names import width_of
from appointments.reports.picturing import CHANNELS
from queues.models import Rating, Ticket

FIGURES = {
    names.DAY: gettext_lazy("Day with a session"),
    names.CAME: gettext_lazy("Numbers given"),
    names.SERVED: gettext_lazy("Served"),
    names.MISSED: gettext_lazy("Missed calls"),
    names.LEFT: gettext_lazy("Left without being served"),
    names.WENT_ON: gettext_lazy("Went on in another hall"),
    names.WAIT: pgettext_lazy("figure", "Waits"),
    names.SERVICE: gettext_lazy("Times of service"),
    names.BOOKED: gettext_lazy("Booked visits"),
    names.NO_SHOW: gettext_lazy("Did not come"),
    names.CANCELLED: gettext_lazy("Cancelled"),
    names.OFFERED: gettext_lazy("Window-minutes on offer"),
    names.TAKEN: gettext_lazy("Window-minutes booked"),
    names.RATING: gettext_lazy("Ratings"),
    names.STAFFED: gettext_lazy("Time at the window"),
    names.RESTED: gettext_lazy("Breaks"),
}


def figure_words(name: str, bucket: str) -> str:
    """Numbers given · Walk-in; Waits · 10 to 15 min."""
    said = str(FIGURES.get(name, name))
    return f"{said} · {_bucket(name, bucket)}" if bucket else said


def _bucket(name: str, bucket: str) -> str:
    if name in (names.WAIT, names.SERVICE):
        return class_words(bucket)
    if name in (names.BOOKED, names.NO_SHOW, names.CANCELLED):
        return _("booked %(days)s days ahead") % {"days": bucket.replace("-", "–")}
    if name == names.RATING:
        return str(Rating.Level(int(bucket)).label)
    if name == names.CAME:
        return str(Ticket.Source(bucket).label)
    return str(CHANNELS[bucket])


def class_words(bucket: str) -> str:
    first, last = width_of(bucket)
    said = _("%(first)s min and more") if last is None else _("%(first)s–%(last)s min")
    return said % {"first": first, "last": last}


def part_words(figure: DayFigure) -> list[str]:
    """Of which matter, window or hour the number is; nothing for the whole hall."""
    if figure.matter:
        return [figure.matter.name]
    if figure.window:
        return [_("Window %(number)s") % {"number": figure.window.number}]
    return [] if figure.hour is None else [clock_of(figure.hour)]


def value_words(figure: DayFigure) -> str:
    """The number, and its time where it has one."""
    if figure.name not in names.TIMED:
        return str(figure.count)
    facts = {"count": figure.count, "minutes": shown_minutes(figure)}
    return _("%(count)s, together %(minutes)s min") % facts


def correction_words(row: DayFigure) -> dict[str, Any]:
    """One correction as its readers see it: what, from, to, by whom, why, when."""
    before = row.corrects
    assert isinstance(before, DayFigure)  # a first figure is no correction
    return {
        "day": saying.short_day(row.service_day),
        "hall": row.hall.name,
        "what": " · ".join([figure_words(row.name, row.bucket), *part_words(row)]),
        "before": value_words(before),
        "after": value_words(row),
        "by": row.by,
        "why": row.reason,
        "when": saying.when(row.recorded_at),
    }
