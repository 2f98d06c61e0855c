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
from appointments.change_views import by_booking
from appointments.change_words import period_words, shown_change
from appointments.changes.asking import Ask, ChangePreview, apply_change, preview_change
from appointments.losing_words import DEFAULT
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.access import halls_of, has_role, staff_page
from windows.models import Hall, HallClosure


@dataclass(frozen=True)
class Closing:
    """What is asked for a hall, and what it would do: shown, refused, or not yet asked."""

    hall: Hall
    form: CloseForm
    ask: Ask | None = None
    preview: ChangePreview | None = None
    refusal: Refusal | None = None

    @property
    def said(self) -> list[str]:
        """Why there is no preview."""
        if self.refusal is not None:
            return [str(self.refusal)]
        return [str(text) for texts in self.form.errors.values() for text in texts]


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
    return _page(request, look(asked_hall(request, *LOOKERS), request.GET, now), now)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_close_preview(request: HttpRequest) -> HttpResponse:
    """The part of the page that says what closing would do."""
    now = civil.now()
    closing = look(asked_hall(request, *LOOKERS), request.GET, now)
    context = {"said": closing.said, **_shown(request, closing, now)}
    return render(request, "appointments/supervise/_change.html", context)


def look(hall: Hall, answers: QueryDict, now: datetime) -> Closing:
    """The form with these answers and what they would do; the first answers until asked."""
    if "look" not in answers:
        return Closing(hall, CloseForm(initial=first_closing(now)))
    form = CloseForm(answers)
    if not form.is_valid():
        return Closing(hall, form)
    ask = Ask.close(hall, **form.cleaned_data)
    try:
        return Closing(hall, form, ask, preview_change(ask, now=now))
    except Refusal as refusal:
        show_refusal(form, refusal)
        return Closing(hall, form, ask, refusal=refusal)


def _shown(
    request: HttpRequest,
    closing: Closing,
    now: datetime,
    default: str = DEFAULT,
    choices: dict[int, str] | None = None,
) -> dict[str, Any]:
    may_change, shown = has_role(request.user, closing.hall, *WHO), None
    if closing.preview is not None:
        shown = shown_change(
            closing.preview, now=now, with_names=may_change, default=default, choices=choices
        )
    return {
        "shown": shown,
        "may_change": may_change,
        "hidden": _hidden(closing) if shown else [],
        "action": reverse("appointments:supervise_close"),
        "key": fresh_key(),
    }


def _hidden(closing: Closing) -> list[tuple[str, str]]:
    """What was asked, to be sent along with the button."""
    form = closing.form
    asked = [(name, str(form.data.get(name, ""))) for name in form.fields]
    return [("hall", closing.hall.code), ("look", "1"), *asked]


def _page(
    request: HttpRequest,
    closing: Closing,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
    **choices: Any,
) -> HttpResponse:
    refused = closing.refusal is not None or bool(closing.form.errors)
    context = {
        "here": "close",
        "hall": closing.hall,
        "halls": halls_here(request, *LOOKERS),
        "form": closing.form,
        "closures": coming_closures(request, now),
        "said": closing.said if closing.refusal else [],
        "errors": errors,
        **_shown(request, closing, now, **choices),
    }
    return show(request, "close", context, status=409 if refused and status == 200 else status)


def coming_closures(request: HttpRequest, now: datetime) -> list[ClosureRow]:
    """Closures that run or come, of the halls that the person sees."""
    mine = HallClosure.objects.filter(hall__in=halls_of(request.user, *LOOKERS))
    coming = mine.filter(reopened_at__isnull=True, period__endswith__gt=now)
    found = coming.select_related("hall").order_by("period", "hall__code")
    return [ClosureRow(one, period_words(one.period.lower, one.period.upper)) for one in found]


def _close(request: HttpRequest, hall: Hall, now: datetime) -> HttpResponse:
    closing = look(hall, request.POST, now)
    if closing.ask is None:
        return _page(request, closing, now, status=400)
    ask, (default, parties) = closing.ask, answers_for(request.POST)

    def run() -> dict[str, Any]:
        done = apply_change(
            ask,
            by=request.user,  # type: ignore[arg-type]
            now=now,
            choices=by_booking(parties),
            default=default,
            expect=request.POST.get("expect") or "unseen",
        )
        return {"closure": done.closure.pk if done.closure else 0}

    body = repr(sorted((name, value) for name, value in request.POST.lists() if name != "key"))
    try:
        told = press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        again = look(hall, request.POST, now)
        errors = (str(no),) if again.refusal is None else ()
        choices = {"default": default, "choices": parties}
        return _page(request, again, now, errors=errors, status=409, **choices)
    return redirect("appointments:supervise_closure", told["closure"])
