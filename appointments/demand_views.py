"""Demand of a hall on pages: its days, one day down to the searches, and corrections."""

from datetime import date, datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.demand_forms import CorrectionForm, DaysForm, ReasonForm
from appointments.demand_page import day_rows, shown_difference, shown_fact
from appointments.demanded.correcting import correct_day, correct_fact, differences
from appointments.demanded.following import asked_in_vain, facts_of
from appointments.demanded.hours import LAST_HOUR, clock_of
from appointments.demanded.picturing import charts_of_demand
from appointments.demanded.reading import wanted
from appointments.models import DayClosing, DemandFact
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import READERS, WHO, asked_hall, halls_here, show
from appointments.tables_to_keep import chart_asked
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows.access import hall_for, halls_of, has_role, own_row, staff_page
from windows.models import Hall, Matter, Staff

TWO_WEEKS = timedelta(days=13)


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_demand(request: HttpRequest) -> HttpResponse:
    """Who asked for what in a hall on some days, and who found no place."""
    hall, now = asked_hall(request, *READERS), civil.now()
    form, first, last = _days_asked(request, now)
    rows = wanted([hall.pk], first, last)
    charts = charts_of_demand(hall, first, last, rows)
    if table := chart_asked(request, charts, f"{hall.code}-{first}-{last}"):
        return table
    asked = {"hall": hall.code, "first": f"{first}", "last": f"{last}"}
    context = {
        "here": "demand",
        "hall": hall,
        "halls": halls_here(request, *READERS),
        "runs_halls": has_role(request.user, hall, *WHO),
        "form": form,
        "charts": [(one, "?" + urlencode({**asked, "chart": one.key})) for one in charts],
        "rows": day_rows(hall, first, last, rows),
        "span": _("%(first)s to %(last)s")
        % {"first": saying.short_day(first), "last": saying.short_day(last)},
    }
    return show(request, "demand", context, status=400 if form.errors else 200)


def _days_asked(request: HttpRequest, now: datetime) -> tuple[DaysForm, date, date]:
    """The days asked for; where they are not understood, the last two weeks."""
    yesterday = civil.city_date(now) - timedelta(days=1)
    usual = {"first": yesterday - TWO_WEEKS, "last": yesterday}
    given = {name: request.GET[name] for name in usual if name in request.GET}
    form = DaysForm({**usual, **given})
    if not form.is_valid():
        return form, usual["first"], usual["last"]
    return form, form.cleaned_data["first"], form.cleaned_data["last"]


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_demand_day(request: HttpRequest, code: str, day: str) -> HttpResponse:
    """One hall's day, or one hour of it: its numbers, and who asked in vain when."""
    return _day_page(request, hall_for(request.user, code, *READERS), _day(day), ReasonForm())


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise NotFound from None


def _day_page(
    request: HttpRequest, hall: Hall, day: date, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    hour, error = _hour(request.GET.get("hour", ""))
    closing = DayClosing.objects.filter(hall=hall, service_day=day).first()
    late = differences(hall, day)
    matters = Matter.objects.in_bulk([one.key.matter_id for one in late])
    asked = asked_in_vain(hall, day)
    context: dict[str, Any] = {
        "here": "demand",
        "hall": hall,
        "halls": [],
        "runs_halls": has_role(request.user, hall, *WHO),
        "day": day,
        "words": saying.long_day(day),
        "hour": None if hour is None else clock_of(hour),
        "closing": closing,
        "written": saying.when(closing.written_at) if closing else "",
        "facts": [shown_fact(one) for one in facts_of(hall, day, hour)],
        "asked": asked,
        "counted": sum(one.counted for one in asked),
        "late": [shown_difference(one, matters) for one in late],
        "form": form,
        "errors": [error] if error else [],
        "key": fresh_key(),
    }
    return show(request, "demand_day", context, status=400 if error else status)


def _hour(said: str) -> tuple[int | None, str]:
    """The hour asked for, else all of them with what was wrong."""
    if not said:
        return None, ""
    if said.isascii() and said.isdigit() and len(said) < 3 and int(said) <= LAST_HOUR:
        return int(said), ""
    return None, _("There is no such hour; the whole day is shown.")


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_demand_fact(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct one number of a closed day; what was written stays beside it."""
    mine = DemandFact.objects.filter(hall__in=halls_of(request.user, *WHO))
    fact, now = own_row(mine.select_related("hall", "matter", "by"), pk), civil.now()
    if request.method != "POST":
        known = {"people": fact.people, "minutes": fact.minutes}
        return _fact_page(request, fact, CorrectionForm(initial=known))
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _fact_page(request, fact, form, status=400)

    def run() -> dict[str, Any]:
        by = cast(Staff, request.user)
        return {"fact": correct_fact(fact=fact, by=by, now=now, **form.cleaned_data).pk}

    try:
        body = f"{pk} {sorted(form.cleaned_data.items())}"
        press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        show_refusal(form, no)
        return _fact_page(request, fact, form, status=409)
    messages.success(request, _("The number is corrected; what was written stays beside it."))
    return redirect(_day_link(fact.hall, fact.service_day, fact.hour))


def _fact_page(
    request: HttpRequest, fact: DemandFact, form: CorrectionForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "here": "demand",
        "hall": fact.hall,
        "halls": [],
        "shown": shown_fact(fact),
        "words": saying.long_day(fact.service_day),
        "back": _day_link(fact.hall, fact.service_day, fact.hour),
        "newer": DemandFact.objects.filter(corrects=fact).first(),
        "form": form,
        "key": fresh_key(),
    }
    return show(request, "demand_fact", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_demand_journal(request: HttpRequest, code: str, day: str) -> HttpResponse:
    """What bookings and tickets tell otherwise by now is written as corrections."""
    hall, on, now = hall_for(request.user, code, *WHO), _day(day), civil.now()
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _day_page(request, hall, on, form, status=400)
    reason = form.cleaned_data["reason"]

    def run() -> dict[str, Any]:
        by = cast(Staff, request.user)
        return {"corrected": correct_day(hall=hall, day=on, reason=reason, by=by, now=now)}

    try:
        body = f"{code} {on} {reason}"
        told = press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        show_refusal(form, no)
        return _day_page(request, hall, on, form, status=409)
    n = told["corrected"]
    done = ngettext("%(n)s number was corrected.", "%(n)s numbers were corrected.", n) % {"n": n}
    messages.success(request, done)
    return redirect(_day_link(hall, on))


def _day_link(hall: Hall, day: date, hour: int | None = None) -> str:
    way = reverse("appointments:supervise_demand_day", args=[hall.code, f"{day}"])
    return way if hour is None else f"{way}?hour={hour}"
