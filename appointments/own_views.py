"""One's own booking: the page with the QR code, calendar file, cancel, change.

Whoever has the link has the booking; a wrong secret looks like no booking (404).
"""

from datetime import datetime
from typing import Any

import segno
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.booking import confirm, find
from appointments.calendar_file import calendar_of
from appointments.changing import AlreadyOver, AlreadyStarted, cancel, reschedule
from appointments.check_views import own_address, shown_person
from appointments.id_numbers import mask_name
from appointments.journey import form_page
from appointments.models import Booking
from appointments.picker_views import show_picker
from appointments.picking import Wish, wish_of
from appointments.pressing import SaidNo, fresh_key, press
from appointments.sealing import unseal
from config import civil
from config.refusals import Refusal
from windows.rules import rule

State = Booking.State
CHANGEABLE = (State.HELD, State.CONFIRMED)


def own_booking(request: HttpRequest, reference: str) -> Booking:
    """The booking, for the holder of its link. Raises NotFound."""
    return find(reference, request.GET.get("k", ""))


def qr_code(text: str) -> SafeString:
    """The text as a QR code, inline."""
    code = segno.make(text, error="m", micro=False)
    return mark_safe(code.svg_inline(omitsize=True, border=2, dark="#10212f", light="#ffffff"))  # noqa: S308


def others_of(booking: Booking) -> list[dict[str, Any]]:
    """The people who come together with this one, masked, with the links of their own."""
    group = Booking.objects.filter(group_id=booking.group_id).exclude(pk=booking.pk)
    return [
        {
            "name": mask_name(unseal(one.name_sealed, purpose="name")),
            "reference": one.reference,
            "time": saying.when(one.starts_at),
            "state": one.get_state_display(),
            "is_open": one.state in Booking.OPEN,
            "href": own_address(one),
        }
        for one in group.order_by("starts_at", "pk")
    ]


@never_cache
@require_safe
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    """Where, when, what to bring, the code to show."""
    found, now = own_booking(request, reference), civil.now()
    link = request.build_absolute_uri(own_address(found))
    early = rule("checkin_early_minutes", hall=found.hall_id, day=found.service_day)
    context = {
        "booking": found,
        "person": shown_person(found),
        "when": saying.when(found.starts_at),
        "night_after": civil.city_date(found.starts_at) != found.service_day,
        "evening_of": saying.long_day(found.service_day),
        "others": others_of(found),
        "bring": found.matter.materials.filter(kind="bring").order_by("position", "pk"),
        "code": qr_code(link),
        "link": link,
        "secret": request.GET["k"],
        "early": early,
        "can_change": found.state in CHANGEABLE and found.starts_at > now,
        "is_over": found.state not in Booking.OPEN,
        "again": Wish(reverse("appointments:book_when", args=[found.matter.code])).link(
            hall=found.hall.code
        ),
        "key": fresh_key(),
    }
    return render(request, "appointments/booking.html", context)


@never_cache
@require_POST
def booking_confirm(request: HttpRequest, reference: str) -> HttpResponse:
    """Confirms a held booking from its own page."""
    found, now = own_booking(request, reference), civil.now()

    def run() -> dict[str, Any]:
        return {"references": [b.reference for b in confirm(booking=found, now=now)]}

    press(request, actor=f"booking:{found.reference}", body="confirm", now=now, run=run)
    return redirect(own_address(found))


