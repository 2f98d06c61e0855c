"""Opening a session together with the way its places are released: at once or at a time,
behind a waiting room, or by draw."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments.drawing import NothingToDraw, announce, check_times
from config.refusals import Refusal
from windows.models import HallSession, Staff
from windows.planning import SessionPreview, preview_session
from windows.rules import rule
from windows.sessions import open_session

Kind = HallSession.Release


class OpensTooLate(Refusal):
    code = "opens_too_late"
    message = _("The places would open when the session is over. Choose an earlier moment.")
    field = "booking_opens_at"


class RoomNeedsTime(Refusal):
    code = "room_needs_time"
    message = _("A waiting room stands before a later release. Say when the places open.")
    field = "booking_opens_at"


class RegistrationNeedsEnd(Refusal):
    code = "registration_needs_end"
    message = _("Say until when people can register for the draw.")
    field = "registers_until"


@dataclass(frozen=True)
class Release:
    """How the places shall be released; `opens_at` left out means at once.

    A draw needs the end of its registration, or when the rest shall open to everyone.
    """

    kind: str = Kind.PLAIN
    opens_at: datetime | None = None
    registers_until: datetime | None = None


def preview_release(*, release: Release, now: datetime, **session: Any) -> SessionPreview:
    """What the session would be (see `preview_session`) and how its places would open.

    Refuses: OpensTooLate, RoomNeedsTime, RegistrationNeedsEnd, NothingToDraw,
    DrawEndsEarly, DrawEndsLate, DrawTooFar, and what `preview_session` refuses.
    """
    plan = preview_session(**session, now=now, booking_opens_at=release.opens_at)
    plan = replace(plan, release=release.kind, opens_later=plan.booking_opens_at > now)
    if release.kind == Kind.DRAW:
        return _drawn(plan, release, now)
    if plan.opens_later and plan.booking_opens_at >= plan.ends_at:
        raise OpensTooLate
    if release.kind == Kind.ROOM and not plan.opens_later:
        raise RoomNeedsTime
    return plan


def _drawn(plan: SessionPreview, release: Release, now: datetime) -> SessionPreview:
    until = release.registers_until
    if until is None and release.opens_at:
        hours = rule("hold_drawn_hours", hall=plan.hall, day=plan.service_day)
        until = release.opens_at - timedelta(hours=hours)
    if until is None:
        raise RegistrationNeedsEnd
    if not plan.minutes_of("online"):
        raise NothingToDraw
    session = HallSession(hall=plan.hall, service_day=plan.service_day, starts_at=plan.starts_at)
    hold_until = check_times(session=session, registers_from=now, registers_until=until)
    return replace(plan, registers_until=until, booking_opens_at=hold_until)


@transaction.atomic
def open_released(
    *,
    release: Release,
    by: Staff | None,
    now: datetime,
    simulated: bool = False,
    series: UUID | None = None,
    **session: Any,
) -> HallSession:
    """The session is open (see `open_session`) and its places are released as asked; a draw
    is announced.

    Refuses: what `preview_release` and `open_session` refuse.
    """
    plan = preview_release(release=release, now=now, **session)
    by_draw = plan.registers_until is not None
    opened = open_session(
        **session,
        by=by,
        now=now,
        booking_opens_at=plan.booking_opens_at,
        release=Kind.PLAIN if by_draw else plan.release,
        simulated=simulated,
        series=series,
    )
    if plan.registers_until is not None:
        announce(session=opened, registers_from=now, registers_until=plan.registers_until, now=now)
    return opened
