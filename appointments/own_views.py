"""One's own booking: the page with the QR code, confirm, more time, calendar file.

Whoever has the link has the booking; a wrong secret looks like no booking (404).
Cancelling and changing are in `own_change_views`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from appointments.being_here import read_pass
from appointments.calendar_file import calendar_of
from appointments.check_views import more_time
from appointments.confirming import confirm, find
from appointments.displaced_words import new_time
from appointments.models import Booking
from appointments.own_page import facts_of, own_address, visit_of
from appointments.pressing import fresh_key, press
from appointments.wishing import Wish
from config import civil

State = Booking.State
View = Callable[..., HttpResponse]


def by_its_secret(view: View) -> View:
    """A page that its link alone opens and works, also in a browser without cookies.

    The token against forged requests keeps another site from using what a browser sends by
    itself. These pages use nothing of that kind: the secret in the address is the whole
    right to act, and a site that knows it needs no browser of somebody else's. Opening such
    a page changes nothing; that takes a press.
    """
    return csrf_exempt(view)


def own_booking(request: HttpRequest, reference: str) -> Booking:
    """The booking, for the holder of its link. Raises NotFound."""
    return find(reference, request.GET.get("k", ""))


def qr_code(text: str) -> SafeString:
    """The text as a QR code, inline."""
    code = segno.make(text, error="m", micro=False)
    return mark_safe(code.svg_inline(omitsize=True, border=2, dark="#10212f", light="#ffffff"))  # noqa: S308


@never_cache
@require_safe
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    """Where, when, what to bring, the code to show, and what can be done next."""
    return show_booking(request, own_booking(request, reference), civil.now())


def show_booking(
    request: HttpRequest,
    found: Booking,
    now: datetime,
    *,
    errors: Iterable[str] = (),
    status: int = 200,
) -> HttpResponse:
    visit = visit_of(found, now)
    wish = Wish(reverse("appointments:book_when", args=[found.matter.code]), hall=found.hall.code)
    context = {
        **facts_of(visit, now),
        "bring": visit.bring(),
        "code": qr_code(request.build_absolute_uri(own_address(found))),
        "secret": request.GET["k"],
        "is_here": read_pass(request.COOKIES.get("here", ""), found.hall, now) is not None,
        "again": wish.link(),
        "asked": new_time(found, now),
        "errors": list(errors),
        "key": fresh_key(),
    }
    return render(request, "appointments/booking.html", context, status=status)


@by_its_secret
@never_cache
@require_POST
def booking_confirm(request: HttpRequest, reference: str) -> HttpResponse:
    """Confirms a held booking from its own page."""
    found, now = own_booking(request, reference), civil.now()

    def run() -> dict[str, Any]:
        return {"references": [b.reference for b in confirm(booking=found, now=now)]}

    press(request, actor=f"booking:{found.reference}", body="confirm", now=now, run=run)
    return redirect(own_address(found))


@by_its_secret
@never_cache
@require_POST
def booking_extend(request: HttpRequest, reference: str) -> HttpResponse:
    """More time to confirm, once."""
    found, now = own_booking(request, reference), civil.now()
    messages.success(request, more_time(request, found, now, f"booking:{found.reference}"))
    return redirect(own_address(found))


@never_cache
@require_safe
def booking_calendar(request: HttpRequest, reference: str) -> HttpResponse:
    """The visit for one's calendar."""
    found, now = own_booking(request, reference), civil.now()
    link = request.build_absolute_uri(own_address(found))
    response = HttpResponse(
        calendar_of(found, matters=visit_of(found, now).matters, link=link, now=now),
        content_type="text/calendar; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{found.reference}.ics"'
    return response
