"""“Tell this browser”, pressed on one's own ticket, and the worker that shows the notice."""

import json
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments.messaging import push_alerts
from appointments.messaging.push import public_key
from appointments.messaging.subscribing import (
    NoSubscription,
    endpoint_of,
    index_of,
    subscription_of,
)
from appointments.pressing import press, session_actor
from config import civil
from config.refusals import Refusal
from queues.models import Ticket

WORKER = Path(__file__).parent.parent / "static" / "appointments" / "push-worker.js"
MOST_BYTES = 4 * 1024


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """The service worker; served from the root, it is in charge of tickets' pages alone."""
    answer = HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    answer["Service-Worker-Allowed"] = "/t/"
    return answer


@never_cache
@require_POST
def push_browser(request: HttpRequest, public_id: str) -> HttpResponse:
    """JSON: `action` on, off or look (whether this browser waits to be told)."""
    ticket = get_object_or_404(Ticket, public_id=public_id)
    if not public_key():
        raise Http404
    if len(request.body) > MOST_BYTES:
        return _no(413, "too_long", _("This is too long."))
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        told = None
    action = told.get("action") if isinstance(told, dict) else None
    if action not in ("on", "off", "look"):
        return _no(400, "unreadable", _("This cannot be read."))
    try:
        return _answer(request, ticket, action, told)
    except NoSubscription as refusal:
        return JsonResponse(refusal.body(), status=400)
    except Refusal as refusal:
        return JsonResponse(refusal.body(), status=409)


def _answer(request: HttpRequest, ticket: Ticket, action: str, told: Any) -> HttpResponse:
    now, asked = civil.now(), told.get("subscription")
    index = index_of(endpoint_of(asked))
    if action == "look":
        return JsonResponse({"on": push_alerts.is_followed(ticket, index)})
    page = reverse("queues:ticket", args=[ticket.public_id])
    wanted = subscription_of(asked, page=page) if action == "on" else None
    language = get_language() or "zh-hans"

    def run() -> dict[str, Any]:
        if wanted is None:
            push_alerts.unfollow(ticket=ticket, index=index, now=now)
        else:
            push_alerts.follow(ticket=ticket, subscription=wanted, language=language, now=now)
        return {"on": wanted is not None}

    key = told.get("key")
    answer = press(
        request,
        actor=session_actor(request),
        body=f"{action} {ticket.pk} {index.hex()}",
        now=now,
        run=run,
        key=key if isinstance(key, str) else "",
    )
    return JsonResponse(answer)


def _no(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)
