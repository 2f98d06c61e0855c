"""Somebody has a booking already: staff look it up, move or cancel it at the person's wish."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from appointments import saying
from appointments.assist_forms import LookForm
from appointments.assist_places import Search
from appointments.assist_views import halls_for, opened_here, places_for, remember_opened
from appointments.assisting import WHO, Found, cancel_for, look_up, move_for
from appointments.changing import CHANGEABLE
from appointments.id_numbers import mask_id, mask_name
from appointments.message_forms import PhoneForm
from appointments.messaging.contacts import unreached
from appointments.messaging.wishes import correct_phone
from appointments.models import Booking
from appointments.phones import mask_phone
from appointments.pressing import SaidNo, fresh_key, press
from appointments.sealing import blind_index, unseal
from appointments.unreached_words import not_reached
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.access import staff_page


def shown_visit(visit: list[Booking], now: datetime) -> dict[str, Any]:
    """A visit as staff see it: names and numbers masked."""
    first = visit[0]
    return {
        "first": first,
        "name": mask_name(unseal(first.name_sealed, purpose="name")),
        "id_number": mask_id(unseal(first.id_sealed, purpose="id_number")),
        "matters": [one.matter.name for one in visit],
        "when": saying.when(first.starts_at),
        "can_change": first.state in CHANGEABLE and first.starts_at > now,
    }


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def assist_look(request: HttpRequest) -> HttpResponse:
    """Who is it, and what is booked for them?"""
    now = civil.now()
    posted = request.method == "POST"
    form = LookForm(request.POST if posted else None, today=civil.city_date(now))
    context: dict[str, Any] = {"form": form}
    if not posted:
        return render(request, "appointments/assist/look.html", context)
    if not form.is_valid():
        return render(request, "appointments/assist/look.html", context, status=400)
    meant = form.meant
    try:
        found = look_up(
            name=form.cleaned_data["name"],
            reference=meant.reference,
            id_number=meant.id_number,
            by=request.user,  # type: ignore[arg-type]
            now=now,
        )
    except Refusal as refusal:
        show_refusal(form, refusal)
        return render(request, "appointments/assist/look.html", context, status=409)
    return _show_found(request, form, found, now)


def _show_found(
    request: HttpRequest, form: LookForm, found: list[Found], now: datetime
) -> HttpResponse:
    remember_opened(request, [booking for one in found for booking in one.bookings])
    visits = [(shown_visit(one.bookings, now), one.other_name) for one in found]
    context = {"form": form, "visits": visits, "looked": True}
    return render(request, "appointments/assist/look.html", context)


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def assist_booking(request: HttpRequest, reference: str) -> HttpResponse:
    """One visit: another time, or cancel it, as the person wishes."""
    now = civil.now()
    (one,) = opened_here(request, reference=reference.upper())
    visit = opened_here(request, group_id=one.group_id, id_index=one.id_index)
    if request.method == "POST":
        return _do(request, visit, now)
    return _show(request, visit, now)


def _show(
    request: HttpRequest,
    visit: list[Booking],
    now: datetime,
    error: str = "",
    status: int = 200,
    phone: PhoneForm | None = None,
) -> HttpResponse:
    shown, group = shown_visit(visit, now), visit[0].group
    told = unseal(group.phone_sealed, purpose="phone") if group.phone_sealed else ""
    context: dict[str, Any] = {
        "visit": shown,
        "phone": phone or PhoneForm(),
        "present_phone": mask_phone(told) if told else "",
        "unreached": not_reached(unreached(group)),
        "key": fresh_key(),
        "errors": [error] if error else [],
    }
    if shown["can_change"]:
        search = _other_times(request, visit)
        context |= {"search": search, **places_for(search, halls_for(request), now)}
    context["here"] = reverse("appointments:assist_booking", args=[visit[0].reference])
    return render(request, "appointments/assist/booking.html", context, status=status)


def _other_times(request: HttpRequest, visit: list[Booking]) -> Search:
    """The search for another time of the same visit, at its hall unless another is asked for."""
    first = visit[0]
    halls = halls_for(request)
    asked = request.GET.get("hall", "" if "any" in request.GET else first.hall.code)
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        day = None
    return Search(
        matters=tuple(one.matter for one in visit),
        minutes=tuple(one.minutes for one in visit),
        hall=halls.filter(code=asked.replace("\x00", "")).first(),
        day=day,
        channel=first.channel,
    )


def _do(request: HttpRequest, visit: list[Booking], now: datetime) -> HttpResponse:
    action, slot = request.POST.get("action", ""), request.POST.get("slot", "")
    if action == "phone":
        return _correct_phone(request, visit, now)
    moves = slot.isascii() and slot.isdigit() and len(slot) < 19
    if action != "cancel" and not moves:
        raise BadRequest
    first, by = visit[0], request.user

    def run() -> dict[str, Any]:
        if moves:
            move_for(booking=first, slot_id=int(slot), by=by, now=now)  # type: ignore[arg-type]
        else:
            cancel_for(booking=first, by=by, now=now)  # type: ignore[arg-type]
        return {"reference": first.reference}

    try:
        body = f"{first.reference} {slot or action}"
        press(request, actor=f"staff:{by.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        return _show(request, visit, now, error=str(no), status=409)
    if moves:
        messages.success(request, _("The new time is booked; the old one is given up."))
        return redirect("appointments:assist_slip", first.group_id)
    messages.success(request, _("It is cancelled."))
    return redirect("appointments:assist_booking", first.reference)


def _correct_phone(request: HttpRequest, visit: list[Booking], now: datetime) -> HttpResponse:
    """Messages go to the number that the person says, what is owed already too."""
    first, by, form = visit[0], request.user, PhoneForm(request.POST)
    if not form.is_valid():
        return _show(request, visit, now, status=400, phone=form)
    phone = form.cleaned_data["phone"]

    def run() -> dict[str, Any]:
        correct_phone(booking=first, phone=phone, by=by, now=now)  # type: ignore[arg-type]
        return {"reference": first.reference}

    body = f"{first.reference} phone {blind_index(phone, purpose='press').hex()}"
    press(request, actor=f"staff:{by.pk}", body=body, now=now, run=run)
    messages.success(request, _("Messages go to this number from now on."))
    return redirect("appointments:assist_booking", first.reference)
