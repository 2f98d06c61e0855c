"""One's own messages: how they come, and what was sent when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from appointments import saying
from appointments.journey import form_page
from appointments.message_forms import MessagesForm
from appointments.messaging import wishes
from appointments.messaging.contacts import unreached
from appointments.models import Booking, Message
from appointments.own_page import own_address
from appointments.own_views import by_its_secret, own_booking
from appointments.pressing import fresh_key, press
from appointments.sealing import blind_index
from appointments.unreached_words import not_reached
from config import civil

State = Message.State


@dataclass(frozen=True)
class Line:
    """One message as its reader sees it."""

    what: str
    way: str
    when: str
    state: str
    is_bad: bool


@by_its_secret
@never_cache
@form_page
def booking_messages(request: HttpRequest, reference: str) -> HttpResponse:
    """How should messages come? And what came so far."""
    found, now = own_booking(request, reference), civil.now()
    if request.method != "POST":
        return _show(request, found, MessagesForm(group=found.group), now)
    form = MessagesForm(request.POST, group=found.group)
    if not form.is_valid():
        return _show(request, found, form, now, status=400)

    def run() -> dict[str, Any]:
        wishes.change(booking=found, now=now, **form.cleaned_data)
        return {}

    body = blind_index(repr(sorted(form.cleaned_data.items())), purpose="press").hex()
    press(request, actor=f"booking:{found.reference}", body=body, now=now, run=run)
    messages.success(request, _("Saved. What has not been sent yet comes this way too."))
    return redirect(f"{request.path}?k={request.GET['k']}")


def _show(
    request: HttpRequest, found: Booking, form: MessagesForm, now: datetime, status: int = 200
) -> HttpResponse:
    context = {
        "booking": found,
        "form": form,
        "lines": lines_of(found, now),
        "together": found.group.bookings.exclude(id_index=found.id_index).exists(),
        "unreached": not_reached(unreached(found.group)),
        "back": own_address(found),
        "key": fresh_key(),
    }
    return render(request, "appointments/booking_messages.html", context, status=status)


def lines_of(booking: Booking, now: datetime) -> list[Line]:
    """What was sent and will be sent about the person's visit, the newest first.

    What nobody needed any more is left out.
    """
    mine = Booking.objects.filter(group_id=booking.group_id, id_index=booking.id_index)
    about = Message.objects.filter(booking__in=mine).exclude(state=State.VOID)
    rows = sorted(about, key=lambda one: (one.sent_at or one.due_at, one.pk), reverse=True)
    seen: set[tuple[str, str, datetime]] = set()
    lines = []
    for one in rows:
        same = (one.kind, one.channel, one.sent_at or one.due_at)
        if same not in seen:  # several matters of a visit leave as one message
            lines.append(_line(one, now))
        seen.add(same)
    return lines


def _line(one: Message, now: datetime) -> Line:
    return Line(
        what=one.get_kind_display(),
        way=one.get_channel_display(),
        when=saying.when(one.delivered_at or one.sent_at or one.due_at),
        state=_words(one, now),
        is_bad=one.state in (State.FAILED, State.UNKNOWN),
    )


def _words(one: Message, now: datetime) -> str:
    waits = _("Will be sent") if one.due_at > now else _("About to be sent")
    return {
        State.READY: waits,
        State.CLAIMED: _("Being sent"),
        State.SENT: _("Sent"),
        State.DELIVERED: _("Arrived"),
        State.FAILED: _("Did not arrive"),
        State.UNKNOWN: _("Perhaps it did not arrive"),
    }[State(one.state)]
