"""Charts of one's halls over some days: a page, and each chart as a table to take along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.charting import charts_of
from appointments.city_page import Link
from appointments.supervise_views import READERS, WHO, show
from appointments.tables_to_keep import chart_asked
from config import civil
from config.refusals import NotFound
from windows.access import halls_of, staff_page
from windows.models import Hall

WEEKS = timedelta(days=27)
LONGEST = timedelta(days=400)
EVERY, DISTRICT = "all", "d:"


class ChartForm(forms.Form):
    """Which halls, from which day to which."""

    of = forms.ChoiceField(
        label=_("Which halls?"),
        error_messages={
            "required": _("Choose one of these."),
            "invalid_choice": _("Choose one of these."),
        },
    )
    first = forms.DateField(
        label=_("From which day?"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter the day."),
            "invalid": _("Write the day like this: 2026-11-24."),
        },
    )
    last = forms.DateField(
        label=_("To which day?"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter the day."),
            "invalid": _("Write the day like this: 2026-11-24."),
        },
    )

    def __init__(self, *args: Any, halls: Sequence[Hall], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["of"].choices = _choices(halls)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        first, last = told.get("first"), told.get("last")
        if first and last and last < first:
            self.add_error("last", gettext("The last day lies before the first."))
        elif first and last and last - first > LONGEST:
            self.add_error(
                "last", gettext("Choose at most %(days)s days.") % {"days": LONGEST.days}
            )
        return told


@dataclass(frozen=True)
class Asked:
    """Halls and days, as the address says."""

    of: str
    first: date
    last: date

    def address(self, **changes: str) -> str:
        facts = {"of": self.of, "first": f"{self.first}", "last": f"{self.last}", **changes}
        return "?" + urlencode({name: said for name, said in facts.items() if said})


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_charts(request: HttpRequest) -> HttpResponse:
    """How full, how long, how many: each as a chart with its table."""
    now = civil.now()
    halls = list(halls_of(request.user, *READERS).filter(is_open=True).order_by("code"))
    asked, form = _asked(request, halls, now)
    there = _halls_asked(halls, asked.of)
    charts = charts_of(halls=[hall.pk for hall in there], first=asked.first, last=asked.last)
    if table := chart_asked(request, charts, f"{asked.first}-{asked.last}"):
        return table
    context = {
        "here": "charts",
        "runs_halls": halls_of(request.user, *WHO).exists(),
        "form": form,
        "charts": [(chart, asked.address(chart=chart.key)) for chart in charts],
        "name": _name(there, halls),
        "days": _days(asked),
        "spans": _spans(asked, now),
        "hall": there[0] if len(there) == 1 else None,
    }
    return show(request, "charts", context, status=400 if form.errors else 200)


def _asked(request: HttpRequest, halls: Sequence[Hall], now: datetime) -> tuple[Asked, ChartForm]:
    """What is asked for; where it is not understood, the last four weeks of all halls."""
    today = civil.city_date(now)
    every = EVERY if len(halls) > 1 else halls[0].code
    first = Asked(of=every, first=today - WEEKS, last=today)
    said = {"of": request.GET.get("hall") or every, "first": first.first, "last": first.last}
    given = {name: request.GET[name] for name in said if name in request.GET}
    form = ChartForm({**said, **given}, halls=halls)
    if not form.is_valid():
        return first, form
    told = form.cleaned_data
    return Asked(told["of"], told["first"], told["last"]), form


def _choices(halls: Sequence[Hall]) -> list[Any]:
    """All of one's halls, a district, a hall."""
    districts = {hall.district_zh: hall.district for hall in halls}
    named: list[Any] = [(hall.code, hall.name) for hall in halls]
    if len(halls) < 2:
        return named
    several: list[Any] = []
    if len(districts) > 1:
        of_districts = [(DISTRICT + key, name) for key, name in districts.items()]
        several = [(gettext("Districts"), of_districts)]
    return [(EVERY, gettext("All halls")), *several, (gettext("Halls"), named)]


def _halls_asked(halls: Sequence[Hall], of: str) -> list[Hall]:
    """Raises NotFound for what is not the person's own; the form has refused it before."""
    if of.startswith(DISTRICT):
        found = [hall for hall in halls if hall.district_zh == of.removeprefix(DISTRICT)]
    else:
        found = [hall for hall in halls if of in (EVERY, hall.code)]
    if not found:
        raise NotFound
    return found


def _name(there: Sequence[Hall], halls: Sequence[Hall]) -> str:
    if len(there) == 1:
        return there[0].name
    districts = {hall.district for hall in there}
    return districts.pop() if len(districts) == 1 else gettext("All halls")


def _days(asked: Asked) -> str:
    facts = {"first": saying.short_day(asked.first), "last": saying.short_day(asked.last)}
    if asked.first == asked.last:
        return facts["first"]
    return gettext("%(first)s to %(last)s") % facts


def _spans(asked: Asked, now: datetime) -> list[Link]:
    """Days that are asked for often."""
    today = civil.city_date(now)
    week = timedelta(days=6)
    spans = [
        (gettext("The last seven days"), today - week, today),
        (gettext("The last four weeks"), today - WEEKS, today),
        (gettext("The coming seven days"), today, today + week),
    ]
    return [
        Link(
            text,
            asked.address(first=f"{first}", last=f"{last}"),
            (first, last) == (asked.first, asked.last),
        )
        for text, first, last in spans
    ]
