"""The guide's tablet: a number on someone's behalf, checking others in, the line.

What is done for one person of the line: appointments/floor_person_views.py.
"""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments.arriving import check_in
from appointments.floor_forms import PriorityForm
from appointments.hall_forms import ArrivalForm, ArrivalSaid, GiveForm, arrival_said
from appointments.kiosk_views import code_of
from appointments.messaging.contacts import unreached_at
from appointments.pressing import SaidNo, fresh_key, press
from appointments.serving import person_here, set_aside, waiting_in
from appointments.unreached_words import not_reached
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from queues.board import board_of
from queues.issuing import issue_walk_in
from queues.models import Ticket
from queues.waiting import place_of, tickets_shown
from windows.access import GUIDE, SUPERVISOR, hall_for, halls_of, staff_page
from windows.models import Hall, Staff

WHO = (GUIDE, SUPERVISOR)


def asked_hall(request: HttpRequest) -> Hall:
    """The hall asked for, else the person's first one."""
    code = request.POST.get("hall") or request.GET.get("hall")
    if code:
        if "\x00" in code:
            raise NotFound
        return hall_for(request.user, code, *WHO)
    hall = halls_of(request.user, *WHO).order_by("code").first()
    if hall is None:
        raise NotFound
    return hall


def show_floor(
    request: HttpRequest,
    hall: Hall,
    *,
    give: GiveForm | None = None,
    arrival: ArrivalForm | None = None,
    one: Ticket | None = None,
    priority: PriorityForm | None = None,
    errors: list[str] | None = None,
    said: ArrivalSaid | None = None,
    status: int = 200,
) -> HttpResponse:
    """`one` is the person whose sheet lies open; a form that came back keeps what was said."""
    now = civil.now()
    give = give or GiveForm(hall=hall)
    asked = request.GET.get("given", "").replace("\x00", "")
    given = [t for t in tickets_shown([asked]) if t.hall_id == hall.pk]
    context = _line(hall, now) | {
        "halls": list(halls_of(request.user, *WHO).order_by("code")[:50]),
        "give": give,
        "arrival": arrival or ArrivalForm(today=civil.city_date(now)),
        "errors": [*(errors or []), *_errors(give, arrival, priority)],
        "given": place_of(given[0], now) if given else None,
        "code": code_of(request, given[0]) if given else "",
        "unreached": not_reached(unreached_at(given[0])) if given else [],
        "one": person_here(one, now) if one else None,
        "priority": priority or PriorityForm.of(one),
        "said": said,
        "key": fresh_key(),
    }
    board = context["board"]
    context["offers"] = [(m, board.wait_for(code)) for code, m in give.matters.items()]
    return render(request, "appointments/floor/floor.html", context, status=status)


def _line(hall: Hall, now: Any) -> dict[str, Any]:
    return {
        "hall": hall,
        "board": board_of(hall, now),
        "line": waiting_in(hall, now),
        "aside": set_aside(hall, now),
    }


def _errors(*asked: forms.Form | None) -> list[str]:
    bound = [form for form in asked if form is not None and form.is_bound]
    return [str(text) for form in bound for texts in form.errors.values() for text in texts]


@never_cache
@staff_page(*WHO)
@require_safe
def floor(request: HttpRequest) -> HttpResponse:
    """Who is here, and what do they need?"""
    hall = asked_hall(request)
    return show_floor(request, hall, one=asked_ticket(request.GET.get("one", ""), hall))


def asked_ticket(public_id: str, hall: Hall) -> Ticket | None:
    """The hall's ticket with that id; None when there is none."""
    if not public_id or "\x00" in public_id or len(public_id) > 32:
        return None
    found = Ticket.objects.filter(hall=hall, public_id=public_id)
    return found.select_related("matter", "papers_checked_by").first()


@never_cache
@staff_page(*WHO)
@require_safe
def floor_line(request: HttpRequest) -> HttpResponse:
    """The part of the tablet's page that moves by itself."""
    return render(request, "appointments/floor/_line.html", _line(asked_hall(request), civil.now()))


@never_cache
@staff_page(*WHO)
@require_POST
def floor_give(request: HttpRequest) -> HttpResponse:
    """A number on someone's behalf, first in line with a reason."""
    now, hall = civil.now(), asked_hall(request)
    form = GiveForm(request.POST, hall=hall)
    if not form.is_valid():
        return show_floor(request, hall, give=form, status=400)
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
    now, hall = civil.now(), asked_hall(request)
    form = ArrivalForm(request.POST, today=civil.city_date(now))
    if not form.is_valid():
        return show_floor(request, hall, arrival=form, status=400)
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
        if isinstance(form, GiveForm):
            return show_floor(request, hall, give=form, status=409)
        said = arrival_said(refusal, now)
        return show_floor(request, hall, arrival=form, said=said, status=409)
    messages.success(request, _("The number is given."))
    return redirect(f"/floor/?hall={hall.code}&given={answer['ticket']}")
