"""Remedies of a full hall: each shows first what it would do, one press does it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from appointments import saying
from appointments.changes.asking import Ask, Changed, apply_change, preview_change
from appointments.changes.undoing import undo_change
from appointments.pressing import SaidNo, fresh_key, press
from appointments.remedies.effect import effect_of, spare_windows
from appointments.remedies.quota import move_quota, plan_quota
from appointments.remedies.window import (
    WindowIsStaffed,
    call_off,
    on_call,
    open_window,
    running_session,
)
from appointments.remedy_forms import ExtendForm, QuotaForm, WhoForm, WindowForm
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal
from queues.board import snapshot_of
from windows.access import halls_of, own_row, staff_page
from windows.models import Hall, HallSession, RosterEntry, SessionChange, Staff, Window

Answer = Callable[[HttpRequest, Hall, datetime], HttpResponse]


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_remedy(request: HttpRequest, remedy: str) -> HttpResponse:
    """The preview of one remedy, and doing it."""
    page = REMEDIES.get(remedy)
    if page is None:
        raise NotFound
    hall, now = asked_hall(request), civil.now()
    return page(request, hall, now)


def _frame(request: HttpRequest, hall: Hall, **more: Any) -> dict[str, Any]:
    return {
        "here": "today",
        "hall": hall,
        "halls": halls_here(request),
        "key": fresh_key(),
        **more,
    }


def _session(hall: Hall, now: datetime) -> HallSession | None:
    try:
        return running_session(hall, now)
    except Refusal:
        return None


def _window(request: HttpRequest, hall: Hall, now: datetime) -> HttpResponse:
    """Another window: which one, who comes, and what it does to the waits."""
    session = _session(hall, now)
    if session is None:
        return show(request, "remedy_window", _frame(request, hall))
    snapshot = snapshot_of(hall, now)
    spare = _for_matter(spare_windows(hall, snapshot.line), request.GET.get("matter", ""))
    asked = request.POST.get("window") or request.GET.get("window")
    first = next((str(one.number) for one in spare if str(one.number) == asked), "")
    first = first or (str(spare[0].number) if spare else "")
    which = WindowForm(windows=spare, initial={"window": first})
    window = which.windows.get(first)
    people = on_call(session, window, now) if window else []
    who = WhoForm(request.POST if _is_press(request) else None, people=people)
    context = _frame(
        request, hall, session=session, which=which, who=who, window=window, form=who,
        effect=effect_of(snapshot, [window] if window else [], closes_at=session.ends_at),
        preview=_if_added(session, window, now),
    )  # fmt: skip
    if not _is_press(request):
        if people:
            who.initial["staff"] = str(people[0].staff.pk)
        return show(request, "remedy_window", context)
    if window is not None and str(window.number) != asked:
        context["errors"] = (str(WindowIsStaffed()),)
        return show(request, "remedy_window", context, status=409)
    if window is None or not who.is_valid():
        return show(request, "remedy_window", context, status=400)

    def run() -> dict[str, Any]:
        opened = open_window(
            session=session, window=window, staff=who.chosen, by=_staff(request), now=now
        )
        facts = {"who": str(opened.entry.staff), "number": window.number}
        return {"said": _("%(who)s is called to window %(number)s.") % facts}

    body = f"{session.pk}/{window.pk}/{who.chosen.pk}"
    return _pressed(request, hall, now, run, body=body, form=who, page="window", context=context)


def _for_matter(windows: list[Window], code: str) -> list[Window]:
    """Those that serve the matter first, when one is named."""
    return sorted(windows, key=lambda one: all(m.code != code for m in one.matters.all()))


def _if_added(session: HallSession, window: Window | None, now: datetime) -> Any:
    """What a window that is not part of the session yet would add to it; None otherwise."""
    had = list(session.staffed.filter(is_cancelled=False).values_list("window", flat=True))
    if window is None or window.pk in had:
        return None
    try:
        return preview_change(Ask.extend(session, windows=(*had, window.pk)), now=now)
    except Refusal:
        return None


def _extend(request: HttpRequest, hall: Hall, now: datetime) -> HttpResponse:
    """A longer session: the engine of changes shows it and does it."""
    session = _session(hall, now)
    if session is None:
        return show(request, "remedy_extend", _frame(request, hall))
    first = {"base": session.ends_at.isoformat(), "more": request.GET.get("more", "30")}
    form = ExtendForm(request.POST if request.method == "POST" else first, session=session)
    context = _frame(request, hall, session=session, form=form, base=first["base"])
    if not form.is_valid():
        return show(request, "remedy_extend", context, status=400)
    if not _is_press(request):
        return _extended(request, form, context, now)

    def run() -> dict[str, Any]:
        if not form.is_as_shown:
            raise Changed
        apply_change(Ask.extend(session, ends_at=form.ends_at), by=_staff(request), now=now)
        at = saying.clock(form.ends_at)
        return {"said": _("The session goes on until %(at)s.") % {"at": at}}

    body = f"{session.pk}/{form.cleaned_data['base']}/{form.cleaned_data['more']}"
    return _pressed(request, hall, now, run, body=body, form=form, page="extend", context=context)


def _extended(
    request: HttpRequest, form: ExtendForm, context: dict[str, Any], now: datetime
) -> HttpResponse:
    """What it would do, or why it cannot be."""
    try:
        asked = Ask.extend(context["session"], ends_at=form.ends_at)
        context["preview"] = preview_change(asked, now=now)
    except Refusal as refusal:
        form.add_error("more", str(refusal))
        return show(request, "remedy_extend", context, status=409)
    return show(request, "remedy_extend", context)


def _quota(request: HttpRequest, hall: Hall, now: datetime) -> HttpResponse:
    """Online minutes that nobody booked, for walk-ins."""
    session = _session(hall, now)
    if session is None:
        return show(request, "remedy_quota", _frame(request, hall))
    whole = {"percent": "100", "until": "end"}
    form = QuotaForm(request.POST if request.method == "POST" else whole)
    context = _frame(request, hall, session=session, form=form)
    if not form.is_valid():
        return show(request, "remedy_quota", context, status=400)
    until, percent = form.until_at(session, now), form.cleaned_data["percent"]
    plan = plan_quota(session=session, until=until, percent=percent, now=now)
    context["plan"] = plan
    context["rows"] = [(saying.clock(one.slot.starts_at), one) for one in plan.moves]
    if not _is_press(request):
        return show(request, "remedy_quota", context)

    def run() -> dict[str, Any]:
        change = move_quota(
            session=session, until=until, percent=percent, by=_staff(request), now=now
        )
        return {"said": _("Walk-ins have the minutes now."), "change": change.pk}

    body = f"{session.pk}/{form.cleaned_data['until']}/{percent}"
    return _pressed(request, hall, now, run, body=body, form=form, page="quota", context=context)


REMEDIES: dict[str, Answer] = {"window": _window, "extend": _extend, "quota": _quota}


def _is_press(request: HttpRequest) -> bool:
    """Doing it, not only looking at another choice."""
    return request.method == "POST" and "look" not in request.POST


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_remedy_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """A change of today's session is taken back, as long as nothing outside follows from it."""
    mine = SessionChange.objects.filter(session__hall__in=halls_of(request.user, *WHO))
    change = own_row(mine.select_related("session__hall"), pk)

    def run() -> dict[str, Any]:
        undo_change(change, by=_staff(request), now=civil.now())
        return {"said": _("It is taken back.")}

    return _undone(request, change.session.hall, f"change/{change.pk}", run)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_remedy_call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was called to a window is not called there any more."""
    mine = RosterEntry.objects.filter(session__hall__in=halls_of(request.user, *WHO))
    entry = own_row(mine.select_related("session__hall"), pk)

    def run() -> dict[str, Any]:
        call_off(entry=entry, by=_staff(request), now=civil.now())
        return {"said": _("It is taken back.")}

    return _undone(request, entry.session.hall, f"entry/{entry.pk}", run)


def _undone(
    request: HttpRequest, hall: Hall, body: str, run: Callable[[], dict[str, Any]]
) -> HttpResponse:
    try:
        actor = f"staff:{request.user.pk}"
        told = press(request, actor=actor, body=body, now=civil.now(), run=run)
    except SaidNo as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, told["said"])
    return redirect(f"{reverse('appointments:supervise')}?hall={hall.code}")


def _pressed(
    request: HttpRequest,
    hall: Hall,
    now: datetime,
    run: Callable[[], dict[str, Any]],
    *,
    body: str,
    form: Form,
    page: str,
    context: dict[str, Any],
) -> HttpResponse:
    try:
        actor = f"staff:{request.user.pk}"
        told = press(request, actor=actor, body=f"{page}/{body}", now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return show(request, f"remedy_{page}", context, status=409)
    messages.success(request, told["said"])
    return redirect(f"{reverse('appointments:supervise')}?hall={hall.code}")


def _staff(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)  # noqa: S101  the page's guard lets nobody else in
    return request.user
