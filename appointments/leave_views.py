"""The link in a message by which nobody gets more than what they need.

The link is the whole right: no login, no cookie, no token of ours. Mail programs open links
and press "unsubscribe" for their readers (RFC 8058), so that opening it only shows, and a
bare POST acts.
"""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from appointments.journey import form_page
from appointments.messaging import contacts
from appointments.own_views import by_its_secret
from appointments.pressing import fresh_key, press
from config import civil

ONE_CLICK = "One-Click"


@by_its_secret
@never_cache
@form_page
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Only what I need from now on, or everything again."""
    address, now = contacts.address_of_token(token), civil.now()
    if request.method != "POST":
        return _show(request, address)
    if request.POST.get("List-Unsubscribe") == ONE_CLICK:
        contacts.only_needed(address, wanted=True, now=now)
        return HttpResponse(status=204)
    wanted = request.POST.get("wanted") != "all"

    def run() -> dict[str, Any]:
        contacts.only_needed(address, wanted=wanted, now=now)
        return {}

    actor = f"leave:{hashlib.sha256(token.encode()).hexdigest()[:40]}"
    press(request, actor=actor, body=f"wanted {wanted}", now=now, run=run)
    return redirect("appointments:leave", token)


def _show(request: HttpRequest, address: contacts.Address) -> HttpResponse:
    context = {
        "by_email": address.channel == contacts.Channel.EMAIL,
        "has_left": contacts.wants_only_needed(address),
        "key": fresh_key(),
    }
    return render(request, "appointments/leave.html", context)
