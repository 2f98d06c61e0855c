"""One closing of a hall: who lost a place, taking it back, opening the hall again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.changed_views import until_words
from appointments.changes.recording import bounds
from appointments.changes.reopening import preview_reopening, reopen
from appointments.changes.undoing import undo_closure, why_no_undo
from appointments.models import Displaced
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import LOOKERS, WHO, show
from appointments.told_words import ShownTold, told_of
from config import civil
from windows.access import halls_of, has_role, own_row, staff_page
from windows.models import HallClosure, HallSession


def own_closure(request: HttpRequest, pk: int, *roles: str) -> HallClosure:
    """The closure, of a hall that the person runs or may look at. Raises NotFound."""
    mine = HallClosure.objects.filter(hall__in=halls_of(request.user, *(roles or WHO)))
    return own_row(mine.select_related("hall", "made_by", "reopened_by"), pk)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_closure(request: HttpRequest, pk: int) -> HttpResponse:
    """The closure: who lost a place, until when it can be taken back, opening again."""
    return _closure(request, own_closure(request, pk, *LOOKERS), civil.now())


def _closure(
    request: HttpRequest,
    closure: HallClosure,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    may_change = has_role(request.user, closure.hall, *WHO)
    told = told_of_closure(closure, now, may_change)
    context = {
        "here": "close",
        "hall": closure.hall,
        "closure": closure,
        "heading": closure_heading(closure, now),
        "period": saying.period(*bounds(closure.period)),
        "made": saying.when(closure.made_at),
        "reopened": reopened_words(closure),
        "told": told,
        "watched": bool(told.people) and closure.reopened_at is None,
        "sessions": sessions_of(closure),
        "others": other_halls(request, closure, now),
        "may_change": may_change,
        "errors": errors,
        "key": fresh_key(),
        **undo_of_closure(closure, now),
        **reopening_of(closure, now),
    }
    return show(request, "closure", context, status=status)


def told_of_closure(closure: HallClosure, now: datetime, with_names: bool) -> ShownTold:
    rows = Displaced.objects.filter(change__closure=closure, change__kind="close")
    loaded = rows.select_related(
        "booking__matter", "booking__slot__hall", "old_slot", "new_slot__hall", "entry"
    )
    return told_of(
        list(loaded.order_by("old_slot__starts_at", "pk")), now=now, with_names=with_names
    )


def closure_heading(closure: HallClosure, now: datetime) -> str:
    if closure.changes.filter(kind="close", undone_at__isnull=False).exists():
        return _("The closing was taken back")
    if closure.reopened_at is not None:
        return _("The hall is open again")
    if bounds(closure.period)[1] <= now:
        return _("The hall was closed")
    return (
        _("The hall is closed")
        if bounds(closure.period)[0] <= now
        else _("The hall will be closed")
    )


def reopened_words(closure: HallClosure) -> str:
    if closure.reopened_at is None:
        return ""
    # Taken back counts as opened by whoever took it back.
    facts = {"who": closure.reopened_by or "", "when": saying.when(closure.reopened_at)}
    return _("opened again by %(who)s, %(when)s") % facts


def sessions_of(closure: HallClosure) -> list[dict[str, Any]]:
    touched = HallSession.objects.filter(changes__closure=closure).distinct()
    return [
        {
            "pk": one.pk,
            "day": saying.short_day(one.service_day),
            "hours": saying.hours(one.starts_at, one.ends_at),
        }
        for one in touched.order_by("starts_at", "pk")
    ]


def other_halls(request: HttpRequest, closure: HallClosure, now: datetime) -> list[dict[str, str]]:
    """One's other halls that are not closed then, with the same questions already answered."""
    if closure.reopened_at is not None or bounds(closure.period)[1] <= now:
        return []
    shut = HallClosure.objects.filter(period__overlap=closure.period, reopened_at__isnull=True)
    mine = halls_of(request.user, *WHO).filter(is_open=True).exclude(closures__in=shut)
    asked = {
        "look": "1",
        "closes_at": f"{civil.city_time(bounds(closure.period)[0]):%Y-%m-%dT%H:%M}",
        "opens_at": f"{civil.city_time(bounds(closure.period)[1]):%Y-%m-%dT%H:%M}",
        "reason": closure.reason,
        "note_zh": closure.note_zh,
        "note_en": closure.note_en,
    }
    way = reverse("appointments:supervise_close")
    return [
        {"name": hall.name, "href": f"{way}?{urlencode({'hall': hall.code, **asked})}"}
        for hall in mine.order_by("code")
    ]


