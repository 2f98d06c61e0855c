"""The clerk's console: sign in at a window, call, serve, finish; one thing to do at a time."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments.desk_actions import BUTTONS, WHO, Press, desk_halls
from appointments.desk_forms import OUTCOMES, BreakForm
from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_news import news_for
from appointments.serving import console_of
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from queues.models import Call
from windows import rostering, shifts
from windows.access import staff_page
from windows.models import Break, RosterEntry, Shift, Window

ABOUT = ("ticket", "window", "matter", "to", "to_hall", "planned", "reason", "outcome")
CHOICES = {
    "picked": Call.Picked.choices,
    "pauses": Break.Reason.choices,
    "outcomes": OUTCOMES,
}


@never_cache
@staff_page(*WHO)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The window one stands at; before that, the windows one may choose."""
    return _desk(request, civil.now())


def _desk(
    request: HttpRequest,
    now: datetime,
    *,
    errors: list[str] | None = None,
    action: str = "",
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    """`action` and `form` bring a small choice back open, with what was said and why not."""
    shift = shifts.shift_of(request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {
        "errors": errors,
        "key": fresh_key(),
        "now": civil.city_time(now),
        "news": news_for(request.user, now=now),  # type: ignore[arg-type]
    }
    if shift is None:
        context["windows"] = _windows(request, now)
        return render(request, "appointments/desk/choose.html", context, status=status)
    context |= {"console": console_of(shift, now), **CHOICES}
    context["again"] = {action.replace("-", "_"): form} if form else {}
    context["break_form"] = form if action == "plan-break" and form else BreakForm()
    return render(request, "appointments/desk/desk.html", context, status=status)


def _windows(
    request: HttpRequest, now: datetime
) -> list[tuple[Window, Shift | None, RosterEntry | None]]:
    """The windows that may be chosen, who is there, and who is planned there."""
    halls = desk_halls(request.user, now)  # type: ignore[arg-type]
    taken = Shift.objects.filter(period__upper_inf=True, window__hall__in=halls)
    by_window = {shift.window_id: shift for shift in taken.select_related("staff")}
    windows = Window.objects.filter(hall__in=halls, is_in_use=True).select_related("hall")
    windows = windows.prefetch_related("matters").order_by("hall__code", "number")
    planned = rostering.planned_now(halls, now)
    return [(one, by_window.get(one.pk), planned.get(one.pk)) for one in windows[:200]]


@never_cache
@staff_page(*WHO)
@require_safe
def desk_line(request: HttpRequest) -> HttpResponse:
    """The part of the console that moves by itself: who comes next, whether a rest is due."""
    shift = shifts.shift_of(request.user)  # type: ignore[arg-type]
    if shift is None:  # handed over or left elsewhere: the page goes to the choice of windows
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("appointments:desk")})
    now = civil.now()
    console = console_of(shift, now, choices=False)
    context = {"console": console, "now": civil.city_time(now), "key": fresh_key()}
    return render(request, "appointments/desk/_moving.html", context)


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_do(request: HttpRequest, action: str) -> HttpResponse:
    """One button: done once for its key, however often it is pressed or sent again.

    Looked at (the address of an answer that was reloaded), it is the desk.
    """
    button = BUTTONS.get(action)
    if button is None:
        raise NotFound
    if request.method != "POST":
        return redirect("appointments:desk")
    now, answers = civil.now(), {name: request.POST.get(name, "") for name in request.POST}
    form = button.form(answers) if button.form else None
    if form is not None and not form.is_valid():
        return _desk(request, now, errors=texts(form), action=action, form=form, status=400)
    pressed = Press(request.user, answers, now, form.cleaned_data if form else {})  # type: ignore[arg-type]
    try:
        told = press(
            request,
            actor=f"staff:{request.user.pk}",
            body="/".join([action, *(answers.get(name, "") for name in ABOUT), *_typed(form)]),
            now=now,
            run=lambda: {"said": button.run(pressed)},
        )
    except SaidNo as refusal:
        if form is not None:
            show_refusal(form, refusal)
        return _desk(request, now, errors=[str(refusal)], action=action, form=form, status=409)
    if told["said"]:
        messages.success(request, told["said"])
    return redirect("appointments:desk")


def texts(form: forms.Form) -> list[str]:
    """Every error of the form, for the summary above the page."""
    return [str(text) for said in form.errors.values() for text in said]


def _typed(form: forms.Form | None) -> list[str]:
    """What was written by hand: another text under the same key is another press."""
    said = form.cleaned_data if form else {}
    return [str(said[name]) for name in ("note", "at", "minutes") if name in said]
