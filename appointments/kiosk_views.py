"""The kiosk: check in with a booking, or take a number without one."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments.arriving import check_in
from appointments.hall_forms import ArrivalForm, GiveForm, matters_of
from appointments.offering import record_vain
from appointments.pairing import kiosk_of, pair, pair_for_demo, remember
from appointments.pressing import SaidNo, fresh_key, press
from config import civil
from config.faces import show_refusal
from queues.board import board_of
from queues.issuing import issue_walk_in
from queues.models import Ticket
from queues.waiting import place_of
from windows.access import ADMIN, SUPERVISOR, has_role
from windows.models import DeviceToken, Hall

View = Callable[..., HttpResponse]


def kiosk_page(view: View) -> View:
    """A page that only a paired kiosk of the hall shows; the demo pairs by itself."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, hall: str, **rest: Any) -> HttpResponse:
        place = get_object_or_404(Hall, code=hall)
        device = kiosk_of(request, place)
        if device is None and not settings.DEMO:
            may_pair = has_role(request.user, place, SUPERVISOR, ADMIN)
            context = {"hall": place, "may_pair": may_pair}
            return render(request, "appointments/kiosk/unpaired.html", context, status=403)
        if device is None:
            device, token = pair_for_demo(place)
            return remember(view(request, hall=place, device=device, **rest), token)
        return view(request, hall=place, device=device, **rest)

    guarded.for_device = "kiosk"  # type: ignore[attr-defined]
    return guarded


def code_of(request: HttpRequest, ticket: Ticket) -> str:
    """The QR code of the ticket's own page, as SVG."""
    address = request.build_absolute_uri(reverse("queues:ticket", args=[ticket.public_id]))
    return segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=True)


def _home(
    request: HttpRequest, hall: Hall, *, form: GiveForm | None = None, status: int = 200
) -> HttpResponse:
    board = board_of(hall, civil.now())
    offers = [(matter, board.wait_for(matter.code)) for matter in matters_of(hall)]
    context = {"hall": hall, "board": board, "offers": offers, "key": fresh_key(), "form": form}
    return render(request, "appointments/kiosk/home.html", context, status=status)


@kiosk_page
@require_safe
def kiosk(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """Have you booked? If not, what do you come for?"""
    return _home(request, hall)


@kiosk_page
@require_http_methods(["GET", "HEAD", "POST"])
def kiosk_check_in(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """Check in by reference, ID number or scanned code."""
    now = civil.now()
    form = ArrivalForm(request.POST or None, today=civil.city_date(now), focus=True)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            run = partial(_arrive, hall, form, now)
            try:
                answer = press(
                    request, actor=f"device:{device.pk}", body=_body(form), now=now, run=run
                )
                return redirect("appointments:kiosk_given", hall.code, answer["ticket"])
            except SaidNo as refusal:
                show_refusal(form, refusal)
                status = 409
    context = {"hall": hall, "form": form, "key": fresh_key(), "refused": status == 409}
    return render(request, "appointments/kiosk/check_in.html", context, status=status)


def _body(form: ArrivalForm | GiveForm) -> str:
    return repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))


def _arrive(hall: Hall, form: ArrivalForm, now: Any) -> dict[str, Any]:
    meant = form.meant
    ticket = check_in(hall=hall, now=now, reference=meant.reference, id_number=meant.id_number)
    return {"ticket": ticket.public_id}


@kiosk_page
@require_POST
def kiosk_walk_in(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """A number for somebody without a booking."""
    now, form = civil.now(), GiveForm({"matter": request.POST.get("matter", "")}, hall=hall)
    if not form.is_valid():
        return _home(request, hall, form=form, status=400)
    try:
        answer = press(
            request,
            actor=f"device:{device.pk}",
            body=_body(form),
            now=now,
            run=lambda: {"ticket": issue_walk_in(hall=hall, matter=form.chosen, now=now).public_id},
        )
    except SaidNo as refusal:
        today = civil.city_date(now)
        record_vain(
            matter=form.chosen, halls=[hall.code], first=today, last=today, now=now, channel="kiosk"
        )
        show_refusal(form, refusal)
        return _home(request, hall, form=form, status=409)
    return redirect("appointments:kiosk_given", hall.code, answer["ticket"])


@kiosk_page
@require_safe
def kiosk_given(
    request: HttpRequest, hall: Hall, device: DeviceToken, public_id: str
) -> HttpResponse:
    """The number, its code and the wait; on paper too. The screen clears itself."""
    ticket = get_object_or_404(
        Ticket.objects.select_related("hall", "matter", "window"), hall=hall, public_id=public_id
    )
    place = place_of(ticket, civil.now())
    context = {"hall": hall, "place": place, "code": code_of(request, ticket), "seconds": 30}
    return render(request, "appointments/kiosk/given.html", context)


@never_cache
@require_POST
def kiosk_pair(request: HttpRequest, hall: str) -> HttpResponse:
    """This machine becomes a kiosk of the hall; whoever paired it is signed out of it."""
    place = get_object_or_404(Hall, code=hall)
    if not has_role(request.user, place, SUPERVISOR, ADMIN):
        raise PermissionDenied
    token = pair(place, name=f"{place.code} {request.user}")
    logout(request)
    return remember(redirect("appointments:kiosk", place.code), token)
