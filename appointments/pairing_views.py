"""A screen that is not paired yet, and the supervisors' list of the machines of a hall."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import pairing
from appointments.hall_forms import MachineForm
from appointments.pressing import fresh_key
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal
from queues import doubting
from windows.access import display_of, has_role, staff_page
from windows.models import DeviceToken, Hall

KIOSK, DISPLAY = DeviceToken.Kind.KIOSK, DeviceToken.Kind.DISPLAY
PLACES: dict[str, str] = {KIOSK: "appointments:kiosk", DISPLAY: "queues:board"}
ASKS_EVERY = 5  # seconds in which the unpaired screen looks whether its code was typed


def show_unpaired(request: HttpRequest, hall: Hall, kind: str) -> HttpResponse:
    """The code of this screen; or, when that was typed by a supervisor, what it became."""
    now = civil.now()
    machine = pairing.remembered(request, hall, kind, now)
    if machine is not None and pairing.claim(machine, now):
        return pairing.remember(redirect(PLACES[kind], hall.code), machine.token, kind)
    machine = machine or pairing.unpaired(hall, kind, now)
    context = {
        "hall": hall,
        "kind": kind,
        "code": machine.shown,
        "may_pair": has_role(request.user, hall, *WHO),
        "every": ASKS_EVERY,
    }
    response = render(request, "appointments/kiosk/unpaired.html", context, status=403)
    return pairing.remember_code(response, machine)


@never_cache
@require_safe
def board_pairing(request: HttpRequest, hall: str) -> HttpResponse:
    """A screen that wants to be the hall's own: only there the presence code is shown."""
    place = get_object_or_404(Hall, code=hall)
    if display_of(request, place) is not None and not settings.DEMO:
        return redirect(PLACES[DISPLAY], place.code)
    return show_unpaired(request, place, DISPLAY)


@never_cache
@require_POST
def kiosk_pair(request: HttpRequest, hall: str) -> HttpResponse:
    """This machine becomes a kiosk of the hall; whoever paired it is signed out of it."""
    return _pair_here(request, hall, KIOSK)


@never_cache
@require_POST
def board_pair(request: HttpRequest, hall: str) -> HttpResponse:
    """This machine becomes a screen of the hall, likewise."""
    return _pair_here(request, hall, DISPLAY)


def _pair_here(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    hall, now = get_object_or_404(Hall, code=code), civil.now()
    if not has_role(request.user, hall, *WHO):
        raise PermissionDenied
    staff: Any = request.user
    name = f"{hall.code} {DeviceToken.Kind(kind).label}"
    token = pairing.pair(hall, name=name, kind=kind, by=staff, now=now)
    logout(request)
    return pairing.remember(redirect(PLACES[kind], hall.code), token, kind)


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_devices(request: HttpRequest) -> HttpResponse:
    """The kiosks and screens of the hall: which there are, and when they last asked."""
    return _list(request, asked_hall(request), MachineForm())


def _list(
    request: HttpRequest, hall: Hall, form: MachineForm, *, status: int = 200
) -> HttpResponse:
    machines = DeviceToken.objects.filter(hall=hall).select_related("paired_by")
    now = civil.now()
    context = {
        "here": "devices",
        "hall": hall,
        "halls": halls_here(request),
        "doubtful": doubting.waiting_at(hall.pk).count(),
        "machines": [_shown(one, now) for one in machines.order_by("revoked_at", "kind", "pk")],
        "form": form,
        "key": fresh_key(),
    }
    return show(request, "devices", context, status=status)


def _shown(machine: DeviceToken, now: datetime) -> dict[str, Any]:
    seen = machine.seen_at
    minutes = int((now - seen).total_seconds() // 60) if seen else None
    waits = seen is None and machine.paired_at is not None
    lost = waits and now - machine.paired_at >= pairing.CODE_LASTS  # type: ignore[operator]
    return {"machine": machine, "minutes": minutes, "waits": waits and not lost, "lost": lost}


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_device_pair(request: HttpRequest) -> HttpResponse:
    """The machine that shows this code is one of the hall's."""
    hall, form, staff = asked_hall(request), MachineForm(request.POST), request.user
    if not form.is_valid():
        return _list(request, hall, form, status=400)
    try:
        made = pairing.permit(hall=hall, by=staff, now=civil.now(), **form.cleaned_data)  # type: ignore[arg-type]
    except Refusal as refusal:
        show_refusal(form, refusal)
        return _list(request, hall, form, status=409)
    said = _("%(name)s is paired as soon as it asks: in a few seconds.") % {"name": made.name}
    messages.success(request, said)
    return _back(hall)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_device_change(request: HttpRequest, pk: int) -> HttpResponse:
    """What the machine is called, and where its printer is."""
    machine = _machine(request, pk)
    name = request.POST.get("name", "").replace("\x00", "").strip() or machine.name
    try:
        pairing.name_it(device=machine, name=name, printer=request.POST.get("printer", ""))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return _back(machine.hall)
    messages.success(request, _("%(name)s is changed.") % {"name": machine.name})
    return _back(machine.hall)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_device_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The machine has no rights any more, from now on."""
    machine = _machine(request, pk)
    pairing.revoke(device=machine, now=civil.now())
    said = _("%(name)s is shut out. To use it again, pair it anew.") % {"name": machine.name}
    messages.success(request, said)
    return _back(machine.hall)


def _machine(request: HttpRequest, pk: int) -> DeviceToken:
    machine = DeviceToken.objects.select_related("hall").filter(pk=pk).first()
    if machine is None or not has_role(request.user, machine.hall, *WHO):
        raise NotFound
    return machine


def _back(hall: Hall) -> HttpResponse:
    return redirect(f"/supervise/devices/?hall={hall.code}")
