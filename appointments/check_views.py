"""The booking journey's last page: look again while the places are held, then confirm."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from appointments import drafting, saying
from appointments.attending import attendee_of
from appointments.cancelling import cancel
from appointments.chaining import by_person
from appointments.confirming import confirm, extend_hold
from appointments.drafting import Draft
from appointments.emails import mask_email
from appointments.journey import form_page, time_is_gone
from appointments.messaging.wishes import email_of
from appointments.models import Booking
from appointments.outreach import times_address
from appointments.own_page import hold_words, own_address, shown_person
from appointments.phones import mask_phone
from appointments.pressing import SaidNo, fresh_key, press
from appointments.sealing import unseal
from appointments.wishing import Wish
from config import civil
from config.refusals import Refusal


def group_made_here(request: HttpRequest, group: int) -> list[Booking]:
    """The bookings of a group that this browser made; anybody else's are not found."""
    references = drafting.made_here(request.session, group)
    bookings = Booking.objects.filter(group_id=group, reference__in=references)
    found = list(bookings.select_related("hall", "matter", "group", "slot").order_by("pk"))
    if not found:
        raise Http404
    return sorted(found, key=lambda booking: references.index(booking.reference))


@never_cache
@form_page
def book_check(request: HttpRequest, group: int) -> HttpResponse:
    """A last look while the places are held; then they are promised."""
    bookings, now = group_made_here(request, group), civil.now()
    if bookings[0].state == Booking.State.EXPIRED:
        return start_over(request, bookings, now, status=409)
    if bookings[0].state != Booking.State.HELD:
        return redirect(own_address(bookings[0]))
    if request.method == "POST":
        return _decide(request, bookings, now)
    if min(b.hold_expires_at for b in bookings if b.hold_expires_at) <= now:
        return start_over(request, bookings, now, status=409)
    context = {
        "people": [(shown_person(visit[0]), visit) for visit in by_person(bookings)],
        "first": bookings[0],
        "matter": bookings[0].matter,
        "matters": list(dict.fromkeys(b.matter.name for b in bookings)),
        "when": [saying.when(at) for at in sorted({b.starts_at for b in bookings})],
        "phone": mask_phone(_phone(bookings[0])),
        "email": mask_email(email) if (email := email_of(bookings[0].group)) else "",
        **hold_words(bookings[0], now),
        "key": fresh_key(),
    }
    return render(request, "appointments/book_check.html", context)


def _decide(request: HttpRequest, bookings: list[Booking], now: datetime) -> HttpResponse:
    action = request.POST.get("action", "confirm")
    if action not in ("confirm", "another", "extend"):
        raise BadRequest
    if action == "another":
        return let_go(request, bookings, now)
    if action == "extend":
        return _extend(request, bookings, now)

    def run() -> dict[str, Any]:
        return {"references": [b.reference for b in confirm(booking=bookings[0], now=now)]}

    try:
        actor = f"group:{bookings[0].group_id}"
        press(request, actor=actor, body="confirm", now=now, run=run)
    except SaidNo as no:
        return start_over(request, bookings, now, status=409, why=str(no))
    return redirect(own_address(bookings[0]))


def _extend(request: HttpRequest, bookings: list[Booking], now: datetime) -> HttpResponse:
    try:
        more = more_time(request, bookings[0], now, f"group:{bookings[0].group_id}")
    except SaidNo as no:
        if no.code != "already_extended":
            return start_over(request, bookings, now, status=409, why=str(no))
        messages.error(request, str(no))
        return redirect(request.path)
    messages.success(request, more)
    return redirect(request.path)


def more_time(request: HttpRequest, found: Booking, now: datetime, actor: str) -> str:
    """The hold lasts longer; returns until when, in words. Refuses: SaidNo."""

    def run() -> dict[str, Any]:
        held = extend_hold(booking=found, now=now)
        return {"until": saying.clock(held[0].hold_expires_at or now)}

    until = press(request, actor=actor, body="extend", now=now, run=run)["until"]
    return _("You have more time now: until %(clock)s.") % {"clock": until}


def keep_again(request: HttpRequest, bookings: list[Booking]) -> None:
    """What was typed for a hold that is over is a draft again."""
    first = bookings[0]
    codes = tuple(dict.fromkeys(booking.matter.code for booking in bookings))
    draft = Draft(
        matter=codes[0],
        also=codes[1:],
        slot=first.slot_id,
        link=_link(first),
        people=tuple(_as_typed(visit) for visit in by_person(bookings)),
        phone=_phone(first),
        email=email_of(first.group),
    )
    drafting.keep(request.session, draft)


def _link(booking: Booking) -> str:
    """The token of the session's own link by which they came; "" when by none."""
    link = booking.group.link
    return link.token if link and link.session_id == booking.slot.session_id else ""


def _phone(booking: Booking) -> str:
    sealed = booking.group.phone_sealed
    return unseal(sealed, purpose="phone") if sealed else ""


def _as_typed(visit: list[Booking]) -> drafting.Person:
    person = attendee_of(visit[0])
    return drafting.Person(
        name=person.name,
        id_number=person.id_number.number,
        guardian=person.guardian,
        needs=person.needs,
        matters=tuple(booking.matter.code for booking in visit),
    )


def start_over(
    request: HttpRequest, bookings: list[Booking], now: datetime, *, status: int, why: str = ""
) -> HttpResponse:
    keep_again(request, bookings)
    why = why or _("The place was held for a while and is free again. Please choose a time again.")
    return time_is_gone(
        request,
        matter=bookings[0].matter,
        slot=bookings[0].slot_id,
        people=len(by_person(bookings)),
        now=now,
        why=why,
    )


def let_go(request: HttpRequest, bookings: list[Booking], now: datetime) -> HttpResponse:
    """The held places are free again, and another time is chosen."""
    try:
        with transaction.atomic():
            for booking in bookings:
                cancel(booking=booking, now=now)
    except Refusal as no:
        return start_over(request, bookings, now, status=409, why=str(no))
    keep_again(request, bookings)
    first = bookings[0]
    if link := _link(first):
        return redirect(times_address(link, first.matter.code, len(by_person(bookings))))
    base = reverse("appointments:book_when", args=[first.matter.code])
    also = tuple({one.matter.code: one for one in bookings if one.matter_id != first.matter_id})
    wish = Wish(
        base,
        people=len(by_person(bookings)),
        hall=first.hall.code,
        day=first.service_day,
        also=also,
    )
    return redirect(wish.link())
