"""Pages of a session's own link: the invitation, its times, and how full it is. C29"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments.journey import offered, who_address
from appointments.limiting import count_reading
from appointments.outreach import (
    address_of,
    fill_of,
    invitation,
    kept_words,
    most_people,
    times_by_link,
)
from appointments.own_views import qr_code
from config import civil
from config.refusals import NotFound
from windows.links import is_over, link_of
from windows.models import SessionLink


@never_cache
@require_safe
def outreach(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites, to what; what do you come for?"""
    link, now = link_of(token), civil.now()
    if is_over(link, now):
        return _over(request, link)
    shown = invitation(link, now)
    if len(shown.matters) == 1:
        return redirect("appointments:outreach_times", token, shown.matters[0].code)
    return render(request, "appointments/outreach/invited.html", {"invitation": shown})


def _over(request: HttpRequest, link: SessionLink) -> HttpResponse:
    context = {"invitation": invitation(link, civil.now())}
    return render(request, "appointments/outreach/over.html", context, status=410)


@never_cache
@require_safe
def outreach_times(request: HttpRequest, token: str, matter: str) -> HttpResponse:
    """What to bring, how many come, what time; then on as with every booking."""
    link, found, now = link_of(token), offered(matter), civil.now()
    if is_over(link, now):
        return _over(request, link)
    count_reading(request, now)
    people = _how_many(request.GET.get("people", ""), most_people(now))
    slot = request.GET.get("slot", "")
    if slot.isascii() and slot.isdigit() and len(slot) < 19:
        return redirect(who_address(found.code, int(slot), people=people, link=token))
    errors = [_("Choose a time first.")] if "slot" in request.GET or "go" in request.GET else []
    status = 400 if errors else 200
    page = times_by_link(
        request, token=token, matter=found, people=people, now=now, errors=errors, status=status
    )
    if page is None:
        raise NotFound  # the session does not serve this matter
    return page


def _how_many(asked: str, most: int) -> int:
    usable = asked.isascii() and asked.isdigit() and 1 <= int(asked[:3]) <= most
    return int(asked[:3]) if usable else 1


@never_cache
@require_safe
def outreach_fill(request: HttpRequest, token: str, inviter_token: str) -> HttpResponse:
    """For who invites: how many booked by the link, hour by hour; no names."""
    link = link_of(token)
    if link.inviter_token != inviter_token:
        raise NotFound
    now = civil.now()
    address = address_of(link)
    context = {
        "invitation": invitation(link, now),
        "over": is_over(link, now),
        "fill": fill_of(link),
        "kept": kept_words(link),
        "address": address,
        "code": qr_code(address),
    }
    return render(request, "appointments/outreach/fill.html", context)
