"""Changing a session: ask, look at what it would do, do it.

Asking and looking is GET and changes nothing; what was seen is done by one POST.
"""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments import saying
from appointments.change_forms import (
    KINDS,
    ChangeForm,
    answers_for,
    as_it_is,
    staffed_of,
    windows_without,
)
from appointments.change_looks import Asked, answers_given, do_as_seen, effect_of
from appointments.changes.asking import Ask, preview_change
from appointments.pressing import SaidNo, press
from appointments.supervise_session_views import own_session
from appointments.supervise_views import LOOKERS, show
from appointments.twin.effecting import effect_of_change
from appointments.twin.telling import ShownEffect, shown_effect
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal
from windows.access import staff_page
from windows.models import HallSession

FIELDS = {"starts_at": "opens", "ends_at": "closes", "hall": "day"}


@never_cache
@staff_page(*LOOKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Extend, cut, move or cancel the session, after a look at what it does."""
    now = civil.now()
    if request.method == "POST":
        return _apply(request, own_session(request, pk), now)
    session = own_session(request, pk, *LOOKERS)
    asked = look(session, request.GET, now)
    return _page(request, session, asked, now)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_change_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that says what the change would do."""
    session, now = own_session(request, pk, *LOOKERS), civil.now()
    asked = look(session, request.GET, now)
    context = {"said": asked.said, **_shown(request, session, asked, now)}
    return render(request, "appointments/supervise/_change.html", context)


def kind_asked(answers: QueryDict) -> str:
    kind = answers.get("kind", "cut")
    if kind not in KINDS:
        raise NotFound
    return kind


def look(session: HallSession, answers: QueryDict, now: datetime) -> Asked[ChangeForm]:
    """The form with these answers and what they would do; as the session is until asked."""
    kind, first = kind_asked(answers), as_it_is(session)
    if kind != "cancel" and "look" not in answers:
        return Asked(ChangeForm(initial=first, session=session, kind=kind))
    form = ChangeForm(_filled(session, answers, first), session=session, kind=kind)
    if not form.is_valid():
        return Asked(form)
    ask = ask_of(form)
    try:
        return Asked(form, ask, preview_change(ask, now=now))
    except Refusal as refusal:
        show_refusal(form, _placed(refusal))
        return Asked(form, ask, refusal=refusal)


def _filled(session: HallSession, answers: QueryDict, first: dict[str, Any]) -> QueryDict:
    """A link may ask for one thing alone: the rest stays as it is. It may name the windows that
    close (`without`) by their numbers."""
    filled = answers.copy()
    for name in ("day", "opens", "closes"):
        filled.setdefault(name, f"{first[name]:%H:%M}" if name != "day" else str(first[name]))
    if "opens" not in answers:
        left = windows_without(session, answers.getlist("without"))
        filled.setlistdefault("windows", left or first["windows"])
    return filled


def ask_of(form: ChangeForm) -> Ask:
    """What the engine is asked for: only what is to be different."""
    session = form.session
    if form.kind == "cancel":
        return Ask.cancel(session)
    starts_at, ends_at = form.hours()
    windows = form.chosen()
    same = windows == tuple(sorted(staffed_of(session)))
    if form.kind == "move":
        return Ask.move(
            session,
            starts_at=starts_at,
            ends_at=ends_at,
            windows=None if same else windows,
            service_day=form.service_day(),
        )
    make = Ask.extend if form.kind == "extend" else Ask.cut
    return make(
        session,
        starts_at=None if starts_at == session.starts_at else starts_at,
        ends_at=None if ends_at == session.ends_at else ends_at,
        windows=None if same else windows,
    )


def _placed(refusal: Refusal) -> Refusal:
    refusal.field = FIELDS.get(refusal.field or "", refusal.field)
    return refusal


def _shown(
    request: HttpRequest,
    session: HallSession,
    asked: Asked[ChangeForm],
    now: datetime,
    **choices: Any,
) -> dict[str, Any]:
    return {
        "hidden": _hidden(asked.form) if asked.preview else [],
        "action": request.path.removesuffix("preview/"),
        "twin": _twin(asked, now),
        **effect_of(request, session.hall, asked.preview, now, **choices),
    }


def _twin(asked: Asked[ChangeForm], now: datetime) -> ShownEffect | None:
    """What it would do to waits; with the preview only."""
    if asked.preview is None:
        return None
    return shown_effect(effect_of_change(asked.preview, now=now))


def _hidden(form: ChangeForm) -> list[tuple[str, str]]:
    """What was asked, to be sent along with the button."""
    pairs, data = [("kind", form.kind), ("look", "1")], cast(QueryDict, form.data)
    for name in form.fields:
        values = data.getlist(name)
        pairs += [(name, value) for value in values]
    return pairs


def _page(
    request: HttpRequest,
    session: HallSession,
    asked: Asked[ChangeForm],
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
    **choices: Any,
) -> HttpResponse:
    refused = asked.refusal is not None or bool(asked.form.errors)
    context = {
        "here": "open",
        "hall": session.hall,
        "session": session,
        "day": saying.long_day(session.service_day),
        "hours": saying.hours(session.starts_at, session.ends_at),
        "kinds": [(value, name) for value, (name, _fields) in KINDS.items()],
        "kind": asked.form.kind,
        "form": asked.form,
        "said": asked.said if asked.refusal else [],
        "errors": errors,
        **_shown(request, session, asked, now, **choices),
    }
    return show(request, "change", context, status=409 if refused and status == 200 else status)


def _apply(request: HttpRequest, session: HallSession, now: datetime) -> HttpResponse:
    asked = look(session, request.POST, now)
    if asked.ask is None:
        return _page(request, session, asked, now, status=400)
    default, parties = answers_for(request.POST)
    ask = asked.ask

    def run() -> dict[str, Any]:
        done = do_as_seen(request, ask, now, default=default, parties=parties)
        return {"change": done.change.pk}

    actor, body = f"staff:{request.user.pk}", f"{session.pk} {answers_given(request)}"
    try:
        told = press(request, actor=actor, body=body, now=now, run=run)
    except SaidNo as no:
        session.refresh_from_db()
        again = look(session, request.POST, now)
        errors = (str(no),) if again.refusal is None else ()
        choices = {"default": default, "choices": parties}
        return _page(request, session, again, now, errors=errors, status=409, **choices)
    return redirect("appointments:supervise_changed", told["change"])
