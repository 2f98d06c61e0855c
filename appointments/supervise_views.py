"""Supervisors' pages of a hall: today at a glance."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.city_page import CityPage, city_page
from appointments.overseen_halls import overseen
from appointments.pressing import fresh_key
from appointments.remedies.done import done_today
from appointments.roster_news import waiting_in
from appointments.supervising import HallNow, hall_now, hall_sessions
from appointments.year import warning_words
from config import civil
from config.refusals import NotFound
from windows.access import (
    ADMIN,
    AUDITOR,
    SUPERVISOR,
    VIEWER,
    hall_for,
    halls_of,
    has_role,
    staff_page,
)
from windows.models import Hall

WHO = (SUPERVISOR, ADMIN)
READERS = (*WHO, AUDITOR, VIEWER)
LOOKERS = (*WHO, VIEWER)


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
    hall = context.get("hall")
    told = {
        "runs_halls": SimpleLazyObject(lambda: _may(request, hall, WHO)),
        "calendar_warning": _calendar_warning,
        **context,
    }
    told["looks_on"] = SimpleLazyObject(
        lambda: bool(told["runs_halls"]) or _may(request, hall, LOOKERS)
    )
    return render(request, f"appointments/supervise/{page}.html", told, status=status)


def _may(request: HttpRequest, hall: Hall | None, roles: tuple[str, ...]) -> bool:
    """Which pages the frame leads to: those of the hall, else those of any hall."""
    if hall is not None:
        return has_role(request.user, hall, *roles)
    return halls_of(request.user, *roles).exists()


def _calendar_warning() -> str:
    """Asked by the pages that show it only."""
    return warning_words(civil.now())


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise(request: HttpRequest) -> HttpResponse:
    """The hall today: who waits, who serves, what asks for a decision, what is coming."""
    halls, now = _looked_at(request), civil.now()
    code = request.GET.get("hall") or (halls[0].code if halls else "")
    known = next((one for one in halls if one.code == code), None)
    hall = known or asked_hall(request, *LOOKERS)
    view = hall_now(hall, now=now)
    runs = known.is_mine if known else has_role(request.user, hall, *WHO)  # type: ignore[attr-defined]
    context = _moving(hall, view, now, runs=runs)
    context |= {
        "halls": halls,
        "sessions": hall_sessions(hall, view.service_day),
        "day": saying.long_day(view.service_day),
        "done": done_today(hall, now=now),
        "news": waiting_in(hall, now=now) if runs else [],
        "advised": _advised(request, hall, now),
        "key": fresh_key(),
    }
    return show(request, "today", context)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_live(request: HttpRequest) -> HttpResponse:
    """The part of the page that moves: htmx asks for it every few seconds.

    `heard` is the mark of the alerts that the page shows; the same ones are not sent again,
    so that they are read out once.
    """
    hall, now = asked_hall(request, *LOOKERS), civil.now()
    view = hall_now(hall, now=now)
    context = _moving(hall, view, now, runs=has_role(request.user, hall, *WHO))
    context["is_new"] = request.GET.get("heard", "") != view.heard
    return show(request, "_live", context)


def _advised(request: HttpRequest, hall: Hall, now: datetime) -> CityPage:
    """What the city's page advises for this hall."""
    mine, today = halls_of(request.user, *WHO), civil.city_date(now)
    this = overseen(Hall.objects.filter(pk=hall.pk), mine=mine, day=today)
    return city_page(list(this), asked={}, now=now)


def _looked_at(request: HttpRequest) -> list[Hall]:
    """The halls that the person looks at, and whether they run them (`is_mine`): one query."""
    runs = Exists(halls_of(request.user, *WHO).filter(pk=OuterRef("pk")))
    halls = halls_of(request.user, *LOOKERS).annotate(is_mine=runs)
    return list(halls.order_by("code")[:100])


def _moving(hall: Hall, view: HallNow, now: datetime, *, runs: bool) -> dict[str, Any]:
    return {
        "here": "today",
        "hall": hall,
        "view": view,
        "may_act": runs,
        "runs_halls": runs,
        "clock": saying.clock(now),
    }
