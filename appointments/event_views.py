"""Events that make more people come, or fewer: a list, and one to write, change or remove."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.calendar_forms import EventForm
from appointments.calendar_views import SEE, place
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, halls_here, show
from appointments.year import uplift_words
from config import civil
from config.faces import show_refusal
from config.refusals import NotAllowed, NotFound
from windows.access import has_role, staff_page
from windows.events import EventFacts, remove_event, write_event
from windows.models import DemandEvent, Hall, Staff
from windows.reach import districts_of, runs_city, runs_district

SHOWN = 100
EVERYWHERE = "city"
Places = list[tuple[str, Any]]


@dataclass(frozen=True)
class EventRow:
    """An event as the list shows it."""

    event: DemandEvent
    days: str
    uplift: str
    where: str
    matters: str
    is_mine: bool


def may_write(staff: Any, *, hall: Hall | int | None, district: str) -> bool:
    """Whether the person runs all of the event's place."""
    if hall:
        return has_role(staff, hall, *WHO)
    if district:
        return runs_district(staff, district, *WHO)
    return runs_city(staff, *WHO)


@never_cache
@staff_page(*SEE)
@require_safe
def supervise_events(request: HttpRequest) -> HttpResponse:
    """What is coming, then what was, the latest first."""
    today = civil.city_date(civil.now())
    events = DemandEvent.objects.select_related("hall", "made_by").prefetch_related("matters")
    coming = events.filter(last_day__gte=today).order_by("first_day", "pk")[:SHOWN]
    past = events.filter(last_day__lt=today).order_by("-last_day", "-pk")[: SHOWN // 5]
    names = {zh: en for zh, en in Hall.objects.values_list("district_zh", "district_en")}
    context = place(request) | {
        "coming": [_row(request, one, names) for one in coming],
        "past": [_row(request, one, names) for one in past],
        "key": fresh_key(),
    }
    return show(request, "events", context)


def _row(request: HttpRequest, event: DemandEvent, names: dict[str, str]) -> EventRow:
    chinese = (get_language() or "zh").startswith("zh")
    if event.hall:
        where = event.hall.name
    elif event.district:
        where = event.district if chinese else names.get(event.district, event.district)
    else:
        where = pgettext("where", "The whole city")
    return EventRow(
        event=event,
        days=_days(event),
        uplift=uplift_words(event.uplift_percent),
        where=where,
        matters=", ".join(matter.name for matter in event.matters.all()),
        is_mine=may_write(request.user, hall=event.hall_id, district=event.district),
    )


def _days(event: DemandEvent) -> str:
    if event.first_day == event.last_day:
        return saying.long_day(event.first_day)
    facts = {"first": saying.long_day(event.first_day), "last": saying.long_day(event.last_day)}
    return _("%(first)s to %(last)s") % facts


def places_of(request: HttpRequest) -> tuple[Places, dict[str, Hall]]:
    """Where the person may write events: choices, and the halls among them by code."""
    halls = {hall.code: hall for hall in halls_here(request)}
    choices: Places = []
    if runs_city(request.user, *WHO):
        choices = [(EVERYWHERE, pgettext("where", "The whole city"))]
    chinese = (get_language() or "zh").startswith("zh")
    choices += [
        (f"district:{zh}", zh if chinese or not en else en)
        for zh, en in districts_of(request.user, *WHO)
    ]
    choices += [(f"hall:{hall.code}", hall.name) for hall in halls.values()]
    return choices, halls


def _event_of(request: HttpRequest, pk: int) -> DemandEvent:
    """The event, when the person runs its place. Raises NotFound, NotAllowed."""
    event = DemandEvent.objects.filter(pk=min(pk, 2**62)).first()
    if event is None:
        raise NotFound
    if not may_write(request.user, hall=event.hall_id, district=event.district):
        raise NotAllowed
    return event


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_event(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a new event, or change one."""
    event = _event_of(request, pk) if pk else None
    now = civil.now()
    places, halls = places_of(request)
    if request.method != "POST":
        form = EventForm(initial=_first(request, event, places, now), places=places)
        return _page(request, form, event)
    form = EventForm(request.POST, places=places)
    if not form.is_valid():
        return _page(request, form, event, status=400)
    facts = form.facts(halls)
    try:
        _write(request, facts, event, now)
    except SaidNo as no:
        show_refusal(form, no)
        return _page(request, form, event, status=409)
    messages.success(request, _("The event stands in the calendar."))
    return redirect("appointments:supervise_events")


def _write(
    request: HttpRequest, facts: EventFacts, event: DemandEvent | None, now: datetime
) -> None:
    staff: Staff = request.user  # type: ignore[assignment]

    def run() -> dict[str, Any]:
        return {"event": write_event(facts, pk=event.pk if event else None, by=staff, now=now).pk}

    body = f"{event.pk if event else 'new'} {facts}"
    press(request, actor=f"staff:{staff.pk}", body=body, now=now, run=run)


def _first(
    request: HttpRequest, event: DemandEvent | None, places: Places, now: datetime
) -> dict[str, Any]:
    """What the form shows first."""
    if event is None:
        asked = request.GET.get("day", "")
        tomorrow = civil.city_date(now) + timedelta(days=1)
        return {
            "first_day": asked or tomorrow, "last_day": asked or tomorrow,
            "where": places[0][0] if places else "", "kind": DemandEvent.Kind.EXAM,
        }  # fmt: skip
    if event.hall:
        where = f"hall:{event.hall.code}"
    else:
        where = f"district:{event.district}" if event.district else EVERYWHERE
    fields = ["kind", "name_zh", "name_en", "first_day", "last_day", "uplift_percent"]
    told = {name: getattr(event, name) for name in [*fields, "audience_zh", "audience_en"]}
    return {**told, "where": where, "matters": [one.pk for one in event.matters.all()]}


def _page(
    request: HttpRequest, form: EventForm, event: DemandEvent | None, status: int = 200
) -> HttpResponse:
    context = place(request) | {"form": form, "event": event, "key": fresh_key()}
    return show(request, "event", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_event_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """The event is gone from the calendar; pressed again it stays gone."""
    if not DemandEvent.objects.filter(Q(pk=min(pk, 2**62))).exists():
        return redirect("appointments:supervise_events")
    event = _event_of(request, pk)
    name = event.name
    remove_event(pk=event.pk)
    messages.success(request, _("%(name)s is removed.") % {"name": name})
    return redirect("appointments:supervise_events")
