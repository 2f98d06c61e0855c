"""One's own ticket, and its rating."""

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from queues import postponing, rating
from queues.forms import RatingForm
from queues.models import Ticket
from queues.waiting import Place, place_of, tickets_shown
from windows.once import MissingKey, once


def _state(place: Place) -> JsonResponse:
    """What the live stream would say, for pages that cannot hear it."""
    html = render_to_string("queues/_place.html", {"place": place})
    return JsonResponse(place.as_json() | {"html": html})


def _ticket(public_id: str) -> Ticket:
    found = tickets_shown([public_id])
    if not found:
        raise Http404
    return found[0]


def _ticket_page(
    request: HttpRequest,
    ticket: Ticket,
    now: datetime,
    *,
    form: RatingForm | None = None,
    why: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `why` is what stood in the way of the last press."""
    place = place_of(ticket, now)
    context: dict[str, Any] = {
        "place": place,
        "rating_form": form or RatingForm(),
        "asks": place.state == "finished" and not place.is_rated,
        "why": why,
        "key": uuid.uuid4().hex,
        "at": now,
    }
    return render(request, "queues/ticket.html", context, status=status)


@never_cache
@require_safe
def ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """One's own ticket, for whoever holds its address."""
    now, mine = civil.now(), _ticket(public_id)
    if request.GET.get("state"):
        return _state(place_of(mine, now))
    return _ticket_page(request, mine, now)


@never_cache
@require_POST
def postpone(request: HttpRequest, public_id: str) -> HttpResponse:
    """Step back by the places that were shown, once; the twin of a press changes nothing."""
    now, mine = civil.now(), _ticket(public_id)

    def run() -> tuple[int, dict[str, str]]:
        postponing.postpone(ticket=mine, now=now)
        return 200, {}

    try:
        status, answer, _replayed = once(
            actor=f"ticket:{mine.pk}",
            route="queues:postpone",
            key=request.POST.get("key", "")[:64],
            body="postpone",
            now=now,
            run=run,
        )
    except MissingKey:
        raise BadRequest("The form has no key.") from None
    if status != 200:
        return _ticket_page(request, _ticket(public_id), now, why=answer["detail"], status=status)
    return redirect("queues:ticket", public_id=public_id)


@never_cache
@require_POST
def rate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Rate the visit once; pressing twice changes nothing (rating_once_per_ticket)."""
    now, mine, form = civil.now(), _ticket(public_id), RatingForm(request.POST)
    if not form.is_valid():
        return _ticket_page(request, mine, now, form=form, status=400)
    try:
        rating.rate(ticket=mine, **form.cleaned_data, now=now)
    except rating.AlreadyRated:
        pass  # the second press of the same button, or the page shown once more
    except Refusal as refusal:
        show_refusal(form, refusal)
        return _ticket_page(request, mine, now, form=form, status=409)
    return redirect("queues:ticket", public_id=public_id)
