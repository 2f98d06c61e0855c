"""Supervisors' pages of a hall: today at a glance."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.supervising import hall_today
from config import civil
from config.refusals import NotFound
from windows.access import ADMIN, AUDITOR, SUPERVISOR, hall_for, halls_of, staff_page
from windows.models import Hall

WHO = (SUPERVISOR, ADMIN)
READERS = (*WHO, AUDITOR)


def halls_here(request: HttpRequest, *roles: str) -> list[Hall]:
    """The halls that the person runs, or has one of the roles in."""
    return list(halls_of(request.user, *(roles or WHO)).order_by("code")[:100])


def asked_hall(request: HttpRequest, *roles: str) -> Hall:
    """The hall asked for, else the person's first one. Raises NotFound."""
    roles = roles or WHO
    code = request.POST.get("hall") or request.GET.get("hall")
    if code:
        if "\x00" in code:
            raise NotFound
        return hall_for(request.user, code, *roles)
    hall = halls_of(request.user, *roles).order_by("code").first()
    if hall is None:
        raise NotFound
    return hall


def show(
    request: HttpRequest, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page in the frame; a refusal or wrong answer keeps what was typed."""
    told = {"runs_halls": True, **context}
    return render(request, f"appointments/supervise/{page}.html", told, status=status)


@never_cache
@staff_page(*WHO)
@require_safe
def supervise(request: HttpRequest) -> HttpResponse:
    """The hall today: who waits, who serves, what is coming."""
    hall, now = asked_hall(request), civil.now()
    view = hall_today(hall, now=now)
    context = {
        "here": "today",
        "hall": hall,
        "halls": halls_here(request),
        "view": view,
        "day": saying.long_day(view.service_day),
        "clock": saying.clock(now),
    }
    return show(request, "today", context)
