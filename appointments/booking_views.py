"""The booking journey up to the people: what to bring, when, who. One question a page."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import drafting, saying
from appointments.attending import check_people
from appointments.chaining import asked_also, joinable
from appointments.drafting import Draft
from appointments.emails import is_offered
from appointments.forms import WhoForm, attendees, typed_before
from appointments.journey import (
    form_page,
    free_slot,
    offered,
    show_who,
    time_is_gone,
    who_address,
)
from appointments.limiting import count_reading
from appointments.picker_views import show_picker
from appointments.proof_views import ask_for_code
from appointments.wishing import Wish, wish_of
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.models import Matter
from windows.points import working_for
from windows.rules import rule, rules


def most_people(now: datetime) -> int:
    return rule("group_max", hall=None, day=civil.city_date(now))


@never_cache
@require_safe
def book_bring(request: HttpRequest, matter: str) -> HttpResponse:
    """What to bring, and how many come."""
    found, now = offered(matter), civil.now()
    context = {
        "matter": found,
        "bring": found.materials.filter(kind="bring").order_by("position", "pk"),
        "numbers": [(n, saying.people_words(n)) for n in range(1, most_people(now) + 1)],
        "others": joinable(found),
        "points": working_for([found]),
    }
    return render(request, "appointments/book_bring.html", context)


def book_wish(request: HttpRequest, matter: Matter, now: datetime) -> Wish:
    base = reverse("appointments:book_when", args=[matter.code])
    return wish_of(request.GET, base=base, most_people=most_people(now))


@never_cache
@require_safe
def book_when(request: HttpRequest, matter: str) -> HttpResponse:
    """Which hall, which day, what time."""
    found, now = offered(matter), civil.now()
    count_reading(request, now)
    wish = book_wish(request, found, now)
    slot = request.GET.get("slot", "")
    if slot.isascii() and slot.isdigit() and len(slot) < 19:
        return redirect(who_address(found.code, int(slot), people=wish.people, also=wish.also))
    if "slot" in request.GET or "go" in request.GET:
        errors = [_("Choose a time first.")]
        return show_picker(request, matter=found, wish=wish, now=now, errors=errors, status=400)
    draft = drafting.kept(request.session, matter=found.code)
    return show_picker(request, matter=found, wish=wish, now=now, chosen=draft.slot if draft else 0)


@never_cache
@form_page
def book_who(request: HttpRequest, matter: str, slot: int) -> HttpResponse:
    """Who comes, and one phone."""
    found, now = offered(matter), civil.now()
    draft = drafting.kept(request.session, matter=found.code)
    people, codes = _how_many(request, draft, most_people(now)), _also(request, draft)
    link = request.GET.get("link", "")[:24] or (draft.link if draft and draft.slot == slot else "")
    free = free_slot(slot, now)
    if free is None:
        why = _("This time can no longer be booked. Please choose another one.")
        return time_is_gone(
            request, matter=found, slot=slot, people=people, now=now, why=why, also=codes
        )
    also, today = asked_also(found, codes, now), civil.city_date(now)
    facts: dict[str, Any] = {"matter": found, "people": people, "today": today, "also": also}
    facts["by_email"] = is_offered()
    if request.method != "POST":
        return show_who(request, WhoForm(initial=typed_before(draft), **facts), free, link=link)
    form = WhoForm(request.POST, **facts)
    if not form.is_valid():
        return show_who(request, form, free, status=400, link=link)
    draft = Draft(
        matter=found.code,
        slot=slot,
        people=form.as_typed(),
        phone=form.cleaned_data["phone"],
        email=form.cleaned_data["email"],
        also=tuple(one.code for one in also),
        link=link,
    )
    try:
        _check_people(draft, found, today)
    except Refusal as refusal:
        show_refusal(form, refusal)
        return show_who(request, form, free, status=409, link=link)
    drafting.keep(request.session, draft)
    return ask_for_code(
        request,
        draft,
        form,
        now,
        lambda again, status: show_who(request, again, free, status, link),
    )


def _check_people(draft: Draft, matter: Matter, today: date) -> None:
    """What the hold would refuse anyway is said before a code is sent."""
    numbers = rules(["group_max", "chain_max"], hall=None, day=today)
    people = attendees(draft, today=today)
    most, chain_most = numbers["group_max"], numbers["chain_max"]
    check_people(people, matter, most=most, chain_most=chain_most, today=today)


def _also(request: HttpRequest, draft: Draft | None) -> tuple[str, ...]:
    """The further matters that the page was asked for, or that were typed before."""
    asked = request.POST if request.method == "POST" else request.GET
    before = draft.also if draft and "people" not in asked else ()
    return tuple(asked.getlist("also")) or before


def _how_many(request: HttpRequest, draft: Draft | None, most: int) -> int:
    asked = (request.POST if request.method == "POST" else request.GET).get("people", "")
    if asked.isascii() and asked.isdigit() and 1 <= int(asked[:3]) <= most:
        return int(asked)
    return len(draft.people) if draft and not asked else 1
