"""Pages for anybody: what for, which hall, how it works, find one's booking."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import halls as hall_reads
from appointments.confirming import find
from appointments.draw_facts import is_drawing
from appointments.forms import FindForm, LinksForm
from appointments.journey import form_page
from appointments.limiting import address_of
from appointments.pressing import fresh_key, press, session_actor
from appointments.resending import SENT, send_links
from appointments.walking_in import walk_in
from appointments.wording import matters_meant
from config import civil
from config.refusals import NotFound
from queues.board import board_of
from windows.models import Hall, Matter
from windows.points import working_for

SHOWN_AT_HALL = 5


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What do you come for?"""
    asked = request.GET.get("q", "")[:60].strip()
    matters = list(Matter.objects.filter(is_offered=True).order_by("position", "pk"))
    meant = matters_meant(asked, matters) if asked else []
    context = {"matters": matters, "asked": asked, "meant": meant, "find_form": FindForm()}
    context["is_drawing"] = is_drawing(civil.now())
    return render(request, "appointments/start.html", context)


@require_safe
def book_what(request: HttpRequest) -> HttpResponse:
    """The journey begins with the question of the first page."""
    return redirect("appointments:start")


@never_cache
@form_page
def find_booking(request: HttpRequest) -> HttpResponse:
    """From a pasted link to the booking's page, or the links again to one's phone."""
    if request.method == "POST":
        return _send_links(request)
    form = FindForm(request.GET if "link" in request.GET else None)
    if not form.is_bound:
        return _show_find(request, form, LinksForm())
    if not form.is_valid():
        return _show_find(request, form, LinksForm(), status=400)
    reference, secret = form.cleaned_data["link"]
    try:
        booking = find(reference, secret)
    except NotFound:
        form.add_error("link", _("No booking is found under this link. Please compare it."))
        return _show_find(request, form, LinksForm(), status=404)
    address = reverse("appointments:booking", args=[booking.reference])
    return redirect(f"{address}?k={secret}")


def _show_find(
    request: HttpRequest, form: FindForm, links: LinksForm, status: int = 200
) -> HttpResponse:
    wrong = links if links.errors else form
    context = {"form": wrong, "find_form": form, "links_form": links, "key": fresh_key()}
    return render(request, "appointments/find_booking.html", context, status=status)


def _send_links(request: HttpRequest) -> HttpResponse:
    """The same answer for every phone: whether it has bookings is told to nobody here."""
    form, now = LinksForm(request.POST), civil.now()
    if not form.is_valid():
        return _show_find(request, FindForm(), form, status=400)
    phone, address = form.cleaned_data["phone"], address_of(request)

    def run() -> dict[str, str]:
        language = get_language() or "zh-hans"
        send_links(phone=phone, address=address, language=language, now=now)
        return {}

    press(request, actor=session_actor(request), body=f"links {phone[-4:]}", now=now, run=run)
    messages.success(request, SENT)
    return redirect("appointments:find_booking")


@require_safe
def guide_matter(request: HttpRequest, matter: str) -> HttpResponse:
    """What to bring, what it costs, how long it takes, how it goes."""
    found = get_object_or_404(Matter, code=matter, is_offered=True)
    materials = list(found.materials.order_by("position", "pk"))
    context = {
        "matter": found,
        "bring": [one for one in materials if one.kind == "bring"],
        "steps": [one for one in materials if one.kind == "step"],
        "points": working_for([found]),
        "others": Matter.objects.filter(is_offered=True).exclude(pk=found.pk).order_by("position"),
    }
    return render(request, "appointments/guide_matter.html", context)


@never_cache
@require_safe
def halls(request: HttpRequest) -> HttpResponse:
    """All halls: open now or when, and how busy."""
    near = request.GET.get("near", "")[:40].strip()
    found = hall_reads.halls_now(now=civil.now(), near=near)
    return render(request, "appointments/halls.html", {"halls": found, "near": near})


@never_cache
@require_safe
def hall(request: HttpRequest, code: str) -> HttpResponse:
    """One hall: how busy now, when open, how to get there."""
    now = civil.now()
    found = get_object_or_404(Hall, code=code, is_open=True)
    context = {
        "hall": found,
        "present": hall_reads.halls_now(now=now, code=code)[0],
        "waits": board_of(found, now).usual_waits,
        "coming": walk_in(hall=found, matter=None, now=now),
        "openings": hall_reads.openings(hall=found, now=now),
        "closings": hall_reads.closings(hall=found, now=now),
        "windows": found.windows.filter(is_in_use=True).order_by("number"),
    }
    return render(request, "appointments/hall.html", context)
