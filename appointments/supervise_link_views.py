"""A session's own links: make one, take one back, print its poster. C29"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.outreach import (
    Invitation,
    address_of,
    invitation,
    kept_words,
    links_of,
    people_words,
)
from appointments.outreach_forms import LinkForm
from appointments.own_views import qr_code
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_session_views import own_session
from appointments.supervise_views import WHO, show
from config import civil
from config.faces import show_refusal
from windows.access import VIEWER, has_role, own_row, staff_page
from windows.links import is_over, make_link, revoke_link
from windows.models import HallSession, SessionLink

LOOK = (*WHO, VIEWER)


@dataclass(frozen=True)
class ShownLink:
    """A link of the session as its page shows it."""

    link: SessionLink
    people: str
    kept: str
    over: bool
    address: str
    fill: str


@dataclass(frozen=True)
class PosterPart:
    """The poster in one language."""

    language: str
    invitation: Invitation
    hall: str
    place: str


@never_cache
@staff_page(*LOOK)
@require_safe
def supervise_links(request: HttpRequest, pk: int) -> HttpResponse:
    """The session's links and how many came by each."""
    return _page(request, own_session(request, pk, *LOOK), LinkForm())


def _page(
    request: HttpRequest, session: HallSession, form: LinkForm, status: int = 200
) -> HttpResponse:
    now = civil.now()
    over = session.state != HallSession.State.OPEN or session.ends_at <= now
    context = {
        "here": "open",
        "hall": session.hall,
        "session": session,
        "day": saying.long_day(session.service_day),
        "hours": saying.hours(session.starts_at, session.ends_at),
        "links": [_shown(link, session) for link in links_of(session)],
        "may": has_role(request.user, session.hall, *WHO) and not over,
        "form": form,
        "key": fresh_key(),
    }
    return show(request, "links", context, status=status)


def _shown(link: SessionLink, session: HallSession) -> ShownLink:
    link.session = session
    return ShownLink(
        link=link,
        people=people_words(link.people),  # type: ignore[attr-defined]  # counted by links_of
        kept=kept_words(link),
        over=is_over(link, civil.now()),
        address=address_of(link),
        fill=settings.SITE_URL
        + reverse("appointments:outreach_fill", args=[link.token, link.inviter_token]),
    )


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_link_make(request: HttpRequest, pk: int) -> HttpResponse:
    """The session has a link more."""
    session, form, now = own_session(request, pk), LinkForm(request.POST), civil.now()
    if not form.is_valid():
        return _page(request, session, form, status=400)

    def run() -> dict[str, Any]:
        link = make_link(session=session, by=request.user, now=now, **form.cleaned_data)  # type: ignore[arg-type]
        return {"said": _("The link is ready. Print its poster, or send it."), "link": link.pk}

    try:
        _pressed(request, str(form.cleaned_data), run)
    except SaidNo as no:
        show_refusal(form, no)
        return _page(request, session, form, status=409)
    return redirect("appointments:supervise_links", session.pk)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_link_revoke(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    """Nobody comes by the link any more, and its share is for everyone."""
    session, now = own_session(request, pk), civil.now()
    found = _own_link(session, link)

    def run() -> dict[str, Any]:
        revoke_link(link=found, now=now)
        return {"said": _("The link is taken back. Who has booked keeps the place.")}

    _pressed(request, "", run)
    return redirect("appointments:supervise_links", session.pk)


def _pressed(request: HttpRequest, answers: str, run: Callable[[], dict[str, Any]]) -> None:
    actor, body = f"staff:{request.user.pk}", f"{request.path} {answers}"
    told = press(request, actor=actor, body=body, now=civil.now(), run=run)
    messages.success(request, told["said"])


def _own_link(session: HallSession, pk: int) -> SessionLink:
    """Raises NotFound."""
    link = own_row(session.links.all(), pk)
    link.session = session
    return link


@never_cache
@staff_page(*LOOK)
@require_safe
def supervise_link_poster(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    """A page of A4 in both languages, with the code."""
    session = own_session(request, pk, *LOOK)
    found = _own_link(session, link)
    address = address_of(found)
    code: SafeString = qr_code(address)
    context = {
        "session": session,
        "hall": session.hall,
        "link": found,
        "parts": [_part(found, language) for language in ("zh-hans", "en")],
        "code": code,
        "address": address.split("://", 1)[-1],
    }
    return render(request, "appointments/outreach/poster.html", context)


def _part(link: SessionLink, language: str) -> PosterPart:
    with override(language):
        hall = link.session.hall
        return PosterPart(language, invitation(link, civil.now()), hall.name, hall.address)
