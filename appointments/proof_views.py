"""The booking journey at the phone: a one-time code, and with it the places are held."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from appointments import admitting, drafting, proving
from appointments.booking import hold
from appointments.chaining import asked_also
from appointments.drafting import Draft
from appointments.emails import is_offered
from appointments.forms import CodeForm, WhoForm, attendees, typed_before
from appointments.journey import (
    form_page,
    free_slot,
    offered,
    show_who,
    time_is_gone,
    who_address,
)
from appointments.limiting import address_of
from appointments.phones import mask_phone
from appointments.pressing import SaidNo, fresh_key, press, session_actor
from appointments.proving import CodeExpired, PhoneNotProven, phone_of_token, prove
from appointments.puzzling import puzzle_of
from appointments.room_views import to_the_room, tokens_of
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal, TooMany
from windows.links import LinkOver, came_by
from windows.models import Matter

TOKEN = "phone_proof"
TIME_IS_GONE = {"slot_full", "slot_gone", "not_released", LinkOver.code}


def ask_for_code(
    request: HttpRequest,
    draft: Draft,
    form: WhoForm,
    now: datetime,
    show: Callable[[WhoForm, int], HttpResponse],
) -> HttpResponse:
    """On to the code; a phone that was proven a moment ago needs none.

    `show` brings the people's page back, with a status, when no code can be sent.
    """
    if is_proven(request, draft, now):
        return go_on(request, draft, now)
    try:
        send_again(request, draft, now)
    except TooMany as refusal:
        show_refusal(form, refusal)
        form.puzzle = puzzle_of(refusal)
        return _wait_first(show(form, 429), refusal)
    return redirect("appointments:book_phone")


def go_on(request: HttpRequest, draft: Draft, now: datetime) -> HttpResponse:
    """The phone is proven: the places are held, or another journey takes over."""
    return redirect(draft.then) if draft.then else take_places(request, draft, now)


def is_proven(request: HttpRequest, draft: Draft, now: datetime) -> bool:
    try:
        return phone_of_token(request.session.get(TOKEN, ""), now=now) == draft.phone
    except PhoneNotProven:
        return False


def send_again(request: HttpRequest, draft: Draft, now: datetime) -> None:
    """A code is on its way to the draft's phone, once however often it is pressed."""

    def run() -> dict[str, Any]:
        proof = proving.ask_for_code(
            phone=draft.phone,
            language=get_language() or "zh-hans",
            address=address_of(request),
            work=request.POST.get("work", ""),
            now=now,
        )
        return {"proof": str(proof.pk)}

    body = f"code {draft.phone[-4:]}"
    answer = press(request, actor=session_actor(request), body=body, now=now, run=run)
    drafting.keep(request.session, draft.with_(proof=answer["proof"]))


@never_cache
@form_page
def book_phone(request: HttpRequest) -> HttpResponse:
    """The one-time code; with it the places are held."""
    draft, now = drafting.kept(request.session), civil.now()
    if draft is None or not draft.proof:
        return _after_the_draft(request)
    if request.method != "POST":
        return show_phone(request, draft, CodeForm())
    if request.POST.get("action") == "resend":
        return _resend(request, draft, now)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return show_phone(request, draft, form, status=400)
    try:
        code = form.cleaned_data["code"]
        request.session[TOKEN] = prove(proof_id=UUID(draft.proof), code=code, now=now)
    except (Refusal, NotFound) as refusal:
        no = refusal if isinstance(refusal, Refusal) else CodeExpired()
        show_refusal(form, no)
        return show_phone(request, draft, form, status=409)
    return go_on(request, draft, now)


def _after_the_draft(request: HttpRequest) -> HttpResponse:
    """Somebody pressed twice, or came back after the hold was made."""
    group = drafting.last_group(request.session)
    if group:
        return redirect("appointments:book_check", group=group)
    messages.info(request, _("What you typed is no longer kept. Please begin again."))
    return redirect("appointments:start")


def _resend(request: HttpRequest, draft: Draft, now: datetime) -> HttpResponse:
    try:
        send_again(request, draft, now)
    except TooMany as refusal:
        form = CodeForm({})
        form.errors.clear()
        form.add_error(None, str(refusal))
        form.puzzle = puzzle_of(refusal)
        return _wait_first(show_phone(request, draft, form, status=429), refusal)
    messages.success(request, _("A new code is on its way."))
    return redirect("appointments:book_phone")


def _wait_first(response: HttpResponse, refusal: TooMany) -> HttpResponse:
    response["Retry-After"] = str(refusal.retry_after)
    return response


def show_phone(
    request: HttpRequest, draft: Draft, form: CodeForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "phone": mask_phone(draft.phone),
        "key": fresh_key(),
        "who": draft.back or who_address(draft.matter, draft.slot, link=draft.link),
        "holds": not draft.then,
        "matter": offered(draft.matter),
    }
    return render(request, "appointments/book_phone.html", context, status=status)


def take_places(request: HttpRequest, draft: Draft, now: datetime) -> HttpResponse:
    """The places are held, and what was typed is no longer kept in the session."""
    matter, today = offered(draft.matter), civil.city_date(now)

    def run() -> dict[str, Any]:
        numbers = [person.id_number for person in draft.people]
        admitting.require(
            slot_id=draft.slot, tokens=tokens_of(request), id_numbers=numbers, now=now
        )
        held = hold(
            slot_id=draft.slot,
            matter=matter,
            people=attendees(draft, today=today),
            phone=draft.phone,
            now=now,
            language=get_language() or "zh-hans",
            link=came_by(draft.link, now=now),
            email=draft.email,
        )
        return {"group": held.group_id, "references": [one.reference for one in held.bookings]}

    try:
        actor = session_actor(request)
        answer = press(request, actor=actor, body="hold", now=now, run=run, key=draft.id)
    except SaidNo as no:
        draft = draft.with_(id=fresh_key())  # asked again, it may be answered differently
        drafting.keep(request.session, draft)
        return _not_held(request, draft, matter, no, now)
    drafting.forget(request.session)
    drafting.remember_group(request.session, answer["group"], answer["references"])
    return redirect("appointments:book_check", group=answer["group"])


def _not_held(
    request: HttpRequest, draft: Draft, matter: Matter, no: SaidNo, now: datetime
) -> HttpResponse:
    """Back to the question whose answer stands in the way; nothing typed is lost."""
    people, slot = len(draft.people), free_slot(draft.slot, now)
    if no.code == admitting.RoomFirst.code:
        asked = {"people": people, "also": draft.also, "link": draft.link}
        return to_the_room(draft.slot, who_address(draft.matter, draft.slot, **asked))
    if no.code == LinkOver.code:
        drafting.keep(request.session, draft.with_(link=""))
    if no.code in TIME_IS_GONE or slot is None:
        return time_is_gone(
            request, matter=matter, slot=draft.slot, people=people, now=now, why=str(no)
        )
    today = civil.city_date(now)
    also = asked_also(matter, draft.also, now)
    facts: dict[str, Any] = {"matter": matter, "people": people, "today": today, "also": also}
    form = WhoForm(typed_before(draft), by_email=is_offered(), **facts)
    form.is_valid()
    form.errors.pop("consent", None)
    show_refusal(form, no)
    return show_who(request, form, slot, status=409, link=draft.link)
