"""The waiting list as pages: where and when, who, then one's own entry with its offer.

Whoever has an entry's link has the entry; a wrong secret looks like no entry (404). The
people and the proof of the phone are asked on the pages of the booking journey.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import drafting, saying, waitlist, wishing
from appointments.answering_offers import kept_places, leave, let_pass, settle, take, taken_places
from appointments.asking_who import ask_who
from appointments.booking_views import most_people
from appointments.check_views import own_address
from appointments.drafting import Draft
from appointments.forms import WhoForm, attendees
from appointments.journey import form_page, offered
from appointments.models import WaitEntry
from appointments.offering import availability
from appointments.phones import mask_phone
from appointments.picking import EVENING_KINDS
from appointments.pressing import SaidNo, fresh_key, press, session_actor
from appointments.proof_views import is_proven
from appointments.sealing import unseal
from appointments.wait_forms import Wish, WishForm, asked_before, wish_kept, wish_of
from appointments.wait_words import days_words, own_path
from config import civil
from windows.models import Matter
from windows.rules import rule

State = WaitEntry.State


@never_cache
@require_safe
def wait_join(request: HttpRequest) -> HttpResponse:
    """Where and when could you come?"""
    now = civil.now()
    first = asked_before(request.GET, now)
    return show_wish(request, WishForm(initial=first, now=now, most=most_people(now)))


def show_wish(request: HttpRequest, form: WishForm, status: int = 200) -> HttpResponse:
    return render(request, "appointments/wait/join.html", {"form": form}, status=status)


@never_cache
@form_page
def wait_who(request: HttpRequest) -> HttpResponse:
    """Who waits? The wish stands in the address, so that nothing is lost on the way back."""
    now = civil.now()
    wish = WishForm(request.GET, now=now, most=most_people(now))
    if not wish.is_valid():
        return show_wish(request, wish, status=400)
    matter, people = wish.matters[wish.cleaned_data["matter"]], int(wish.cleaned_data["people"])
    free = free_now(wish_of(wish), matter, people, now)
    return ask_who(
        request,
        matter=matter,
        people=people,
        then=reverse("appointments:wait_check"),
        more=wish_of(wish).kept(),
        now=now,
        show=partial(show_who, request, free),
    )


def free_now(wish: Wish, matter: Matter, people: int, now: datetime) -> dict[str, str] | None:
    """The first day on which nobody has to wait: its words, and the picker's address."""
    days = (wish.last - wish.first).days + 1
    kinds = EVENING_KINDS if wish.evenings else None
    offers = availability(
        matter=matter, first=wish.first, days=days, people=people, kinds=kinds, now=now
    )
    free = [one for one in offers if one.places > 0 and one.hall_code in wish.halls]
    if not free:
        return None
    first = min(free, key=lambda one: (one.service_day, one.hall_code))
    hall = next(hall for hall in wish.found if hall.code == first.hall_code)
    picker = wishing.Wish(reverse("appointments:book_when", args=[matter.code]), people=people)
    href = picker.link(hall=hall.code, day=first.service_day)
    return {"day": saying.long_day(first.service_day), "hall": hall.name, "href": href}


def show_who(
    request: HttpRequest, free: dict[str, str] | None, form: WhoForm, status: int = 200
) -> HttpResponse:
    context = {
        "free": free,
        "form": form,
        "matter": form.matter,
        "key": fresh_key(),
        "action": request.get_full_path(),
        "back": f"{reverse('appointments:wait_join')}?{request.GET.urlencode()}",
    }
    return render(request, "appointments/wait/who.html", context, status=status)


@never_cache
@form_page
def wait_check(request: HttpRequest) -> HttpResponse:
    """A last look, then they wait."""
    draft, now = drafting.kept(request.session), civil.now()
    if draft is None or draft.then != reverse("appointments:wait_check"):
        messages.info(request, _("What you typed is no longer kept. Please begin again."))
        return redirect("appointments:wait_join")
    if not is_proven(request, draft, now):
        return redirect(draft.back)
    matter = offered(draft.matter)
    if request.method == "POST":
        return _join(request, draft, matter, now)
    return show_check(request, draft, matter)


def show_check(
    request: HttpRequest, draft: Draft, matter: Matter, why: str = "", status: int = 200
) -> HttpResponse:
    wish = wish_kept(draft)
    context = {
        "draft": draft,
        "matter": matter,
        "halls": wish.found,
        "days": days_words(wish.first, wish.last),
        "evenings": wish.evenings,
        "names": [person.name for person in draft.people],
        "phone": mask_phone(draft.phone),
        "errors": [why] if why else [],
        "key": fresh_key(),
    }
    return render(request, "appointments/wait/check.html", context, status=status)


