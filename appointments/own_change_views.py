"""One's own booking, second thoughts: cancel and take that back, another time.

For this person, or for all who come together; the old place is kept until the new one
is there.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from appointments import admitting, saying
from appointments.cancelling import cancel_visit, undo_visit
from appointments.changing import CHANGEABLE, AlreadyOver, AlreadyStarted
from appointments.journey import form_page
from appointments.models import Booking
from appointments.own_page import OwnVisit, free_instead, own_address, shown_person, visit_of
from appointments.own_views import by_its_secret, own_booking, show_booking
from appointments.picker_views import show_picker
from appointments.pressing import SaidNo, fresh_key, press
from appointments.rescheduling import reschedule
from appointments.room_views import to_the_room, tokens_of
from appointments.sealing import booking_secret, unseal
from appointments.wishing import Wish, wish_of
from config import civil
from config.refusals import Refusal

SHOWN_AT_THE_PICKER = {"slot_full", "slot_gone", "too_many_changes", "visit_that_day"}


def refuse_unless_changeable(found: Booking, now: datetime) -> None:
    """Refuses: AlreadyOver, AlreadyStarted."""
    if found.state not in CHANGEABLE:
        raise AlreadyOver(state=found.get_state_display())
    if found.starts_at <= now:
        raise AlreadyStarted


def companions(visit: OwnVisit) -> list[dict[str, Any]]:
    """Those who come together with this one and can still change."""
    return [other for other in visit.others if other["can_change"]]


def about(found: Booking, visit: OwnVisit) -> dict[str, Any]:
    """What stands now, for the pages that ask before something changes."""
    return {
        "booking": found,
        "visit": visit,
        "person": shown_person(found),
        "when": saying.when(visit.starts_at),
        "others": companions(visit),
        "secret": booking_secret(found.reference),
        "back": own_address(found),
        "key": fresh_key(),
    }


@by_its_secret
@never_cache
@form_page
def booking_cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Do you want to cancel? One person, or all who come together."""
    found, now = own_booking(request, reference), civil.now()
    if request.method == "POST":
        return _cancel(request, found, now)
    refuse_unless_changeable(found, now)
    context = about(found, visit_of(found, now))
    return render(request, "appointments/booking_cancel.html", context)


def _cancel(request: HttpRequest, found: Booking, now: datetime) -> HttpResponse:
    whom = request.POST.get("whom", "me")
    if whom not in ("me", "all"):
        raise BadRequest

    def run() -> dict[str, Any]:
        gone = cancel_visit(booking=found, now=now, together=whom == "all")
        return {"references": [one.reference for one in gone]}

    press(request, actor=f"booking:{found.reference}", body=f"cancel {whom}", now=now, run=run)
    thanks = _("It is cancelled. Thank you for telling us: somebody else can come.")
    messages.success(request, thanks)
    return redirect(own_address(found))


@by_its_secret
@never_cache
@require_POST
def booking_undo(request: HttpRequest, reference: str) -> HttpResponse:
    """The cancellation is taken back; when the place is gone, the page says what is free."""
    found, now = own_booking(request, reference), civil.now()

    def run() -> dict[str, Any]:
        back = undo_visit(booking=found, now=now)
        return {"references": [one.reference for one in back]}

    try:
        press(request, actor=f"booking:{found.reference}", body="undo", now=now, run=run)
    except SaidNo as no:
        free = free_instead(found, now)
        instead = _("Free in this hall: %(times)s.") % {"times": " · ".join(free)}
        errors = [str(no), *([instead] if free else [])]
        return show_booking(request, found, now, errors=errors, status=409)
    messages.success(request, _("The booking stands again, at its old time."))
    return redirect(own_address(found))


@by_its_secret
@never_cache
@form_page
def booking_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Another day or time, for this person or for all who come together."""
    found, now = own_booking(request, reference), civil.now()
    visit = visit_of(found, now)
    wish = change_wish(request, found, visit)
    if request.method == "POST":
        return _change(request, found, wish, now)
    refuse_unless_changeable(found, now)
    if companions(visit) and set(request.GET) == {"k"}:
        context = {**about(found, visit), "all": len(companions(visit)) + 1}
        return render(request, "appointments/booking_change.html", context)
    return show_change(request, found, wish, now)


def change_wish(request: HttpRequest, found: Booking, visit: OwnVisit) -> Wish:
    """What is looked for: `people` is 1, or all who come together."""
    base = reverse("appointments:booking_change", args=[found.reference])
    together = len(companions(visit)) + 1
    wish = wish_of(request.GET, base=base, most_people=together, secret=request.GET["k"])
    also = tuple(one.matter.code for one in visit.matters if one.matter_id != found.matter_id)
    wish = replace(wish, also=also, people=together if wish.people > 1 else 1)
    # The picker begins at the hall of the booking, unless another was asked for.
    return wish if "hall" in request.GET else replace(wish, hall=found.hall.code)


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
    slot, together = request.POST.get("slot", ""), wish.people > 1
    if not (slot.isascii() and slot.isdigit() and len(slot) < 19):
        return show_change(request, found, wish, now, (_("Choose a time first."),), status=400)

    def run() -> dict[str, Any]:
        number = unseal(found.id_sealed, purpose="id_number")
        admitting.require(
            slot_id=int(slot), tokens=tokens_of(request), id_numbers=[number], now=now
        )
        moved = reschedule(booking=found, slot_id=int(slot), now=now, together=together)
        return {"starts_at": moved.starts_at.isoformat()}

    try:
        actor = f"booking:{found.reference}"
        press(request, actor=actor, body=f"change {slot} {together}", now=now, run=run)
    except SaidNo as no:
        if no.code == admitting.RoomFirst.code:
            return to_the_room(int(slot), request.get_full_path())
        return _not_moved(request, found, wish, now, no)
    messages.success(request, _("The new time is yours; the old one is given up."))
    return redirect(own_address(found))


def _not_moved(
    request: HttpRequest, found: Booking, wish: Wish, now: datetime, no: Refusal
) -> HttpResponse:
    """The old time still stands; the picker says why and shows what is free."""
    if no.code not in SHOWN_AT_THE_PICKER:
        raise no
    errors = (str(no), _("Your present time still stands."))
    return show_change(request, found, wish, now, errors, status=409)
