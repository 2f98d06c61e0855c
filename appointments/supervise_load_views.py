"""Supervisors' page of how the day is shared among the windows, with their breaks."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.desk_forms import WindowBreakForm
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from appointments.weighing import hall_load
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows import breaks
from windows.access import staff_page
from windows.models import Hall, PlannedBreak


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_load(request: HttpRequest) -> HttpResponse:
    """People, minutes, breaks and overtime by window, today."""
    return _load(request, asked_hall(request))


def _load(
    request: HttpRequest, hall: Hall, *, form: WindowBreakForm | None = None, status: int = 200
) -> HttpResponse:
    now = civil.now()
    load = hall_load(hall, now=now)
    context = {
        "here": "load",
        "hall": hall,
        "halls": halls_here(request),
        "load": load,
        "day": saying.long_day(load.service_day),
        "clock": saying.clock(now),
        "form": form or WindowBreakForm(hall=hall),
        "key": fresh_key(),
    }
    return show(request, "load", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_break(request: HttpRequest) -> HttpResponse:
    """A window's break is planned in two fields; refused beside the field."""
    hall, now = asked_hall(request), civil.now()
    form = WindowBreakForm(request.POST, hall=hall)
    if not form.is_valid():
        return _load(request, hall, form=form, status=400)
    said = form.cleaned_data
    run = partial(
        breaks.plan, window=form.chosen, at=said["at"], minutes=said["minutes"], now=now,
        staff=request.user,  # type: ignore[arg-type]
    )  # fmt: skip
    body = f"{hall.code}/{form.chosen.pk}/{said['at']}/{said['minutes']}"
    try:
        press(request, actor=_actor(request), body=body, now=now, run=lambda: _none(run()))
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _load(request, hall, form=form, status=409)
    messages.success(request, _("The break is planned."))
    return redirect(_page(hall))


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_break_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """The planned break is off; a second press finds nothing left to do."""
    hall, now = asked_hall(request), civil.now()

    def run() -> dict[str, Any]:
        planned = PlannedBreak.objects.filter(pk=pk, window__hall=hall).first()
        if planned is None:
            raise NotFound
        return _none(breaks.drop(planned=planned, staff=request.user))  # type: ignore[arg-type]

    try:
        press(request, actor=_actor(request), body=f"{hall.code}/{pk}", now=now, run=run)
    except SaidNo as refusal:
        messages.error(request, str(refusal))
        return redirect(_page(hall))
    messages.success(request, _("The planned break is off."))
    return redirect(_page(hall))


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"


def _page(hall: Hall) -> str:
    return f"{reverse('appointments:supervise_load')}?hall={hall.code}"


def _none(_made: object) -> dict[str, Any]:
    return {}
