"""One session of a hall: its times and quotas, what was changed, taking its opening back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments import saying
from appointments.draw_words import until_words
from appointments.models import Draw, DrawEntry
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import LOOKERS, WHO, show
from appointments.told_words import changes_shown
from appointments.withdrawing import loss_of, undo_opening
from config import civil
from windows.access import halls_of, has_role, own_row, staff_page
from windows.models import HallSession, Matter, Slot


@dataclass(frozen=True)
class SlotRow:
    """A time of the session with what each channel has."""

    at: str
    slot: Slot


def own_session(request: HttpRequest, pk: int, *roles: str) -> HallSession:
    """The session, when it is in a hall that the person runs, or has one of the roles in.
    Raises NotFound."""
    mine = HallSession.objects.filter(hall__in=halls_of(request.user, *(roles or WHO)))
    return own_row(mine.select_related("hall", "opened_by"), pk)


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_session(request: HttpRequest, pk: int) -> HttpResponse:
    """The session: its times, quotas by channel, and what can be done with it."""
    return _page(request, own_session(request, pk, *LOOKERS), civil.now())


def _page(
    request: HttpRequest,
    session: HallSession,
    now: datetime,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    slots = list(session.slots.order_by("starts_at"))
    alive = session.state == HallSession.State.OPEN and session.ends_at > now
    booked = any(s.online_taken or s.assisted_taken or s.reserved_taken for s in slots)
    booked |= registrations(session).exists()
    served = Matter.objects.filter(
        is_offered=True, windows__staffed__session=session, windows__staffed__is_cancelled=False
    )
    context = {
        "here": "open",
        "hall": session.hall,
        "session": session,
        "day": saying.long_day(session.service_day),
        "hours": saying.hours(session.starts_at, session.ends_at),
        "opened": saying.when(session.opened_at),
        "keeps": any(s.reserved_quota for s in slots),
        "rows": [SlotRow(f"{civil.city_time(s.starts_at):%H:%M}", s) for s in slots],
        "windows": list(
            session.staffed.filter(is_cancelled=False)
            .order_by("window__number")
            .values_list("window__number", flat=True)
        ),
        "alive": alive,
        "runs": alive and session.starts_at < now,
        "may_change": has_role(request.user, session.hall, *WHO),
        "changes": changes_shown(session),
        "can_undo": alive and not booked and not session.ticket_set.exists(),
        "loss": loss_of(session=session, now=now) if alive else None,
        "opens": opens_words(session, now),
        "draw": Draw.objects.filter(session=session).values_list("pk", flat=True).first(),
        "bookable": _bookable(session, served.order_by("position", "pk").first(), alive),
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "session", context, status=status)


def registrations(session: HallSession) -> QuerySet[DrawEntry]:
    """Who takes part in the session's draw, until it is drawn."""
    return DrawEntry.objects.filter(draw__session=session, state=DrawEntry.State.REGISTERED)


def opens_words(session: HallSession, now: datetime) -> str:
    """How the places open that nobody can book yet; "" when they can be booked."""
    draw = Draw.objects.filter(session=session).defer("result").first()
    if draw:
        registered = registrations(session).count()
        said = ngettext("%(n)s registration so far.", "%(n)s registrations so far.", registered)
        counted = said % {"n": registered} if draw.drawn_at is None else ""
        return f"{until_words(draw, now)} {counted}".strip()
    if session.booking_opens_at <= now:
        return ""
    return _("The places open on %(when)s.") % {"when": saying.when(session.booking_opens_at)}


def _bookable(session: HallSession, matter: Matter | None, alive: bool) -> str:
    """Where a citizen sees the session's day; "" when it cannot be booked online."""
    if matter is None or not alive or session.kind == HallSession.Kind.STUDENT:
        return ""
    return f"/book/{matter.code}/when/?hall={session.hall.code}&day={session.service_day}"


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_session_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an opening back, until the first booking."""
    session, now = own_session(request, pk), civil.now()

    def run() -> dict[str, Any]:
        undo_opening(session=session, by=request.user, now=now)  # type: ignore[arg-type]
        return {"said": _("The session is undone. Nobody had booked it.")}

    return _pressed(request, session, now, run)


def _pressed(
    request: HttpRequest,
    session: HallSession,
    now: datetime,
    run: Callable[[], dict[str, Any]],
) -> HttpResponse:
    try:
        actor = f"staff:{request.user.pk}"
        told = press(request, actor=actor, body=str(session.pk), now=now, run=run)
    except SaidNo as refusal:
        session.refresh_from_db()
        return _page(request, session, now, errors=(str(refusal),), status=409)
    messages.success(request, told["said"])
    return redirect("appointments:supervise_session", session.pk)
