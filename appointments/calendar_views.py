"""The city's working days: a year on one page, one day, a year's notice."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.calendar_forms import AS_PUBLISHED, DayForm, NoticeForms
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, halls_here, show
from appointments.year import (
    day_words,
    sessions_words,
    source_words,
    uplift_words,
    warning_words,
    year_of,
)
from config import civil
from config.faces import show_refusal
from config.refusals import NotAllowed, NotFound
from windows.access import ADMIN, AUDITOR, SUPERVISOR, VIEWER, halls_of, staff_page
from windows.calendar_days import day_kind, forget_day, last_published, set_day
from windows.calendar_notices import (
    Changed,
    NoticePreview,
    NoticeWrong,
    Off,
    enter_notice,
    notice_of,
    preview_notice,
)
from windows.events import events_between
from windows.models import HallSession, Staff, WorkCalendarDay
from windows.reach import runs_city

SEE = (SUPERVISOR, ADMIN, VIEWER, AUDITOR)
YEARS_BACK, YEARS_AHEAD = 2, 3
SHOWN = 12


def place(request: HttpRequest) -> dict[str, Any]:
    """What the pages of the calendar have in common: where one is, what one may change."""
    return {
        "here": "calendar",
        "runs_halls": bool(halls_here(request)),
        "may_set": runs_city(request.user, *WHO),
    }


def _int(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else usual


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@never_cache
@staff_page(*SEE)
@require_safe
def supervise_calendar(request: HttpRequest) -> HttpResponse:
    """The year, and the day that was chosen in it."""
    return _page(request, civil.now())


def _page(
    request: HttpRequest, now: datetime, *, form: DayForm | None = None, status: int = 200
) -> HttpResponse:
    today = civil.city_date(now)
    asked = request.POST.get("day") or request.GET.get("day", "")
    day = _date(asked)
    year = _int(request.GET.get("year", ""), day.year if day else today.year)
    if not today.year - YEARS_BACK <= year <= today.year + YEARS_AHEAD:
        raise NotFound
    halls = halls_of(request.user, *SEE)
    shown = year_of(year, halls=halls, today=today, chosen=day)
    context = place(request) | {
        "year": shown,
        "weekdays": saying.WEEKDAYS,
        "warning": warning_words(now),
        "earlier": year - 1 if year > today.year - YEARS_BACK else None,
        "later": year + 1 if year < today.year + YEARS_AHEAD else None,
        "is_published": year <= last_published().year,
        "chosen": _chosen(request, day, form) if day and day.year == year else None,
        "form": form,
        "key": fresh_key(),
    }
    return show(request, "calendar", context, status=status)


def _chosen(request: HttpRequest, day: date, form: DayForm | None) -> dict[str, Any]:
    """What is known of one day: who says so, who changed it, what stands on it."""
    kind = day_kind(day)
    row = WorkCalendarDay.objects.filter(day=day).select_related("changed_by").first()
    halls = halls_of(request.user, *SEE)
    sessions = HallSession.objects.filter(
        hall__in=halls, service_day=day, state=HallSession.State.OPEN
    )
    events = events_between(day, day)
    first = {
        "day": day, "what": "work" if kind.is_workday else "off", "name_zh": kind.name_zh,
        "name_en": kind.name_en, "is_confirmed": kind.confirmed or row is None,
    }  # fmt: skip
    return {
        "day": day,
        "words": saying.long_day(day),
        "kind": kind,
        "said": day_words(day, kind),
        "source": source_words(kind),
        "changed": _changed_words(row),
        "sessions": sessions_words(sessions.count()),
        "listed": [
            (saying.hours(one.starts_at, one.ends_at), one)
            for one in sessions.select_related("hall").order_by("starts_at", "hall__code")[:SHOWN]
        ],
        "events": [(uplift_words(one.uplift_percent), one) for one in events],
        "form": form or DayForm(initial=first),
    }


def _changed_words(row: WorkCalendarDay | None) -> str:
    if row is None:
        return ""
    when = saying.when(row.changed_at)
    if row.changed_by is None:
        return when
    return _("%(who)s, %(when)s") % {"who": row.changed_by, "when": when}


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_calendar_day(request: HttpRequest) -> HttpResponse:
    """Say what a day is, for the whole city; or take it back."""
    _require_city(request)
    now, form = civil.now(), DayForm(request.POST)
    if not form.is_valid():
        return _page(request, now, form=form, status=400)
    told = dict(form.cleaned_data)
    what, day = told.pop("what"), told["day"]
    staff: Staff = request.user  # type: ignore[assignment]

    def run() -> dict[str, Any]:
        if what == AS_PUBLISHED:
            forget_day(day=day)
        else:
            set_day(**told, is_workday=what == "work", by=staff, now=now)
        return {}

    try:
        press(request, actor=f"staff:{staff.pk}", body=f"{what} {told}", now=now, run=run)
    except SaidNo as no:
        show_refusal(form, no)
        return _page(request, now, form=form, status=409)
    kind = day_kind(day)
    facts = {"day": saying.long_day(day), "what": day_words(day, kind)}
    messages.success(request, _("%(day)s is now: %(what)s.") % facts)
    return redirect(f"{reverse('appointments:supervise_calendar')}?day={day.isoformat()}#day")


def _require_city(request: HttpRequest) -> None:
    """The calendar is the whole city's. Raises NotAllowed for who runs less."""
    if not runs_city(request.user, *WHO):
        raise NotAllowed


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_calendar_notice(request: HttpRequest, year: int) -> HttpResponse:
    """Type in the year's notice: look what changes, then the year is confirmed."""
    _require_city(request)
    now = civil.now()
    if not 0 <= year - civil.city_date(now).year <= YEARS_AHEAD:
        raise NotFound
    if request.method != "POST":
        first = [_first(line) for line in notice_of(year)]
        return _notice(request, year, NoticeForms(initial=first))
    forms = NoticeForms(request.POST)
    if not forms.is_valid():
        return _notice(request, year, forms, status=400)
    named = [(n, one.line()) for n, one in enumerate(forms.forms)]
    rows = [n for n, line in named if line]
    lines = [line for _n, line in named if line]
    try:
        seen = preview_notice(year, lines)
        if "look" in request.POST:
            return _notice(request, year, forms, seen=seen)
        return _entered(request, year, lines, now)
    except NoticeWrong as wrong:
        show_refusal(forms.forms[rows[wrong.row]], wrong)
        return _notice(request, year, forms, status=409)


