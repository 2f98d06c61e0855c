"""The roster of a hall's week, and one place of it: who stands there, who could."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_asked import asked_rows
from appointments.roster_forms import PlaceBreakForm, PlaceForm, instant_in
from appointments.roster_page import week_page
from appointments.roster_place import place_page
from appointments.roster_words import swap_words
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows import breaks, rostering, swapping
from windows.access import halls_of, has_role, staff_page
from windows.duties import week_of
from windows.models import Hall, HallSession, PlannedBreak, RosterEntry, Window


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_roster(request: HttpRequest) -> HttpResponse:
    """A week: every session with its windows and who stands there, and everybody's hours."""
    hall, now = asked_hall(request, *LOOKERS), civil.now()
    today = civil.city_date(now)
    monday, understood = week_asked(request, today)
    runs = has_role(request.user, hall, *WHO)
    context: dict[str, Any] = {
        "here": "roster",
        "hall": hall,
        "halls": halls_here(request, *LOOKERS),
        "week": week_page(hall, monday, now=now, today=today),
        "week_words": week_words(monday),
        "is_this_week": monday == week_of(today)[0],
        "is_past": monday + timedelta(days=6) < today,
        "asked": asked_rows(hall, request.user, now=now) if runs else [],
        "swaps": [swap_words(one) for one in swapping.open_in(hall)] if runs else [],
        "may_act": runs,
        "runs_halls": runs,
        "not_understood": not understood,
        "key": fresh_key(),
    }
    return show(request, "roster", context)


def week_asked(request: HttpRequest, today: date) -> tuple[date, bool]:
    """The Monday of the week of `?week=2027-03-04`, and whether it could be read."""
    asked = request.POST.get("week") or request.GET.get("week", "")
    if not asked:
        return week_of(today)[0], True
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return week_of(today)[0], False
    in_reach = 2000 <= day.year <= today.year + 2
    return (week_of(day)[0], True) if in_reach else (week_of(today)[0], False)


def week_words(monday: date) -> str:
    """1 Mar – 7 Mar."""
    facts = {
        "first": saying.short_day(monday),
        "last": saying.short_day(monday + timedelta(days=6)),
    }
    return _("%(first)s to %(last)s") % facts


def roster_url(hall: Hall, day: date) -> str:
    return f"{reverse('appointments:supervise_roster')}?hall={hall.code}&week={day.isoformat()}"