@never_cache
@require_safe
def booking_calendar(request: HttpRequest, reference: str) -> HttpResponse:
    """The booking for one's calendar."""
    found = own_booking(request, reference)
    link = request.build_absolute_uri(own_address(found))
    response = HttpResponse(
        calendar_of(found, link=link, now=civil.now()), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{found.reference}.ics"'
    return response


def refuse_unless_changeable(found: Booking, now: datetime) -> None:
    """Refuses: AlreadyOver, AlreadyStarted."""
    if found.state not in CHANGEABLE:
        raise AlreadyOver(state=found.get_state_display())
    if found.starts_at <= now:
        raise AlreadyStarted


@never_cache
@form_page
def booking_cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Do you want to cancel? One person, or all who come together."""
    found, now = own_booking(request, reference), civil.now()
    if request.method == "POST":
        return _cancel(request, found, now)
    refuse_unless_changeable(found, now)
    context = {
        "booking": found,
        "person": shown_person(found),
        "when": saying.when(found.starts_at),
        "others": [other for other in others_of(found) if other["is_open"]],
        "back": own_address(found),
        "key": fresh_key(),
    }
    return render(request, "appointments/booking_cancel.html", context)


def _cancel(request: HttpRequest, found: Booking, now: datetime) -> HttpResponse:
    whom = request.POST.get("whom", "me")
    if whom not in ("me", "all"):
        raise BadRequest

    def run() -> dict[str, Any]:
        with transaction.atomic():
            cancel(booking=found, now=now)
            if whom == "all":
                _cancel_the_others(found, now)
        return {"reference": found.reference}

    press(request, actor=f"booking:{found.reference}", body=f"cancel {whom}", now=now, run=run)
    thanks = _("It is cancelled. Thank you for telling us: somebody else can come.")
    messages.success(request, thanks)
    return redirect(own_address(found))


def _cancel_the_others(found: Booking, now: datetime) -> None:
    group = Booking.objects.filter(group_id=found.group_id, state__in=CHANGEABLE)
    for other in group.exclude(pk=found.pk).order_by("pk"):
        if other.starts_at > now:
            cancel(booking=other, now=now)


@never_cache
@form_page
def booking_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Another day or time for this person; the old place is kept until the new one is there."""
    found, now = own_booking(request, reference), civil.now()
    wish = change_wish(request, found)
    if request.method == "POST":
        return _change(request, found, wish, now)
    refuse_unless_changeable(found, now)
    return show_change(request, found, wish, now)


def change_wish(request: HttpRequest, found: Booking) -> Wish:
    base = reverse("appointments:booking_change", args=[found.reference])
    wish = wish_of(request.GET, base=base, most_people=1, secret=request.GET["k"])
    return wish if "hall" in request.GET or wish.near else wish_at(wish, found)


def wish_at(wish: Wish, found: Booking) -> Wish:
    """The picker begins at the hall of the booking, unless another was asked for."""
    return Wish(
        base=wish.base, secret=wish.secret, hall=found.hall.code, day=wish.day, show=wish.show
    )


def show_change(
    request: HttpRequest,
    found: Booking,
    wish: Wish,
    now: datetime,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    more = {
        "changing": found,
        "present": saying.when(found.starts_at),
        "back": own_address(found),
        "key": fresh_key(),
    }
    return show_picker(
        request, matter=found.matter, wish=wish, now=now, errors=errors, status=status,
        chosen=found.slot_id, more=more,
    )  # fmt: skip


def _change(request: HttpRequest, found: Booking, wish: Wish, now: datetime) -> HttpResponse:
    slot = request.POST.get("slot", "")
    if not (slot.isascii() and slot.isdigit() and len(slot) < 19):
        return show_change(request, found, wish, now, (_("Choose a time first."),), status=400)

    def run() -> dict[str, Any]:
        moved = reschedule(booking=found, slot_id=int(slot), now=now)
        return {"starts_at": moved.starts_at.isoformat()}

    try:
        actor = f"booking:{found.reference}"
        press(request, actor=actor, body=f"change {slot}", now=now, run=run)
    except SaidNo as no:
        return _not_moved(request, found, wish, now, no)
    messages.success(request, _("The new time is yours; the old one is given up."))
    return redirect(own_address(found))


def _not_moved(
    request: HttpRequest, found: Booking, wish: Wish, now: datetime, no: Refusal
) -> HttpResponse:
    """The old time still stands; the picker says why and shows what is free."""
    if no.code not in ("slot_full", "slot_gone"):
        raise no
    errors = (str(no), _("Your present time still stands."))
    return show_change(request, found, wish, now, errors, status=409)
