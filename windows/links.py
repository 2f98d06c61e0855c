"""Outreach: a session's own link for a factory, a school or a community.

Who comes by the link books in that session. A link may keep a share of the online minutes
for them (`Slot.reserved_*`): it is taken from what is unsold, and at `releases_at` what is
left of it falls to everyone. A session keeps one such share at a time; links without one
are as many as there are inviters. Locks: slots by id.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.models import HallSession, SessionLink, Slot, Staff
from windows.sessions import SessionOver

# The slots are locked by id. Both keep the sum of the quotas (slot_quotas_fill_the_slot).
RESERVE = """
UPDATE windows_slot s SET online_quota = s.online_quota - kept.minutes,
  reserved_quota = s.reserved_quota + kept.minutes
FROM (SELECT id, least(online_quota * %(percent)s / 100, online_quota - online_taken) AS minutes
  FROM windows_slot WHERE id = ANY(%(slots)s::bigint[])) AS kept
WHERE s.id = kept.id AND kept.minutes > 0
RETURNING kept.minutes
"""
FALL = """
UPDATE windows_slot SET online_quota = online_quota + reserved_quota - reserved_taken,
  reserved_quota = reserved_taken
WHERE id = ANY(%(slots)s::bigint[]) AND reserved_quota > reserved_taken
RETURNING id
"""


class LinkOver(Refusal):
    code = "link_over"
    message = _("This link is no longer valid. You can book without it.")
    field = "link"
    is_kept = False  # without the link the same key may have more luck


class ShareNotPossible(Refusal):
    code = "share_not_possible"
    message = _("Keep a share from 0 to 100 percent of the online minutes.")
    field = "percent"


class ShareNeedsEnd(Refusal):
    code = "share_needs_end"
    message = _(
        "Say from when the kept minutes are for everyone: later than now and not after the "
        "session begins, on %(begins)s."
    )
    field = "releases_at"


class ShareKeptAlready(Refusal):
    code = "share_kept_already"
    message = _(
        "Another link of this session keeps a share. Take that link back first, or make one "
        "without a share."
    )
    field = "percent"


class NothingToKeep(Refusal):
    code = "nothing_to_keep"
    message = _("No online minutes of this session are unsold, so none can be kept.")
    field = "percent"


class DrawnNotKept(Refusal):
    code = "drawn_not_kept"
    message = _("The places of this session go by draw, so none can be kept. Use a share of 0.")
    field = "percent"


class CameBy(NamedTuple):
    """A link that somebody came by. `reserves`: a share is kept for them."""

    link_id: int
    session_id: int
    reserves: bool


@transaction.atomic
def make_link(
    *,
    session: HallSession,
    name_zh: str,
    name_en: str = "",
    percent: int = 0,
    releases_at: datetime | None = None,
    by: Staff | None,
    now: datetime,
) -> SessionLink:
    """The session has a link more; so many percent of each slot's online minutes are kept
    for who comes by it, of what is unsold.

    Refuses: SessionOver, ShareNotPossible, ShareNeedsEnd, DrawnNotKept, ShareKeptAlready,
    NothingToKeep.
    """
    if session.state != HallSession.State.OPEN or session.ends_at <= now:
        raise SessionOver
    if not 0 <= percent <= 100:
        raise ShareNotPossible
    if percent:
        _check_share(session, releases_at, now)
        _lock_slots_of([session.pk])
    with refusing({"link_reserves_once_per_session": ShareKeptAlready}):
        link = SessionLink.objects.create(
            session=session,
            name_zh=name_zh,
            name_en=name_en,
            reserved_percent=percent,
            releases_at=releases_at if percent else None,
            made_by=by,
            made_at=now,
        )
    if percent and not _reserve(session, percent, now):
        raise NothingToKeep
    return link


def _check_share(session: HallSession, releases_at: datetime | None, now: datetime) -> None:
    if session.release == HallSession.Release.DRAW:
        raise DrawnNotKept
    if releases_at is None or not now < releases_at <= session.starts_at:
        raise ShareNeedsEnd(begins=f"{civil.city_time(session.starts_at):%Y-%m-%d %H:%M}")


def _reserve(session: HallSession, percent: int, now: datetime) -> int:
    """The minutes that are kept from now on, of the locked slots that still come."""
    coming = Slot.objects.filter(session=session, is_open=True, starts_at__gt=now)
    slots = list(coming.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, {"slots": slots, "percent": percent})
        return sum(minutes for (minutes,) in cursor.fetchall())


@transaction.atomic
def revoke_link(*, link: SessionLink, now: datetime) -> SessionLink:
    """Nobody comes by the link any more; what it kept is for everyone, bookings stay.

    Doing it twice changes nothing.
    """
    _lock_slots_of([link.session_id])
    found = SessionLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if found.revoked_at is None:
        found.revoked_at = now
        found.save(update_fields=["revoked_at"])
    _release(found, now)
    return found


def release_due(*, now: datetime) -> int:
    """Shares whose time is over are for everyone, and so is what came back to them since.

    Returns how many slots have more online minutes.
    """
    over = Q(releases_at__lte=now) | Q(session__state=HallSession.State.CANCELLED)
    due = SessionLink.objects.filter(over, reserved_percent__gt=0, released_at__isnull=True)
    return sum(_release_by_id(pk, now) for pk in due.values_list("pk", flat=True)) + _fall_late(now)


@transaction.atomic
def _release_by_id(pk: int, now: datetime) -> int:
    sessions = SessionLink.objects.filter(pk=pk).values_list("session_id", flat=True)
    _lock_slots_of(list(sessions))
    return _release(SessionLink.objects.select_for_update(of=("self",)).get(pk=pk), now)


def _release(link: SessionLink, now: datetime) -> int:
    """The share of a locked link falls to everyone, in slots that are locked; once."""
    if link.released_at or not link.reserved_percent:
        return 0
    link.released_at = now
    link.save(update_fields=["released_at"])
    return _fall(list(Slot.objects.filter(session=link.session_id).values_list("pk", flat=True)))


@transaction.atomic
def _fall_late(now: datetime) -> int:
    """A place of a share came back after the share was released: it is for everyone.

    Slots that somebody is booking at this moment are left for the next time.
    """
    links = SessionLink.objects.filter(session=OuterRef("session"), reserved_percent__gt=0)
    free = Slot.objects.filter(reserved_quota__gt=F("reserved_taken"), starts_at__gt=now)
    late = free.filter(
        Exists(links.filter(released_at__isnull=False)),
        ~Exists(links.filter(released_at__isnull=True)),
        session__in=SessionLink.objects.filter(released_at__isnull=False).values("session"),
    )
    locked = late.order_by("pk").select_for_update(no_key=True, skip_locked=True, of=("self",))
    return _fall(list(locked.values_list("pk", flat=True)))


def _fall(slots: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(FALL, {"slots": list(slots)})
        return len(cursor.fetchall())


def _lock_slots_of(sessions: Sequence[int]) -> None:
    slots = Slot.objects.filter(session__in=sessions).order_by("pk")
    list(slots.select_for_update(no_key=True).values_list("pk"))


def live_links(*, now: datetime) -> dict[str, CameBy]:
    """Every link by which one can come now, by its token."""
    links = SessionLink.objects.filter(
        revoked_at__isnull=True, session__state=HallSession.State.OPEN, session__ends_at__gt=now
    )
    rows = links.values_list("token", "pk", "session_id", "reserved_percent", "released_at")
    return {
        token: CameBy(pk, session, bool(percent) and released is None)
        for token, pk, session, percent, released in rows
    }


def link_of(token: str) -> SessionLink:
    """The link with that token, also one that is over. Raises NotFound."""
    known = SessionLink.objects.select_related("session__hall").filter(token=token)
    link = known.first() if token and "\x00" not in token else None
    if link is None:
        raise NotFound
    return link


def is_over(link: SessionLink, now: datetime) -> bool:
    """Whether nobody can come by it any more."""
    session = link.session
    alive = session.state == HallSession.State.OPEN and session.ends_at > now
    return link.revoked_at is not None or not alive


def came_by(token: str, *, now: datetime) -> CameBy | None:
    """The link that was named, none when none was. Refuses: LinkOver."""
    if not token:
        return None
    try:
        link = link_of(token)
    except NotFound:
        raise LinkOver from None
    if is_over(link, now):
        raise LinkOver
    reserves = link.reserved_percent > 0 and link.released_at is None
    return CameBy(link.pk, link.session_id, reserves)