def _join(request: HttpRequest, draft: Draft, matter: Matter, now: datetime) -> HttpResponse:
    wish = wish_kept(draft)

    def run() -> dict[str, Any]:
        entry = waitlist.join(
            matter=matter,
            halls=wish.found,
            first=wish.first,
            last=wish.last,
            evenings_only=wish.evenings,
            people=attendees(draft, today=civil.city_date(now)),
            phone=draft.phone,
            language=get_language() or "zh-hans",
            now=now,
        )
        return {"entry": entry.public_id}

    try:
        answer = press(request, actor=session_actor(request), body=draft.id, now=now, run=run)
    except SaidNo as no:
        return show_check(request, draft, matter, why=str(no), status=409)
    drafting.forget(request.session)
    messages.success(request, _("You are on the waiting list."))
    return redirect(own_path(WaitEntry.objects.get(public_id=answer["entry"])))


def own_entry(request: HttpRequest, public_id: str) -> WaitEntry:
    """The entry, for the holder of its link. Raises NotFound."""
    return waitlist.find(public_id, request.GET.get("k", ""))


@never_cache
@require_safe
def wait_entry(request: HttpRequest, public_id: str) -> HttpResponse:
    """One's own place in line, and the place that is kept."""
    return show_entry(request, own_entry(request, public_id), civil.now())


def show_entry(
    request: HttpRequest, entry: WaitEntry, now: datetime, why: str = "", status: int = 200
) -> HttpResponse:
    kept = kept_places(entry, now)
    until = min((one.hold_expires_at for one in kept if one.hold_expires_at), default=None)
    numbers = {
        name: rule(name, hall=None, day=civil.city_date(now))
        for name in ("wait_offers_most", "hold_offer_minutes")
    }
    taken = taken_places(entry)
    context = {
        "entry": entry,
        "standing": "offered" if kept else _standing(entry),
        "names": [unseal(one.name_sealed, purpose="name") for one in people_of(entry)],
        "halls": entry.halls.order_by("district_en", "code"),
        "days": days_words(entry.first_day, entry.last_day),
        "before": waitlist.before(entry) if entry.state == State.WAITING else 0,
        "when": [saying.when(at) for at in sorted({one.starts_at for one in kept})],
        "hall": kept[0].hall if kept else None,
        "until": until,
        "until_words": saying.clock(until) if until else "",
        "now": now,
        "bookings": [(one, saying.when(one.starts_at), own_address(one)) for one in taken],
        "numbers": numbers,
        "secret": request.GET["k"],
        "errors": [why] if why else [],
        "again": f"{reverse('appointments:wait_join')}?matter={entry.matter.code}",
        "key": fresh_key(),
    }
    return render(request, "appointments/wait/entry.html", context, status=status)


def people_of(entry: WaitEntry) -> Any:
    return entry.people.order_by("position")


def _standing(entry: WaitEntry) -> str:
    """The state as the page says it: an offer whose places are gone is over."""
    return "over" if entry.state == State.OFFERED else entry.state


@never_cache
@require_POST
def wait_take(request: HttpRequest, public_id: str) -> HttpResponse:
    """Yes: the kept place is booked."""
    entry, now = own_entry(request, public_id), civil.now()

    def run() -> dict[str, Any]:
        return {"references": [one.reference for one in take(entry=entry, now=now)]}

    try:
        press(request, actor=f"wait:{entry.pk}", body="take", now=now, run=run)
    except SaidNo as no:
        return _said_no(request, entry, now, no)
    messages.success(request, _("The place is yours."))
    return redirect(own_address(taken_places(entry)[0]))


@never_cache
@require_POST
def wait_pass(request: HttpRequest, public_id: str) -> HttpResponse:
    """No: the kept place goes to the next in line."""
    entry, now = own_entry(request, public_id), civil.now()

    def run() -> dict[str, Any]:
        return {"state": let_pass(entry=entry, now=now).state}

    try:
        press(request, actor=f"wait:{entry.pk}", body="pass", now=now, run=run)
    except SaidNo as no:
        return _said_no(request, entry, now, no)
    settle(now=now)
    messages.success(request, _("The place goes to the next in line. Thank you for telling us."))
    return redirect(own_path(entry))


def _said_no(request: HttpRequest, entry: WaitEntry, now: datetime, no: SaidNo) -> HttpResponse:
    settle(now=now)
    entry.refresh_from_db()
    return show_entry(request, entry, now, why=str(no), status=409)


@never_cache
@form_page
def wait_leave(request: HttpRequest, public_id: str) -> HttpResponse:
    """Do you want to leave the list?"""
    entry, now = own_entry(request, public_id), civil.now()
    if request.method != "POST":
        context = {"entry": entry, "back": own_path(entry), "key": fresh_key()}
        return render(request, "appointments/wait/leave.html", context)

    def run() -> dict[str, Any]:
        return {"state": leave(entry=entry, now=now).state}

    try:
        press(request, actor=f"wait:{entry.pk}", body="leave", now=now, run=run)
    except SaidNo as no:
        return _said_no(request, entry, now, no)
    settle(now=now)
    return redirect(own_path(entry))
