"""Steps that several pages of the booking journey share: show the people, go back to the time."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from appointments import drafting, saying
from appointments.forms import WhoForm
from appointments.outreach import times_address, times_by_link
from appointments.picker_views import show_picker
from appointments.pressing import fresh_key
from appointments.wishing import Wish
from windows.models import Matter, Slot

form_page = require_http_methods(["GET", "HEAD", "POST"])


def offered(code: str) -> Matter:
    return get_object_or_404(Matter, code=code, is_offered=True)


def free_slot(slot: int, now: datetime) -> Slot | None:
    """The slot, while one may still ask for it; the claim decides."""
    slots = Slot.objects.select_related("hall", "session").filter(is_open=True, starts_at__gt=now)
    return slots.filter(pk=slot).first()


def time_is_gone(
    request: HttpRequest,
    *,
    matter: Matter,
    slot: int,
    people: int,
    now: datetime,
    why: str,
    also: tuple[str, ...] = (),
) -> HttpResponse:
    """Back at the picker, status 409; what was typed is kept. Who came by a session's own
    link is back at its times."""
    base = reverse("appointments:book_when", args=[matter.code])
    lost = Slot.objects.select_related("hall").filter(pk=slot).first()
    kept = drafting.kept(request.session, matter=matter.code)
    wish = Wish(base=base, people=people, also=also or (kept.also if kept else ()))
    if lost:
        wish = replace(wish, hall=lost.hall.code, day=lost.service_day)
    errors = [why, _("What you typed is kept.")] if kept else [why]
    if kept and kept.link:
        again = times_by_link(
            request, token=kept.link, matter=matter, people=people, now=now, errors=errors
        )
        if again:
            return again
    return show_picker(request, matter=matter, wish=wish, now=now, errors=errors, status=409)


def who_address(matter: str, slot: int, **asked: Any) -> str:
    """Where the people are asked, with what was chosen so far."""
    chosen = urlencode({name: value for name, value in asked.items() if value}, doseq=True)
    address = reverse("appointments:book_who", args=[matter, slot])
    return f"{address}?{chosen}" if chosen else address


def show_who(
    request: HttpRequest, form: WhoForm, slot: Slot, status: int = 200, link: str = ""
) -> HttpResponse:
    another = Wish(
        base=reverse("appointments:book_when", args=[form.matter.code]),
        people=form.people,
        hall=slot.hall.code,
        day=slot.service_day,
        also=tuple(one.code for one in form.also),
    ).link()
    if link:
        another = times_address(link, form.matter.code, form.people)
    context = {
        "form": form,
        "matter": form.matter,
        "slot": slot,
        "when": saying.when(slot.starts_at),
        "key": fresh_key(),
        "action": who_address(form.matter.code, slot.pk, link=link),
        "another": another,
    }
    return render(request, "appointments/book_who.html", context, status=status)
