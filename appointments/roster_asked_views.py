"""What people of the hall ask for: an absence is agreed to, or refused with a reason."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_asked import asked_row
from appointments.roster_forms import AbsenceRefusalForm
from appointments.roster_people_views import absence_url
from appointments.roster_views import actor, roster_url
from appointments.supervise_views import WHO, asked_hall, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows import asking_absence
from windows.access import staff_page
from windows.models import AbsenceRequest, Hall


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_absence_asked(request: HttpRequest, pk: int) -> HttpResponse:
    """One question with all that it would leave uncovered; POST agrees (`yes`) or refuses."""
    hall, now = asked_hall(request), civil.now()
    asked = _own_question(hall, pk)
    if request.method != "POST":
        return _page(request, hall, asked)
    says_yes = request.POST.get("answer_is") == "yes"
    form = AbsenceRefusalForm(None if says_yes else request.POST)
    if not says_yes and not form.is_valid():
        return _page(request, hall, asked, form=form, status=400)
    why = "" if says_yes else form.cleaned_data["answer"]

    def run() -> dict[str, Any]:
        said: dict[str, Any] = {"request": asked, "hall": hall, "by": request.user, "now": now}
        if says_yes:
            return {"noted": asking_absence.agree(**said).absence_id}
        asking_absence.refuse(**said, answer=why)
        return {}

    try:
        body = f"{pk}/{says_yes}/{why}"
        told = press(request, actor=actor(request), body=body, now=now, run=run)
    except SaidNo as refusal:
        if not says_yes:
            show_refusal(form, refusal)
            return _page(request, hall, asked, form=form, status=409)
        return _page(request, hall, asked, errors=(str(refusal),), status=409)
    return _answered(request, hall, asked, told.get("noted"))


def _own_question(hall: Hall, pk: int) -> AbsenceRequest:
    """A question of somebody of the hall. Raises NotFound."""
    asked = asking_absence.asked_in(hall).filter(pk=min(pk, 2**62)).first()
    if asked is None:
        raise NotFound
    return asked


def _page(
    request: HttpRequest,
    hall: Hall,
    asked: AbsenceRequest,
    *,
    form: AbsenceRefusalForm | None = None,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    now = civil.now()
    context: dict[str, Any] = {
        "here": "roster",
        "hall": hall,
        "halls": [],
        "one": asked_row(hall, asked, request.user, now=now),
        "form": form or AbsenceRefusalForm(),
        "is_open": asked.state == AbsenceRequest.State.ASKED,
        "back": roster_url(hall, civil.city_date(asked.period.lower or now)),
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "roster_asked", context, status=status)


def _answered(
    request: HttpRequest, hall: Hall, asked: AbsenceRequest, noted: int | None
) -> HttpResponse:
    name = {"name": asked.staff}
    if noted is None:
        messages.success(request, _("Refused. %(name)s sees your answer.") % name)
        return redirect(roster_url(hall, civil.city_date(asked.period.lower or civil.now())))
    messages.success(request, _("Agreed: the absence of %(name)s is noted.") % name)
    return redirect(absence_url(hall, noted))
