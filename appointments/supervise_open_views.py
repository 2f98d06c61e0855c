"""Opening a session on one page, in one hall or the same in several: the form, and beside it
what it would do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from appointments.advised.choosing import most_useful
from appointments.opening import Opening, opening, release_words
from appointments.plan_words import shown_fates
from appointments.pressing import SaidNo, fresh_key, press
from appointments.releasing import open_released, preview_release
from appointments.supervise_forms import OpenForm, asked_kind, first_answers
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from appointments.twin.effecting import effect_of_opening
from appointments.twin.telling import ShownEffect, shown_effect
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.access import staff_page
from windows.candidates import free_staff
from windows.kinds import kind_facts
from windows.models import Hall, Staff, Window
from windows.planning import SessionPreview
from windows.series import DayFate, foresee_many

SO_MANY = {str(many) for many in range(1, 100)}  # windows, as an address names them


class NobodyThere(Refusal):
    code = "nobody_there"
    message = gettext_lazy(
        "No clerk of %(hall)s is free then: nobody could stand at a window. "
        "Choose another time, or ask a neighbouring hall for help."
    )
    field = "windows"


class NotInThatHall(Refusal):
    code = "not_in_that_hall"
    message = gettext_lazy("%(hall)s: %(why)s")
    field = "other_halls"


@dataclass(frozen=True)
class Shown:
    """What the session would do here and in the other halls; or why it cannot be."""

    opening: Opening | None = None
    elsewhere: tuple[DayFate, ...] = ()
    refusal: Refusal | None = None
    free_clerks: int = 0
    twin: ShownEffect | None = None


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_open(request: HttpRequest) -> HttpResponse:
    """Open an extra session: fill in, look what it does, open it."""
    hall, now = asked_hall(request), civil.now()
    if request.method != "POST":
        return _fresh(request, hall, now)
    form = form_of(request, hall, now, request.POST)
    if not form.is_valid():
        return _page(request, hall, form, status=400)
    if "look" in request.POST:
        shown = _played(look(form, now), now)
        if shown.refusal:
            show_refusal(form, shown.refusal)
        return _page(request, hall, form, shown=shown, status=409 if shown.refusal else 200)
    return _open(request, hall, form, now)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_preview(request: HttpRequest) -> HttpResponse:
    """The part of the page that says what the session would do."""
    now = civil.now()
    form = form_of(request, asked_hall(request), now, request.POST)
    shown = _played(look(form, now), now) if form.is_valid() else Shown()
    said = [str(text) for texts in form.errors.values() for text in texts]
    context = _shown(shown) | {"said": [str(shown.refusal)] if shown.refusal else said}
    return render(request, "appointments/supervise/_preview.html", context)


def form_of(
    request: HttpRequest, hall: Hall, now: datetime, answers: Any = None, **more: Any
) -> OpenForm:
    """The form, with what is usual for the kind that is asked for."""
    asked = answers if answers is not None else request.GET
    facts = kind_facts(asked_kind(asked), hall=hall, day=civil.city_date(now))
    return OpenForm(answers, hall=hall, halls=halls_here(request), facts=facts, **more)


def look(form: OpenForm, now: datetime) -> Shown:
    """What the session would do; the refusal when it cannot be."""
    try:
        plan = preview_release(**form.answers(), now=now)
        free = check_staff(plan)
    except Refusal as refusal:
        return Shown(refusal=form.placed(refusal))
    return Shown(opening(plan), tuple(foresee_many(form.elsewhere(), now=now)), None, free)


def _played(shown: Shown, now: datetime) -> Shown:
    """The same, with what it would do to waits."""
    if shown.opening is None:
        return shown
    effect = effect_of_opening(shown.opening.plan, now=now)
    return replace(shown, twin=shown_effect(effect))


def check_staff(plan: SessionPreview) -> int:
    """How many people of the hall are free then. Refuses: NobodyThere."""
    period = DateTimeTZRange(plan.starts_at, plan.ends_at)
    free = len(free_staff(hall=plan.hall, period=period))
    if not free:
        raise NobodyThere(hall=plan.hall.name)
    return free


def _fresh(request: HttpRequest, hall: Hall, now: datetime) -> HttpResponse:
    """The form with its first answers, and their preview with all free windows, or with those
    that the address names; when none is free on that evening and no day was asked for, the
    evening after. What a link asks for is played at once."""
    first, shown = _first_look(request, hall, now, first_answers(hall, now, request.GET))
    if not (request.GET.get("day") or _windows_free(shown)):
        later = first | {"day": first["day"] + timedelta(days=1)}
        seen = _first_look(request, hall, now, later)
        if _windows_free(seen[1]):
            first, shown = seen
    if request.GET.get("window") or request.GET.get("many"):
        shown = _played(shown, now)
    return _page(request, hall, form_of(request, hall, now, initial=first), shown=shown)


def _windows_free(shown: Shown) -> bool:
    return bool(shown.opening and shown.opening.plan.windows)


def _first_look(
    request: HttpRequest, hall: Hall, now: datetime, first: dict[str, Any]
) -> tuple[dict[str, Any], Shown]:
    """The answers with the windows that are free then, and what the session would do. Where none
    is free all are ticked: another day may have them."""
    usable = list(form_of(request, hall, now).usable)
    form = form_of(request, hall, now, {**first, "windows": usable})
    if not form.is_valid():
        return first, Shown()
    answers, ticked = {**form.answers(), "windows": None}, usable
    try:
        plan = preview_release(**answers, now=now)
        if named := _named(request.GET, plan.windows):
            plan = preview_release(**answers | {"windows": named}, now=now)
        ticked = [str(window.pk) for window in plan.windows] or usable
        shown = Shown(opening(plan), (), None, check_staff(plan))
    except Refusal as refusal:
        shown = Shown(refusal=refusal)
    return {**form.cleaned_data, "windows": ticked}, shown


def _named(asked: QueryDict, free: Sequence[Window]) -> list[Window]:
    """The windows of these numbers that are free, else so many of the most useful ones."""
    numbers = asked.getlist("window")
    if named := [window for window in free if str(window.number) in numbers]:
        return named
    many = asked.get("many", "")
    return most_useful(free)[: int(many)] if many in SO_MANY else []


def _open(request: HttpRequest, hall: Hall, form: OpenForm, now: datetime) -> HttpResponse:
    staff: Staff = request.user  # type: ignore[assignment]
    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    actor = f"staff:{staff.pk}"
    try:
        told = press(
            request, actor=actor, body=hall.code + body, now=now,
            run=lambda: open_all(form, staff, now),
        )  # fmt: skip
    except SaidNo as refusal:
        shown = look(form, now)
        show_refusal(form, form.placed(refusal))
        other = refusal.told.get("session")
        return _page(request, hall, form, shown=shown, other=other, status=409)
    messages.success(request, told["said"])
    if told["series"]:
        return redirect("appointments:supervise_series_of", told["series"])
    return redirect("appointments:supervise_session", told["session"])


@transaction.atomic
def open_all(form: OpenForm, by: Staff, now: datetime) -> dict[str, Any]:
    """The session is open here and in the other halls; in all of them or in none.

    Refuses: NobodyThere, NotInThatHall, and what `open_released` refuses.
    """
    plan = preview_release(**form.answers(), now=now)
    check_staff(plan)
    fates = foresee_many(form.elsewhere(), now=now)
    series = uuid4() if fates else None
    session = open_released(**form.answers(), by=by, now=now, series=series)
    for fate in fates:
        if fate.preview is None or fate.why:
            raise NotInThatHall(hall=fate.asked.hall.name, why=fate.why)
        there = {"hall": fate.asked.hall, "windows": fate.preview.windows}
        open_released(**form.answers() | there, by=by, now=now, series=series)
    said = ngettext("The session is open.", "The sessions are open.", 1 + len(fates))
    return {
        "session": session.pk,
        "series": str(series) if series else "",
        "said": f"{said} {release_words(plan)}",
    }


def _shown(shown: Shown) -> dict[str, Any]:
    clerks = shown.free_clerks
    short = bool(shown.opening) and clerks < (shown.opening.staff if shown.opening else 0)
    return {
        "opening": shown.opening,
        "fates": shown_fates(list(shown.elsewhere)),
        "twin": shown.twin,
        "few_clerks": _few_words(clerks) if short else "",
    }


def _few_words(clerks: int) -> str:
    text = ngettext(
        "Only %(n)s clerk of this hall is free then.",
        "Only %(n)s clerks of this hall are free then.",
        clerks,
    )
    return text % {"n": clerks} + " " + _("Plan who comes, or ask a neighbouring hall.")


def _page(
    request: HttpRequest,
    hall: Hall,
    form: OpenForm,
    *,
    shown: Shown | None = None,
    other: int | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = shown or Shown()
    context = {
        "here": "open",
        "hall": hall,
        "halls": halls_here(request),
        "form": form,
        **_shown(shown),
        "said": [str(shown.refusal)] if shown.refusal and status == 200 else [],
        "other": other or getattr(shown.refusal, "session", None),
        "was": form["kind"].value(),
        "key": fresh_key(),
    }
    return show(request, "open", context, status=status)