def undo_of_closure(closure: HallClosure, now: datetime) -> dict[str, Any]:
    """Whether and until when the closure can be taken back, for `_undo.html`."""
    changes = list(closure.changes.filter(kind="close").order_by("pk"))
    stands = closure.reopened_at is not None or not changes
    if stands or why_no_undo(changes[0], now):  # all of them are judged together
        return {}
    until = min((one.undo_until for one in changes if one.undo_until), default=None)
    undo = reverse("appointments:supervise_closure_undo", args=[closure.pk])
    return {"undo": undo, "undo_until": until, "undo_words": until_words(until, now), "now": now}


def reopening_of(closure: HallClosure, now: datetime) -> dict[str, Any]:
    """What opening again would do; nothing when it is open or over."""
    if closure.reopened_at is not None or bounds(closure.period)[1] <= now:
        return {}
    seen = preview_reopening(closure, now=now)
    times = ngettext(
        "%(n)s time can be booked again.", "%(n)s times can be booked again.", seen.slots
    )
    lines = [times % {"n": seen.slots}]
    if seen.withdrawn:
        people = ngettext(
            "%(n)s person lost the place and has no other yet: %(first)s offered one here first.",
            "%(n)s people lost their places and have no other yet: %(first)s offered one here "
            "first.",
            seen.withdrawn,
        )
        lines.append(people % {"n": seen.withdrawn, "first": seen.will_be_offered})
    early = bounds(closure.period)[0] <= now
    button = _("Open the hall again now") if early else _("Do not close after all")
    return {"reopening": {"lines": lines, "button": button}}


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_closure_people(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that says how it stands with each person."""
    closure, now = own_closure(request, pk, *LOOKERS), civil.now()
    told = told_of_closure(closure, now, has_role(request.user, closure.hall, *WHO))
    return render(request, "appointments/supervise/_told.html", {"told": told})


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_closure_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the closing back, until the first message has left."""
    closure, now = own_closure(request, pk), civil.now()

    def run() -> dict[str, Any]:
        undo_closure(closure, by=request.user, now=now)  # type: ignore[arg-type]
        return {"said": _("The closing is taken back. Nobody was told of it.")}

    return _pressed(request, closure, now, run)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """The hall opens earlier than was said; who was cancelled is asked first."""
    closure, now = own_closure(request, pk), civil.now()

    def run() -> dict[str, Any]:
        done = reopen(closure, by=request.user, now=now)  # type: ignore[arg-type]
        said = ngettext(
            "The hall is open again: %(n)s time can be booked.",
            "The hall is open again: %(n)s times can be booked.",
            done.slots,
        )
        return {"said": said % {"n": done.slots}}

    return _pressed(request, closure, now, run)


def _pressed(
    request: HttpRequest, closure: HallClosure, now: datetime, run: Callable[[], dict[str, Any]]
) -> HttpResponse:
    try:
        actor = f"staff:{request.user.pk}"
        told = press(request, actor=actor, body=str(closure.pk), now=now, run=run)
    except SaidNo as no:
        closure.refresh_from_db()
        return _closure(request, closure, now, errors=(str(no),), status=409)
    messages.success(request, told["said"])
    return redirect("appointments:supervise_closure", closure.pk)
