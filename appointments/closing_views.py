"""Closing a hall for a storm, a power cut or a fault: ask, look whom it touches, close."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments.change_forms import CloseForm, answers_for, first_closing
from appointments.change_looks import Asked, answers_given, do_as_seen, effect_of
from appointments.change_words import period_words
from appointments.changes.asking import Ask, preview_change
from appointments.pressing import SaidNo, press
from appointments.supervise_views import LOOKERS, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.access import halls_of, staff_page
from windows.models import Hall, HallClosure


@dataclass(frozen=True)
class ClosureRow:
    closure: HallClosure
    period: str


@never_cache
@staff_page(*LOOKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_close(request: HttpRequest) -> HttpResponse:
    """Close the hall for a time, after a look at whom it touches."""
    now = civil.now()
    if request.method == "POST":
        return _close(request, asked_hall(request), now)
    hall = asked_hall(request, *LOOKERS)
    return _page(request, hall, look(hall, request.GET, now), now)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_close_preview(request: HttpRequest) -> HttpResponse:
    """The part of the page that says what closing would do."""
    hall, now = asked_hall(request, *LOOKERS), civil.now()
    asked = look(hall, request.GET, now)
    context = {"said": asked.said, **_shown(request, hall, asked, now)}
    return render(request, "appointments/supervise/_change.html", context)


def look(hall: Hall, answers: QueryDict, now: datetime) -> Asked[CloseForm]:
    """The form with these answers and what they would do; the first answers until asked."""
    if "look" not in answers:
        return Asked(CloseForm(initial=first_closing(now)))
    form = CloseForm(answers)
    if not form.is_valid():
        return Asked(form)
    ask = Ask.close(hall, **form.cleaned_data)
    try:
        return Asked(form, ask, preview_change(ask, now=now))
    except Refusal as refusal:
        show_refusal(form, refusal)
        return Asked(form, ask, refusal=refusal)


def _shown(
    request: HttpRequest, hall: Hall, asked: Asked[CloseForm], now: datetime, **choices: Any
) -> dict[str, Any]:
    return {
        "hidden": _hidden(hall, asked.form) if asked.preview else [],
        "action": reverse("appointments:supervise_close"),
        **effect_of(request, hall, asked.preview, now, **choices),
    }


def _hidden(hall: Hall, form: CloseForm) -> list[tuple[str, str]]:
    """What was asked, to be sent along with the button."""
    asked = [(name, str(form.data.get(name, ""))) for name in form.fields]
    return [("hall", hall.code), ("look", "1"), *asked]


def _page(
    request: HttpRequest,
    hall: Hall,
    asked: Asked[CloseForm],
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
    **choices: Any,
) -> HttpResponse:
    refused = asked.refusal is not None or bool(asked.form.errors)
    context = {
        "here": "close",
        "hall": hall,
        "halls": halls_here(request, *LOOKERS),
        "form": asked.form,
        "closures": coming_closures(request, now),
        "said": asked.said if asked.refusal else [],
        "errors": errors,
        **_shown(request, hall, asked, now, **choices),
    }
    return show(request, "close", context, status=409 if refused and status == 200 else status)


def coming_closures(request: HttpRequest, now: datetime) -> list[ClosureRow]:
    """Closures that run or come, of the halls that the person sees."""
    mine = HallClosure.objects.filter(hall__in=halls_of(request.user, *LOOKERS))
    coming = mine.filter(reopened_at__isnull=True, period__endswith__gt=now)
    found = coming.select_related("hall").order_by("period", "hall__code")
    return [ClosureRow(one, period_words(one.period.lower, one.period.upper)) for one in found]


def _close(request: HttpRequest, hall: Hall, now: datetime) -> HttpResponse:
    asked = look(hall, request.POST, now)
    if asked.ask is None:
        return _page(request, hall, asked, now, status=400)
    ask, (default, parties) = asked.ask, answers_for(request.POST)

    def run() -> dict[str, Any]:
        done = do_as_seen(request, ask, now, default=default, parties=parties)
        return {"closure": done.closure.pk if done.closure else 0}

    actor, body = f"staff:{request.user.pk}", answers_given(request)
    try:
        told = press(request, actor=actor, body=body, now=now, run=run)
    except SaidNo as no:
        again = look(hall, request.POST, now)
        errors = (str(no),) if again.refusal is None else ()
        choices = {"default": default, "choices": parties}
        return _page(request, hall, again, now, errors=errors, status=409, **choices)
    return redirect("appointments:supervise_closure", told["closure"])
