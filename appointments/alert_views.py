"""“Send me a message before my turn”, for whoever holds the ticket's address."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from appointments import alerting, proving
from appointments.alert_forms import AlertForm
from appointments.forms import CodeForm
from appointments.journey import form_page
from appointments.limiting import address_of
from appointments.messaging.push import public_key
from appointments.models import PhoneProof, TurnAlert
from appointments.phones import mask_phone
from appointments.pressing import fresh_key, press, session_actor
from appointments.proof_views import TOKEN
from appointments.proving import CodeExpired, PhoneNotProven, phone_of_token, prove
from appointments.puzzling import puzzle_of
from appointments.sealing import unseal
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal, TooMany
from queues.models import Ticket
from windows.rules import rule

ASKED = "turn_alert"  # in the session: the ticket, and the proof that is under way


def _ticket(public_id: str) -> Ticket:
    found = Ticket.objects.select_related("hall", "matter").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _proven_phone(request: HttpRequest, now: datetime) -> str | None:
    try:
        return phone_of_token(request.session.get(TOKEN, ""), now=now)
    except PhoneNotProven:
        return None


@never_cache
@form_page
def turn_alert(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whether and where a message is sent; on by one press where the phone is known."""
    ticket, now = _ticket(public_id), civil.now()
    if request.method != "POST":
        return _show(request, ticket, now)
    action = request.POST.get("action")
    if action == "off":
        alerting.end_alert(ticket=ticket, now=now)
        messages.success(request, _("No message is sent."))
        return redirect("queues:ticket", public_id=public_id)
    return _switch_on(request, ticket, now) if action == "on" else _ask(request, ticket, now)


def _show(
    request: HttpRequest,
    ticket: Ticket,
    now: datetime,
    *,
    form: AlertForm | None = None,
    why: str = "",
    status: int = 200,
) -> HttpResponse:
    alert = TurnAlert.objects.filter(ticket=ticket).first()
    known = alerting.known_phone(ticket) or _proven_phone(request, now)
    told_to = unseal(alert.phone_sealed, purpose="phone") if alert else ""
    places = rule("turn_alert_places", hall=ticket.hall_id, day=ticket.service_day)
    is_on = alert is not None and alert.ended_at is None and alert.told_at is None
    context: dict[str, Any] = {
        "ticket": ticket,
        "alert": alert,
        "is_on": is_on,
        "told_at": alert.told_at if alert and not alert.ended_at else None,
        "is_over": ticket.state in alerting.TOO_LATE_TO_ASK,
        "told_to": mask_phone(told_to) if told_to else "",
        "known": mask_phone(known) if known and not request.GET.get("other") else "",
        "places": alert.place if alert and is_on else places,
        "form": form or AlertForm(),
        "why": why,
        "key": fresh_key(),
        "push_key": public_key(),
    }
    part = "_turn_alert" if request.GET.get("part") else "turn_alert"
    return render(request, f"appointments/{part}.html", context, status=status)


def _language() -> str:
    return get_language() or "zh-hans"


def _switch_on(request: HttpRequest, ticket: Ticket, now: datetime) -> HttpResponse:
    """The booking's phone, or the one that was proven here a moment ago."""
    try:
        if alerting.known_phone(ticket):
            alerting.alert_booked(ticket=ticket, language=_language(), now=now)
        else:
            token = request.session.get(TOKEN, "")
            alerting.alert_proven(ticket=ticket, proof=token, language=_language(), now=now)
    except Refusal as refusal:
        return _show(request, ticket, now, why=str(refusal), status=409)
    return _is_on(request, ticket)


