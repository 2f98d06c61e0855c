"""Opening a session on one page: the form, and beside it what it would do."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from appointments.opening import Opening, opening, release_words
from appointments.pressing import SaidNo, fresh_key, press
from appointments.releasing import open_released, preview_release
from appointments.supervise_forms import OpenForm, first_answers
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.access import staff_page
from windows.models import Hall, Staff


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_open(request: HttpRequest) -> HttpResponse:
    """Open an extra session: fill in, look what it does, open it."""
    hall, now = asked_hall(request), civil.now()
    if request.method != "POST":
        return _fresh(request, hall, now)
    form = OpenForm(request.POST, hall=hall)
    if not form.is_valid():
        return _page(request, hall, form, status=400)
    if "look" in request.POST:
        shown, refused = _preview(form, now)
        if refused:
            show_refusal(form, refused)
        return _page(request, hall, form, shown=shown, status=409 if refused else 200)
    return _open(request, hall, form, now)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_preview(request: HttpRequest) -> HttpResponse:
    """The part of the page that says what the session would do."""
    form = OpenForm(request.POST, hall=asked_hall(request))
    shown, refused = _preview(form, civil.now()) if form.is_valid() else (None, None)
    errors = [str(text) for texts in form.errors.values() for text in texts]
    context = {"opening": shown, "said": [str(refused)] if refused else errors}
    return render(request, "appointments/supervise/_preview.html", context)


def _preview(form: OpenForm, now: datetime) -> tuple[Opening | None, Refusal | None]:
    try:
        return opening(preview_release(**form.answers(), now=now)), None
    except Refusal as refusal:
        return None, form.placed(refusal)


def _fresh(request: HttpRequest, hall: Hall, now: datetime) -> HttpResponse:
    """The form with its first answers, and their preview with all free windows."""
    first = first_answers(hall, now, request.GET)
    windows = [pk for pk, window in OpenForm(hall=hall).usable.items()]
    form = OpenForm({**first, "windows": windows}, hall=hall)
    shown = None
    if form.is_valid():
        answers = {**form.answers(), "windows": None}
        try:
            shown = opening(preview_release(**answers, now=now))
            first = {**form.cleaned_data, "windows": [str(w.pk) for w in shown.plan.windows]}
        except Refusal:
            first = {**form.cleaned_data}
    return _page(request, hall, OpenForm(initial=first, hall=hall), shown=shown)


def _open(request: HttpRequest, hall: Hall, form: OpenForm, now: datetime) -> HttpResponse:
    staff: Staff = request.user  # type: ignore[assignment]

    def run() -> dict[str, Any]:
        plan = preview_release(**form.answers(), now=now)
        session = open_released(**form.answers(), by=staff, now=now)
        return {"session": session.pk, "said": release_words(plan)}

    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    actor = f"staff:{staff.pk}"
    try:
        told = press(request, actor=actor, body=hall.code + body, now=now, run=run)
    except SaidNo as refusal:
        shown, _refused = _preview(form, now)
        show_refusal(form, form.placed(refusal))
        return _page(request, hall, form, shown=shown, status=409)
    messages.success(request, _("The session is open.") + " " + told["said"])
    return redirect("appointments:supervise_session", told["session"])


def _page(
    request: HttpRequest,
    hall: Hall,
    form: OpenForm,
    *,
    shown: Opening | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "here": "open",
        "hall": hall,
        "halls": halls_here(request),
        "form": form,
        "opening": shown,
        "key": fresh_key(),
    }
    return show(request, "open", context, status=status)
