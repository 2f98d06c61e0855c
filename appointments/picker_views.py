"""The page of the picker, for a new booking and for changing one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from appointments import saying
from appointments.chaining import asked_also
from appointments.finding import away, find
from appointments.offering import last_day
from appointments.picking import Picker, chips, looked_for, picker
from appointments.release_words import Coming, next_coming
from appointments.searching_in_vain import record_unmet, record_vain
from appointments.walking_in import walk_in
from appointments.wishing import Wish
from config import civil
from windows.models import Hall, Matter
from windows.points import working_for

IN_VAIN, MOST_IN_VAIN = "unmet", 50


def show_picker(
    request: HttpRequest,
    *,
    matter: Matter,
    wish: Wish,
    now: datetime,
    errors: Iterable[str] = (),
    status: int = 200,
    chosen: int = 0,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The halls, or the days and times of the chosen one."""
    hall = Hall.objects.filter(code=wish.hall, is_open=True).first() if wish.hall else None
    about = " + ".join(one.name for one in (matter, *asked_also(matter, wish.also, now)))
    if wish.people > 1:
        about = f"{about} · {saying.people_words(wish.people)}"
    context = {
        "matter": matter,
        "wish": wish,
        "errors": list(errors),
        "about": about,
        "waiting_list": _waiting_list(matter, wish),
        "points": lambda: working_for([matter, *asked_also(matter, wish.also, now)]),
        **(more or {}),
    }
    if hall is None:
        context |= _halls(request, matter, wish, now)
        return render(request, "appointments/pick_hall.html", context, status=status)
    shown = picker(matter=matter, hall=hall, wish=wish, now=now, chosen=chosen)
    _record_time_in_vain(request, shown, matter, wish, now)
    context |= {
        "picker": shown,
        "away": away(hall, wish.at),
        "other_halls": wish.link(hall="", day=None, view=""),
        "walk_in": walk_in(hall=hall, matter=matter, now=now).words,
    }
    return render(request, "appointments/pick_time.html", context, status=status)


def _halls(request: HttpRequest, matter: Matter, wish: Wish, now: datetime) -> dict[str, Any]:
    found = find(matter=matter, wish=wish, now=now)
    narrowed = bool(wish.near or wish.district)
    coming: tuple[Coming, ...] = ()
    if found.halls and not found.any_free:
        halls = found.halls if narrowed else ()
        coming = next_coming(looked_for(matter, wish, now), halls)
        _record_search(request, matter, wish, [hall.code for hall in halls], now)
    return {
        "found": found,
        "coming": coming,
        "chips": chips(wish),
        "anywhere": wish.link(hall="", near="", district="", show="all"),
        "from_here": wish.link(at=""),
    }


def _waiting_list(matter: Matter, wish: Wish) -> str:
    """Where somebody can wait for a place; empty when there is no such page."""
    asked = {"matter": matter.code, "hall": wish.hall, "day": wish.day or "", "people": wish.people}
    try:
        address = reverse("appointments:wait_join")
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({name: value for name, value in asked.items() if value})}"


def _record_time_in_vain(
    request: HttpRequest, shown: Picker, matter: Matter, wish: Wish, now: datetime
) -> None:
    """Counts a day, and a search of the whole hall, that was looked at in vain."""
    days = {one.day: one for one in shown.days}
    wanted = days.get(wish.day) if wish.day else next(iter(shown.days), None)
    full = wanted is not None and wanted.level == "full" and not shown.walk_in_only
    if wanted and full and (wish.day or not shown.any_free):
        mark = f"{shown.hall.code} {matter.code} {wanted.day}"
        if _first_time(request, mark):
            record_unmet(hall=shown.hall, matter=matter, day=wanted.day, now=now)
    if not shown.any_free:
        _record_search(request, matter, wish, [shown.hall.code], now)


def _record_search(
    request: HttpRequest, matter: Matter, wish: Wish, halls: list[str], now: datetime
) -> None:
    """Counts a search that found nothing at all."""
    first, last = civil.city_date(now), last_day(now)
    mark = f"{matter.code} {','.join(halls)} {first} {last} {wish.show}"
    if _first_time(request, mark):
        record_vain(matter=matter, halls=halls, first=first, last=last, now=now)


def _first_time(request: HttpRequest, mark: str) -> bool:
    """Whether this browser's search is counted: once each."""
    seen = request.session.get(IN_VAIN, [])
    if mark in seen:
        return False
    request.session[IN_VAIN] = [*seen, mark][-MOST_IN_VAIN:]
    return True
