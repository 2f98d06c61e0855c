"""Appeals against missed visits: the person's page, and the supervisors' pages."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import appealing, hearing, missed_words, missing, saying
from appointments.appeal_forms import AppealForm, DecisionForm
from appointments.appealing import REASONS
from appointments.journey import form_page
from appointments.models import Appeal, Booking, MissedVisit
from appointments.own_page import own_address, shown_person
from appointments.own_views import by_its_secret, own_booking
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, halls_here, show
from config import civil
from config.faces import show_refusal
from windows.access import own_row, staff_page

SHOWN = 100


@by_its_secret
@never_cache
@form_page
def booking_appeal(request: HttpRequest, reference: str) -> HttpResponse:
    """Why the visit was missed, in one's own words; afterwards how the appeal stands."""
    found, now = own_booking(request, reference), civil.now()
    visit = appealing.missed_visit(found)
    if visit is None:
        raise appealing.NothingMissed
    if request.method != "POST":
        return _show(request, found, visit, AppealForm(), now)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _show(request, found, visit, form, now, status=400)

    def run() -> dict[str, Any]:
        made = appealing.appeal(booking=found, now=now, **form.cleaned_data)
        return {"appeal": made.pk}

    body = f"appeal {form.cleaned_data['reason']} {form.cleaned_data['text']}"
    try:
        press(request, actor=f"booking:{found.reference}", body=body, now=now, run=run)
    except SaidNo as no:
        show_refusal(form, no)
        return _show(request, found, visit, form, now, status=409)
    return redirect(f"{request.path}?k={request.GET['k']}")


def _show(
    request: HttpRequest,
    found: Booking,
    visit: MissedVisit,
    form: AppealForm,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    made, until = appealing.appeal_of(visit), missing.appeal_until(visit)
    closure = missing.closures_of(visit.id_index, now).order_by("-ends_at").first()
    count = len(missing.counting_with(visit))
    context = {
        "booking": found,
        "person": shown_person(found),
        "when": saying.when(visit.booking.starts_at),
        "visit": visit,
        "appeal": made,
        "reason": REASONS[appealing.said_in(made).reason] if made else "",
        "said": appealing.said_in(made) if made else None,
        "answer": appealing.answer_of(made) if made else "",
        "can_appeal": made is None and visit.excused_at is None and now < until,
        "until": missed_words.last_day(until),
        "rule": missed_words.rule_words(visit, count),
        "closed": missed_words.closed_words(closure) if closure else "",
        "back": own_address(found),
        "form": form,
        "key": fresh_key(),
    }
    return render(request, "appointments/appeal.html", context, status=status)


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_appeals(request: HttpRequest) -> HttpResponse:
    """What people object to in the halls that one runs, the oldest first."""
    mine = appealing.appeals_for(request.user)  # type: ignore[arg-type]
    waiting = mine.filter(state=Appeal.State.OPEN)
    decided = mine.exclude(state=Appeal.State.OPEN).order_by("-decided_at", "-pk")
    halls = halls_here(request)
    context = {
        "here": "appeals",
        "hall": halls[0] if len(halls) == 1 else None,
        "number": waiting.count(),
        "waiting": [_row(appeal) for appeal in waiting[:SHOWN]],
        "decided": [_row(appeal) for appeal in decided[: SHOWN // 5]],
    }
    return show(request, "appeals", context)


def _row(appeal: Appeal) -> dict[str, Any]:
    booking = appeal.missed.booking
    return {
        "appeal": appeal,
        "hall": booking.hall.name,
        "matter": booking.matter.name,
        "when": saying.when(booking.starts_at),
        "person": hearing.person_of(booking),
        "reason": REASONS[appealing.said_in(appeal).reason],
        "made": saying.when(appeal.made_at),
        "decided": saying.when(appeal.decided_at) if appeal.decided_at else "",
    }


@never_cache
@staff_page(*WHO)
@form_page
def supervise_appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """One appeal: what the person says, what the journal says; excuse or leave it."""
    now = civil.now()
    appeal = own_row(appealing.appeals_for(request.user), pk)  # type: ignore[arg-type]
    if request.method != "POST":
        return _hear(request, appeal, DecisionForm(), now)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _hear(request, appeal, form, now, status=400)
    accept, answer = form.cleaned_data["decision"] == "accept", form.cleaned_data["answer"]

    def run() -> dict[str, Any]:
        by = request.user
        appealing.decide(appeal=appeal, accept=accept, answer=answer, by=by, now=now)  # type: ignore[arg-type]
        return {}

    try:
        body = f"{pk} {accept} {answer}"
        press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        show_refusal(form, no)
        appeal.refresh_from_db()
        return _hear(request, appeal, form, now, status=409)
    done = _("The visit is excused.") if accept else _("It stays as it was noted.")
    messages.success(request, f"{done} {_('The person gets a message.')}")
    return redirect("appointments:supervise_appeals")


def _hear(
    request: HttpRequest, appeal: Appeal, form: DecisionForm, now: datetime, status: int = 200
) -> HttpResponse:
    known = hearing.hearing_of(appeal, now=now)
    booking = appeal.missed.booking
    context = {
        "here": "appeals",
        "hall": booking.hall,
        "known": known,
        "reason": REASONS[known.said.reason],
        "when": saying.when(booking.starts_at),
        "lines": [(saying.when(line.at), line) for line in known.lines],
        "answer": appealing.answer_of(appeal),
        "decided": saying.when(appeal.decided_at) if appeal.decided_at else "",
        "closed": saying.when(known.closed_until.ends_at) if known.closed_until else "",
        "form": form,
        "key": fresh_key(),
    }
    return show(request, "appeal", context, status=status)
