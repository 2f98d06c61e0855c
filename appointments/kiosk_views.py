"""The kiosk: check in with a booking, or take a number without one.

Everything on its pages leads to `/kiosk/<hall>/...`, and what was shown to somebody is not
shown to the next person: a given number is shown only while its cookie is there, and the
first page takes it away (and with it, after a pause, the language and the large print).
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import segno
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments.arriving import check_in
from appointments.hall_forms import ArrivalForm, ArrivalSaid, GiveForm, arrival_said, matters_of
from appointments.messaging.contacts import unreached_at
from appointments.pairing import kiosk_of, pair_for_demo, remember
from appointments.pairing_views import show_unpaired
from appointments.pressing import SaidNo, fresh_key, press
from appointments.searching_in_vain import record_vain
from appointments.unreached_words import not_reached
from config import civil
from config.faces import show_refusal
from queues.board import board_of
from queues.issuing import issue_walk_in
from queues.models import Ticket
from queues.papering import paper_state, want_paper, words_for
from queues.waiting import place_of
from windows.models import DeviceToken, Hall

View = Callable[..., HttpResponse]
GIVEN_COOKIE, SHOWN_SECONDS, CLEARS_SECONDS = "given", 180, 30
PAGES = {"kiosk", "kiosk_check_in", "kiosk_given"}


def kiosk_page(view: View) -> View:
    """A page that only a paired kiosk of the hall shows; the demo pairs by itself."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, hall: str, **rest: Any) -> HttpResponse:
        place = get_object_or_404(Hall, code=hall)
        device = kiosk_of(request, place)
        if device is None and settings.DEMO:
            device, token = pair_for_demo(place, civil.now())
            if device is not None:
                return remember(view(request, hall=place, device=device, **rest), token)
        if device is None:
            return show_unpaired(request, place, DeviceToken.Kind.KIOSK)
        return view(request, hall=place, device=device, **rest)

    guarded.for_device = "kiosk"  # type: ignore[attr-defined]
    return guarded


def code_of(request: HttpRequest, ticket: Ticket) -> str:
    """The QR code of the ticket's own page, as SVG."""
    return _picture(request, reverse("queues:ticket", args=[ticket.public_id]))


def _picture(request: HttpRequest, address: str) -> str:
    code = segno.make(request.build_absolute_uri(address), error="m")
    return code.svg_inline(scale=4, border=2, omitsize=True)


def _home(
    request: HttpRequest, hall: Hall, *, form: GiveForm | None = None, status: int = 200
) -> HttpResponse:
    board = board_of(hall, civil.now())
    offers = [(matter, board.wait_for(matter.code)) for matter in matters_of(hall)]
    context = {"hall": hall, "board": board, "offers": offers, "key": fresh_key(), "form": form}
    response = render(request, "appointments/kiosk/home.html", context, status=status)
    response.delete_cookie(GIVEN_COOKIE)
    return response


