"""A whole week at once: suggested or copied, looked at, planned in one press; swaps decided."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from appointments import saying
from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_views import actor, roster_url, week_asked, week_words
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.refusals import NotFound
from windows import swapping
from windows.access import halls_of, own_row, staff_page
from windows.models import Swap
from windows.suggesting import Proposal, copy_week, digest_of, plan_all, suggest

WAYS = {"suggest": suggest, "copy": copy_week}


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_roster_plan(request: HttpRequest, how: str) -> HttpResponse:
    """What would be planned, window by window; POST plans just that."""
    way = WAYS.get(how)
    if way is None:
        raise NotFound
    hall, now = asked_hall(request), civil.now()
    monday, _understood = week_asked(request, civil.city_date(now))
    proposals = way(hall, monday, now=now)
    errors: tuple[str, ...] = ()
    if request.method == "POST":
        seen = request.POST.get("expect", "")

        def run() -> dict[str, Any]:
            made = plan_all(proposals, expect=seen, by=request.user, now=now)  # type: ignore[arg-type]
            return {"made": made}

        try:
            body = f"{hall.code}/{monday}/{how}/{seen}"
            told = press(request, actor=actor(request), body=body, now=now, run=run)
        except SaidNo as refusal:
            errors = (str(refusal),)
        else:
            said = ngettext("%(n)s place is planned.", "%(n)s places are planned.", told["made"])
            messages.success(request, said % {"n": told["made"]})
            return redirect(roster_url(hall, monday))
    context: dict[str, Any] = {
        "here": "roster",
        "hall": hall,
        "halls": halls_here(request),
        "how": how,
        "week": monday,
        "week_words": week_words(monday),
        "days": _by_day(proposals),
        "planned": sum(1 for one in proposals if one.staff),
        "open": sum(1 for one in proposals if not one.staff),
        "expect": digest_of(proposals),
        "back": roster_url(hall, monday),
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "roster_plan", context, status=409 if errors else 200)


def _by_day(proposals: list[Proposal]) -> list[tuple[str, list[tuple[str, Proposal]]]]:
    rows = sorted(proposals, key=lambda p: (p.gap.session.service_day, p.gap.session.starts_at))
    found = []
    for day, of_day in groupby(rows, key=lambda one: one.gap.session.service_day):
        lines = [(saying.hours(one.gap.begins, one.gap.ends), one) for one in of_day]
        found.append((saying.long_day(day), lines))
    return found


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_roster_swap(request: HttpRequest, pk: int) -> HttpResponse:
    """A swap that two people agreed on is confirmed, or refused."""
    mine = Swap.objects.filter(entry__session__hall__in=halls_of(request.user, *WHO))
    swap = own_row(mine.select_related("entry__session__hall", "for_entry"), pk)
    session, now = swap.entry.session, civil.now()
    says_yes = request.POST.get("answer") == "yes"

    def run() -> dict[str, Any]:
        command = swapping.confirm if says_yes else swapping.refuse
        command(swap=swap, by=request.user, now=now)  # type: ignore[arg-type]
        return {}

    try:
        press(request, actor=actor(request), body=f"{pk}/{says_yes}", now=now, run=run)
    except SaidNo as refusal:
        messages.error(request, str(refusal))
    else:
        said = _("The swap is done.") if says_yes else _("The swap is refused: the roster stays.")
        messages.success(request, said)
    return redirect(roster_url(session.hall, session.service_day))
