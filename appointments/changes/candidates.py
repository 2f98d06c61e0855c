"""Free places that somebody who lost one could have, in all halls."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from appointments.changes.picturing import Place
from appointments.changes.shaping import SlotPlan
from appointments.changes.wanting import Ask
from appointments.offering import last_day
from config import civil
from windows.models import Hall, HallSession, SessionWindow, Slot, Window
from windows.rules import rule


@dataclass(frozen=True)
class Column:
    """Free minutes of one channel in one slot.

    `key` is the same for what the slot offers to other channels; `was` is the beginning in
    the old session that a moved session's slot stands for.
    """

    place: Place
    key: str
    channel: str
    room: int
    kind: str
    matters: frozenset[int]
    accessible: bool
    was: datetime | None = None


@dataclass(frozen=True)
class _Served:
    matters: frozenset[int]
    accessible: bool


def free_elsewhere(*, without: set[int], earliest: datetime, now: datetime) -> list[Column]:
    """Bookable places from `earliest` on, in slots other than these; four queries."""
    lasts = rule("room_lasts_minutes", hall=None, day=civil.city_date(now))
    in_room = Q(session__release="room", booking_opens_at__gt=now - timedelta(minutes=lasts))
    open_slots = Slot.objects.filter(
        is_open=True,
        starts_at__gte=earliest,
        service_day__lte=last_day(now),
        booking_opens_at__lte=now,
        session__state=HallSession.State.OPEN,
        hall__is_open=True,
    )
    some = Q(online_quota__gt=F("online_taken")) | Q(assisted_quota__gt=F("assisted_taken"))
    free = open_slots.filter(some).exclude(in_room).exclude(pk__in=without)
    slots = list(free.select_related("session").order_by("pk"))
    halls = Hall.objects.in_bulk({slot.hall_id for slot in slots})
    served = _served({slot.session_id: slot.session for slot in slots})
    columns = []
    for slot in slots:
        place = Place(
            slot.pk, slot.session_id, halls[slot.hall_id], slot.starts_at, slot.ends_at,
            slot.service_day,
        )  # fmt: skip
        facts = served[slot.session_id]
        for channel in ("online", "assisted"):
            room = getattr(slot, f"{channel}_quota") - getattr(slot, f"{channel}_taken")
            if room > 0:
                columns.append(
                    Column(
                        place, f"s{slot.pk}", channel, room, slot.session.kind,
                        facts.matters, facts.accessible,
                    )
                )  # fmt: skip
    return columns


def shut_beside(ask: Ask) -> set[int]:
    """Slots of the halls that close in the same go: nobody is sent there."""
    if not ask.beside:
        return set()
    there = Slot.objects.filter(
        hall__in=ask.beside, starts_at__lt=ask.opens_at, ends_at__gt=ask.closes_at
    )
    return set(there.values_list("pk", flat=True))


def _served(sessions: dict[int, HallSession]) -> dict[int, _Served]:
    """What each session's windows serve, and whether one can be reached by wheelchair."""
    rows = SessionWindow.objects.filter(session__in=sessions, is_cancelled=False)
    matters: dict[int, set[int]] = defaultdict(set)
    accessible: dict[int, bool] = defaultdict(bool)
    found = rows.values_list("session_id", "window__is_accessible", "window__matters")
    for session_id, is_accessible, matter_id in found:
        matters[session_id].add(matter_id)
        accessible[session_id] |= is_accessible
    return {
        pk: _Served(narrowed(matters[pk], session), accessible[pk])
        for pk, session in sessions.items()
    }


def narrowed(served: set[int], session: HallSession) -> frozenset[int]:
    """What can be booked in the session: its own matters only, when it names some."""
    return frozenset(served & set(session.matter_ids) if session.matter_ids else served)


def free_within(
    plans: list[SlotPlan],
    *,
    hall: Hall,
    windows: list[Window],
    earliest: datetime,
    ids: bool = True,
) -> list[Column]:
    """Places that the change itself leaves or makes."""
    served = set(
        Window.matters.through.objects.filter(
            window_id__in=[one.pk for one in windows]
        ).values_list("matter_id", flat=True)
    )
    columns = []
    for plan in plans:
        after = plan.after
        if after is None or plan.starts_at < earliest:
            continue
        slot = plan.slot
        place = Place(
            slot.pk if slot else None, plan.session.pk if ids else None, hall, plan.starts_at,
            plan.ends_at, plan.session.service_day,
        )  # fmt: skip
        for channel in ("online", "assisted", "reserved"):
            room = getattr(after, channel) - getattr(plan.keep, channel)
            if room > 0:
                columns.append(
                    Column(
                        place, plan.key, channel, room, plan.session.kind,
                        narrowed(served, plan.session), any(one.is_accessible for one in windows),
                        plan.was,
                    )
                )  # fmt: skip
    return columns
