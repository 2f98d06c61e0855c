"""Rebalancing on pages: the runs, what each moved and why, deciding, taking back, trying.

A run is of the whole city; everybody sees the halls that they read about, and a supervisor
decides about the moves of the halls that they run.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.models import QuotaMove, RebalanceRun, StaffProposal
from appointments.pressing import SaidNo, fresh_key, press
from appointments.rebalance_page import (
    hall_rows,
    open_proposals,
    runs_shown,
    shown_lessons,
    shown_move,
    shown_plan,
    shown_proposal,
    way_of,
)
from appointments.rebalancing import (
    Outcome,
    approve,
    decide_proposal,
    decline,
    make_plan,
    moves_of,
    undo_move,
    undo_run,
)
from appointments.supervise_views import READERS, WHO, asked_hall, halls_here, show
from config import civil
from config.refusals import NotFound
from windows.access import halls_of, own_row, staff_page
from windows.models import Hall, Staff

MOVES_SHOWN = 200
DECISIONS = {"approve": approve, "decline": decline, "undo": undo_run}


def _mine(request: HttpRequest) -> set[int]:
    """The halls in which the person may change something."""
    return set(halls_of(request.user, *WHO).values_list("pk", flat=True))


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_rebalancing(request: HttpRequest) -> HttpResponse:
    """The runs, the latest first, and what is proposed for staff."""
    mine = _mine(request)
    seen = set(halls_of(request.user, *READERS).values_list("pk", flat=True))
    context = {
        "here": "quotas",
        "runs_halls": bool(mine),
        "runs": runs_shown(seen),
        "proposals": [shown_proposal(one, mine) for one in open_proposals(seen, civil.now())],
        "halls": halls_here(request) if mine else [],
        "key": fresh_key(),
    }
    return show(request, "rebalancing", context)


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_quotas(request: HttpRequest) -> HttpResponse:
    """The old address: the run asked for, else the latest one."""
    runs = list(RebalanceRun.objects.order_by("-pk").values_list("pk", flat=True)[:7])
    if not runs:
        return redirect("appointments:supervise_rebalancing")
    asked = next((pk for pk in runs if str(pk) == request.GET.get("run")), runs[0])
    return redirect("appointments:supervise_rebalance_run", asked)


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_rebalance_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run, hall by hall: before and after, each move with its reasons."""
    return _run_page(request, own_row(RebalanceRun.objects.all(), pk), civil.now())


