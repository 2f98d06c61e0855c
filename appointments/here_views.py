"""One's own phone in the hall: check in, or take a number, where the screen shows its code."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from appointments.arriving import check_in
from appointments.being_here import (
    PASS_LASTS,
    CodeNotShown,
    Pass,
    count_number,
    give_pass,
    read_pass,
    require_presence,
)
from appointments.hall_forms import ArrivalForm, GiveForm, arrival_said, matters_of
from appointments.limiting import address_of
from appointments.messaging.contacts import unreached_at
from appointments.own_views import by_its_secret, own_booking, show_booking
from appointments.pressing import SaidNo, fresh_key, press, session_actor
from appointments.unreached_words import not_reached
from appointments.walking_in import walk_in
from config import civil
from config.faces import show_refusal
from queues.board import board_of
from queues.issuing import issue_walk_in
from queues.models import Ticket
from windows.models import Hall

PASS_COOKIE = "here"


def pass_of(request: HttpRequest, hall: Hall, now: datetime) -> Pass | None:
    return read_pass(request.COOKIES.get(PASS_COOKIE, ""), hall, now)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def here(request: HttpRequest, hall: str) -> HttpResponse:
    """First the code; then: have you booked? If not, what do you come for?"""
    now, place = civil.now(), get_object_or_404(Hall, code=hall)
    code = request.POST.get("code") if request.method == "POST" else request.GET.get("code")
    if code is None:
        return _page(request, place, now)
    try:
        require_presence(hall=place, code=code[:20], address=address_of(request), now=now)
    except CodeNotShown as refusal:
        return _page(
            request,
            place,
            now,
            wrong=str(refusal),
            wrong_list=[str(refusal)],
            typed=code[:20],
            status=409,
        )
    said = request.POST.get("said", "")[:300]  # typed before the first pass ran out
    today = civil.city_date(now)
    response: HttpResponse = redirect("appointments:here", place.code)
    if said:
        form = ArrivalForm(today=today, initial={"said": said})
        response = _page(request, place, now, form=form, is_here=True)
    _keep_pass(response, place, now)
    return response


def _keep_pass(response: HttpResponse, hall: Hall, now: datetime) -> None:
    response.set_cookie(
        PASS_COOKIE,
        give_pass(hall, now),
        max_age=PASS_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _page(
    request: HttpRequest,
    hall: Hall,
    now: datetime,
    *,
    form: ArrivalForm | None = None,
    is_here: bool | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    if is_here is None:
        is_here = pass_of(request, hall, now) is not None and "wrong" not in more
    form = form or ArrivalForm(today=civil.city_date(now))
    form["said"].help_text = ""  # there is no scanner at a phone
    coming = walk_in(hall=hall, matter=None, now=now)
    board = board_of(hall, now) if is_here else None
    context = {
        "hall": hall,
        "is_here": is_here,
        "form": form,
        "offers": [(one, board.wait_for(one.code)) for one in matters_of(hall)] if board else [],
        "is_open": coming.session is not None,
        "opens": coming.opens,
        "key": fresh_key(),
        **more,
    }
    return render(request, "appointments/here.html", context, status=status)


@never_cache
@require_POST
def here_check_in(request: HttpRequest, hall: str) -> HttpResponse:
    """Check in by reference or ID number; afterwards one's own live ticket."""
    now, place = civil.now(), get_object_or_404(Hall, code=hall)
    found = pass_of(request, place, now)
    if found is None:
        kept = request.POST.get("said", "")[:300]
        return _page(request, place, now, late=True, kept=kept, status=409)
    form = ArrivalForm(request.POST, today=civil.city_date(now))
    if not form.is_valid():
        return _page(request, place, now, form=form, status=400)
    meant = form.meant
    if meant.ticket:
        return redirect("queues:ticket", meant.ticket)

    def run() -> Ticket:
        return check_in(hall=place, now=now, reference=meant.reference, id_number=meant.id_number)

    return _pressed(request, place, found, form, now, run)


@never_cache
@require_POST
def here_walk_in(request: HttpRequest, hall: str) -> HttpResponse:
    """A number without a booking, some per phone."""
    now, place = civil.now(), get_object_or_404(Hall, code=hall)
    found = pass_of(request, place, now)
    if found is None:
        return _page(request, place, now, late=True, status=409)
    form = GiveForm({"matter": request.POST.get("matter", "")}, hall=place)
    if not form.is_valid():
        return _page(
            request, place, now, errors=[str(one) for one in form.errors["matter"]], status=400
        )

    def run() -> Ticket:
        count_number(found, place, now)
        return issue_walk_in(hall=place, matter=form.chosen, now=now)

    return _pressed(request, place, found, form, now, run)


def _pressed(
    request: HttpRequest,
    hall: Hall,
    found: Pass,
    form: ArrivalForm | GiveForm,
    now: datetime,
    run: Callable[[], Ticket],
) -> HttpResponse:
    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    actor = f"here:{found.name}"
    try:
        answer = press(
            request, actor=actor, body=body, now=now, run=lambda: {"ticket": run().public_id}
        )
    except SaidNo as refusal:
        if isinstance(form, GiveForm):
            return _page(request, hall, now, errors=[str(refusal)], status=409)
        show_refusal(form, refusal)
        said = arrival_said(refusal, now)
        return _page(request, hall, now, form=form, said=said, status=409)
    return _to_the_ticket(request, answer["ticket"])


def _to_the_ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """One's own live ticket; first of all, once, that messages do not arrive."""
    ticket = Ticket.objects.filter(public_id=public_id).first()
    for line in not_reached(unreached_at(ticket)) if ticket else []:
        messages.warning(request, line)
    return redirect("queues:ticket", public_id)


@by_its_secret
@never_cache
@require_POST
def booking_here(request: HttpRequest, reference: str) -> HttpResponse:
    """Check in from one's own booking's page: the code on the hall's screen, one press."""
    found, now = own_booking(request, reference), civil.now()
    code, is_here = request.POST.get("code", "")[:20], pass_of(request, found.hall, now)

    def run() -> dict[str, Any]:
        if is_here is None:
            require_presence(hall=found.hall, code=code, address=address_of(request), now=now)
        ticket = check_in(hall=found.hall, reference=found.reference, now=now)
        return {"ticket": ticket.public_id}

    try:
        answer = press(
            request, actor=session_actor(request), body=f"{reference} {code}", now=now, run=run
        )
    except SaidNo as refusal:
        return show_booking(request, found, now, errors=[str(refusal)], status=409)
    return _to_the_ticket(request, answer["ticket"])
