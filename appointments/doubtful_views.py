"""Numbers that a cut-off kiosk gave and that wait for a supervisor: let in, or put aside."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import cut_off, saying
from appointments.hall_forms import matters_of
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.refusals import NotFound
from queues import doubting
from queues.models import DoubtfulNumber
from windows.access import has_role, staff_page
from windows.models import Hall, Matter

SHOWN = 100
WHY = {
    "malformed": gettext_lazy("The kiosk's message was spoiled."),
    "kiosk_shut_out": gettext_lazy("The kiosk had been shut out when it told us."),
    "not_of_this_letter": gettext_lazy("The matter has no numbers of this letter."),
    "not_of_your_block": gettext_lazy("The number was not reserved for this kiosk."),
    "no_session_then": gettext_lazy("The hall had no session on that day."),
}


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_numbers(request: HttpRequest) -> HttpResponse:
    """What cut-off kiosks of the hall gave and nobody could take by itself."""
    return _list(request, asked_hall(request), civil.now())


def _list(
    request: HttpRequest, hall: Hall, now: datetime, *, error: str = "", status: int = 200
) -> HttpResponse:
    waiting, matters = doubting.waiting_at(hall.pk), matters_of(hall)
    context = {
        "here": "devices",
        "hall": hall,
        "halls": halls_here(request),
        "number": waiting.count(),
        "rows": [_row(one, matters) for one in waiting[:SHOWN]],
        "errors": [error] if error else [],
        "key": fresh_key(),
    }
    return show(request, "numbers", context, status=status)


def _row(doubtful: DoubtfulNumber, matters: list[Matter]) -> dict[str, Any]:
    told = doubting.told_in(doubtful)
    return {
        "pk": doubtful.pk,
        "label": told.label,
        "given": saying.when(told.taken_at or doubtful.told_at),
        "kiosk": doubtful.device.name,
        "why": WHY.get(doubtful.why, doubtful.why),
        "told": doubtful.told,
        "matters": [one for one in matters if one.prefix == told.prefix],
        "matter": told.matter,
    }


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_number_let_in(request: HttpRequest, pk: int) -> HttpResponse:
    """The number is in line, where it belongs by when it was given."""
    doubtful, now = _asked(request, pk), civil.now()
    code = request.POST.get("matter", "")
    matter = next((one for one in matters_of(doubtful.hall) if one.code == code), None)

    def run() -> dict[str, Any]:
        staff: Any = request.user
        outcome = cut_off.let_in(doubtful=doubtful, staff=staff, now=now, matter=matter)
        return {"number": outcome.fate.ticket.label if outcome.fate.ticket else ""}

    try:
        told = press(request, actor=_actor(request), body=f"in {pk} {code}", now=now, run=run)
    except SaidNo as no:
        return _list(request, doubtful.hall, now, error=str(no), status=409)
    messages.success(request, _("%(number)s is in line.") % {"number": told["number"]})
    return _back(doubtful.hall)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_number_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody waits with this number."""
    doubtful, now = _asked(request, pk), civil.now()

    def run() -> dict[str, Any]:
        staff: Any = request.user
        doubting.put_aside(doubtful=doubtful, staff=staff, now=now)
        return {}

    try:
        press(request, actor=_actor(request), body=f"aside {pk}", now=now, run=run)
    except SaidNo as no:
        return _list(request, doubtful.hall, now, error=str(no), status=409)
    messages.success(request, _("It is put aside."))
    return _back(doubtful.hall)


def _asked(request: HttpRequest, pk: int) -> DoubtfulNumber:
    found = DoubtfulNumber.objects.select_related("hall").filter(pk=min(pk, 2**62)).first()
    if found is None or not has_role(request.user, found.hall, *WHO):
        raise NotFound
    return found


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"


def _back(hall: Hall) -> HttpResponse:
    return redirect(f"/supervise/devices/numbers/?hall={hall.code}")
