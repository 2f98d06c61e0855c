"""The kiosk without the server: what its browser keeps beforehand.

`kiosk-worker.js` stands between the kiosk's pages and the network. When no good answer
comes it shows the page below, which gives numbers from the kiosk's own block (see
queues/blocks.py and docs/adr/0011).
"""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments.kiosk_views import kiosk_page
from windows.models import DeviceToken, Hall

WORKER = Path(__file__).parent / "static" / "appointments" / "kiosk-worker.js"

# Nobody can ask the server for the other language then: the page says everything in both.
WORDS = {
    "away": _("The network is away. This kiosk goes on giving numbers."),
    "counts": _("Your number counts from now on, as always."),
    "what": _("What do you come for?"),
    "booked": _("I have booked"),
    "booked_hint": _("Type the reference, or hold the code under the scanner"),
    "reference": _("Booking reference"),
    "shape": _("A reference has 4 to 12 letters and digits. Otherwise ask the guide."),
    "next": _("Continue"),
    "back": _("Back"),
    "erase": _("Erase the last character"),
    "with_booking": _("Booking %(reference)s: press what you come for."),
    "number": _("Your number"),
    "page": _("Its page on your phone answers when the network is back."),
    "print": _("Print on paper"),
    "done": _("I have my number"),
    "taken": _("Number taken"),
    "missed": _("A missed number is not lost: show it to the guide."),
    "none": _("This kiosk has no numbers left for this. The guide gives you one."),
    "closed": _("The hall gives no numbers now. Please ask the guide."),
}


def in_both(text: object) -> dict[str, str]:
    """The same words in Chinese and in English."""
    told = {}
    for name, language in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(language):
            told[name] = str(text)
    return told


@require_safe
def kiosk_worker(request: HttpRequest) -> HttpResponse:
    """The kiosk's service worker; served from /kiosk/, it is in charge of the pages there."""
    answer = HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@kiosk_page
@require_safe
@never_cache
def kiosk_cut_off(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """The page that the kiosk shows while it is cut off. It holds no number: its browser
    has those."""
    words = {name: in_both(text) for name, text in WORDS.items()}
    context = {"hall": hall, "words": words, "keys": "123456789X0"}
    context["letters"] = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return render(request, "appointments/kiosk/cut_off.html", context)