def _run_page(
    request: HttpRequest,
    run: RebalanceRun,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    mine = _mine(request)
    halls = {hall.pk: hall for hall in halls_of(request.user, *READERS).order_by("code")}
    rows = hall_rows(run, halls, mine)
    asked = request.GET.get("hall", "")
    shown = next((row for row in rows if row["hall"].code == asked), rows[0] if rows else None)
    moves = moves_of(run, halls=[shown["hall"].pk]) if shown else []
    proposals = run.proposals.filter(to_hall__in=halls) | run.proposals.filter(from_hall__in=halls)
    context = {
        "here": "quotas",
        "runs_halls": bool(mine),
        "run": run,
        "day": saying.long_day(run.demand_day),
        "ran": saying.when(run.ran_at),
        "rows": rows,
        "shown": shown,
        "moves": [shown_move(move, now, mine) for move in moves[:MOVES_SHOWN]],
        "number": len(moves),
        "to_decide": sum(row["open"] for row in rows if row["is_mine"]),
        "can_undo": sum(row["made"] for row in rows if row["is_mine"]),
        "proposals": [
            shown_proposal(one, mine)
            for one in proposals.distinct().select_related("from_hall", "to_hall").order_by("pk")
        ],
        "lessons": shown_lessons(run, halls),
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "rebalance_run", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_rebalance_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, decline or take back a run's moves, in one hall or in all of one's own."""
    run, now = own_row(RebalanceRun.objects.all(), pk), civil.now()
    decision = DECISIONS.get(request.POST.get("decision", ""))
    halls = _halls_decided(request)
    if decision is None or not halls:
        raise NotFound

    def does() -> dict[str, Any]:
        outcome = decision(run=run, halls=sorted(halls), by=_staff(request), now=now)
        return {"done": len(outcome.done), "stuck": _stuck_words(outcome)}

    asked = f"{request.POST['decision']}/{sorted(halls)}"
    told = _pressed(request, run, f"{pk}/{asked}", does, now)
    if isinstance(told, HttpResponse):
        return told
    messages.success(request, _done_words(request.POST["decision"], told["done"]))
    for words in told["stuck"]:
        messages.warning(request, words)
    return redirect(_run_link(run, request.POST.get("hall", "")))


def _halls_decided(request: HttpRequest) -> set[int]:
    """The one hall that was chosen, else all of one's own."""
    mine, code = halls_of(request.user, *WHO), request.POST.get("hall", "")
    if code and request.POST.get("scope") != "all":
        mine = mine.filter(code=code.replace("\x00", ""))
    return set(mine.values_list("pk", flat=True))


def _done_words(decision: str, n: int) -> str:
    if decision == "approve":
        return ngettext("%(n)s time was adjusted.", "%(n)s times were adjusted.", n) % {"n": n}
    if decision == "decline":
        return _("The proposed moves were declined; nothing changed.")
    return ngettext(
        "%(n)s move was taken back; its quotas are as before.",
        "%(n)s moves were taken back; their quotas are as before.",
        n,
    ) % {"n": n}


def _stuck_words(outcome: Outcome) -> list[str]:
    """Which times could not be changed, ten of them by name."""
    if not outcome.stuck:
        return []
    named = [f"{move.slot.hall.name}, {saying.when(move.slot.starts_at)}" for move in outcome.stuck]
    more = _("and others") if len(named) > 10 else ""
    times = "; ".join([*named[:10], *([more] if more else [])])
    return [
        _("These stay as they are, because their minutes are booked by now or begun: %(times)s")
        % {"times": times}
    ]


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_quotas_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one move back."""
    now = civil.now()
    move = own_row(QuotaMove.objects.filter(slot__hall__in=_mine(request)), pk)

    def does() -> dict[str, Any]:
        undo_move(move=move, by=_staff(request), now=now)
        return {}

    told = _pressed(request, move.run, str(pk), does, now)
    if isinstance(told, HttpResponse):
        return told
    messages.success(request, _("The minutes are back where they were."))
    return redirect(_run_link(move.run, move.slot.hall.code))


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_rebalance_try(request: HttpRequest) -> HttpResponse:
    """What a rebalancing of one hall would do at this moment; nothing is changed."""
    hall, now = asked_hall(request), civil.now()
    yesterday = civil.city_date(now) - timedelta(days=1)
    plan = make_plan(demand_day=yesterday, now=now, kind=RebalanceRun.Kind.NIGHT, halls=[hall.pk])
    context = {"here": "quotas", "hall": hall, "halls": halls_here(request), **shown_plan(plan)}
    return show(request, "rebalance_try", context)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_staff_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a proposal for staff, which leads to the page that does it, or leave it."""
    now, mine = civil.now(), _mine(request)
    proposals = StaffProposal.objects.filter(to_hall__in=mine)
    proposal = own_row(proposals.select_related("from_hall", "to_hall", "run"), pk)
    takes = request.POST.get("answer") == "take"

    def does() -> dict[str, Any]:
        decide_proposal(proposal=proposal, takes=takes, by=_staff(request), now=now)
        return {}

    told = _pressed(request, proposal.run, f"{pk}/{takes}", does, now)
    if isinstance(told, HttpResponse):
        return told
    if takes:
        messages.success(request, _("Taken. On this page it can be carried out."))
        return redirect(way_of(proposal))
    messages.success(request, _("The proposal is left."))
    return redirect("appointments:supervise_rebalancing")


def _pressed(
    request: HttpRequest,
    run: RebalanceRun,
    body: str,
    does: Callable[[], dict[str, Any]],
    now: datetime,
) -> dict[str, Any] | HttpResponse:
    """What the command answered; when it said no, the run's page with its words."""
    try:
        return press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=does)
    except SaidNo as refusal:
        return _run_page(request, run, now, errors=(str(refusal),), status=409)


def _staff(request: HttpRequest) -> Staff:
    return cast(Staff, request.user)


def _run_link(run: RebalanceRun, code: str) -> str:
    way = reverse("appointments:supervise_rebalance_run", args=[run.pk])
    known = Hall.objects.filter(code=code.replace("\x00", "")).exists() if code else False
    return f"{way}?hall={code}" if known else way
