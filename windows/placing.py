"""More places of a matter in sessions that are there: the minutes of their slots grow.

Each session's change is kept (SessionChange), so that all of it can be taken back until
somebody has one of the places. Locks: sessions, then slots, each in the order of their keys.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from windows.calendar_days import day_kinds
from windows.models import Hall, HallSession, Matter, SessionChange, SessionWindow, Slot, Staff
from windows.rules import rule
from windows.series import ChangedMeanwhile

CHANNELS = ("online", "assisted", "walkin")
MOST_SESSIONS = 1000


class NoSessions(Refusal):
    code = "no_sessions"
    message = _("There is no session on those days that has not begun.")
    field = "first"


class TooManyPlaces(Refusal):
    code = "too_many_places"
    message = _("Ask for 1 to 200 places for each session.")
    field = "places"


class NoRoomForPlaces(Refusal):
    code = "no_room_for_places"
    message = _("None of these sessions has room for so many more. The list says why.")
    field = "places"


class PlacesTaken(Refusal):
    code = "places_taken"
    message = _("Somebody has booked one of these places, so they stay.")


class PlacesUndone(Refusal):
    code = "places_undone"
    message = _("These places have been taken back already.")


@dataclass(frozen=True)
class MorePlaces:
    """What is asked for: so many more places of the matter for each session."""

    matter: Matter
    places: int
    channel: str


@dataclass(frozen=True)
class PlacesFate:
    """One session: the minutes that each slot gets, or why it gets none."""

    session: HallSession
    before: int
    added: dict[int, int]
    windows: int
    most: int

    @property
    def fits(self) -> bool:
        return bool(self.added)

    @property
    def after(self) -> int:
        return self.before + sum(self.added.values())


def sessions_between(
    *,
    halls: Sequence[Hall],
    first: date,
    last: date,
    weekdays: Iterable[int] = (),
    each_workday: bool = False,
    kind: str = "",
    now: datetime,
) -> list[HallSession]:
    """Open sessions of the halls on those days that have not begun; all weekdays when none
    is named. Refuses: NoSessions."""
    if last < first or (last - first).days > 400:
        raise NoSessions(field="last")
    named = set(weekdays) or set(range(1, 8))
    days = [
        day
        for day, of_day in day_kinds(first, last).items()
        if (of_day.is_workday if each_workday else day.isoweekday() in named)
    ]
    rows = HallSession.objects.filter(
        hall__in=halls, service_day__in=days, state=HallSession.State.OPEN, starts_at__gt=now
    )
    rows = rows.filter(kind=kind) if kind else rows
    found = list(rows.select_related("hall").order_by("hall__code", "starts_at")[:MOST_SESSIONS])
    if not found:
        raise NoSessions
    return found


def foresee_places(
    sessions: Sequence[HallSession], more: MorePlaces, *, now: datetime, lock: bool = False
) -> list[PlacesFate]:
    """What each session would get. Refuses: TooManyPlaces."""
    if not 1 <= more.places <= 200:
        raise TooManyPlaces
    ids = [session.pk for session in sessions]
    rows = Slot.objects.filter(session__in=ids, is_open=True, starts_at__gt=now).order_by("pk")
    by_session: dict[int, list[Slot]] = {}
    for slot in rows.select_for_update() if lock else rows:
        by_session.setdefault(slot.session_id, []).append(slot)
    staffed = SessionWindow.objects.filter(session__in=ids, is_cancelled=False)
    windows = dict(staffed.values_list("session_id").annotate(Count("pk")))
    return [
        _fate(session, by_session.get(session.pk, []), windows.get(session.pk, 0), more)
        for session in sessions
    ]


def _fate(session: HallSession, slots: list[Slot], windows: int, more: MorePlaces) -> PlacesFate:
    """Places go round the slots, each as long as it has room."""
    day = session.service_day
    over = rule("slot_overfill_percent", hall=session.hall_id, day=day)
    slots = sorted(slots, key=lambda slot: slot.starts_at)
    room = {slot.pk: _room(slot, windows, over) // more.matter.minutes for slot in slots}
    most = sum(room.values())
    before = sum(slot.minutes for slot in slots)
    if most < more.places:
        return PlacesFate(session, before, {}, windows, most)
    added = dict.fromkeys(room, 0)
    left = more.places
    while left:
        for pk in sorted(room, key=lambda pk: added[pk]):
            if left and room[pk]:
                added[pk] += more.matter.minutes
                room[pk] -= 1
                left -= 1
    return PlacesFate(session, before, {pk: n for pk, n in added.items() if n}, windows, most)


def _room(slot: Slot, windows: int, over: int) -> int:
    """Minutes that the slot may still grow."""
    length = int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    return max(0, length * windows * (100 + over) // 100 - slot.minutes)


@transaction.atomic
def add_places(
    sessions: Sequence[HallSession],
    more: MorePlaces,
    *,
    batch: UUID,
    expect: int,
    by: Staff | None,
    now: datetime,
) -> int:
    """The sessions that have room have the places; returns how many sessions. `expect` is
    the number that was seen beforehand.

    Refuses: TooManyPlaces, NoRoomForPlaces, ChangedMeanwhile.
    """
    ids = sorted(session.pk for session in sessions)
    locked = HallSession.objects.filter(pk__in=ids, state=HallSession.State.OPEN)
    alive = list(locked.order_by("pk").select_for_update())
    fates = [f for f in foresee_places(alive, more, now=now, lock=True) if f.fits]
    if not fates:
        raise NoRoomForPlaces
    if len(fates) != expect:
        raise ChangedMeanwhile
    for fate in fates:
        for pk, minutes in fate.added.items():
            quota = f"{more.channel}_quota"
            grown = {"minutes": F("minutes") + minutes, quota: F(quota) + minutes}
            Slot.objects.filter(pk=pk).update(**grown)
    SessionChange.objects.bulk_create(_kept(fate, more, batch, by, now) for fate in fates)
    HallSession.objects.filter(pk__in=[f.session.pk for f in fates]).update(is_by_hand=True)
    return len(fates)


def _kept(
    fate: PlacesFate, more: MorePlaces, batch: UUID, by: Staff | None, now: datetime
) -> SessionChange:
    facts = {
        "batch": str(batch),
        "matter": more.matter.code,
        "places": more.places,
        "channel": more.channel,
        "added": {str(pk): minutes for pk, minutes in fate.added.items()},
        "was_by_hand": fate.session.is_by_hand,
    }
    kind = SessionChange.Kind.PLACES
    return SessionChange(session=fate.session, kind=kind, facts=facts, made_by=by, made_at=now)


@transaction.atomic
def take_back_places(*, batch: UUID, by: Staff | None, now: datetime) -> int:
    """The places of that action are gone again, all of them; returns how many sessions.

    Refuses: PlacesUndone, PlacesTaken.
    """
    rows = SessionChange.objects.filter(kind=SessionChange.Kind.PLACES, facts__batch=str(batch))
    sessions = rows.order_by("session").values_list("session_id", flat=True)
    list(HallSession.objects.filter(pk__in=sessions).order_by("pk").select_for_update())
    changes = list(rows.filter(undone_at=None).order_by("session_id"))
    if not changes:
        raise PlacesUndone
    added = {
        int(pk): (n, c.facts["channel"]) for c in changes for pk, n in c.facts["added"].items()
    }
    for slot in Slot.objects.filter(pk__in=added).order_by("pk").select_for_update():
        minutes, channel = added[slot.pk]
        _shrink(slot, minutes, channel)
    fresh = [change.session_id for change in changes if not change.facts["was_by_hand"]]
    HallSession.objects.filter(pk__in=fresh).update(is_by_hand=False)
    rows.filter(undone_at=None).update(undone_at=now, undone_by=by)
    return len(changes)


def _shrink(slot: Slot, minutes: int, channel: str) -> None:
    """Refuses: PlacesTaken."""
    quota = getattr(slot, f"{channel}_quota") - minutes
    if quota < getattr(slot, f"{channel}_taken", 0):
        raise PlacesTaken
    Slot.objects.filter(pk=slot.pk).update(
        **{"minutes": slot.minutes - minutes, f"{channel}_quota": quota}
    )
