"""One's own ticket, and its rating."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from queues import rating
from queues.forms import RatingForm
from queues.models import Ticket
from queues.waiting import Place, place_of, tickets_shown


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
    request: HttpRequest, ticket: Ticket, form: RatingForm, now: datetime, status: int = 200
) -> HttpResponse:
    place = place_of(ticket, now)
    asks = place.state == "finished" and not place.is_rated
    context: dict[str, Any] = {"place": place, "ticket": ticket, "rating_form": form, "asks": asks}
    return render(request, "queues/ticket.html", context, status=status)


@never_cache
@require_safe
def ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """One's own ticket, for whoever holds its address."""
    now, mine = civil.now(), _ticket(public_id)
    if request.GET.get("state"):
        return _state(place_of(mine, now))
    return _ticket_page(request, mine, RatingForm(), now)


@never_cache
@require_POST
def rate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Rate the visit once; pressing twice changes nothing (rating_once_per_ticket)."""
    now, mine, form = civil.now(), _ticket(public_id), RatingForm(request.POST)
    if not form.is_valid():
        return _ticket_page(request, mine, form, now, status=400)
    try:
        rating.rate(ticket=mine, **form.cleaned_data, now=now)
    except rating.AlreadyRated:
        pass  # the second press of the same button, or the page shown once more
    except Refusal as refusal:
        show_refusal(form, refusal)
        return _ticket_page(request, mine, form, now, status=409)
    return redirect("queues:ticket", public_id=public_id)
