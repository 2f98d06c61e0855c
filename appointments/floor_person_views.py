"""The guide's tablet, one person of the line: materials checked, going first, coming back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from appointments.floor_forms import PriorityForm
from appointments.floor_views import WHO, asked_hall, asked_ticket, show_floor
from appointments.pressing import SaidNo, press
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from queues.checking import check_papers
from queues.missing import come_again, give_back
from queues.models import Ticket
from queues.priority import give_priority
from windows.access import staff_page
from windows.models import Hall

Run = Callable[[], Ticket]


def _asked(request: HttpRequest, public_id: str) -> tuple[Hall, Ticket]:
    hall = asked_hall(request)
    ticket = asked_ticket(public_id, hall)
    if ticket is None:
        raise NotFound
    return hall, ticket


def _floor_of(hall: Hall, **more: str) -> HttpResponse:
    said = "".join(f"&{name}={value}" for name, value in more.items())
    return redirect(f"/floor/?hall={hall.code}{said}")


def _pressed(request: HttpRequest, body: str, run: Run) -> str:
    """Runs it once for the key of the form; the public id of the ticket that it gave back.

    Refuses: SaidNo.
    """
    answer = press(
        request,
        actor=f"staff:{request.user.pk}",
        body=body,
        now=civil.now(),
        run=lambda: {"ticket": run().public_id},
    )
    return str(answer["ticket"])


@never_cache
@staff_page(*WHO)
@require_http_methods(["POST"])
def floor_give_back(request: HttpRequest, public_id: str) -> HttpResponse:
    """Somebody who was missed or parked is back in line."""
    hall, ticket = _asked(request, public_id)
    now, staff = civil.now(), request.user
    try:
        _pressed(
            request,
            public_id,
            lambda: give_back(ticket=ticket, staff=staff, now=now),  # type: ignore[arg-type]
        )
    except SaidNo as refusal:
        return show_floor(request, hall, one=ticket, errors=[str(refusal)], status=409)
    messages.success(request, _("%(number)s is back in line.") % {"number": ticket.label})
    return _floor_of(hall)


@never_cache
@staff_page(*WHO)
@require_http_methods(["POST"])
def floor_again(request: HttpRequest, public_id: str) -> HttpResponse:
    """Somebody whose number was missed too often has a new one."""
    hall, ticket = _asked(request, public_id)
    now, staff = civil.now(), request.user
    try:
        given = _pressed(
            request,
            public_id,
            lambda: come_again(ticket=ticket, staff=staff, now=now),  # type: ignore[arg-type]
        )
    except SaidNo as refusal:
        return show_floor(request, hall, one=ticket, errors=[str(refusal)], status=409)
    messages.success(request, _("The number is given."))
    return _floor_of(hall, given=given)


@never_cache
@staff_page(*WHO)
@require_http_methods(["POST"])
def floor_papers(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the person brought was looked through, or is not complete after all."""
    hall, ticket = _asked(request, public_id)
    now, staff, are_there = civil.now(), request.user, request.POST.get("are_there") != "0"
    try:
        _pressed(
            request,
            f"{public_id}/{are_there}",
            lambda: check_papers(ticket=ticket, staff=staff, now=now, are_there=are_there),  # type: ignore[arg-type]
        )
    except SaidNo as refusal:
        return show_floor(request, hall, one=ticket, errors=[str(refusal)], status=409)
    said = (
        _("The materials of %(number)s are checked. The desk sees it.")
        if are_there
        else _("The materials of %(number)s are open again.")
    )
    messages.success(request, said % {"number": ticket.label})
    return _floor_of(hall)


@never_cache
@staff_page(*WHO)
@require_http_methods(["POST"])
def floor_priority(request: HttpRequest, public_id: str) -> HttpResponse:
    """Somebody who waits already goes first, with a reason; or waits as usual again."""
    hall, ticket = _asked(request, public_id)
    now, staff, form = civil.now(), request.user, PriorityForm(request.POST)
    if not form.is_valid():
        return show_floor(request, hall, one=ticket, priority=form, status=400)
    said = form.cleaned_data
    try:
        _pressed(
            request,
            f"{public_id}/{said['priority']}/{said['note']}",
            lambda: give_priority(ticket=ticket, staff=staff, now=now, **said),  # type: ignore[arg-type]
        )
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return show_floor(request, hall, one=ticket, priority=form, status=409)
    told = (
        _("%(number)s goes first, as soon as the bound of the hall allows.")
        if said["priority"]
        else _("%(number)s waits in the usual order.")
    )
    messages.success(request, told % {"number": ticket.label})
    return _floor_of(hall)
