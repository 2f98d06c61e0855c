"""One change of a session that was made: how it stands with each person, taking it back."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.changes.recording import displaced_of
from appointments.changes.undoing import undo_change, why_no_undo
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import LOOKERS, WHO, show
from appointments.told_words import heading_of, told_of
from config import civil
from windows.access import halls_of, has_role, own_row, staff_page
from windows.models import SessionChange


def own_change(request: HttpRequest, pk: int, *roles: str) -> SessionChange:
    """The change, in a hall that the person runs or may look at. Raises NotFound."""
    mine = SessionChange.objects.filter(session__hall__in=halls_of(request.user, *(roles or WHO)))
    return own_row(mine.select_related("session__hall", "made_by", "closure"), pk)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_changed(request: HttpRequest, pk: int) -> HttpResponse:
    """What was changed, until when it can be taken back, how it stands with each person."""
    return _changed(request, own_change(request, pk, *LOOKERS), civil.now())


def _changed(
    request: HttpRequest,
    change: SessionChange,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    session, may_change = change.session, has_role(request.user, change.session.hall, *WHO)
    told = told_of(list(displaced_of(change)), now=now, with_names=may_change)
    context = {
        "here": "open",
        "hall": session.hall,
        "session": session,
        "change": change,
        "heading": heading_of(change),
        "day": saying.long_day(session.service_day),
        "hours": saying.hours(session.starts_at, session.ends_at),
        "made": saying.when(change.made_at),
        "told": told,
        "watched": bool(told.people) and change.undone_at is None,
        "may_change": may_change,
        "errors": errors,
        "key": fresh_key(),
        **undo_of(change, now),
    }
    return show(request, "change_done", context, status=status)


def until_words(until: datetime | None, now: datetime) -> str:
    """18:30, or 07:00 tomorrow."""
    if until is None:
        return ""
    today = civil.city_date(until) == civil.city_date(now)
    return saying.clock(until) if today else saying.when_from(until, now)


def undo_of(change: SessionChange, now: datetime) -> dict[str, Any]:
    """Whether and until when the change can be taken back, for `_undo.html`."""
    if change.undone_at is not None:
        facts = {"who": change.undone_by or "", "when": saying.when(change.undone_at)}
        return {"undone": _("Taken back by %(who)s, %(when)s. All is as it was.") % facts}
    why = why_no_undo(change, now)
    if why:
        return {"fixed": why}
    until = change.undo_until
    words = until_words(until, now)
    undo = reverse("appointments:supervise_change_undo", args=[change.pk])
    return {"undo": undo, "undo_until": until, "undo_words": words, "now": now}


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_change_people(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that says how it stands with each person."""
    change, now = own_change(request, pk, *LOOKERS), civil.now()
    names = has_role(request.user, change.session.hall, *WHO)
    told = told_of(list(displaced_of(change)), now=now, with_names=names)
    return render(request, "appointments/supervise/_told.html", {"told": told})


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_change_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the change back, until its first effect outside."""
    change, now = own_change(request, pk), civil.now()

    def run() -> dict[str, Any]:
        undo_change(change, by=request.user, now=now)  # type: ignore[arg-type]
        return {}

    try:
        actor = f"staff:{request.user.pk}"
        press(request, actor=actor, body=str(change.pk), now=now, run=run)
    except SaidNo as no:
        change.refresh_from_db()
        return _changed(request, change, now, errors=(str(no),), status=409)
    messages.success(request, _("The change is taken back. Nobody was told of it."))
    return redirect("appointments:supervise_changed", change.pk)