def own_place(request: HttpRequest, pk: int, number: int) -> tuple[HallSession, Window | None]:
    """The session and its window (0 is the floor), in a hall that the person runs."""
    mine = HallSession.objects.filter(hall__in=halls_of(request.user, *WHO))
    session = mine.select_related("hall").filter(pk=min(pk, 2**62)).first()
    if session is None:
        raise NotFound
    if number == 0:
        return session, None
    window = session.hall.windows.filter(number=min(number, 30_000), is_in_use=True).first()
    if window is None:
        raise NotFound
    return session, window


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_roster_place(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One place: who stands there; POST plans somebody."""
    session, window = own_place(request, pk, number)
    if request.method != "POST":
        return _place(request, session, window)
    now = civil.now()
    page = place_page(session, window, now=now)
    form = PlaceForm(request.POST, session=session, people=page.everybody)
    if not form.is_valid():
        return _place(request, session, window, form=form, status=400)
    begins, ends = form.hours()
    if ends <= begins:
        form.add_error("ends", _("The end is before the beginning. Choose a later end."))
        return _place(request, session, window, form=form, status=400)
    staff, period = form.chosen(), DateTimeTZRange(begins, ends)

    def run() -> dict[str, Any]:
        rostering.assign(
            staff=staff, session=session, window=window, period=period, now=now,
            by=request.user,  # type: ignore[arg-type]
        )  # fmt: skip
        return {}

    body = f"{pk}/{number}/{staff.pk}/{begins}/{ends}"
    try:
        press(request, actor=actor(request), body=body, now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _place(request, session, window, form=form, at=link_of(refusal, session), status=409)
    messages.success(request, _("%(name)s is planned there.") % {"name": staff})
    return redirect(roster_url(session.hall, session.service_day))


def _place(
    request: HttpRequest,
    session: HallSession,
    window: Window | None,
    *,
    form: PlaceForm | None = None,
    break_form: PlaceBreakForm | None = None,
    errors: tuple[str, ...] = (),
    at: str = "",
    status: int = 200,
) -> HttpResponse:
    now = civil.now()
    page = place_page(session, window, now=now)
    begins, ends = page.asked
    first = {"begins": civil.city_time(begins).time(), "ends": civil.city_time(ends).time()}
    if page.fitting:
        first["staff"] = str(page.fitting[0].staff.pk)  # type: ignore[assignment]
    context: dict[str, Any] = {
        "here": "roster",
        "hall": session.hall,
        "halls": [],
        "session": session,
        "number": window.number if window else 0,
        "window": window,
        "day": saying.long_day(session.service_day),
        "hours": saying.hours(session.starts_at, session.ends_at),
        "page": page,
        "form": form or PlaceForm(initial=first, session=session, people=page.everybody),
        "break_form": break_form or PlaceBreakForm(),
        "back": roster_url(session.hall, session.service_day),
        "errors": errors,
        "conflict_url": at,
        "key": fresh_key(),
    }
    return show(request, "roster_place", context, status=status)


def link_of(refusal: SaidNo, session: HallSession) -> str:
    """Where the thing is that stands in the way, when it is in the same hall; else ""."""
    about = refusal.told
    other = HallSession.objects.filter(pk=about.get("session") or 0, hall=session.hall_id).first()
    if other is None:
        return ""
    window = Window.objects.filter(pk=about.get("window") or 0).first()
    return reverse(
        "appointments:supervise_roster_place", args=[other.pk, window.number if window else 0]
    )


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_roster_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """The person is not planned there any more."""
    entry = own_entry(request, pk)

    def run() -> dict[str, Any]:
        rostering.remove(entry=entry, by=request.user, now=civil.now())  # type: ignore[arg-type]
        return {"said": _("%(name)s is not planned there any more.") % {"name": entry.staff}}

    return _pressed(request, entry, run)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_roster_move(request: HttpRequest, pk: int) -> HttpResponse:
    """The person stands at another window of the session instead."""
    entry = own_entry(request, pk)
    asked = request.POST.get("to", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 6):
        messages.error(request, _("Choose a window."))
        return redirect(_page_of(entry))
    _session, window = own_place(request, entry.session_id, int(asked))

    def run() -> dict[str, Any]:
        rostering.move(entry=entry, window=window, by=request.user, now=civil.now())  # type: ignore[arg-type]
        if window is None:
            return {"said": _("%(name)s is on the floor now.") % {"name": entry.staff}}
        facts = {"name": entry.staff, "number": window.number}
        return {"said": _("%(name)s is planned at window %(number)s now.") % facts}

    return _pressed(request, entry, run, body=asked)


def own_entry(request: HttpRequest, pk: int) -> RosterEntry:
    """The planned time, when it is in a hall that the person runs. Raises NotFound."""
    mine = RosterEntry.objects.filter(session__hall__in=halls_of(request.user, *WHO))
    entry = (
        mine.select_related("session__hall", "staff", "window").filter(pk=min(pk, 2**62)).first()
    )
    if entry is None:
        raise NotFound
    return entry


def _pressed(
    request: HttpRequest, entry: RosterEntry, run: Callable[[], dict[str, Any]], body: str = ""
) -> HttpResponse:
    try:
        told = press(
            request, actor=actor(request), body=f"{entry.pk}/{body}", now=civil.now(), run=run
        )
    except SaidNo as refusal:
        at = link_of(refusal, entry.session)
        return _place(
            request, entry.session, entry.window, errors=(str(refusal),), at=at, status=409
        )
    messages.success(request, told["said"])
    return redirect(roster_url(entry.session.hall, entry.session.service_day))


def _page_of(entry: RosterEntry) -> str:
    number = entry.window.number if entry.window else 0
    return reverse("appointments:supervise_roster_place", args=[entry.session_id, number])


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_roster_break(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A break of the window in the session is planned, or dropped (`drop`)."""
    session, window = own_place(request, pk, number)
    if window is None:
        raise NotFound
    now, here = civil.now(), reverse("appointments:supervise_roster_place", args=[pk, number])
    if request.POST.get("drop"):
        planned = PlannedBreak.objects.filter(
            window=window, pk=_number(request.POST["drop"])
        ).first()
        if planned is not None:
            breaks.drop(planned=planned, staff=request.user)  # type: ignore[arg-type]
            messages.success(request, _("The planned break is off."))
        return redirect(here)
    form = PlaceBreakForm(request.POST)
    if not form.is_valid():
        return _place(request, session, window, break_form=form, status=400)
    begins_at, minutes = instant_in(session, form.cleaned_data["at"]), form.cleaned_data["minutes"]

    def run() -> dict[str, Any]:
        breaks.plan_from(
            window=window, begins_at=begins_at, minutes=minutes, now=now,
            staff=request.user,  # type: ignore[arg-type]
        )  # fmt: skip
        return {}

    try:
        press(
            request,
            actor=actor(request),
            body=f"{window.pk}/{begins_at}/{minutes}",
            now=now,
            run=run,
        )
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _place(request, session, window, break_form=form, status=409)
    messages.success(request, _("The break is planned."))
    return redirect(here)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"
