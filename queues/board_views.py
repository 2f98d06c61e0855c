"""The hall's screen as a page, and what it asks for: states, its voice, its presence code."""

from typing import Any

import segno
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import civil
from queues.board import Board, board_of
from queues.voicing import recordings_of
from windows.access import display_of
from windows.models import Hall
from windows.presence import presence_code, presence_ends

LONGEST_CALL = 18  # digits of a call's number
A_YEAR = 365 * 24 * 3600
SOUNDS = {"voice.wav": "audio/wav", "voice.json": "application/json"}


@never_cache
@require_safe
def board(request: HttpRequest, hall: str) -> HttpResponse:
    """The hall's screen: numbers and windows, no names, so anyone may look."""
    found = get_object_or_404(Hall, code=hall)
    shown = board_of(found, civil.now())
    if request.GET.get("state"):
        return JsonResponse(_state(shown, request.GET.get("after", "")))
    here = display_of(request, found) is not None
    context = {"board": shown, "here": here, "a_call": {"is_called": True}}
    return render(request, "queues/board.html", context)


def _state(shown: Board, after: str) -> dict[str, Any]:
    """What the live stream would say, for screens that cannot hear it."""
    told = shown.as_json() | {"html": render_to_string("queues/_board.html", {"board": shown})}
    if after.isascii() and after.isdigit() and len(after) <= LONGEST_CALL:
        calls, gone = shown.recent.after(int(after))
        told |= {"missed_calls": [call.as_json() for call in calls], "gone": gone}
    return told


@never_cache
@require_safe
def board_presence(request: HttpRequest, hall: str) -> HttpResponse:
    """The code that proves presence, for the hall's own paired screens alone."""
    found, now = get_object_or_404(Hall, code=hall), civil.now()
    if display_of(request, found) is None:
        raise Http404
    code = presence_code(found, now)
    seconds = (presence_ends(found, now) - now).total_seconds()
    address = f"{_site(request)}/here/{found.code}/?code={code}"
    picture = segno.make(address, error="m", micro=False)
    return JsonResponse(
        {
            "code": f"{code[:3]} {code[3:]}",
            "seconds": round(seconds, 1),
            "svg": picture.svg_inline(scale=4, border=2, omitsize=True),
        }
    )


def _site(request: HttpRequest) -> str:
    """Where a phone reaches us: as the screen does, unless the city says otherwise."""
    return request.build_absolute_uri("/").rstrip("/") if settings.LOCAL else settings.SITE_URL


@require_safe
def board_voice(request: HttpRequest, hall: str, name: str) -> FileResponse:
    """The hall's own recordings; the address carries their version, so they are kept long."""
    found = get_object_or_404(Hall, code=hall)
    path = recordings_of(found) / name
    if name not in SOUNDS or not path.is_file():
        raise Http404
    answer = FileResponse(path.open("rb"), content_type=SOUNDS[name])
    if request.GET.get("v"):
        patch_cache_control(answer, public=True, max_age=A_YEAR, immutable=True)
    else:
        patch_cache_control(answer, no_cache=True)
    return answer
