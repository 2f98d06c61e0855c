"""Charts of things that are counted: visits, searches in vain, sessions."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncWeek
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from appointments import saying
from appointments.models import Booking, UnmetDemand
from windows.models import HallSession


@dataclass(frozen=True)
class Column:
    """A heading; drawn in a colour of the tokens where one is named."""

    text: str
    colour: str = ""


@dataclass(frozen=True)
class Chart:
    """A table and how it is drawn: lines, bars, stack or heat. None is a missing number."""

    key: str
    title: str
    finding: str
    draws: str
    unit: str
    head: str
    columns: list[Column]
    rows: list[tuple[str, list[int | None]]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return all(value is None for _name, values in self.rows for value in values)


def in_vain(asked: dict[str, Any]) -> Chart:
    """Searches for a place that found none, by the day that was wanted."""
    days = UnmetDemand.objects.filter(**asked).values_list("service_day").annotate(Sum("count"))
    counts = dict(days.order_by("service_day"))
    people = sum(counts.values())
    return Chart(
        key="in_vain",
        title=_("Searches in vain, by the day that was wanted"),
        finding=_searches(people) if people else "",
        draws="bars",
        unit=_("times"),
        head=_("Day"),
        columns=[Column(_("Searches in vain"), "bad")],
        rows=[(saying.short_day(day), [people]) for day, people in sorted(counts.items())],
    )


def visits(asked: dict[str, Any]) -> Chart:
    """Booked visits that are over, by what became of them."""
    kept = Count("pk", filter=Q(state=Booking.State.SERVED))
    away = Count("pk", filter=Q(state=Booking.State.NO_SHOW))
    rows = (
        Booking.objects.filter(**asked)
        .values_list("service_day")
        .annotate(people_kept=kept, people_away=away)
    )
    days = {day: counts for day, *counts in rows.order_by("service_day") if any(counts)}
    came, stayed_away = (sum(counts[n] for counts in days.values()) for n in (0, 1))
    finding = ""
    if days:
        percent = round(100 * stayed_away / (came + stayed_away))
        finding = _("%(n)s did not come: %(percent)s%%.") % {
            "n": stayed_away,
            "percent": percent,
        }
    return Chart(
        key="visits",
        title=_("Booked visits, by day: served, and not come"),
        finding=finding,
        draws="stack",
        unit="",
        head=_("Day"),
        columns=[Column(_("Served"), "heat-4"), Column(_("Did not come"), "weekend")],
        rows=[(saying.short_day(day), counts) for day, counts in days.items()],
    )


COLOURS = {
    "regular": "blue", "lunch": "heat-2", "late": "heat-3", "night": "night",
    "weekend": "weekend", "student": "student", "outreach": "ink-3",
}  # fmt: skip


def sessions(asked: dict[str, Any]) -> Chart:
    """Sessions of each kind, by week; a week begins on Monday."""
    open_ones = HallSession.objects.filter(**asked, state=HallSession.State.OPEN)
    rows = open_ones.annotate(week=TruncWeek("service_day")).values_list("week", "kind")
    weeks: dict[date, dict[str, int]] = defaultdict(dict)
    for week, kind, count in rows.annotate(Count("pk")).order_by("week"):
        weeks[week][kind] = count
    kinds = [
        (kind, label)
        for kind, label in HallSession.Kind.choices
        if any(kind in week for week in weeks.values())
    ]
    together = sum(sum(week.values()) for week in weeks.values())
    return Chart(
        key="sessions",
        title=_("Sessions per week, by kind"),
        finding=_sessions_words(together) if together else "",
        draws="stack",
        unit="",
        head=_("Week"),
        columns=[Column(str(label), COLOURS[kind]) for kind, label in kinds],
        rows=[
            (_week_words(monday), [week.get(kind, 0) for kind, _label in kinds])
            for monday, week in sorted(weeks.items())
        ],
    )


def _searches(people: int) -> str:
    return ngettext("%(n)s search in all.", "%(n)s searches in all.", people) % {"n": people}


def _sessions_words(count: int) -> str:
    return ngettext("%(n)s session in all.", "%(n)s sessions in all.", count) % {"n": count}


def _week_words(monday: date) -> str:
    sunday = monday + timedelta(days=6)
    form = pgettext("short format of a date", "j M")
    facts = {"first": formatted(monday, form), "last": formatted(sunday, form)}
    return _("%(first)s to %(last)s") % facts
