"""The demonstration's inbox: messages that would leave the city land here."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments.models import InboxItem, Message
from config import civil

SHOWN = 200


@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Newest first; `?to=` narrows to a phone, `?kind=` to what it is about, `?format=json`
    is for programs."""
    if not (settings.DEMO or settings.TESTING):
        raise Http404
    to = request.GET.get("to", "").replace("\x00", "").strip()
    kind = request.GET.get("kind", "")
    found = InboxItem.objects.filter(to__contains=to)
    if kind in Message.Kind.values:
        found = found.filter(kind=kind)
    items = found.order_by("-at", "-pk")[:SHOWN]
    if request.GET.get("format") == "json":
        return JsonResponse([_as_json(item) for item in items], safe=False)
    kinds = dict(Message.Kind.choices)
    letters = [{"item": item, "kind": kinds.get(item.kind, item.kind)} for item in items]
    context = {"letters": letters, "to": to, "kinds": Message.Kind.choices, "kind": kind}
    return render(request, "appointments/inbox.html", context)


def _as_json(item: InboxItem) -> dict[str, str]:
    return {
        "to": item.to,
        "channel": item.channel,
        "kind": item.kind,
        "text": item.text,
        "at": civil.city_time(item.at).isoformat(),
    }