def _first(line: Off) -> dict[str, Any]:
    """The line as the form shows it."""
    worked = ", ".join(day.isoformat() for day in line.worked)
    return {**vars(line), "worked": worked}


def _entered(request: HttpRequest, year: int, lines: list[Off], now: datetime) -> HttpResponse:
    staff: Staff = request.user  # type: ignore[assignment]

    def run() -> dict[str, Any]:
        enter_notice(year, lines, by=staff, now=now)
        return {}

    press(request, actor=f"staff:{staff.pk}", body=f"{year} {lines}", now=now, run=run)
    messages.success(request, _("The holidays of %(year)s are confirmed.") % {"year": year})
    return redirect(f"{reverse('appointments:supervise_calendar')}?year={year}")


def _notice(
    request: HttpRequest,
    year: int,
    forms: Any,
    *,
    seen: NoticePreview | None = None,
    status: int = 200,
) -> HttpResponse:
    context = place(request) | {
        "year": year,
        "forms": forms,
        "errors": [
            f"{form['name_zh'].value()}: {error}"
            for form in forms.forms
            for errors in form.errors.values()
            for error in errors
        ],
        "seen": seen,
        "changes": [_change_words(one) for one in seen.changes] if seen else [],
        "kept": [saying.long_day(day) for day in seen.kept] if seen else [],
        "missing": [(saying.long_day(day), name) for day, name in seen.missing] if seen else [],
        "key": fresh_key(),
    }
    return show(request, "calendar_notice", context, status=status)


def _change_words(one: Changed) -> dict[str, str]:
    """One row of the preview."""
    stands = ""
    if one.sessions:
        said = ngettext(
            "%(n)s session stands on it, %(booked)s booked",
            "%(n)s sessions stand on it, %(booked)s of them booked",
            one.sessions,
        )
        stands = said % {"n": one.sessions, "booked": one.booked}
    return {
        "day": saying.long_day(one.day),
        "before": day_words(one.day, one.before),
        "after": day_words(one.day, one.after),
        "stands": stands,
    }
