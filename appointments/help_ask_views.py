"""Asking a neighbouring hall for people, with what they would do to the line."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from appointments import saying
from appointments.help_forms import AskForm, asked_first
from appointments.help_views import staff_of
from appointments.neighbouring import Neighbour, neighbours_of
from appointments.pressing import SaidNo, fresh_key, press
from appointments.remedies.effect import LineEffect, effect_of, spare_windows
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from queues.board import snapshot_of
from windows import helping
from windows.access import staff_page
from windows.models import Hall, HallSession

SESSIONS_SHOWN = 10


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_help_ask(request: HttpRequest) -> HttpResponse:
    """Ask another hall for people; what they would bring is shown first."""
    hall, now = asked_hall(request), civil.now()
    session = _session(request, hall, now)
    if session is None:
        context = {"here": "today", "hall": hall, "halls": halls_here(request)}
        return show(request, "help_ask", context)
    period = DateTimeTZRange(max(now, session.starts_at), session.ends_at)
    near = neighbours_of(hall, session_id=session.pk, period=period, now=now)
    if request.method != "POST":
        first = asked_first(session, request.GET, now)
        form = AskForm(session=session, neighbours=near, initial=first)
        return _asking(request, session, near, form, now)
    form = AskForm(request.POST, session=session, neighbours=near)
    if not form.is_valid():
        return _asking(request, session, near, form, now, status=400)
    if "look" in request.POST:
        return _asking(request, session, near, form, now)
    return _ask(request, session, near, form, now)


def _ask(
    request: HttpRequest,
    session: HallSession,
    near: list[Neighbour],
    form: AskForm,
    now: datetime,
) -> HttpResponse:
    said, of_hall = form.cleaned_data, form.halls[form.cleaned_data["of_hall"]]

    def run() -> dict[str, Any]:
        made = helping.ask(
            session=session, of_hall=of_hall, people=said["people"], period=form.period,
            note=said["note"], by=staff_of(request), now=now,
        )  # fmt: skip
        return {"hall": made.of_hall.name, "n": made.people}

    body = "/".join(str(said[name]) for name in ("of_hall", "people", "begins", "ends", "note"))
    try:
        actor = f"staff:{request.user.pk}"
        told = press(request, actor=actor, body=f"{session.pk}/{body}", now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _asking(request, session, near, form, now, status=409, twin=refusal.told.get("help"))
    words = ngettext(
        "%(hall)s was asked for %(n)s person. The answer comes on this page.",
        "%(hall)s was asked for %(n)s people. The answer comes on this page.",
        told["n"],
    )
    messages.success(request, words % told)
    return redirect(f"{reverse('appointments:supervise')}?hall={session.hall.code}")


def _asking(
    request: HttpRequest,
    session: HallSession,
    near: list[Neighbour],
    form: AskForm,
    now: datetime,
    *,
    status: int = 200,
    twin: int | None = None,
) -> HttpResponse:
    context = {
        "here": "today",
        "hall": session.hall,
        "halls": halls_here(request),
        "session": session,
        "sessions": [(one, _session_words(one)) for one in _sessions(session.hall, now)],
        "near": near,
        "form": form,
        "twin": twin,
        "key": fresh_key(),
        "effect": _effect(session, form, now),
    }
    return show(request, "help_ask", context, status=status)


def _effect(session: HallSession, form: AskForm, now: datetime) -> LineEffect | None:
    """What so many people more would do to the line; only while the session runs."""
    if session.starts_at > now:
        return None
    snapshot = snapshot_of(session.hall, now)
    asked = form.is_bound and form.is_valid()
    people = form.cleaned_data["people"] if asked else 1
    begins = form.period.lower if asked else None
    windows = spare_windows(session.hall, snapshot.line)[:people]
    later = begins if begins and begins > now else None
    return effect_of(snapshot, windows, begins_at=later, closes_at=session.ends_at)


def _sessions(hall: Hall, now: datetime) -> list[HallSession]:
    """Those that run or come next: for them one can ask."""
    coming = HallSession.objects.filter(hall=hall, state=HallSession.State.OPEN, ends_at__gt=now)
    return list(coming.select_related("hall").order_by("starts_at", "pk")[:SESSIONS_SHOWN])


def _session(request: HttpRequest, hall: Hall, now: datetime) -> HallSession | None:
    """The session asked for, else the one that runs or comes next."""
    sessions = _sessions(hall, now)
    asked = request.POST.get("session") or request.GET.get("session")
    found = [one for one in sessions if str(one.pk) == asked]
    return found[0] if found else sessions[0] if sessions else None


def _session_words(session: HallSession) -> str:
    hours = saying.hours(session.starts_at, session.ends_at)
    return f"{saying.short_day(session.service_day)}, {hours}"
