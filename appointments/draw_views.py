"""Draws as pages: what is drawn, registering, one's own registration.

Whoever has an entry's link has the entry; a wrong secret looks like no entry (404), also
when the public id is known from a published result. The people and the proof of the phone
are asked on the pages of the booking journey.
"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import drafting, saying
from appointments.asking_who import ask_who
from appointments.booking_views import most_people
from appointments.check_views import own_address
from appointments.drafting import Draft
from appointments.draw_facts import figures_of, find_draw, shown_draw, shown_draws
from appointments.draw_forms import DrawWishForm
from appointments.draw_rule import RULE
from appointments.draw_words import entry_link, waiting_link
from appointments.forms import WhoForm, attendees
from appointments.journey import form_page, offered
from appointments.models import Booking, Draw, DrawEntry
from appointments.phones import mask_phone
from appointments.pressing import SaidNo, fresh_key, press, session_actor
from appointments.proof_views import is_proven
from appointments.registering import (
    Registration,
    RegistrationClosed,
    find_entry,
    register,
    wishable,
    withdraw_registration,
)
from appointments.sealing import unseal
from config import civil
from config.refusals import NotFound
from windows.models import Matter

State = DrawEntry.State


@never_cache
@require_safe
def draws(request: HttpRequest) -> HttpResponse:
    """Sessions whose places go by draw."""
    return render(request, "appointments/draw/draws.html", {"draws": shown_draws(civil.now())})


@never_cache
@require_safe
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    """One draw: when, how it works, and how to do it again."""
    found, now = find_draw(pk), civil.now()
    context = {"shown": shown_draw(found, now), "figures": figures_of(found)}
    return render(request, "appointments/draw/draw.html", context)


@require_safe
def draw_rule(request: HttpRequest) -> HttpResponse:
    """The rule that every draw follows, with the lines that do a published one again."""
    return render(request, "appointments/draw/rule.html", {"rule": RULE})


@require_safe
def draw_result(request: HttpRequest, pk: int) -> HttpResponse:
    """What was drawn, as it was published, for recomputing. Raises NotFound before."""
    found = find_draw(pk)
    if found.result is None:
        raise NotFound
    response = JsonResponse(found.result, json_dumps_params={"sort_keys": True, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="draw-{found.pk}.json"'
    return response


def open_draw(pk: int, now: datetime) -> Draw:
    """The draw that one can register for now. Refuses: RegistrationClosed."""
    found = find_draw(pk)
    if shown_draw(found, now).phase != "open":
        raise RegistrationClosed
    return found


@never_cache
@require_safe
def draw_wish(request: HttpRequest, pk: int) -> HttpResponse:
    """What do you need, and when?"""
    now = civil.now()
    found = open_draw(pk, now)
    first = {name: request.GET[name] for name in ("matter", "people") if name in request.GET}
    form = DrawWishForm(initial={"any_other": True, **first}, draw=found, most=most_people(now))
    return show_wish(request, found, form, now)


def show_wish(
    request: HttpRequest, found: Draw, form: DrawWishForm, now: datetime, status: int = 200
) -> HttpResponse:
    context = {"form": form, "shown": shown_draw(found, now)}
    return render(request, "appointments/draw/wish.html", context, status=status)


@never_cache
@form_page
def draw_who(request: HttpRequest, pk: int) -> HttpResponse:
    """Who comes? The wishes stand in the address, so that nothing is lost on the way back."""
    now = civil.now()
    found = open_draw(pk, now)
    wish = DrawWishForm(request.GET, draw=found, most=most_people(now))
    if not wish.is_valid():
        return show_wish(request, found, wish, now, status=400)

    def show(form: WhoForm, status: int) -> HttpResponse:
        back = f"{reverse('appointments:draw_wish', args=[found.pk])}?{request.GET.urlencode()}"
        context = {
            "form": form,
            "shown": shown_draw(found, now),
            "matter": form.matter,
            "key": fresh_key(),
            "action": request.get_full_path(),
            "back": back,
        }
        return render(request, "appointments/draw/who.html", context, status=status)

    return ask_who(
        request,
        matter=wish.matters[wish.cleaned_data["matter"]],
        people=int(wish.cleaned_data["people"]),
        then=reverse("appointments:draw_check", args=[found.pk]),
        more=wish.chosen(),
        now=now,
        show=show,
    )


@never_cache
@form_page
def draw_check(request: HttpRequest, pk: int) -> HttpResponse:
    """A last look, then they take part."""
    draft, now = drafting.kept(request.session), civil.now()
    if draft is None or draft.then != reverse("appointments:draw_check", args=[pk]):
        messages.info(request, _("What you typed is no longer kept. Please begin again."))
        return redirect("appointments:draw", pk)
    if not is_proven(request, draft, now):
        return redirect(draft.back)
    found, matter = find_draw(pk), offered(draft.matter)
    if request.method == "POST":
        return _register(request, draft, found, matter, now)
    return show_check(request, draft, found, matter)


def show_check(
    request: HttpRequest, draft: Draft, found: Draw, matter: Matter, why: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        "draft": draft,
        "matter": matter,
        "shown": shown_draw(found, civil.now()),
        "times": times_words(found, draft.more["wishes"], any_other=draft.more["any_other"]),
        "names": [person.name for person in draft.people],
        "phone": mask_phone(draft.phone),
        "errors": [why] if why else [],
        "key": fresh_key(),
    }
    return render(request, "appointments/draw/check.html", context, status=status)


def times_words(found: Draw, wishes: list[int], *, any_other: bool = False) -> list[str]:
    """The wished times in their order, as people say them."""
    if not wishes:
        return [_("Any time")]
    starts = {slot.pk: slot.starts_at for slot in wishable(found.session)}
    words = [saying.clock(starts[pk]) for pk in wishes if pk in starts]
    return [*words, _("then any other time")] if any_other else words


def _register(
    request: HttpRequest, draft: Draft, found: Draw, matter: Matter, now: datetime
) -> HttpResponse:
    asked = Registration(
        matter=matter,
        people=attendees(draft, today=civil.city_date(now)),
        wishes=tuple(draft.more["wishes"]),
        any_other=draft.more["any_other"],
    )

    def run() -> dict[str, Any]:
        language = get_language() or "zh-hans"
        entry = register(draw=found, asked=asked, phone=draft.phone, now=now, language=language)
        return {"entry": entry.public_id}

    try:
        answer = press(request, actor=session_actor(request), body=draft.id, now=now, run=run)
    except SaidNo as no:
        return show_check(request, draft, found, matter, why=str(no), status=409)
    drafting.forget(request.session)
    messages.success(request, _("You are registered."))
    return redirect(entry_link(DrawEntry.objects.get(public_id=answer["entry"])))


@never_cache
@require_safe
def draw_entry(request: HttpRequest, public_id: str) -> HttpResponse:
    """One's own registration: what is wished, and what became of it."""
    return show_entry(request, own_entry(request, public_id), civil.now())


