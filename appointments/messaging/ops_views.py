"""The operations page of messages, for administrators of the city; auditors look on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments import saying
from appointments.messaging import parked, resending_parked
from appointments.messaging.alarming_messages import alarms, look
from appointments.messaging.ops_forms import DecideForm
from appointments.messaging.overseeing_messages import SHOWN, endings
from appointments.models import Message
from appointments.pressing import SaidNo, fresh_key, press
from config import civil
from config.faces import show_refusal
from config.refusals import NotAllowed, NotFound
from windows.access import ADMIN, AUDITOR, staff_page
from windows.reach import runs_city

READERS = (ADMIN, AUDITOR)
ACTIONS = ("again", "leave", "ask")


def _reads(request: HttpRequest) -> bool:
    """Whether the person may act as well. Messages belong to no hall: NotAllowed to who has
    a role in a hall or a district only."""
    if not runs_city(request.user, *READERS):
        raise NotAllowed
    return runs_city(request.user, ADMIN)


def _show(request: HttpRequest, page: str, context: dict[str, Any], status: int = 200) -> Any:
    acts = context["may_act"]
    told = {"here": "messages", "runs_halls": acts, "looks_on": acts, **context}
    return render(request, f"appointments/messages/{page}.html", told, status=status)


@never_cache
@staff_page(*READERS)
@require_safe
def ops_messages(request: HttpRequest) -> HttpResponse:
    """What is late, in doubt or failed; how providers are; counts of today and the week."""
    return _show(request, "ops", _now(request, civil.now()))


@never_cache
@staff_page(*READERS)
@require_safe
def ops_messages_live(request: HttpRequest) -> HttpResponse:
    """The part of the page that moves: htmx asks for it every few seconds."""
    return _show(request, "_ops_now", _now(request, civil.now()))


def _now(request: HttpRequest, now: datetime) -> dict[str, Any]:
    acts, ended = _reads(request), endings(now=now)
    found = look(now=now, cost_today=ended.cost_today)
    return {
        "may_act": acts,
        "edits_providers": acts and getattr(request.user, "is_staff", False),
        "clock": saying.clock(now),
        "found": found,
        "oldest": found.late[0].minutes if found.late else 0,
        "alarms": alarms(found, now=now),
        "ended": ended,
        "headings": [Message.State(state).label for state in SHOWN],
        "cost": f"{sum(ended.cost_today.values()) / 1000:.2f}",
        "in_doubt": parked.in_doubt(),
        "failed": parked.failed(now=now),
    }


@never_cache
@staff_page(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def ops_message(request: HttpRequest, number: int) -> HttpResponse:
    """One message in doubt or failed: what is known, and what to do about it."""
    acts, now = _reads(request), civil.now()
    one = parked.troubled(number)
    if request.method != "POST":
        return _decide(request, number, one, acts)
    if not acts:
        raise NotAllowed
    action, seen = request.POST.get("action", ""), request.POST.get("seen", "")[:20]
    if action == "ask":
        return _ask(request, number, seen, now)
    form = DecideForm(request.POST)
    if action not in ACTIONS or not form.is_valid():
        return _decide(request, number, one, acts, form=form, status=400)
    return _act(request, number, action, seen, form, now)


def _act(
    request: HttpRequest, number: int, action: str, seen: str, form: DecideForm, now: datetime
) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    asked: dict[str, Any] = {"number": number, "seen": seen, "reason": reason, "now": now}
    asked["by"] = request.user

    def run() -> dict[str, Any]:
        if action == "again":
            return {"n": resending_parked.send_again(**asked)}
        resending_parked.leave(**asked)
        return {}

    try:
        told = _press(request, f"{number} {action} {seen} {reason}", now, run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _decide(request, number, parked.troubled(number), True, form=form, status=409)
    if action == "again":
        words = ngettext(
            "The message is ready and leaves in a moment.",
            "%(n)s messages are ready and leave in a moment.",
            told["n"],
        )
        messages.success(request, words % told)
    else:
        messages.success(request, _("Nothing is sent. The message is kept as failed."))
    return redirect("appointments:ops_messages")


def _ask(request: HttpRequest, number: int, seen: str, now: datetime) -> HttpResponse:
    """The provider is asked outside any transaction; what it told is written in one."""
    fate = resending_parked.ask_provider(number=number)
    asked: dict[str, Any] = {"number": number, "seen": seen, "told": fate, "now": now}
    asked["by"] = request.user

    def run() -> dict[str, Any]:
        resending_parked.settle_as_told(**asked)
        return {"told": fate.value if fate else resending_parked.NO_ANSWER}

    try:
        told = _press(request, f"{number} ask {seen}", now, run)
    except SaidNo as refusal:
        one = parked.troubled(number)
        return _decide(request, number, one, True, errors=[str(refusal)], status=409)
    words = _("The provider was asked: %(told)s.") % {"told": parked.FATES[told["told"]]}
    messages.info(request, words)
    if parked.troubled(number) is None:
        return redirect("appointments:ops_messages")
    return redirect("appointments:ops_message", number=number)


def _press(
    request: HttpRequest, body: str, now: datetime, run: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    return press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)


def _decide(
    request: HttpRequest,
    number: int,
    one: parked.Troubled | None,
    acts: bool,
    *,
    form: DecideForm | None = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    message = Message.objects.filter(pk=min(number, 2**62)).first()
    if message is None:
        raise NotFound
    context = {
        "may_act": acts,
        "number": number,
        "one": one,
        "message": message,
        "is_known": parked.provider_of(message.provider) is not None,
        "keeps": resending_parked.keeps_reference(message),
        "story": parked.story(number),
        "form": form or DecideForm(),
        "errors": errors or [],
        "key": fresh_key(),
    }
    return _show(request, "ops_message", context, status=status)
