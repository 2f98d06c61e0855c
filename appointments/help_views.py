"""Help between halls: a request, lending people by name, saying no, taking it back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments.help_forms import GrantForm, RefuseForm
from appointments.help_words import HelpShown
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import LOOKERS, WHO, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotAllowed
from windows import helping
from windows.access import CLERK, SUPERVISOR, halls_of, has_role, own_row, staff_page
from windows.candidates import Candidate, free_staff
from windows.models import HelpRequest, Staff


def own_request(request: HttpRequest, pk: int) -> HelpRequest:
    """The request, when one may look at one of its two halls. Raises NotFound."""
    mine = halls_of(request.user, *LOOKERS)
    rows = HelpRequest.objects.filter(Q(hall__in=mine) | Q(of_hall__in=mine))
    rows = rows.select_related("hall", "of_hall", "session__hall", "made_by", "answered_by")
    return own_row(rows, pk)


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
        made = helping.grant(request=asked, staff=staff, by=staff_of(request), now=now)
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
        made = helping.refuse(request=asked, answer=answer, by=staff_of(request), now=now)
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
        helping.withdraw(request=asked, by=staff_of(request), now=now)
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


def staff_of(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)  # noqa: S101  the page's guard lets nobody else in
    return request.user
