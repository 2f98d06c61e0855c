"""Closing halls for a storm, a power cut or a fault: ask, look whom it touches, close.

One hall is looked at person by person, several at once hall by hall.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments.change_forms import CloseForm, answers_for, first_closing
from appointments.change_looks import Asked, answers_given, do_as_seen, effect_of
from appointments.change_words import period_words
from appointments.changes.asking import Ask, apply_change, preview_change
from appointments.changes.together import HallSeen, asks_of, preview_together
from appointments.losing_words import DEFAULT
from appointments.pressing import SaidNo, fresh_key, press
from appointments.pressing_each import press_each
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from appointments.together_words import shown_together
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.access import halls_of, has_role, staff_page
from windows.models import Hall, HallClosure

ALL_HALLS = "all"


@dataclass(frozen=True)
class AskedClosing(Asked[CloseForm]):
    """What is asked for a hall, or for several: then `seen` has each of them."""

    seen: list[HallSeen] = field(default_factory=list)


@dataclass(frozen=True)
class ClosureRow:
    closure: HallClosure
    period: str


@never_cache
@staff_page(*LOOKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_close(request: HttpRequest) -> HttpResponse:
    """Close a hall, or several, for a time, after a look at whom it touches."""
    now = civil.now()
    if request.method == "POST":
        hall, halls = asked_hall(request), halls_here(request)
        form = CloseForm(_filled(request.POST, hall, halls), halls=halls)
        if form.is_valid() and len(form.halls()) > 1:
            return _close_together(request, form, now)
        return _close(request, hall, look(hall, halls, request.POST, now), now)
    hall, halls = asked_hall(request, *LOOKERS), halls_here(request, *LOOKERS)
    return _page(request, hall, look(hall, halls, request.GET, now), now)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_close_preview(request: HttpRequest) -> HttpResponse:
    """The part of the page that says what closing would do."""
    hall, halls, now = asked_hall(request, *LOOKERS), halls_here(request, *LOOKERS), civil.now()
    asked = look(hall, halls, request.GET, now)
    context = {"said": asked.said, **_shown(request, hall, asked, now)}
    return render(request, "appointments/supervise/_closing.html", context)


def look(hall: Hall, halls: list[Hall], answers: QueryDict, now: datetime) -> AskedClosing:
    """The form with these answers and what they would do; the first answers until asked."""
    if "look" not in answers:
        first = first_closing(now) | {"in_halls": [hall.code]}
        return AskedClosing(CloseForm(initial=first, halls=halls))
    form = CloseForm(_filled(answers, hall, halls), halls=halls)
    if not form.is_valid():
        return AskedClosing(form)
    chosen = form.halls()
    ask = Ask.close(chosen[0], **form.what())
    try:
        if len(chosen) > 1:
            seen = preview_together(asks_of(chosen, **form.what()), now=now)
            return AskedClosing(form, ask, seen=seen)
        return AskedClosing(form, ask, preview_change(ask, now=now))
    except Refusal as refusal:
        show_refusal(form, refusal)
        return AskedClosing(form, ask, refusal=refusal)


def _filled(answers: QueryDict, hall: Hall, halls: list[Hall]) -> QueryDict:
    """A link may name the hall alone; the button below the list ticks all of them, or those
    of a district."""
    filled = answers.copy()
    filled.setlistdefault("in_halls", [hall.code])
    if every := answers.get("every"):
        meant = [one for one in halls if every in (ALL_HALLS, one.district_zh)]
        filled.setlist("in_halls", [one.code for one in meant])
    return filled


def _shown(
    request: HttpRequest, hall: Hall, asked: AskedClosing, now: datetime, **choices: Any
) -> dict[str, Any]:
    seen = asked.preview or asked.seen
    context = {
        "hidden": _hidden(hall, asked.form) if seen else [],
        "action": reverse("appointments:supervise_close"),
    }
    if not asked.seen:
        where = asked.ask.hall if asked.ask and asked.ask.hall else hall
        return context | effect_of(request, where, asked.preview, now, **choices)
    default = choices.get("default", DEFAULT)
    return context | {
        "together": shown_together(asked.seen, now=now, default=default),
        "may_change": all(has_role(request.user, one.hall, *WHO) for one in asked.seen),
        "key": fresh_key(),
    }


def _hidden(hall: Hall, form: CloseForm) -> list[tuple[str, str]]:
    """What was asked, to be sent along with the button."""
    data = cast(QueryDict, form.data)
    asked = [(name, str(value)) for name in form.fields for value in data.getlist(name)]
    return [("hall", hall.code), ("look", "1"), *asked]


def _page(
    request: HttpRequest,
    hall: Hall,
    asked: AskedClosing,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
    **choices: Any,
) -> HttpResponse:
    refused = asked.refusal is not None or bool(asked.form.errors)
    halls = halls_here(request, *LOOKERS)
    districts = {one.district_zh: one.district for one in halls if one.district_zh}
    context = {
        "here": "close",
        "hall": hall,
        "halls": halls,
        "districts": districts.items() if len(districts) > 1 else [],
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


def _close(request: HttpRequest, hall: Hall, asked: AskedClosing, now: datetime) -> HttpResponse:
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
        again = look(hall, halls_here(request), request.POST, now)
        errors = (str(no),) if again.refusal is None else ()
        choices = {"default": default, "choices": parties}
        return _page(request, hall, again, now, errors=errors, status=409, **choices)
    return redirect("appointments:supervise_closure", told["closure"])


def _close_together(request: HttpRequest, form: CloseForm, now: datetime) -> HttpResponse:
    """Each of the halls closes by itself; its page says what became of each."""
    default, _parties = answers_for(request.POST)

    def closing(ask: Ask, code: str) -> dict[str, Any]:
        done = apply_change(
            ask,
            by=request.user,  # type: ignore[arg-type]
            now=now,
            default=default,
            expect=request.POST.get(f"expect-{code}") or "unseen",
        )
        return {"closure": done.closure.pk if done.closure else 0}

    asks = asks_of(form.halls(), **form.what())
    runs = {ask.hall.code: partial(closing, ask, ask.hall.code) for ask in asks if ask.hall}
    pressed = press_each(request, runs, now=now, what="close")
    return redirect("appointments:supervise_closures_done", pressed)
