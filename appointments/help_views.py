"""Help from a neighbouring hall: asking for people, lending them by name, saying no."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.help_forms import AskForm, GrantForm, RefuseForm, asked_first
from appointments.help_words import HelpShown
from appointments.neighbouring import Neighbour, neighbours_of
from appointments.pressing import SaidNo, fresh_key, press
from appointments.remedies.effect import LineEffect, effect_of, spare_windows
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotAllowed, NotFound
from queues.board import snapshot_of
from windows import helping
from windows.access import CLERK, SUPERVISOR, halls_of, has_role, staff_page
from windows.candidates import Candidate, free_staff
from windows.models import Hall, HallSession, HelpRequest, Staff

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
        first = asked_first(session, now) | {"of_hall": request.GET.get("of_hall", "")}
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
            note=said["note"], by=_staff(request), now=now,
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


def own_request(request: HttpRequest, pk: int) -> HelpRequest:
    """The request, when one may look at one of its two halls. Raises NotFound."""
    mine = halls_of(request.user, *LOOKERS)
    rows = HelpRequest.objects.filter(Q(hall__in=mine) | Q(of_hall__in=mine))
    rows = rows.select_related("hall", "of_hall", "session__hall", "made_by", "answered_by")
    found = rows.filter(pk=min(pk, 2**62)).first()
    if found is None:
        raise NotFound
    return found


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_help(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what was asked, the answer, and who could go there."""
    return _page(request, own_request(request, pk), civil.now())


def _page(
    request: HttpRequest,
    asked: HelpRequest,
    now: datetime,
    *,
    form: Form | None = None,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    is_ours = _is_ours(request, asked)
    hall = asked.hall if is_ours else asked.of_hall
    may_act = has_role(request.user, hall, *WHO)
    answers = may_act and not is_ours and asked.state == HelpRequest.State.ASKED
    context: dict[str, Any] = {
        "here": "today",
        "hall": hall,
        "asked": asked,
        "shown": HelpShown(asked, is_ours),
        "may_withdraw": may_act and _may_withdraw(asked, is_ours, now),
        "errors": errors,
        "key": fresh_key(),
    }
    if answers and helping.hours_of(asked)[1] > now:
        context["grant"] = (
            form if isinstance(form, GrantForm) else GrantForm(people=_people(asked, now))
        )
        context["refuse"] = form if isinstance(form, RefuseForm) else RefuseForm()
    context["form"] = form
    return show(request, "help", context, status=status)


def _is_ours(request: HttpRequest, asked: HelpRequest) -> bool:
    """From which side one sees it: the asked hall's when one runs that one (an administrator
    of both answers; `side` chooses)."""
    runs = halls_of(request.user, *LOOKERS)
    both = set(runs.filter(pk__in=[asked.hall_id, asked.of_hall_id]).values_list("pk", flat=True))
    if len(both) == 1:
        return asked.hall_id in both
    return request.GET.get("side") == "ours" or request.POST.get("side") == "ours"


def _may_withdraw(asked: HelpRequest, is_ours: bool, now: datetime) -> bool:
    states = [HelpRequest.State.ASKED, HelpRequest.State.GRANTED] if is_ours else ["granted"]
    return asked.state in states and helping.hours_of(asked)[1] > now


def _people(asked: HelpRequest, now: datetime) -> dict[int, tuple[Staff, str]]:
    """Who of the asked hall is free in that time, with what speaks for and against them."""
    begins, ends = helping.hours_of(asked)
    found = free_staff(
        hall=asked.of_hall,
        period=DateTimeTZRange(max(begins, now), ends),
        roles=(CLERK, SUPERVISOR),
        service_day=asked.session.service_day,
        now=now,
    )
    return {one.staff.pk: (one.staff, _about(one)) for one in found}


def _about(one: Candidate) -> str:
    said = [str(one.staff)]
    hours = {"hours": f"{one.week_hours:g}"}
    said.append(_("%(hours)s h this week with it") % hours)
    if not one.is_rested:
        said.append(_("too little rest"))
    if not (one.is_within_day and one.is_within_week):
        said.append(_("more hours than usual"))
    return " · ".join(said)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_help_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Those people go there; they may sign in there for that time."""
    asked, now = _answerable(request, pk), civil.now()
    form = GrantForm(request.POST, people=_people(asked, now))
    if not form.is_valid():
        return _page(request, asked, now, form=form, status=400)
    staff = form.chosen

    def run() -> dict[str, Any]:
        made = helping.grant(request=asked, staff=staff, by=_staff(request), now=now)
        names = ", ".join(str(one) for one in staff)
        facts = {"names": names, "hall": made.hall.name}
        return {"said": _("%(hall)s is told: %(names)s can sign in there.") % facts}

    body = ",".join(str(one.pk) for one in staff)
    return _pressed(request, asked, now, run, body=body, form=form)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_help_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody can go there, and why."""
    asked, now = _answerable(request, pk), civil.now()
    form = RefuseForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, now, form=form, status=400)
    answer = form.cleaned_data["answer"]

    def run() -> dict[str, Any]:
        made = helping.refuse(request=asked, answer=answer, by=_staff(request), now=now)
        return {"said": _("%(hall)s is told that nobody can come.") % {"hall": made.hall.name}}

    return _pressed(request, asked, now, run, body=answer, form=form)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_help_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody is asked for or lent any more; either hall may say so."""
    asked, now = own_request(request, pk), civil.now()
    is_ours = _is_ours(request, asked)
    if not has_role(request.user, asked.hall if is_ours else asked.of_hall, *WHO):
        raise NotAllowed

    def run() -> dict[str, Any]:
        helping.withdraw(request=asked, by=_staff(request), now=now)
        return {"said": _("It is taken back. Who is at a window there serves until signing out.")}

    return _pressed(request, asked, now, run, body="withdraw")


def _answerable(request: HttpRequest, pk: int) -> HelpRequest:
    """The request, for who runs the hall that is asked. Raises NotFound, NotAllowed."""
    asked = own_request(request, pk)
    if not has_role(request.user, asked.of_hall, *WHO):
        raise NotAllowed
    return asked


def _pressed(
    request: HttpRequest,
    asked: HelpRequest,
    now: datetime,
    run: Callable[[], dict[str, Any]],
    *,
    body: str,
    form: Form | None = None,
) -> HttpResponse:
    try:
        actor = f"staff:{request.user.pk}"
        told = press(request, actor=actor, body=f"{asked.pk}/{body}", now=now, run=run)
    except SaidNo as refusal:
        asked = own_request(request, asked.pk)
        if form is not None and refusal.field in form.fields:
            show_refusal(form, refusal)
            return _page(request, asked, now, form=form, status=409)
        return _page(request, asked, now, errors=(str(refusal),), status=409)
    messages.success(request, told["said"])
    return redirect("appointments:supervise_help", asked.pk)


def _staff(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)  # noqa: S101  the page's guard lets nobody else in
    return request.user
