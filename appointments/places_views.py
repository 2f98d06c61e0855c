"""More places of a matter over some days: look, add, take back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.pressing import SaidNo, fresh_key, press
from appointments.series_forms import CHANNELS, PlacesForm
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal
from windows.access import halls_of, staff_page
from windows.models import Hall, Matter, SessionChange
from windows.placing import PlacesFate, add_places, foresee_places, take_back_places


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_places(request: HttpRequest) -> HttpResponse:
    """More places for each session of some days: look at each, add them in one press."""
    hall, now = asked_hall(request), civil.now()
    halls = halls_here(request)
    if request.method != "POST":
        form = PlacesForm(halls=halls, initial=_first(hall, now))
        return _page(request, hall, form)
    form = PlacesForm(request.POST, halls=halls)
    if not form.is_valid():
        return _page(request, hall, form, status=400)
    return _look_or_add(request, hall, form, now)


def _first(hall: Hall, now: datetime) -> dict[str, Any]:
    day = civil.city_date(now) + timedelta(days=1)
    return {
        "places": 5,
        "channel": "walkin",
        "first": day,
        "last": day + timedelta(days=13),
        "pattern": "workdays",
        "in_halls": [hall.code],
    }


def _look_or_add(request: HttpRequest, hall: Hall, form: PlacesForm, now: datetime) -> HttpResponse:
    try:
        sessions = form.sessions(now)
        fates = foresee_places(sessions, form.more(), now=now)
    except Refusal as refusal:
        show_refusal(form, refusal)
        return _page(request, hall, form, status=409)
    expect = request.POST.get("expect", "")
    if "do" not in request.POST or not expect.isdigit():
        return _page(request, hall, form, fates=fates)
    batch = uuid4()

    def run() -> dict[str, Any]:
        done = add_places(
            sessions, form.more(), batch=batch, expect=int(expect), by=request.user, now=now  # type: ignore[arg-type]
        )  # fmt: skip
        text = ngettext("%(n)s session has more places.", "%(n)s sessions have more places.", done)
        return {"batch": str(batch), "said": text % {"n": done}}

    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    try:
        told = press(
            request, actor=f"staff:{request.user.pk}", body=expect + body, now=now, run=run
        )
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _page(request, hall, form, fates=fates, status=409)
    messages.success(request, told["said"])
    return redirect("appointments:supervise_places_of", told["batch"])


def _page(
    request: HttpRequest,
    hall: Hall,
    form: PlacesForm,
    *,
    fates: list[PlacesFate] | None = None,
    status: int = 200,
) -> HttpResponse:
    fates = fates or []
    context = {
        "here": "open",
        "hall": hall,
        "halls": halls_here(request),
        "form": form,
        "fates": [(saying.short_day(fate.session.service_day), fate) for fate in fates],
        "expect": sum(fate.fits for fate in fates),
        "key": fresh_key(),
    }
    return show(request, "places", context, status=status)


def own_places(request: HttpRequest, batch: UUID, *roles: str) -> list[SessionChange]:
    """The changes of that action, when all are in halls of the person. Raises NotFound."""
    rows = SessionChange.objects.filter(kind=SessionChange.Kind.PLACES, facts__batch=str(batch))
    found = list(rows.select_related("session__hall", "made_by").order_by("session__starts_at"))
    mine = set(halls_of(request.user, *roles).values_list("pk", flat=True))
    if not found or any(change.session.hall_id not in mine for change in found):
        raise NotFound
    return found


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_places_of(request: HttpRequest, batch: UUID) -> HttpResponse:
    """What was added in one action."""
    return _result(request, batch)


def _result(
    request: HttpRequest, batch: UUID, *, errors: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    changes = own_places(request, batch, *LOOKERS)
    facts = changes[0].facts
    mine = set(halls_of(request.user, *WHO).values_list("pk", flat=True))
    context = {
        "here": "open",
        "hall": changes[0].session.hall,
        "batch": batch,
        "lines": [
            (saying.long_day(c.session.service_day), c.session, sum(c.facts["added"].values()))
            for c in changes
        ],
        "matter": Matter.objects.filter(code=facts["matter"]).first(),
        "places": facts["places"],
        "channel": dict(CHANNELS)[facts["channel"]],
        "undone": changes[0].undone_at is not None,
        "may_change": all(change.session.hall_id in mine for change in changes),
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "places_of", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_places_undo(request: HttpRequest, batch: UUID) -> HttpResponse:
    """Take the places back, until somebody has one of them."""
    own_places(request, batch, *WHO)
    now = civil.now()

    def run() -> dict[str, Any]:
        done = take_back_places(batch=batch, by=request.user, now=now)  # type: ignore[arg-type]
        text = ngettext(
            "The places of %(n)s session are taken back.",
            "The places of %(n)s sessions are taken back.",
            done,
        )
        return {"said": text % {"n": done}}

    try:
        told = press(request, actor=f"staff:{request.user.pk}", body=str(batch), now=now, run=run)
    except SaidNo as refusal:
        return _result(request, batch, errors=(str(refusal),), status=409)
    messages.success(request, told["said"])
    return redirect("appointments:supervise_places_of", batch)
