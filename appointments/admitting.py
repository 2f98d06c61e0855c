"""The waiting room in front of a release that many come to: a place, a turn, a guard.

Whoever comes before the release stands in an order drawn by lot at the release; whoever
comes later stands behind, in the order of coming. The lot belongs to the person, not to
the browser: it is a keyed digest of the release and the ID number that will be booked.
A thousand browsers with one number have one lot, so that the share of a crowd of
programs in the order is their share of valid ID numbers. Nobody can know a lot before,
and a place tells nothing about who else came: whoever types a number stands where that
number's lot stands, whether or not its owner is here.

Turns are computed, nobody calls them: so many a minute from the release on. A turn lasts
some minutes; afterwards one may come in again, behind. When the room's time is over
everybody may book. Numbers of the early ones are given once, by whoever looks first
after the release.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments import lately
from appointments.limiting import PLACES
from appointments.models import RoomPlace, WaitingRoom
from appointments.puzzling import ask
from appointments.sealing import blind_index
from config import civil
from config.refusals import NotFound, Refusal
from windows.models import HallSession, Slot
from windows.rules import rule, rules

NUMBER_EARLY = """
WITH firsts AS (
  SELECT DISTINCT ON (lot) id, lot FROM appointments_roomplace
  WHERE room_id = %(room)s ORDER BY lot, id
), ordered AS (
  SELECT id, row_number() OVER (ORDER BY lot) AS number FROM firsts
), numbered AS (
  UPDATE appointments_roomplace p SET number = ordered.number
  FROM ordered WHERE p.id = ordered.id RETURNING 1
)
UPDATE appointments_waitingroom
SET numbered_at = %(now)s, last_number = (SELECT count(*) FROM numbered)
WHERE id = %(room)s
"""


class RoomNotOpen(Refusal):
    code = "room_not_open"
    message = _("This waiting room opens at %(opens)s.")


class RoomOver(Refusal):
    code = "room_over"
    message = _("This waiting room is closed. Everybody can book now.")


class RoomFirst(Refusal):
    """`room`: the waiting room that stands before this time (API: rooms/{id}/places/)."""

    code = "room_first"
    message = _(
        "Many people want these times. Please come into the waiting room first; when it is"
        " your turn you can book."
    )
    keeps_work = True  # the room that the answer names stays

    def body(self) -> dict[str, Any]:
        return {**super().body(), "room": self.facts["room"]}


@dataclass(frozen=True)
class RoomHours:
    """When one can come in, when turns begin, when everybody may book."""

    opens_at: datetime
    releases_at: datetime
    closes_at: datetime
    stay: timedelta

    def stands(self, now: datetime) -> bool:
        return self.opens_at <= now < self.closes_at


class Turn(StrEnum):
    EARLY = "early"  # the release is still to come
    WAITING = "waiting"
    ADMITTED = "admitted"
    PASSED = "passed"  # the turn was not used
    OVER = "over"  # everybody may book


@dataclass(frozen=True)
class Standing:
    """Where somebody stands: `before` and `minutes` only while waiting."""

    turn: Turn
    before: int | None = None
    minutes: int | None = None
    admitted_until: datetime | None = None


def hours_of(releases_at: datetime) -> RoomHours:
    names = ["room_opens_minutes", "room_lasts_minutes", "room_stay_minutes"]
    numbers = rules(names, hall=None, day=civil.city_date(releases_at))
    opens, lasts, stay = (timedelta(minutes=numbers[name]) for name in names)
    return RoomHours(releases_at - opens, releases_at, releases_at + lasts, stay)


def release_of(slot_id: int) -> datetime | None:
    """When the slot is released, if a waiting room stands before that."""
    behind_rooms = Slot.objects.filter(pk=slot_id, session__release=HallSession.Release.ROOM)
    return behind_rooms.values_list("booking_opens_at", flat=True).first()


def room_before(releases_at: datetime) -> WaitingRoom:
    """The one room before everything that is released at that instant."""
    many = rule("room_admits_a_minute", hall=None, day=civil.city_date(releases_at))
    facts = {"admits_per_minute": max(many, 1)}
    return WaitingRoom.objects.get_or_create(releases_at=releases_at, defaults=facts)[0]


def open_rooms(*, now: datetime) -> int:
    """Every release to come behind a room has its room; returns how many releases those are."""
    behind_rooms = HallSession.objects.filter(
        state=HallSession.State.OPEN, release=HallSession.Release.ROOM, booking_opens_at__gt=now
    )
    releases = set(behind_rooms.values_list("booking_opens_at", flat=True))
    for releases_at in sorted(releases):
        room_before(releases_at)
    return len(releases)


def lot_of(releases_at: datetime, id_number: str) -> int:
    """62 bits that are the same for a person wherever they come in, and known to nobody."""
    told = f"{int(releases_at.timestamp())} {id_number}"
    return int.from_bytes(blind_index(told, purpose="lot")[:8], "big") >> 2


@transaction.atomic
def enter(
    *, room: WaitingRoom, id_number: str, address: str, work: str, now: datetime
) -> RoomPlace:
    """A place in the room, for the person with that ID number; told by its token.

    Refuses: RoomNotOpen, RoomOver, WorkNeeded, WorkNotValid, TooManyAsked, CannotCount.
    """
    hours = hours_of(room.releases_at)
    if now < hours.opens_at:
        raise RoomNotOpen(opens=f"{civil.city_time(hours.opens_at):%H:%M}")
    if now >= hours.closes_at:
        raise RoomOver
    ask(purpose=PLACES, action="room", address=address, work=work, now=now)
    return RoomPlace.objects.create(
        room=room,
        came_at=now,
        lot=lot_of(room.releases_at, id_number),
        number=None if _is_early(room, now) else _next_number(room, now),
    )


def place_of(token: str) -> RoomPlace:
    """The place with that token. Raises NotFound."""
    known = RoomPlace.objects.select_related("room").filter(token=token) if token else None
    place = known.first() if known is not None and "\x00" not in token else None
    if place is None:
        raise NotFound
    return place


def standing(place: RoomPlace, now: datetime) -> Standing:
    """Whose turn it is, computed from the number and the clock."""
    room, hours = place.room, hours_of(place.room.releases_at)
    if now >= hours.closes_at:
        return Standing(Turn.OVER)
    if now < hours.releases_at:
        return Standing(Turn.EARLY)
    number = _number_of(place, now)
    one = timedelta(minutes=1) / room.admits_per_minute
    begins = max(room.releases_at + number * one, place.came_at)
    if now < begins:
        before = number - int((now - room.releases_at) / one) - 1
        minutes = ceil((min(begins, hours.closes_at) - now) / timedelta(minutes=1))
        return Standing(Turn.WAITING, before=max(before, 0), minutes=minutes)
    if now < begins + hours.stay:
        return Standing(Turn.ADMITTED, admitted_until=begins + hours.stay)
    return Standing(Turn.PASSED)


def require(
    *, slot_id: int, tokens: Sequence[str], id_numbers: Sequence[str], now: datetime
) -> None:
    """While a room stands before this slot, only people whose turn it is book in it.

    One of those who come must be the person a place is for. Refuses: RoomFirst.
    """
    if slot_id not in lately.slots_behind_rooms(now=now):
        return
    releases_at = Slot.objects.values_list("booking_opens_at", flat=True).get(pk=slot_id)
    room = room_before(releases_at)
    lots = [lot_of(releases_at, number) for number in id_numbers]
    carried = places_in(room, tokens).filter(lot__in=lots)
    if not any(standing(place, now).turn == Turn.ADMITTED for place in carried):
        raise RoomFirst(room=room.pk)


def places_in(room: WaitingRoom, tokens: Sequence[str]) -> QuerySet[RoomPlace]:
    """The places in the room that these tokens hold, the newest first."""
    held = room.places.filter(token__in=[token for token in tokens if "\x00" not in token])
    return held.select_related("room").order_by("-pk")


def _is_early(room: WaitingRoom, now: datetime) -> bool:
    """Before the release; the numbering waits until those who come in now stand there.

    Who finds that it is done already lets the lock go before asking for a number: two who
    both hold it would wait for each other.
    """
    if now >= room.releases_at:
        return False
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT numbered_at IS NULL FROM appointments_waitingroom WHERE id = %s FOR SHARE",
            [room.pk],
        )
        is_early = bool(cursor.fetchone()[0])
    if not is_early:
        transaction.savepoint_rollback(before)
    return is_early


def _next_number(room: WaitingRoom, now: datetime) -> int:
    _number_early(room, now)
    line = WaitingRoom.objects.filter(pk=room.pk)
    line.update(last_number=F("last_number") + 1)  # whoever comes next waits for our commit
    return line.values_list("last_number", flat=True).get()


def _number_of(place: RoomPlace, now: datetime) -> int:
    """The place's number; another place of the same person that came early shares it."""
    if place.number is not None:
        return place.number
    _number_early(place.room, now)
    same = RoomPlace.objects.filter(room=place.room_id, lot=place.lot)
    return int(same.aggregate(first=Min("number"))["first"])


@transaction.atomic
def _number_early(room: WaitingRoom, now: datetime) -> None:
    """Those who came before the release have their numbers, by lot; given once."""
    if room.numbered_at is not None:
        return
    locked = WaitingRoom.objects.select_for_update().get(pk=room.pk)
    if locked.numbered_at is None:
        with connection.cursor() as cursor:
            cursor.execute(NUMBER_EARLY, {"room": room.pk, "now": now})
    room.numbered_at = now
