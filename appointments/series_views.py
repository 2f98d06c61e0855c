"""Many sessions in one action: a series, a copy of a day or a week, and taking them back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.plan_words import shown_fates
from appointments.pressing import SaidNo, fresh_key, press
from appointments.series_forms import CopyForm, SeriesForm, next_saturday
from appointments.supervise_forms import asked_kind
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from appointments.withdrawing import undo_opening
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal
from windows.access import halls_of, staff_page
from windows.kinds import kind_facts
from windows.models import Hall, HallSession
from windows.placing import add_places
from windows.series import DayFate, digest, foresee_many, open_many, total

Forms = SeriesForm | CopyForm


@dataclass(frozen=True)
class SeriesLine:
    """One session of a series."""

    session: HallSession
    day: str
    hours: str
    is_alive: bool


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_series(request: HttpRequest) -> HttpResponse:
    """The same session on many days: look at each day's fate, open all in one press."""
    hall, now = asked_hall(request), civil.now()
    halls = halls_here(request)
    if request.method != "POST":
        form = _series_form(hall, halls, now, request.GET, initial=_first(hall, now, request))
        return _page(request, hall, form, "series")
    form = _series_form(hall, halls, now, request.POST, request.POST)
    return _look_or_open(request, hall, form, now, "series")


def _series_form(
    hall: Hall, halls: list[Hall], now: datetime, asked: Any, answers: Any = None, **more: Any
) -> SeriesForm:
    facts = kind_facts(_kind(asked), hall=hall, day=civil.city_date(now))
    return SeriesForm(answers, hall=hall, halls=halls, facts=facts, **more)


def _kind(asked: Any) -> str:
    return asked_kind(asked) if asked.get("kind") else str(HallSession.Kind.WEEKEND)


def _first(hall: Hall, now: datetime, request: HttpRequest) -> dict[str, Any]:
    """The form as it opens: seven Saturdays; other kinds on working days."""
    kind = _kind(request.GET)
    off = kind in (HallSession.Kind.WEEKEND, HallSession.Kind.STUDENT)
    facts = kind_facts(kind, hall=hall, day=civil.city_date(now))
    return {
        "kind": kind,
        "opens": facts.opens,
        "closes": facts.closes,
        "next_day": facts.ends_next_day,
        "pattern": "weekdays" if off else "workdays",
        "weekdays": ["6"] if off else [],
        "first": next_saturday(now) if off else civil.city_date(now) + timedelta(days=1),
        "count": 7 if off else 21,
        "in_halls": [hall.code],
        "windows": [str(window.pk) for window in hall.windows.filter(is_in_use=True)],
    }


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_copy(request: HttpRequest) -> HttpResponse:
    """A day or a week of the hall once more, on other days or in other halls."""
    hall, now = asked_hall(request), civil.now()
    halls = halls_here(request)
    if request.method != "POST":
        today = civil.city_date(now)
        monday = today - timedelta(days=today.weekday())
        first = {"first": monday, "span": "7", "to_first": monday + timedelta(days=28)}
        form = CopyForm(hall=hall, halls=halls, initial=first | {"in_halls": [hall.code]})
        return _page(request, hall, form, "copy")
    return _look_or_open(request, hall, CopyForm(request.POST, hall=hall, halls=halls), now, "copy")


def _look_or_open(
    request: HttpRequest, hall: Hall, form: Forms, now: datetime, page: str
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, hall, form, page, status=400)
    try:
        asked = form.asked()
        fates = foresee_many(asked, now=now)
    except Refusal as refusal:
        show_refusal(form, refusal)
        return _page(request, hall, form, page, status=409)
    if "do" not in request.POST or not request.POST.get("expect"):
        return _page(request, hall, form, page, fates=fates)
    series = uuid4()

    @transaction.atomic
    def run() -> dict[str, Any]:
        opened = open_many(
            asked, expect=request.POST["expect"], series=series, by=request.user, now=now  # type: ignore[arg-type]
        )  # fmt: skip
        add_extra(form, opened, request.user, now)
        text = ngettext("%(n)s session is open.", "%(n)s sessions are open.", len(opened))
        return {"series": str(series), "said": text % {"n": len(opened)}}

    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    body = f"{hall.code} {page} {request.POST['expect']} {body}"
    try:
        told = press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _page(request, hall, form, page, fates=foresee_many(asked, now=now), status=409)
    messages.success(request, told["said"])
    return redirect("appointments:supervise_series_of", told["series"])


