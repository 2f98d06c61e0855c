"""The whole city, and the quotas that moved in the night."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.city_page import city_page
from appointments.models import QuotaMove, RebalanceRun
from appointments.overseeing import LIMITS
from appointments.pressing import SaidNo, fresh_key, press
from appointments.rebalancing import moves_of, undo_move, why
from appointments.supervise_views import READERS, WHO, show
from config import civil
from config.refusals import NotFound
from windows.access import ADMIN, AUDITOR, halls_of, staff_page
from windows.models import Hall, HallSession, KindDefault, Staff, Window
from windows.reach import roles_in_city
from windows.rules import rule_by_hall

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
    """How full the next days of one's halls are, who waits there, where a session helps."""
    now = civil.now()
    halls = list(_halls_seen(request.user, civil.city_date(now)))
    view = city_page(halls, asked=request.GET, now=now)
    context = {
        "here": "city",
        "runs_halls": any(getattr(hall, "is_mine", False) for hall in halls),
        "sees_messages": any(getattr(hall, "sees_messages", False) for hall in halls),
        "view": view,
        "day": saying.long_day(civil.city_date(now)),
        "clock": saying.clock(now),
    }
    return show(request, "city", context)


def _halls_seen(staff: Staff | AnonymousUser, day: date) -> QuerySet[Hall]:
    """The halls that the person reads about; whether they run them, how many windows there
    are, the hours of an evening and of a weekend there, when it is full: in one query."""
    in_use = Window.objects.filter(hall=OuterRef("pk"), is_in_use=True).order_by()
    hours = {
        f"{kind}_{end}": Subquery(
            KindDefault.objects.filter(Q(hall=OuterRef("pk")) | Q(hall=None))
            .filter(kind=kind, effective_on__lte=day, opens__isnull=False)
            .order_by(F("hall").asc(nulls_last=True), "-effective_on")
            .values(end)[:1]
        )
        for kind in (HallSession.Kind.NIGHT, HallSession.Kind.WEEKEND)
        for end in ("opens", "closes")
    }
    return (
        halls_of(staff, *READERS)
        .filter(is_open=True)
        .annotate(
            is_mine=Exists(halls_of(staff, *WHO).filter(pk=OuterRef("pk"))),
            sees_messages=Exists(roles_in_city(staff, ADMIN, AUDITOR)),
            windows_in_use=Coalesce(
                Subquery(in_use.values("hall").annotate(n=Count("pk")).values("n")), 0
            ),
            **hours,
            **{name: rule_by_hall(name, day) for name in LIMITS},
        )
        .order_by("code")
    )


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
