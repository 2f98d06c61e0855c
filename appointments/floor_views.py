"""The guide's tablet: a number on someone's behalf, checking others in, back in line."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments.arriving import check_in
from appointments.hall_forms import ArrivalForm, GiveForm
from appointments.kiosk_views import code_of
from appointments.pressing import SaidNo, fresh_key, press
from appointments.serving import set_aside, waiting_in
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from queues.board import board_of
from queues.calling import give_back
from queues.issuing import issue_walk_in
from queues.models import Ticket
from queues.waiting import place_of, tickets_shown
from windows.access import GUIDE, SUPERVISOR, hall_for, halls_of, staff_page
from windows.models import Hall, Staff

WHO = (GUIDE, SUPERVISOR)


def _hall(request: HttpRequest) -> Hall:
    """The hall asked for, else the person's first one."""
    code = request.POST.get("hall") or request.GET.get("hall")
    if code:
        return hall_for(request.user, code, *WHO)
    hall = halls_of(request.user, *WHO).order_by("code").first()
    if hall is None:
        raise NotFound
    return hall


def _floor(
    request: HttpRequest,
    hall: Hall,
    *,
    give: GiveForm | None = None,
    arrival: ArrivalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = civil.now()
    board = board_of(hall, now)
    give = give or GiveForm(hall=hall)
    given = tickets_shown([request.GET.get("given", "")])
    given = [ticket for ticket in given if ticket.hall_id == hall.pk]
    context: dict[str, Any] = {
        "hall": hall,
        "halls": list(halls_of(request.user, *WHO).order_by("code")[:50]),
        "board": board,
        "give": give,
        "offers": [(m, board.wait_for(code)) for code, m in give.matters.items()],
        "arrival": arrival or ArrivalForm(today=civil.city_date(now)),
        "errors": _errors(give, arrival),
        "given": place_of(given[0], now) if given else None,
        "code": code_of(request, given[0]) if given else "",
        "line": waiting_in(hall, now),
        "aside": set_aside(hall, now),
        "key": fresh_key(),
    }
    return render(request, "appointments/floor/floor.html", context, status=status)


def _errors(*forms: GiveForm | ArrivalForm | None) -> list[str]:
    bound = [form for form in forms if form is not None and form.is_bound]
    return [str(text) for form in bound for texts in form.errors.values() for text in texts]


@never_cache
@staff_page(*WHO)
@require_safe
def floor(request: HttpRequest) -> HttpResponse:
    """Who is here, and what do they need?"""
    return _floor(request, _hall(request))


@never_cache
@staff_page(*WHO)
@require_POST
def floor_give(request: HttpRequest) -> HttpResponse:
    """A number on someone's behalf, first in line with a reason."""
    now, hall = civil.now(), _hall(request)
    form = GiveForm(request.POST, hall=hall)
    if not form.is_valid():
        return _floor(request, hall, give=form, status=400)
    run = partial(_give, hall, form, now, request.user)  # type: ignore[arg-type]
    return _pressed(request, hall, form, now, run)


def _give(hall: Hall, form: GiveForm, now: Any, by: Staff) -> dict[str, Any]:
    ticket = issue_walk_in(
        hall=hall,
        matter=form.chosen,
        now=now,
        by=by,
        priority=form.cleaned_data["priority"],
        note=form.cleaned_data["note"],
    )
    return {"ticket": ticket.public_id}


@never_cache
@staff_page(*WHO)
@require_POST
def floor_check_in(request: HttpRequest) -> HttpResponse:
    """Check somebody in by reference, ID number or code."""
    now, hall = civil.now(), _hall(request)
    form = ArrivalForm(request.POST, today=civil.city_date(now))
    if not form.is_valid():
        return _floor(request, hall, arrival=form, status=400)
    run = partial(_arrive, hall, form, now, request.user)  # type: ignore[arg-type]
    return _pressed(request, hall, form, now, run)


def _arrive(hall: Hall, form: ArrivalForm, now: Any, by: Staff) -> dict[str, Any]:
    meant = form.meant
    ticket = check_in(
        hall=hall, now=now, reference=meant.reference, id_number=meant.id_number, by=by
    )
    return {"ticket": ticket.public_id}


def _pressed(
    request: HttpRequest, hall: Hall, form: GiveForm | ArrivalForm, now: Any, run: Any
) -> HttpResponse:
    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    try:
        answer = press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        which = {"give": form} if isinstance(form, GiveForm) else {"arrival": form}
        return _floor(request, hall, status=409, **which)
    messages.success(request, _("The number is given."))
    return redirect(f"/floor/?hall={hall.code}&given={answer['ticket']}")


@never_cache
@staff_page(*WHO)
@require_http_methods(["POST"])
def floor_give_back(request: HttpRequest, public_id: str) -> HttpResponse:
    """Somebody who was missed or parked is back in line."""
    now, hall = civil.now(), _hall(request)
    ticket = Ticket.objects.filter(hall=hall, public_id=public_id).first()
    if ticket is None:
        raise NotFound
    try:
        press(
            request,
            actor=f"staff:{request.user.pk}",
            body=public_id,
            now=now,
            run=lambda: _back(ticket, request.user, now),  # type: ignore[arg-type]
        )
    except SaidNo as refusal:
        messages.error(request, str(refusal))
        return redirect(f"/floor/?hall={hall.code}")
    messages.success(request, _("%(number)s is back in line.") % {"number": ticket.label})
    return redirect(f"/floor/?hall={hall.code}")


def _back(ticket: Ticket, staff: Staff, now: Any) -> dict[str, Any]:
    give_back(ticket=ticket, staff=staff, now=now)
    return {}
