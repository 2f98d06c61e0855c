"""The whole city, and the quotas that moved in the night."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.models import QuotaMove, RebalanceRun
from appointments.overseeing import city_now
from appointments.pressing import SaidNo, fresh_key, press
from appointments.rebalancing import moves_of, undo_move, why
from appointments.supervise_views import READERS, WHO, show
from config import civil
from config.refusals import NotFound
from windows.access import halls_of, staff_page

NIGHTS, MOVES_SHOWN = 7, 200
CHANNELS = {
    "online": pgettext_lazy("channel", "Online"),
    "walkin": pgettext_lazy("channel", "Walk-in"),
}


def _mine(request: HttpRequest) -> set[int]:
    """The halls in which the person may change something."""
    return set(halls_of(request.user, *WHO).values_list("pk", flat=True))


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_city(request: HttpRequest) -> HttpResponse:
    """How full every hall's next days are."""
    now, mine = civil.now(), _mine(request)
    context = {
        "here": "city",
        "runs_halls": bool(mine),
        "mine": mine,
        "city": city_now(now=now),
        "day": saying.long_day(civil.city_date(now)),
        "clock": saying.clock(now),
    }
    return show(request, "city", context)


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_quotas(request: HttpRequest) -> HttpResponse:
    """What the night moved, and why; each move can be undone."""
    return _quotas(request, civil.now())


def _quotas(
    request: HttpRequest, now: datetime, *, errors: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    seen = set(halls_of(request.user, *READERS).values_list("pk", flat=True))
    runs = list(RebalanceRun.objects.order_by("-pk")[:NIGHTS])
    asked = request.GET.get("run", "")
    run = next((one for one in runs if str(one.pk) == asked), runs[0] if runs else None)
    mine = _mine(request)
    moves = moves_of(run, halls=seen) if run else []
    context = {
        "here": "quotas",
        "runs_halls": bool(mine),
        "runs": [(one, saying.long_day(one.demand_day)) for one in runs],
        "run": run,
        "moves": [_shown(move, now, mine) for move in moves[:MOVES_SHOWN]],
        "number": len(moves),
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "quotas", context, status=status)


def _shown(move: QuotaMove, now: datetime, mine: set[int]) -> dict[str, Any]:
    slot = move.slot
    return {
        "move": move,
        "hall": slot.hall.name,
        "kind": slot.session.kind,
        "when": saying.when(slot.starts_at),
        "from": CHANNELS[move.from_channel],
        "to": CHANNELS[move.to_channel],
        "why": why(move),
        "can_undo": slot.hall_id in mine and not move.undone_at and slot.starts_at > now,
    }


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_quotas_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one move back."""
    now, mine = civil.now(), _mine(request)
    move = QuotaMove.objects.filter(pk=min(pk, 2**62), slot__hall__in=mine).first()
    if move is None:
        raise NotFound

    def run() -> dict[str, Any]:
        undo_move(move=move, by=request.user, now=now)  # type: ignore[arg-type]
        return {}

    try:
        press(request, actor=f"staff:{request.user.pk}", body=str(pk), now=now, run=run)
    except SaidNo as refusal:
        return _quotas(request, now, errors=(str(refusal),), status=409)
    messages.success(request, _("The minutes are back where they were."))
    return redirect(f"/supervise/quotas/?run={move.run_id}")
