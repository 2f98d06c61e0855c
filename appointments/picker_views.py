"""The page of the picker, for a new booking and for changing one."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from appointments import saying
from appointments.finding import hall_choices
from appointments.offering import record_unmet
from appointments.picking import Picker, Wish, chips, picker
from appointments.walking_in import walk_in
from windows.models import Hall, Matter

UNMET, MOST_UNMET = "unmet", 50


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
    about = matter.name
    if wish.people > 1:
        about = f"{matter.name} · {saying.people_words(wish.people)}"
    context = {
        "matter": matter, "wish": wish, "errors": list(errors), "about": about, **(more or {})
    }  # fmt: skip
    if hall is None:
        choices = hall_choices(matter=matter, wish=wish, now=now)
        context |= {
            "choices": choices,
            "chips": chips(wish),
            "elsewhere": wish.link(hall="", near="", show="all"),
        }
        return render(request, "appointments/pick_hall.html", context, status=status)
    shown = picker(matter=matter, hall=hall, wish=wish, now=now, chosen=chosen)
    _record_in_vain(request, shown, matter, wish.day, now)
    context |= {
        "picker": shown,
        "other_halls": wish.link(hall="", day=None),
        "walk_in": walk_in(hall=hall, matter=matter, now=now).words,
    }
    return render(request, "appointments/pick_time.html", context, status=status)


def _record_in_vain(
    request: HttpRequest, shown: Picker, matter: Matter, asked: date | None, now: datetime
) -> None:
    """Counts a day that was looked at in vain, once per browser, hall, matter and day."""
    days = {one.day: one for one in shown.days}
    wanted = days.get(asked) if asked else next(iter(shown.days), None)
    in_vain = wanted and wanted.level == "full" and not shown.walk_in_only
    if wanted is None or not in_vain or (not asked and shown.any_free):
        return
    mark = f"{shown.hall.code} {matter.code} {wanted.day}"
    seen = request.session.get(UNMET, [])
    if mark not in seen:
        record_unmet(hall=shown.hall, matter=matter, day=wanted.day, now=now)
        request.session[UNMET] = [*seen, mark][-MOST_UNMET:]
