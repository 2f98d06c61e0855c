"""Time off in lieu of a hall: balances, one person's ledger, putting it right."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments import saying
from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_forms import CorrectionForm
from appointments.roster_people_views import TEAM, own_person
from appointments.roster_views import actor
from appointments.roster_words import length_words
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from windows import time_off
from windows.access import staff_page
from windows.duties import people_of
from windows.models import Hall, Staff, TimeOffEntry
from windows.rules import rule


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_time_off(request: HttpRequest) -> HttpResponse:
    """Who has how much, and what of it ends first."""
    hall, today = asked_hall(request), civil.city_date(civil.now())
    people = list(people_of(hall, *TEAM))
    left = time_off.balances([one.pk for one in people])
    ending = time_off.ending_first([one.pk for one in people])
    rows = [
        {
            "staff": one,
            "balance": length_words(left.get(one.pk, 0)),
            "has_any": left.get(one.pk, 0) > 0,
            "ending": _ending(ending.get(one.pk)),
        }
        for one in people
    ]
    context: dict[str, Any] = {
        "here": "timeoff",
        "hall": hall,
        "halls": halls_here(request),
        "rows": rows,
        "together": length_words(sum(left.values())),
        "lasts": rule("time_off_expires_days", hall=hall, day=today),
    }
    return show(request, "timeoff", context)


def _ending(source: time_off.Source | None) -> str:
    if source is None or source.entry.expires_on is None:
        return ""
    facts = {"length": length_words(source.left), "day": source.entry.expires_on.isoformat()}
    return _("%(length)s until %(day)s") % facts


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_time_off_of(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's ledger; POST puts it right."""
    hall = asked_hall(request)
    staff = own_person(request, hall, pk)
    if request.method != "POST":
        return _ledger(request, hall, staff)
    form, now = CorrectionForm(request.POST), civil.now()
    if not form.is_valid():
        return _ledger(request, hall, staff, form=form, status=400)
    said = form.cleaned_data

    def run() -> dict[str, Any]:
        time_off.correct(
            staff=staff, minutes=said["minutes"], note=said["note"], now=now,
            by=request.user,  # type: ignore[arg-type]
        )  # fmt: skip
        return {}

    try:
        body = f"{pk}/{said['minutes']}/{said['note']}"
        press(request, actor=actor(request), body=body, now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _ledger(request, hall, staff, form=form, status=409)
    messages.success(request, _("The ledger is put right."))
    page = reverse("appointments:supervise_time_off_of", args=[staff.pk])
    return redirect(f"{page}?hall={hall.code}")


def _ledger(
    request: HttpRequest,
    hall: Hall,
    staff: Staff,
    *,
    form: CorrectionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "here": "timeoff",
        "hall": hall,
        "halls": [],
        "staff": staff,
        "balance": length_words(time_off.balances([staff.pk]).get(staff.pk, 0)),
        "lines": ledger_lines(staff),
        "form": form or CorrectionForm(),
        "key": fresh_key(),
    }
    return show(request, "timeoff_of", context, status=status)


def ledger_lines(staff: Staff) -> list[dict[str, Any]]:
    """The ledger in words, newest first."""
    return [
        {
            "entry": one,
            "day": saying.short_day(one.on),
            "length": length_words(one.minutes),
            "is_less": one.minutes < 0,
            "about": _about(one),
        }
        for one in time_off.entries_of(staff)
    ]


def _about(one: TimeOffEntry) -> str:
    if one.overtime:
        facts = {"hall": one.overtime.session.hall.name, "day": one.expires_on}
        return _("Overtime in %(hall)s; can be used until %(day)s") % facts
    if one.kind == TimeOffEntry.Kind.CORRECT and one.absence:
        return _("The time off was withdrawn")
    if one.kind == TimeOffEntry.Kind.EXPIRE:
        return _("Not used in time")
    return one.note
