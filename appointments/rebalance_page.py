"""What the pages of rebalancing show: runs, halls, moves and proposals in words."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from appointments import saying
from appointments.advised.wording import open_page
from appointments.models import QuotaMove, RebalanceRun, StaffProposal
from appointments.rebalancing import (
    Plan,
    PlannedMove,
    fate_of,
    searches_link,
    why,
    why_lesson,
    why_staff,
)
from config import civil
from windows.models import Hall, HallSession, Matter

RUNS_SHOWN, PROPOSALS_SHOWN = 30, 20
PLANNED_SHOWN = 100
CHANNELS = {
    "online": pgettext_lazy("channel", "Online"),
    "walkin": pgettext_lazy("channel", "Walk-in"),
}


def runs_shown(halls: Collection[int]) -> list[dict[str, Any]]:
    """The latest runs with the number of moves in these halls."""
    here = Q(moves__slot__hall__in=halls)
    to_decide = here & Q(moves__moved_at=None, moves__undone_at=None)
    runs = RebalanceRun.objects.order_by("-pk").annotate(
        here=Count("moves", filter=here), open=Count("moves", filter=to_decide)
    )
    return [
        {"run": run, "ran": saying.when(run.ran_at), **_whole(run, halls)}
        for run in runs[:RUNS_SHOWN]
    ]


def _whole(run: RebalanceRun, halls: Collection[int]) -> dict[str, Any]:
    """Expected minutes of people without a place in these halls, before and after."""
    told = [one for key, one in run.inputs.get("halls", {}).items() if int(key) in halls]
    if not told:
        return {"unmet": None}
    return {"unmet": [sum(one["unmet"][at] for one in told) for at in (0, 1)]}


def hall_rows(
    run: RebalanceRun, halls: Mapping[int, Hall], mine: Collection[int]
) -> list[dict[str, Any]]:
    """The halls of a run that one sees: their moves, and what is expected before and after."""
    moved = Q(moved_at__isnull=False, undone_at=None)
    counted = {
        row["slot__hall"]: row
        for row in run.moves.filter(slot__hall__in=halls)
        .values("slot__hall")
        .order_by()
        .annotate(
            all=Count("pk"),
            made=Count("pk", filter=moved),
            open=Count("pk", filter=Q(moved_at=None, undone_at=None)),
        )
    }
    told = run.inputs.get("halls", {})
    nothing = {"all": 0, "made": 0, "open": 0}
    return [
        {
            "hall": hall,
            "is_mine": hall.pk in mine,
            **counted.get(hall.pk, nothing),
            **told.get(str(hall.pk), {}),
        }
        for hall in halls.values()
        if hall.pk in counted or str(hall.pk) in told
    ]


def shown_move(move: QuotaMove, now: datetime, mine: Collection[int]) -> dict[str, Any]:
    slot = move.slot
    state = fate_of(move)
    can_undo = state == "made" and slot.hall_id in mine and slot.starts_at > now
    return {**_words(move), "pk": move.pk, "state": state, "can_undo": can_undo}


def _words(move: QuotaMove | PlannedMove) -> dict[str, Any]:
    slot = move.slot
    return {
        "hall": slot.hall.name,
        "kind": slot.session.kind,
        "when": saying.when(slot.starts_at),
        "from": CHANNELS[move.from_channel],
        "to": CHANNELS[move.to_channel],
        "minutes": move.minutes,
        "why": why(move),
        "searches": searches_link(move),
    }


def shown_plan(plan: Plan) -> dict[str, Any]:
    """What would move, and what is expected by it."""
    before, after = plan.solution.before, plan.solution.after
    return {
        "moves": [_words(move) for move in plan.moves[:PLANNED_SHOWN]],
        "number": len(plan.moves),
        "unmet": [round(before.unmet), round(after.unmet)],
        "waiting": [round(before.waiting), round(after.waiting)],
    }


def open_proposals(halls: Collection[int], now: datetime) -> list[StaffProposal]:
    """What the latest run that looked at staff proposes for days that have not begun."""
    found = StaffProposal.objects.filter(service_day__gt=civil.city_date(now))
    latest = found.order_by("-run").values_list("run", flat=True).first()
    found = found.filter(run=latest, state=StaffProposal.State.OPEN)
    found = found.filter(Q(to_hall__in=halls) | Q(from_hall__in=halls))
    rows = found.select_related("from_hall", "to_hall").order_by("service_day", "pk")
    return list(rows[:PROPOSALS_SHOWN])


def shown_proposal(proposal: StaffProposal, mine: Collection[int]) -> dict[str, Any]:
    is_open = proposal.state == StaffProposal.State.OPEN
    return {
        "proposal": proposal,
        "day": saying.long_day(proposal.service_day),
        "why": why_staff(proposal),
        "can_decide": is_open and proposal.to_hall_id in mine,
        "way": way_of(proposal) if proposal.state == StaffProposal.State.TAKEN else "",
    }


def shown_lessons(run: RebalanceRun, halls: Mapping[int, Hall]) -> list[dict[str, Any]]:
    """The windows of these halls that should also serve a matter."""
    matters = {matter.code: matter.name for matter in Matter.objects.all()}
    return [
        {
            "hall": halls[one["hall"]].name,
            "why": why_lesson({**one, "matter": matters.get(one["matter"], one["matter"])}),
        }
        for one in run.inputs.get("lessons", [])
        if one["hall"] in halls
    ]


def way_of(proposal: StaffProposal) -> str:
    """The page on which the proposal is carried out, filled in: asking the other hall for so
    many people in those hours, or opening so many windows then."""
    starts_at = civil.city_day(proposal.service_day)[0] + timedelta(hours=proposal.to_hour)
    ends_at = starts_at + timedelta(hours=proposal.hours)
    code, session = proposal.to_hall.code, _session_of(proposal)
    if proposal.from_hall_id == proposal.to_hall_id:
        kind = session.kind if session else ""
        return open_page(code, starts_at, ends_at, kind, many=proposal.windows)
    asked = {
        "hall": code,
        "of_hall": proposal.from_hall.code,
        "session": session.pk if session else "",
        "people": proposal.windows,
        "begins": saying.clock(starts_at),
        "ends": saying.clock(ends_at),
    }
    told = {name: answer for name, answer in asked.items() if answer}
    return f"{reverse('appointments:supervise_help_ask')}?{urlencode(told, safe=':')}"


def _session_of(proposal: StaffProposal) -> HallSession | None:
    """The session of that day in the hall that gains, that runs in the hour gained."""
    sessions = HallSession.objects.filter(
        hall=proposal.to_hall_id, service_day=proposal.service_day, state=HallSession.State.OPEN
    )
    for session in sessions.order_by("-starts_at"):
        starts = civil.city_time(session.starts_at)
        hour = starts.hour + 24 * (starts.date() - session.service_day).days
        if hour <= proposal.to_hour:
            return session
    return sessions.first()