def add_extra(form: Forms, opened: list[HallSession], by: Any, now: datetime) -> None:
    """The on-site numbers that a series brings beside its share. Refuses: TooManyPlaces,
    NoRoomForPlaces, ChangedMeanwhile; beside the field."""
    more = form.more() if isinstance(form, SeriesForm) else None
    if more is None:
        return
    try:
        add_places(opened, more, batch=uuid4(), expect=len(opened), by=by, now=now)
    except Refusal as refusal:
        refusal.field = "extra"
        raise


def _page(
    request: HttpRequest,
    hall: Hall,
    form: Forms,
    page: str,
    *,
    fates: list[DayFate] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "here": "open",
        "hall": hall,
        "halls": halls_here(request),
        "form": form,
        "fates": shown_fates(fates or []),
        "looked": fates is not None,
        "total": _total(fates) if fates else None,
        "expect": digest(fates) if fates else "",
        "was": request.POST.get("kind") or request.GET.get("kind", ""),
        "key": fresh_key(),
    }
    return show(request, page, context, status=status)


def _total(fates: list[DayFate]) -> dict[str, Any]:
    """What all bring together; `hours` in words."""
    numbers = total(fates)
    return numbers | {"hours": saying.staff_hours_words(numbers["hours"])}


def own_series(request: HttpRequest, series: UUID, *roles: str) -> list[HallSession]:
    """The sessions of that action in halls of the person. Raises NotFound without any."""
    mine = HallSession.objects.filter(hall__in=halls_of(request.user, *roles), series=series)
    found = list(mine.select_related("hall").order_by("starts_at", "hall__code"))
    if not found:
        raise NotFound
    return found


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_series_of(request: HttpRequest, series: UUID) -> HttpResponse:
    """All sessions that were opened in one action."""
    return _series_page(request, series, civil.now())


def _series_page(
    request: HttpRequest,
    series: UUID,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    sessions = own_series(request, series, *LOOKERS)
    lines = [
        SeriesLine(
            session,
            saying.long_day(session.service_day),
            saying.hours(session.starts_at, session.ends_at),
            session.state == HallSession.State.OPEN and session.ends_at > now,
        )
        for session in sessions
    ]
    mine = set(halls_of(request.user, *WHO).values_list("pk", flat=True))
    context = {
        "here": "open",
        "hall": sessions[0].hall,
        "series": series,
        "lines": lines,
        "can_undo": any(line.is_alive and line.session.hall_id in mine for line in lines),
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "series_of", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_series_undo(request: HttpRequest, series: UUID) -> HttpResponse:
    """Take all sessions of the action back, until the first booking of any of them."""
    sessions, now = own_series(request, series, *WHO), civil.now()

    @transaction.atomic
    def run() -> dict[str, Any]:
        alive = [s for s in sessions if s.state == HallSession.State.OPEN and s.ends_at > now]
        for session in sorted(alive, key=lambda one: one.pk):
            undo_opening(session=session, by=request.user, now=now)  # type: ignore[arg-type]
        text = ngettext(
            "%(n)s session is undone. Nobody had booked it.",
            "%(n)s sessions are undone. Nobody had booked them.",
            len(alive),
        )
        return {"said": text % {"n": len(alive)}}

    try:
        actor = f"staff:{request.user.pk}"
        told = press(request, actor=actor, body=str(series), now=now, run=run)
    except SaidNo as refusal:
        said = _("Nothing was undone.") + " " + str(refusal)
        return _series_page(request, series, now, errors=(said,), status=409)
    messages.success(request, told["said"])
    return redirect("appointments:supervise_series_of", series)
