"""One closed day of a hall, figure by figure, and putting a figure right."""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments import saying
from appointments.models import DayFigure
from appointments.pressing import SaidNo, fresh_key, press
from appointments.reports import names
from appointments.reports.correcting import (
    correct_number,
    differences,
    history_of,
    is_written,
    key_of,
    shown_minutes,
)
from appointments.reports.names import Key, keys_of
from appointments.reports.sensible import current_figure
from appointments.reports_forms import FigureForm
from appointments.reports_part import (
    correct_link,
    day_link,
    key_asked,
    part_asked,
    parts_of,
    said_of,
    words_of_part,
)
from appointments.reports_words import correction_words, figure_words, value_words
from appointments.supervise_views import READERS, WHO, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows.access import hall_for, has_role, staff_page
from windows.models import Hall, Staff


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_reports_day(request: HttpRequest, code: str, day: str) -> HttpResponse:
    """What was written of a hall's day: all of it, or of one matter, window or hour."""
    hall, on, now = hall_for(request.user, code, *READERS), _day(day), civil.now()
    part = part_asked(hall, request.GET.get("of", ""))
    figures = {key_of(one): one for one in _current(hall, on)}
    marker = figures.get(Key(names.DAY))
    keys = keys_of(part) if marker else []
    known = [figures[key] for key in keys if key in figures]
    some = [one for one in known if one.count or one.seconds]
    journal = {one.key: one.journal for one in differences(hall, on, now=now)}
    context: dict[str, Any] = {
        "here": "reports",
        "hall": hall,
        "halls": [],
        "day": on,
        "words": saying.dated(on),
        "part": said_of(part),
        "parts": parts_of(hall, on) if marker else [],
        "marker": marker,
        "written": saying.when(marker.recorded_at) if marker else "",
        "runs_halls": has_role(request.user, hall, *WHO),
        "figures": [_shown(hall, on, one, journal) for one in some],
        "zeros": _zeros(hall, on, keys, some),
        "of": words_of_part(part),
    }
    return show(request, "reports_day", context)


def _current(hall: Hall, day: date) -> Iterable[DayFigure]:
    rows = DayFigure.objects.filter(hall=hall, service_day=day, corrected_by__isnull=True)
    return rows.select_related("by", "corrects", "matter", "window", "hall")


def _shown(hall: Hall, day: date, one: DayFigure, journal: dict[Key, Any]) -> dict[str, Any]:
    key = key_of(one)
    now_says = journal.get(key)
    return {
        "what": figure_words(one.name, one.bucket),
        "count": one.count,
        "minutes": shown_minutes(one) if one.name in names.TIMED else None,
        "corrected": correction_words(one) if one.corrects_id else None,
        "journal": now_says.count if now_says and now_says.count != one.count else None,
        "address": correct_link(hall, day, key),
    }


def _zeros(
    hall: Hall, day: date, keys: Iterable[Key], some: Iterable[DayFigure]
) -> list[tuple[str, str]]:
    there = {key_of(one) for one in some}
    return [
        (figure_words(key.name, key.bucket), correct_link(hall, day, key))
        for key in keys
        if key not in there
    ]


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise NotFound from None


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_reports_correct(request: HttpRequest, code: str, day: str) -> HttpResponse:
    """Another number for a figure of a closed day; what was written stays beside it."""
    hall, on, now = hall_for(request.user, code, *WHO), _day(day), civil.now()
    key = key_asked(hall, request.GET)
    if request.method != "POST":
        figure = current_figure(hall, on, key) or DayFigure()
        known = {"count": figure.count, "minutes": shown_minutes(figure)}
        return _correct_page(request, hall, on, key, FigureForm(name=key.name, initial=known))
    form = FigureForm(request.POST, name=key.name)
    if not form.is_valid():
        return _correct_page(request, hall, on, key, form, status=400)
    told = form.cleaned_data

    def run() -> dict[str, Any]:
        by = cast(Staff, request.user)
        return {"figure": correct_number(hall=hall, day=on, key=key, by=by, now=now, **told).pk}

    try:
        body = f"{code} {on} {key} {sorted(told.items(), key=str)}"
        press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        show_refusal(form, no)
        return _correct_page(request, hall, on, key, form, status=409)
    messages.success(request, _("The number is corrected; what was written stays beside it."))
    return redirect(day_link(hall, on, key))


def _correct_page(
    request: HttpRequest, hall: Hall, day: date, key: Key, form: FigureForm, *, status: int = 200
) -> HttpResponse:
    figure = current_figure(hall, day, key)
    context: dict[str, Any] = {
        "here": "reports",
        "hall": hall,
        "halls": [],
        "words": saying.dated(day),
        "what": figure_words(key.name, key.bucket),
        "of": words_of_part(key),
        "is_written": is_written(hall, day),
        "value": value_words(figure or DayFigure(name=key.name)),
        "seen": figure.pk if figure else "",
        "history": [correction_words(one) for one in history_of(figure)],
        "back": day_link(hall, day, key),
        "form": form,
        "key": fresh_key(),
    }
    return show(request, "reports_correct", context, status=status)
