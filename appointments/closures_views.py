"""Several closings at once: opening their halls again or taking them back, and what became
of each hall after one press."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments import saying
from appointments.changes.recording import bounds
from appointments.changes.reopening import preview_reopening, reopen
from appointments.changes.undoing import undo_closure, why_no_undo
from appointments.closure_views import closure_heading, told_of_closure
from appointments.pressing import fresh_key
from appointments.pressing_each import Outcome, outcomes_of, press_each
from appointments.supervise_views import WHO, show
from appointments.together_words import heading_of_done, nothing_done
from config import civil
from windows.access import halls_of, staff_page
from windows.models import Hall, HallClosure

OPEN, UNDO = "open", "undo"
NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class StandingRow:
    """A closing that runs or comes: what opening its hall again would do."""

    closure: HallClosure
    period: str
    times: int
    people: int
    offered: int


@dataclass(frozen=True)
class DoneRow:
    """What became of one hall: `said` is empty unless it was refused."""

    hall: Hall
    said: str
    told: str = ""
    href: str = ""
    closure: int = 0
    can_undo: bool = False


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_closures(request: HttpRequest) -> HttpResponse:
    """All closings of one's halls that run or come; those that are chosen end together."""
    now = civil.now()
    return _end(request, now) if request.method == "POST" else _page(request, now)


def _page(
    request: HttpRequest, now: datetime, *, errors: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    context = {
        "here": "close",
        "rows": [_row(one, now) for one in _standing(request, now)],
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "closures", context, status=status)


def _standing(request: HttpRequest, now: datetime) -> Any:
    mine = HallClosure.objects.filter(hall__in=halls_of(request.user, *WHO))
    coming = mine.filter(reopened_at__isnull=True, period__endswith__gt=now)
    return coming.select_related("hall").order_by("hall__code", "period")


def _row(closure: HallClosure, now: datetime) -> StandingRow:
    seen = preview_reopening(closure, now=now)
    period = saying.period(*bounds(closure.period))
    return StandingRow(closure, period, seen.slots, seen.withdrawn, seen.will_be_offered)


def _end(request: HttpRequest, now: datetime) -> HttpResponse:
    """Each of the chosen closings by itself, also those that an earlier press has ended."""
    chosen = [one for one in request.POST.getlist("closure") if NUMBER.fullmatch(one)]
    what = UNDO if request.POST.get("do") == UNDO else OPEN
    mine = HallClosure.objects.filter(hall__in=halls_of(request.user, *WHO), pk__in=chosen)
    act = partial(_undone if what == UNDO else _opened, by=request.user, now=now)
    ordered = mine.select_related("hall").order_by("hall__code", "period")
    runs = {str(one.pk): partial(act, one) for one in ordered}
    if not runs:
        return _page(request, now, errors=(_("Choose at least one hall."),), status=400)
    pressed = press_each(request, runs, now=now, what=what)
    return redirect("appointments:supervise_closures_done", pressed)


def _opened(closure: HallClosure, *, by: Any, now: datetime) -> dict[str, Any]:
    return {"closure": reopen(closure, by=by, now=now).closure.pk}


def _undone(closure: HallClosure, *, by: Any, now: datetime) -> dict[str, Any]:
    return {"closure": undo_closure(closure, by=by, now=now).pk}


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_closures_done(request: HttpRequest, pressed: str) -> HttpResponse:
    """What became of each hall by one press; no hall is left out."""
    now = civil.now()
    facts, outcomes = outcomes_of(request.user, pressed)  # type: ignore[arg-type]
    rows = _done_rows(request, facts["what"], outcomes, now)
    done = sum(not row.said for row in rows)
    context = {
        "here": "close",
        "heading": heading_of_done(facts["what"], done, len(rows)),
        "rows": rows,
        "undo": [row.closure for row in rows if row.can_undo],
        "key": fresh_key(),
    }
    return show(request, "closures_done", context)


def _done_rows(
    request: HttpRequest, what: str, outcomes: Sequence[Outcome], now: datetime
) -> list[DoneRow]:
    """By hall; those of a closing are named by their hall, others by their closing."""
    ids = [one.answer["closure"] if one.answer else 0 for one in outcomes]
    if what != "close":
        ids += [int(one.name) for one in outcomes]
    closures = HallClosure.objects.select_related("hall").in_bulk(ids)
    halls = {hall.code: hall for hall in halls_of(request.user, *WHO)}
    found = []
    for one in outcomes:
        pk = int(one.answer["closure"]) if one.answer else 0
        known = closures.get(pk or (int(one.name) if what != "close" else 0))
        hall = halls.get(known.hall.code if known else one.name)
        if hall is not None:
            found.append(_done(what, one, hall, known, now))
    return found


def _done(
    what: str, one: Outcome, hall: Hall, closure: HallClosure | None, now: datetime
) -> DoneRow:
    href = f"{reverse('appointments:supervise_close')}?hall={hall.code}"
    if closure is not None:
        href = reverse("appointments:supervise_closure", args=[closure.pk])
    if one.answer is None or closure is None:
        return DoneRow(hall, one.said or nothing_done(what), href=href)
    if what != "close" or closure.reopened_at is not None:
        return DoneRow(hall, "", closure_heading(closure, now), href, closure.pk)
    told = told_of_closure(closure, now, with_names=False).summary
    return DoneRow(hall, "", told, href, closure.pk, _can_undo(closure, now))


def _can_undo(closure: HallClosure, now: datetime) -> bool:
    first = closure.changes.filter(kind="close").order_by("pk").first()
    return first is not None and not why_no_undo(first, now)
