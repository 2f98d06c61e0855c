"""Booking for somebody (帮办代办): find a place, type the people, print or read the slip."""

from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments import saying
from appointments.assist_forms import AssistForm, SearchForm
from appointments.assist_places import Search, free_days, free_halls, free_times
from appointments.assist_slip import slip_of
from appointments.assisting import WHO, book_for
from appointments.drafting import Draft
from appointments.forms import attendees
from appointments.models import Booking, VainSearch
from appointments.offering import last_day
from appointments.pressing import SaidNo, fresh_key, press
from appointments.sealing import blind_index
from appointments.searching_in_vain import record_vain
from appointments.walking_in import walk_in
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows.access import halls_of, staff_page
from windows.models import Hall, Slot
from windows.rules import rules

OPENED, MOST_OPENED = "assist", 40
IN_VAIN = "assist in vain"
SHOWS_ANOTHER = {"already_booked", "visit_that_day"}
PAPERS = ("80", "a4")


def halls_for(request: HttpRequest) -> QuerySet[Hall]:
    """The open halls in which the person may book for others."""
    return halls_of(request.user, *WHO).filter(is_open=True).order_by("code")


def search_form(request: HttpRequest, now: datetime) -> SearchForm:
    numbers = rules(["group_max", "chain_max"], hall=None, day=civil.city_date(now))
    return SearchForm(
        request.GET,
        halls=halls_for(request),
        most=numbers["group_max"],
        chain_most=numbers["chain_max"],
    )


def remember_opened(request: HttpRequest, bookings: list[Booking]) -> None:
    """This member of staff made or looked up these bookings, and may open them."""
    opened = [*request.session.get(OPENED, []), *(one.reference for one in bookings)]
    request.session[OPENED] = list(dict.fromkeys(opened))[-MOST_OPENED:]


def opened_here(request: HttpRequest, **which: Any) -> list[Booking]:
    """Bookings that were opened by name before; nobody reaches one by its address alone."""
    opened = request.session.get(OPENED, [])
    bookings = Booking.objects.filter(reference__in=opened, **which)
    found = list(bookings.select_related("hall", "matter", "slot", "group").order_by("position"))
    if not found:
        raise NotFound
    return found


@never_cache
@staff_page(*WHO)
@require_safe
def assist(request: HttpRequest) -> HttpResponse:
    """For what, for how many, where? Then the free assisted places."""
    now, halls = civil.now(), halls_for(request)
    form = search_form(request, now)
    context: dict[str, Any] = {"form": form}
    if not form.is_bound:
        return render(request, "appointments/assist/assist.html", context)
    if not form.is_valid():
        return render(request, "appointments/assist/assist.html", context, status=400)
    search = form.search()
    context |= {"search": search, **places_for(search, halls, now)}
    if not context["halls"] and not context["days"]:
        context["walk_in"] = _walk_in(search, now)
        _record_in_vain(request, search, now)
    return render(request, "appointments/assist/assist.html", context)


def places_for(search: Search, halls: QuerySet[Hall], now: datetime) -> dict[str, Any]:
    """The halls with places, or the days and times of the chosen one."""
    if search.hall is None:
        return {"halls": free_halls(search, halls, now), "days": [], "times": []}
    days, times = free_days(search, now), free_times(search, now)
    return {"halls": [], "days": days, "times": times}


def _walk_in(search: Search, now: datetime) -> str:
    if search.hall is None:
        return ""
    return walk_in(hall=search.hall, matter=search.matters[0], now=now).words


def _record_in_vain(request: HttpRequest, search: Search, now: datetime) -> None:
    """Counts that staff looked in vain for somebody, once per sign-in and question."""
    halls = [search.hall.code] if search.hall else []
    mark = f"{search.query()} {civil.city_date(now)}"
    seen = request.session.get(IN_VAIN, [])
    if mark in seen:
        return
    request.session[IN_VAIN] = [*seen, mark][-MOST_OPENED:]
    record_vain(
        matter=search.matters[0],
        halls=halls,
        first=civil.city_date(now),
        last=last_day(now),
        now=now,
        channel=VainSearch.Channel.ASSISTED,
    )


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def assist_who(request: HttpRequest, slot: int) -> HttpResponse:
    """Who comes? Then the places are promised; no code, a phone only when there is one."""
    now, asked = civil.now(), search_form(request, civil.now())
    if not asked.is_valid():
        raise BadRequest
    search = asked.search()
    wanted = Slot.objects.select_related("hall", "session").filter(hall__in=halls_for(request))
    place = wanted.filter(pk=slot).first()
    if place is None:
        raise NotFound
    first, *also = search.matters
    today = civil.city_date(now)
    initial = {"needs_1": ["time"]} if search.more_time and search.people == 1 else {}
    form = AssistForm(
        request.POST if request.method == "POST" else None,
        initial=initial, matter=first, also=also, people=search.people, today=today,
    )  # fmt: skip
    if request.method != "POST":
        return _show_who(request, form, search, place)
    if not form.is_valid():
        return _show_who(request, form, search, place, status=400)
    return _book(request, form, search, place, now)


def _book(
    request: HttpRequest, form: AssistForm, search: Search, place: Slot, now: datetime
) -> HttpResponse:
    phone = form.cleaned_data["phone"]
    draft = Draft(matter=search.matters[0].code, slot=place.pk, people=form.as_typed(), phone=phone)

    def run() -> dict[str, Any]:
        made = book_for(
            slot_id=place.pk,
            matter=search.matters[0],
            people=attendees(draft, today=civil.city_date(now)),
            phone=phone or None,
            by=request.user,  # type: ignore[arg-type]
            now=now,
            language=get_language() or "zh-hans",
        )
        return {"group": made[0].group_id}

    typed = blind_index(repr((place.pk, draft.people, phone)), purpose="press")
    try:
        answer = press(
            request, actor=f"staff:{request.user.pk}", body=typed.hex(), now=now, run=run
        )
    except SaidNo as no:
        show_refusal(form, no)
        others = draft.people if no.code in SHOWS_ANOTHER else ()
        return _show_who(request, form, search, place, status=409, others=others)
    remember_opened(request, list(Booking.objects.filter(group_id=answer["group"])))
    return redirect("appointments:assist_slip", answer["group"])


def _show_who(
    request: HttpRequest,
    form: AssistForm,
    search: Search,
    place: Slot,
    status: int = 200,
    others: Any = (),
) -> HttpResponse:
    query = search.query(hall=place.hall, day=place.service_day)
    context = {
        "form": form,
        "search": search,
        "place": place,
        "when": saying.when(place.starts_at),
        "key": fresh_key(),
        "action": f"{reverse('appointments:assist_who', args=[place.pk])}?{search.query()}",
        "back": f"{reverse('appointments:assist')}?{query}",
        "others": others,
    }
    return render(request, "appointments/assist/who.html", context, status=status)


@never_cache
@staff_page(*WHO)
@require_safe
def assist_slip(request: HttpRequest, group: int) -> HttpResponse:
    """It is booked: words to read aloud, and the paper of 80 mm or A4."""
    bookings = opened_here(request, group_id=group, state__in=Booking.OPEN)
    paper = request.GET.get("paper", "")
    context = {
        "slips": slip_of(bookings, request.build_absolute_uri),
        "first": bookings[0],
        "paper": paper if paper in PAPERS else "",
    }
    return render(request, "appointments/assist/slip.html", context)
