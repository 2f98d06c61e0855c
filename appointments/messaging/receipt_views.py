"""Where providers bring their receipts: signed, short, and answered in a moment."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from appointments.messaging.configured import receipt_key
from appointments.messaging.receipts import Unreadable, read, receive
from appointments.messaging.signing import is_signed
from config import civil

log = logging.getLogger(__name__)
MOST_BYTES = 4 * 1024


@csrf_exempt  # a program with a key of its own; no cookie counts here
@never_cache
@require_POST
def receipts(request: HttpRequest, provider: str) -> HttpResponse:
    """200 when the receipt counts or has counted; nothing is written for who has no key."""
    if _length(request) > MOST_BYTES:
        return _no(413, "too_long", _("A receipt is shorter than this."))
    now = civil.now()
    key, question = receipt_key(provider), f"POST {request.path}"
    if not key or not is_signed(key, question, request.body, request.headers, now=now):
        log.warning(
            "A receipt without a valid signature was refused (%s)", provider if key else "-"
        )
        return _no(403, "signature", _("The signature is wrong, or too old."))
    try:
        told = read(request.body)
    except Unreadable:
        log.warning("A receipt of %s could not be read", provider)
        return _no(400, "unreadable", _("This is no receipt."))
    return JsonResponse({"counted": receive(provider=provider, told=told, now=now)})


def _length(request: HttpRequest) -> int:
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isdecimal() and len(told) < 12 else MOST_BYTES + 1


def _no(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)