@kiosk_page
@require_safe
def kiosk(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """Have you booked? If not, what do you come for? `?fresh` is for the next person."""
    if "fresh" not in request.GET:
        return _home(request, hall)
    response = redirect("appointments:kiosk", hall.code)
    for name in (GIVEN_COOKIE, settings.LANGUAGE_COOKIE_NAME, "simple"):
        response.delete_cookie(name)
    return response


@kiosk_page
@require_POST
def kiosk_words(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """The other language or large print, for this person, without leaving the kiosk."""
    response = redirect(_own_page(request.POST.get("next", ""), hall))
    language, simple = request.POST.get("language"), request.POST.get("simple")
    if language in dict(settings.LANGUAGES):
        _keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    if simple in ("0", "1"):
        _keep(response, "simple", simple)
    return response


def _own_page(wanted: str, hall: Hall) -> str:
    """The page of this kiosk that was asked for, else its first one."""
    home = reverse("appointments:kiosk", args=[hall.code])
    try:
        found = resolve(wanted)
    except Resolver404:
        return home
    is_ours = found.url_name in PAGES and found.kwargs.get("hall") == hall.code
    return wanted if is_ours else home


def _keep(response: HttpResponse, name: str, value: str, seconds: int | None = None) -> None:
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(name, value, seconds, secure=secure, httponly=True, samesite="Lax")


@kiosk_page
@require_http_methods(["GET", "HEAD", "POST"])
def kiosk_check_in(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """Check in by reference, ID number or scanned code."""
    now = civil.now()
    form = ArrivalForm(request.POST or None, today=civil.city_date(now), focus=True)
    if request.method != "POST":
        return _check_in_page(request, hall, form)
    if not form.is_valid():
        return _check_in_page(request, hall, form, status=400)
    if form.meant.ticket:
        return _scanned_ticket(request, hall, form)
    meant = form.meant

    def run() -> dict[str, Any]:
        ticket = check_in(hall=hall, now=now, reference=meant.reference, id_number=meant.id_number)
        return _given(ticket, device, now)

    try:
        answer = press(request, actor=f"device:{device.pk}", body=_body(form), now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        said = arrival_said(refusal, now)
        return _check_in_page(request, hall, form, said=said, status=409)
    return _show_given(hall, answer["ticket"])


def _check_in_page(
    request: HttpRequest,
    hall: Hall,
    form: ArrivalForm,
    *,
    said: ArrivalSaid | None = None,
    status: int = 200,
) -> HttpResponse:
    elsewhere = said is not None and said.hall is not None and said.hall != hall
    way = reverse("appointments:hall", args=[said.hall.code]) if elsewhere else ""  # type: ignore[union-attr]
    context = {
        "hall": hall,
        "form": form,
        "key": fresh_key(),
        "said": said,
        "way": _picture(request, way) if way else "",
        "refused": status != 200,
    }
    return render(request, "appointments/kiosk/check_in.html", context, status=status)


def _scanned_ticket(request: HttpRequest, hall: Hall, form: ArrivalForm) -> HttpResponse:
    """Somebody holds the code of a number that was given already."""
    ticket = Ticket.objects.filter(hall=hall, public_id=form.meant.ticket).first()
    if ticket is not None:
        return _show_given(hall, ticket.public_id)
    form.add_error("said", _("This is the code of a number, but not of this hall."))
    return _check_in_page(request, hall, form, status=409)


def _body(form: ArrivalForm | GiveForm) -> str:
    return repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))


def _given(ticket: Ticket, device: DeviceToken, now: datetime) -> dict[str, Any]:
    """The answer of a press, in its transaction; the paper is owed with it."""
    want_paper(ticket, device, now=now, words=words_for(get_language()))
    return {"ticket": ticket.public_id}


@kiosk_page
@require_POST
def kiosk_walk_in(request: HttpRequest, hall: Hall, device: DeviceToken) -> HttpResponse:
    """A number for somebody without a booking."""
    now, form = civil.now(), GiveForm({"matter": request.POST.get("matter", "")}, hall=hall)
    if not form.is_valid():
        return _home(request, hall, form=form, status=400)

    def run() -> dict[str, Any]:
        return _given(issue_walk_in(hall=hall, matter=form.chosen, now=now), device, now)

    try:
        answer = press(request, actor=f"device:{device.pk}", body=_body(form), now=now, run=run)
    except SaidNo as refusal:
        today = civil.city_date(now)
        record_vain(
            matter=form.chosen, halls=[hall.code], first=today, last=today, now=now, channel="kiosk"
        )
        show_refusal(form, refusal)
        return _home(request, hall, form=form, status=409)
    return _show_given(hall, answer["ticket"])


def _show_given(hall: Hall, public_id: str) -> HttpResponse:
    response = redirect("appointments:kiosk_given", hall.code, public_id)
    _keep(response, GIVEN_COOKIE, signing.dumps(public_id, salt="given"), SHOWN_SECONDS)
    return response


def _may_show(request: HttpRequest, public_id: str) -> bool:
    """Whether this very person was given the number a moment ago."""
    kept = request.COOKIES.get(GIVEN_COOKIE, "")
    try:
        return bool(signing.loads(kept, salt="given", max_age=SHOWN_SECONDS) == public_id)
    except signing.BadSignature:
        return False


@kiosk_page
@require_safe
def kiosk_given(
    request: HttpRequest, hall: Hall, device: DeviceToken, public_id: str
) -> HttpResponse:
    """The number, its code and the wait; on paper too. The screen clears itself."""
    found = Ticket.objects.select_related("hall", "matter", "window")
    ticket, now = get_object_or_404(found, hall=hall, public_id=public_id), civil.now()
    if not _may_show(request, public_id):  # somebody pressed "back" after the screen was cleared
        return redirect("appointments:kiosk", hall.code)
    paper = paper_state(ticket, device, now)
    if "paper" in request.GET:
        return JsonResponse({"paper": paper})
    context = {
        "hall": hall,
        "place": place_of(ticket, now),
        "code": code_of(request, ticket),
        "seconds": CLEARS_SECONDS,
        "paper": paper,
        "unreached": not_reached(unreached_at(ticket)),
        "now": now,
    }
    return render(request, "appointments/kiosk/given.html", context)
