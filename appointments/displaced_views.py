"""The hall changed one's time: yes, another one, or none. Whoever has the link may answer.

Looking changes nothing, for programs look at links as well; an answer is a POST.
"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from appointments.changes.answering import accept, decline, latest_for
from appointments.displaced_words import new_time
from appointments.journey import form_page
from appointments.models import Booking
from appointments.own_change_views import about
from appointments.own_page import own_address, visit_of
from appointments.own_views import by_its_secret, own_booking
from appointments.pressing import SaidNo, fresh_key, press
from config import civil
from config.refusals import NotFound

ANSWERS = ("take", "wait", "leave")


@by_its_secret
@never_cache
@form_page
def booking_new_time(request: HttpRequest, reference: str) -> HttpResponse:
    """Can you come then? Asked until it is answered; afterwards the booking says how it is."""
    found, now = own_booking(request, reference), civil.now()
    if request.method == "POST":
        return _answer(request, found, now)
    return _page(request, found, now)


def _page(
    request: HttpRequest,
    found: Booking,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    asked = new_time(found, now)
    if asked is None or not asked.can_answer:
        for error in errors:
            messages.error(request, error)
        return redirect(own_address(found))
    more = {"asked": asked, "errors": errors, "other_key": fresh_key()}
    context = {**about(found, visit_of(found, now)), **more}
    return render(request, "appointments/displaced.html", context, status=status)


def _answer(request: HttpRequest, found: Booking, now: datetime) -> HttpResponse:
    answer, whom = request.POST.get("answer", ""), request.POST.get("whom", "me")
    if answer not in ANSWERS or whom not in ("me", "all"):
        raise BadRequest
    displaced = latest_for(found)
    if displaced is None:
        raise NotFound
    asked = displaced

    def run() -> dict[str, Any]:
        if answer == "take":  # who answers yes for a family answers for all of it
            accept(asked, now=now, together=True)
        else:
            decline(asked, now=now, wait=answer == "wait", together=whom == "all")
        return {}

    try:
        actor, body = f"booking:{found.reference}", f"{displaced.pk} {answer} {whom}"
        press(request, actor=actor, body=body, now=now, run=run)
    except SaidNo as no:
        found.refresh_from_db()
        return _page(request, found, now, errors=(str(no),), status=409)
    messages.success(request, _said(answer))
    return redirect(own_address(found))


def _said(answer: str) -> str:
    return {
        "take": _("Thank you. The new time is yours."),
        "wait": _("It is given up. You stand first on the waiting list and get a message."),
        "leave": _("It is given up. Thank you for telling us: somebody else can come."),
    }[answer]
