"""My roster: when and where I stand, my time off, and swaps with colleagues."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_forms import SwapForm
from appointments.roster_words import (
    asked_words,
    hours_words,
    length_words,
    place_words,
    swap_words,
)
from appointments.time_off_views import ledger_lines
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows import asking_absence, swapping, time_off
from windows.access import CLERK, GUIDE, SUPERVISOR, staff_page
from windows.candidates import free_staff
from windows.duties import Duty, duty_of, loads
from windows.models import RosterEntry, Staff, Swap
from windows.skills import matters_at

WHO = (CLERK, GUIDE, SUPERVISOR)
AHEAD = timedelta(days=28)
EXCHANGES = 30


@never_cache
@staff_page(*WHO)
@require_safe
def desk_roster(request: HttpRequest) -> HttpResponse:
    """The coming four weeks, what I am asked, my absences, and my ledger of time off.

    What was decided counts as seen from now on.
    """
    me, now = _me(request), civil.now()
    today = civil.city_date(now)
    load = loads([me.pk], today - timedelta(days=1), today + AHEAD)[me.pk]
    duties = [one for one in load.duties if one.ends > now]
    swaps = list(swapping.open_of(me))
    asked_about = {one.entry_id for one in swaps if one.made_by_id == me.pk}
    monday = today - timedelta(days=today.weekday())
    context: dict[str, Any] = {
        "duties": [
            {
                "duty": one,
                "day": saying.long_day(one.day),
                "is_today": one.day == today,
                "hours": saying.hours(one.begins, one.ends),
                "can_swap": one.begins > now and one.entry.pk not in asked_about,
                "is_away": load.is_away(one.begins, one.ends),
            }
            for one in duties
        ],
        "week": hours_words(load.minutes_between(monday, monday + timedelta(days=6))),
        "asked_me": [swap_words(one) for one in swaps if one.to_id == me.pk],
        "i_asked": [swap_words(one) for one in swaps if one.made_by_id == me.pk],
        "absences": [asked_words(one, now=now) for one in asking_absence.shown_to(me, now=now)],
        "closed": [swap_words(one) for one in swapping.closed_of(me, now=now)],
        "balance": length_words(time_off.balances([me.pk]).get(me.pk, 0)),
        "lines": ledger_lines(me)[:20],
        "key": fresh_key(),
    }
    asking_absence.see(me, now=now)
    swapping.see(me, now=now)
    return render(request, "appointments/desk/roster.html", context)


def _me(request: HttpRequest) -> Staff:
    return request.user  # type: ignore[return-value]


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_roster_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom could I ask about this time; POST asks."""
    me, now = _me(request), civil.now()
    rows = RosterEntry.objects.select_related("session__hall", "window", "staff")
    entry = rows.filter(pk=min(pk, 2**62), staff=me, is_cancelled=False).first()
    duty = duty_of(entry) if entry else None
    if entry is None or duty is None:
        raise NotFound
    choices = _choices(duty, me, now)
    form = SwapForm(request.POST if request.method == "POST" else None, choices=choices)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            answer = _ask(request, entry, form, now)
            if answer is not None:
                return answer
            status = 409
        else:
            status = 400
    context = {"form": form, "what": place_words(entry), "entry": entry, "any": bool(choices),
               "key": fresh_key()}  # fmt: skip
    return render(request, "appointments/desk/roster_ask.html", context, status=status)


def _ask(
    request: HttpRequest, entry: RosterEntry, form: SwapForm, now: datetime
) -> HttpResponse | None:
    """None: it was refused, and the form says why."""
    kind, _sign, pk = form.cleaned_data["to"].partition("-")
    other = RosterEntry.objects.filter(pk=pk).first() if kind == "for" else None
    to = other.staff if other else Staff.objects.filter(pk=pk, is_active=True).first()
    if to is None:
        raise NotFound

    def run() -> dict[str, Any]:
        swapping.ask(entry=entry, to=to, for_entry=other, by=_me(request), now=now)
        return {}

    try:
        body = f"{entry.pk}/{form.cleaned_data['to']}"
        press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return None
    messages.success(request, _("%(name)s is asked. You see the answer here.") % {"name": to})
    return redirect("appointments:desk_roster")


def _choices(duty: Duty, me: Staff, now: datetime) -> list[tuple[str, str]]:
    """Colleagues who are free then, and times of others that could be had in exchange."""
    session = duty.entry.session
    free = free_staff(
        hall=session.hall, period=DateTimeTZRange(duty.begins, duty.ends),
        matter_ids=matters_at(session, duty.entry.window), service_day=session.service_day,
        roles=(CLERK,) if duty.entry.window else (GUIDE, CLERK),
    )  # fmt: skip
    found = [
        (f"to-{one.staff.pk}", _("%(name)s takes it over") % {"name": one.staff})
        for one in free
        if one.staff.pk != me.pk and one.served > 0
    ]
    return found + _exchanges(duty, me, now)


def _exchanges(duty: Duty, me: Staff, now: datetime) -> list[tuple[str, str]]:
    """Times of colleagues in the same hall, when neither has another duty in the way."""
    session = duty.entry.session
    first, last = session.service_day - timedelta(days=7), session.service_day + timedelta(days=7)
    entries = RosterEntry.objects.filter(
        session__hall=session.hall_id, session__service_day__range=(first, last),
        session__state="open", is_cancelled=False, period__startswith__gt=now,
    ).exclude(staff=me)  # fmt: skip
    rows = list(entries.select_related("staff", "window", "session").order_by("period")[:300])
    carried = loads({me.pk, *(one.staff_id for one in rows)}, first, last)
    mine = [one for one in carried[me.pk].duties if one.entry.pk != duty.entry.pk]
    found = []
    for entry in rows:
        theirs = duty_of(entry)
        if theirs is None or carried[me.pk].is_away(theirs.begins, theirs.ends):
            continue
        others = [one for one in carried[entry.staff_id].duties if one.entry.pk != entry.pk]
        if _overlaps(mine, theirs) or _overlaps(others, duty):
            continue
        if not carried[entry.staff_id].is_away(duty.begins, duty.ends):
            facts = {"name": entry.staff, "what": place_words(entry)}
            found.append((f"for-{entry.pk}", _("exchange with %(name)s: %(what)s") % facts))
    return found[:EXCHANGES]


def _overlaps(duties: list[Duty], one: Duty) -> bool:
    return any(other.begins < one.ends and one.begins < other.ends for other in duties)


@never_cache
@staff_page(*WHO)
@require_POST
def desk_roster_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """I agree, say no, or withdraw what I asked."""
    me, now, said = _me(request), civil.now(), request.POST.get("answer", "")
    rows = Swap.objects.select_related("entry__session", "for_entry__session")
    swap = rows.filter(pk=min(pk, 2**62)).first()
    if swap is None or me.pk not in (swap.to_id, swap.made_by_id):
        raise NotFound

    def run() -> dict[str, Any]:
        if said == "withdraw":
            swapping.withdraw(swap=swap, by=me, now=now)
            return {"said": _("The question is withdrawn.")}
        swapping.answer(swap=swap, agrees=said == "yes", by=me, now=now)
        if said == "yes":
            return {"said": _("You agreed. It counts once your supervisor confirms it.")}
        return {"said": _("You said no. The roster stays.")}

    try:
        told = press(request, actor=f"staff:{me.pk}", body=f"{pk}/{said}", now=now, run=run)
    except SaidNo as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, told["said"])
    return redirect(reverse("appointments:desk_roster"))
