"""Pages of self-service points: for citizens, and for who looks after them. C28"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.point_forms import OutForm
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, show
from config import civil
from windows.access import VIEWER, halls_of, own_row, staff_page
from windows.models import Matter, SelfServicePoint, StaffRole
from windows.points import PointNow, points_now, points_shown, set_out, set_working

LOOK = (*WHO, VIEWER)


def _hours(one: PointNow) -> str:
    point = one.point
    if point.opens is None or point.closes is None:
        return _("Day and night")
    facts = {"opens": f"{point.opens:%H:%M}", "closes": f"{point.closes:%H:%M}"}
    return _("%(opens)s to %(closes)s") % facts


def _row(one: PointNow, now: datetime) -> dict[str, Any]:
    """A point in words."""
    since = one.point.out_since
    return {
        "now": one,
        "point": one.point,
        "hours": _hours(one),
        "since": saying.when_from(since, now) if since else "",
        "changed": saying.when_from(one.point.changed_at, now),
    }


@never_cache
@require_safe
def points(request: HttpRequest) -> HttpResponse:
    """Where a machine saves the visit: what it does, when, whether it works."""
    now, asked = civil.now(), request.GET
    matters = Matter.objects.filter(is_offered=True, points__is_shown=True).distinct()
    listed = list(matters.order_by("position", "pk"))
    matter = next((one for one in listed if one.code == asked.get("matter")), None)
    district, open_only = asked.get("district", "")[:40], asked.get("open") == "1"
    every = points_shown(now=now, matter=matter)
    districts = sorted({one.point.district for one in every})
    found = [
        one
        for one in every
        if (not district or one.point.district == district)
        and (not open_only or (one.is_open and one.works))
    ]
    context = {
        "rows": [_row(one, now) for one in found],
        "districts": districts,
        "district": district,
        "matters": listed,
        "matter": matter,
        "open_only": open_only,
    }
    return render(request, "appointments/points.html", context)


def _mine(request: HttpRequest, *roles: str) -> QuerySet[SelfServicePoint]:
    """The points of the person's halls; those of no hall belong to who has the whole city."""
    mine = Q(hall__in=halls_of(request.user, *roles))
    city = StaffRole.objects.filter(
        staff=request.user.pk, role__in=roles, hall__isnull=True, district=""
    )
    if city.exists():
        mine |= Q(hall__isnull=True)
    return SelfServicePoint.objects.filter(mine)


@never_cache
@staff_page(*LOOK)
@require_safe
def supervise_points(request: HttpRequest) -> HttpResponse:
    """The points of one's halls, and whether they work."""
    return _page(request)


def _page(request: HttpRequest, wrong: tuple[int, OutForm] | None = None) -> HttpResponse:
    now = civil.now()
    may = set(_mine(request, *WHO).values_list("pk", flat=True))
    rows = []
    for one in points_now(_mine(request, *LOOK), now):
        form = wrong[1] if wrong and wrong[0] == one.point.pk else OutForm(one.point.pk)
        rows.append({**_row(one, now), "form": form, "may": one.point.pk in may})
    context = {
        "here": "points",
        "rows": rows,
        "key": fresh_key(),
        "form": wrong[1] if wrong else None,
        "out": sum(not row["now"].works for row in rows),
    }
    return show(request, "points", context, status=400 if wrong else 200)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_point_state(request: HttpRequest, pk: int) -> HttpResponse:
    """One press: it is out of order, or works again."""
    point = own_row(_mine(request, *WHO), pk)
    now, form = civil.now(), OutForm(point.pk, request.POST)
    if not form.is_valid():
        return _page(request, wrong=(point.pk, form))
    works = request.POST.get("state") == "works"

    def run() -> dict[str, Any]:
        about: dict[str, Any] = {"point": point, "by": request.user, "now": now}
        if works:
            set_working(**about)
            return {"said": _("%(name)s works again.") % {"name": point.name}}
        set_out(**about, **form.cleaned_data)
        return {"said": _("%(name)s is out of order.") % {"name": point.name}}

    try:
        body = f"{pk} {works} {form.cleaned_data}"
        told = press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        messages.error(request, str(no))
    else:
        messages.success(request, told["said"])
    return redirect("appointments:supervise_points")
