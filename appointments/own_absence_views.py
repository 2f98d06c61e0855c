"""Asking for an absence of one's own, and withdrawing it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from appointments.own_roster_views import WHO
from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_forms import OwnAbsenceForm
from appointments.roster_words import length_words
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows import asking_absence
from windows.access import staff_page
from windows.models import AbsenceRequest
from windows.time_off import balances

FIELDS = {"begins": "first", "ends": "last"}  # of the commands: of the form


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_absence_ask(request: HttpRequest) -> HttpResponse:
    """From when to when, and why; POST asks the supervisors."""
    now = civil.now()
    if request.method != "POST":
        return _page(request, OwnAbsenceForm(initial={"first": civil.city_date(now)}))
    form = OwnAbsenceForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    said = form.answers()

    def run() -> dict[str, Any]:
        asking_absence.ask(by=request.user, now=now, **said)  # type: ignore[arg-type]
        return {}

    try:
        press(request, actor=f"staff:{request.user.pk}", body=str(said), now=now, run=run)
    except SaidNo as refusal:
        refusal.field = FIELDS.get(refusal.field or "", refusal.field)
        show_refusal(form, refusal)
        return _page(request, form, status=409)
    messages.success(request, _("Your supervisor is asked. You see the answer here."))
    return redirect("appointments:desk_roster")


def _page(request: HttpRequest, form: OwnAbsenceForm, *, status: int = 200) -> HttpResponse:
    me: int = request.user.pk  # type: ignore[assignment]
    context = {
        "form": form,
        "balance": length_words(balances([me]).get(me, 0)),
        "key": fresh_key(),
    }
    return render(request, "appointments/desk/absence_ask.html", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def desk_absence_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """I do not ask any more, or am there after all."""
    mine = AbsenceRequest.objects.filter(staff=request.user.pk)
    asked, now = mine.filter(pk=min(pk, 2**62)).first(), civil.now()
    if asked is None:
        raise NotFound

    def run() -> dict[str, Any]:
        asking_absence.withdraw(request=asked, by=request.user, now=now)  # type: ignore[arg-type]
        return {}

    try:
        press(request, actor=f"staff:{request.user.pk}", body=str(pk), now=now, run=run)
    except SaidNo as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is withdrawn. Below is where you are planned now."))
    return redirect("appointments:desk_roster")