def _is_on(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    request.session.pop(ASKED, None)
    messages.success(request, _("A message is sent before your turn."))
    return redirect("queues:ticket", public_id=ticket.public_id)


def _ask(request: HttpRequest, ticket: Ticket, now: datetime) -> HttpResponse:
    """A code is on its way to the phone that was typed; one proven just now needs none."""
    form = AlertForm(request.POST)
    if not form.is_valid():
        return _show(request, ticket, now, form=form, status=400)
    phone = form.cleaned_data["phone"]
    if phone == _proven_phone(request, now):
        return _prove_with(request, ticket, request.session[TOKEN], now)
    try:
        _send(request, ticket, phone, now)
    except Refusal as refusal:
        show_refusal(form, refusal)
        form.puzzle = puzzle_of(refusal) if isinstance(refusal, TooMany) else None
        return _later(_show(request, ticket, now, form=form, status=_status(refusal)), refusal)
    return redirect("appointments:turn_alert_code", public_id=ticket.public_id)


def _status(refusal: Refusal) -> int:
    return 429 if isinstance(refusal, TooMany) else 409


def _later(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _send(request: HttpRequest, ticket: Ticket, phone: str, now: datetime) -> None:
    """A code to the phone, once however often it is pressed. Refuses as `ask_for_code`."""
    if ticket.state in alerting.TOO_LATE_TO_ASK:
        raise alerting.NoMessageNeeded

    def run() -> dict[str, Any]:
        proof = proving.ask_for_code(
            phone=phone,
            language=_language(),
            address=address_of(request),
            work=request.POST.get("work", ""),
            now=now,
        )
        return {"proof": str(proof.pk)}

    body = f"alert {ticket.pk} {phone[-4:]}"
    answer = press(request, actor=session_actor(request), body=body, now=now, run=run)
    request.session[ASKED] = {"ticket": ticket.public_id, "proof": answer["proof"]}


def _prove_with(request: HttpRequest, ticket: Ticket, token: str, now: datetime) -> HttpResponse:
    try:
        alerting.alert_proven(ticket=ticket, proof=token, language=_language(), now=now)
    except Refusal as refusal:
        return _show(request, ticket, now, why=str(refusal), status=409)
    return _is_on(request, ticket)


@never_cache
@form_page
def turn_alert_code(request: HttpRequest, public_id: str) -> HttpResponse:
    """The one-time code; with it the phone is told when the turn is near."""
    ticket, now = _ticket(public_id), civil.now()
    asked: dict[str, str] = request.session.get(ASKED) or {"ticket": "", "proof": ""}
    mine = asked["ticket"] == public_id
    proof = PhoneProof.objects.filter(pk=asked["proof"]).first() if mine else None
    if proof is None:
        return redirect("appointments:turn_alert", public_id=public_id)
    phone = unseal(proof.phone_sealed, purpose="phone")
    if request.method != "POST":
        return _show_code(request, ticket, phone, CodeForm())
    if request.POST.get("action") == "resend":
        return _resend(request, ticket, phone, now)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _show_code(request, ticket, phone, form, status=400)
    try:
        token = prove(proof_id=UUID(asked["proof"]), code=form.cleaned_data["code"], now=now)
    except (Refusal, NotFound) as refusal:
        show_refusal(form, refusal if isinstance(refusal, Refusal) else CodeExpired())
        return _show_code(request, ticket, phone, form, status=409)
    request.session[TOKEN] = token
    return _prove_with(request, ticket, token, now)


def _resend(request: HttpRequest, ticket: Ticket, phone: str, now: datetime) -> HttpResponse:
    try:
        _send(request, ticket, phone, now)
    except Refusal as refusal:
        form = CodeForm({})
        form.errors.clear()
        form.add_error(None, str(refusal))
        form.puzzle = puzzle_of(refusal) if isinstance(refusal, TooMany) else None
        shown = _show_code(request, ticket, phone, form, status=_status(refusal))
        return _later(shown, refusal)
    messages.success(request, _("A new code is on its way."))
    return redirect("appointments:turn_alert_code", public_id=ticket.public_id)


def _show_code(
    request: HttpRequest, ticket: Ticket, phone: str, form: CodeForm, status: int = 200
) -> HttpResponse:
    context = {"ticket": ticket, "phone": mask_phone(phone), "form": form, "key": fresh_key()}
    return render(request, "appointments/turn_alert_code.html", context, status=status)