def own_entry(request: HttpRequest, public_id: str) -> DrawEntry:
    """The entry, for the holder of its link. Raises NotFound."""
    return find_entry(public_id, request.GET.get("k", ""))


def show_entry(
    request: HttpRequest, entry: DrawEntry, now: datetime, why: str = "", status: int = 200
) -> HttpResponse:
    bookings = Booking.objects.filter(group_id=entry.group_id or 0).order_by("position", "pk")
    people = entry.people.order_by("position")
    context = {
        "entry": entry,
        "shown": shown_draw(entry.draw, now),
        "names": [unseal(one.name_sealed, purpose="name") for one in people],
        "times": times_words(entry.draw, entry.wishes),
        "of": figures_of(entry.draw).entries,
        "bookings": [(one, saying.when(one.starts_at), own_address(one)) for one in bookings],
        "is_kept": any(one.state == Booking.State.HELD for one in bookings),
        "waiting": waiting_link(entry),
        "secret": request.GET["k"],
        "errors": [why] if why else [],
        "key": fresh_key(),
    }
    return render(request, "appointments/draw/entry.html", context, status=status)


@never_cache
@form_page
def draw_leave(request: HttpRequest, public_id: str) -> HttpResponse:
    """Do you want to withdraw?"""
    entry, now = own_entry(request, public_id), civil.now()
    if request.method != "POST":
        context = {
            "shown": shown_draw(entry.draw, now), "back": entry_link(entry), "key": fresh_key()
        }  # fmt: skip
        return render(request, "appointments/draw/leave.html", context)

    def run() -> dict[str, Any]:
        return {"state": withdraw_registration(entry=entry, now=now).state}

    try:
        press(request, actor=f"draw:{entry.pk}", body="leave", now=now, run=run)
    except SaidNo as no:
        return show_entry(request, entry, now, why=str(no), status=409)
    return redirect(entry_link(entry))
