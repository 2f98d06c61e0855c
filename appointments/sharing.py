"""Sharing out places among several asks at once, in one transaction.

The short way for the ordinary case: whatever is asked of the database is asked for all of
them together. An ask is served here only when it is plain: its people and its phone have
no key, closure or booking that a rule would have to look at, and there is room in its slot
(or in it and the next one). Anything else is ALONE and goes through `booking.hold`, which
knows every rule and gives every refusal. So no rule is written twice, and this way never
accepts what the other one would refuse.

Locks as everywhere (claiming.py): people and phones, slots by id, bookings; the key comes
last, with its answer. A key that somebody else has written meanwhile undoes the whole
transaction, and the asks are served one by one.
"""

import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseTrouble
from django.db import IntegrityError, connection

from appointments.asked import (
    ALONE,
    BUSY,
    ONLINE,
    RESERVED,
    Ask,
    Kept,
    Room,
    Seen,
    Served,
)
from appointments.booking import NotReleased, SlotFull
from appointments.claiming import lock_keys, visit_facts
from appointments.claiming_together import DECIDE, LOCK_ASKING, LOOK, TAKE
from config import civil
from windows.prepared import short_transaction

LOOK_FIRST_SECONDS = 60.0
_look_first: dict[int, float] = {}  # slot: until when it is looked at before it is locked


def serve_surely(asks: Sequence[Ask]) -> None:
    """Gives every ask its outcome; what is told is committed.

    When the connection is lost nobody knows whether the commit arrived; when a lock was
    waited for too long, one ask keeps the others waiting. So each is then served by itself:
    an ask whose key has its answer gets it, any other is served now, or is BUSY.
    """
    connection.health_check_done = True  # type: ignore[attr-defined]  # found out here
    try:
        return serve(asks)
    except DatabaseTrouble as trouble:
        _end_connection(trouble)
    for ask in _open(asks):
        try:
            serve([ask])
        except DatabaseTrouble as trouble:
            _end_connection(trouble)
            ask.outcome = BUSY
    return None


def _end_connection(trouble: DatabaseTrouble) -> None:
    """The next statement has a new one; within a transaction of the caller it is not ours."""
    if connection.in_atomic_block:
        raise trouble
    connection.close()


def serve(asks: Sequence[Ask]) -> None:
    """The same, on a database that answers; raises django.db.Error otherwise."""
    try:
        _serve(_open(asks))
    except IntegrityError:
        for ask in _open(asks):
            try:
                _serve([ask])
            except IntegrityError:
                ask.outcome = ALONE


def _serve(asks: list[Ask]) -> None:
    """A slot that was full lately is looked at before anything is locked."""
    if not asks:
        return
    now = max(ask.now for ask in asks)
    if full := [ask for ask in asks if _look_first.get(ask.slot_id, 0.0) > time.monotonic()]:
        _look(full, now)
    if ready := _open(asks):
        _take(ready, now)
    if unserved := _open(asks):
        _look(unserved, now)
    for ask in _open(asks):
        ask.outcome = ALONE


def _open(asks: Sequence[Ask]) -> list[Ask]:
    return [ask for ask in asks if ask.outcome is None]


def _look(asks: list[Ask], now: datetime) -> None:
    """Tells, without a lock, what needs none: a kept answer, a slot full or not released.

    Nothing happened then, and nothing is kept under the key.
    """
    seen, kept, left = _looked(asks, now)
    for n, ask in enumerate(asks):
        if n in kept:
            ask.outcome = _kept(ask, *kept[n])
        elif ask.slot_id in seen and not left & {visit.id_index for visit in ask.visits}:
            _tell(ask, seen[ask.slot_id], now)


def _looked(asks: list[Ask], now: datetime) -> tuple[dict[int, Seen], dict[int, tuple], set[bytes]]:
    seen: dict[int, Seen] = {}
    kept: dict[int, tuple] = {}
    left: set[bytes] = set()
    for what, number, digest, status, answer, *slot in LOOK.run(_facts(asks, now)):
        if what == "slot":
            seen[number] = Seen(*slot)
        elif what == "key":
            kept[number] = (digest, status, answer)
        else:
            left.add(bytes(digest))
    return seen, kept, left


def _tell(ask: Ask, slot: Seen, now: datetime) -> None:
    left = {ONLINE: slot.online, RESERVED: slot.reserved}
    if slot.opens > now:
        ask.outcome = NotReleased(opens=f"{civil.city_time(slot.opens):%Y-%m-%d %H:%M}")
    elif max(left[one] for one in ask.channels(slot.session_id)) < ask.visits[0].minutes:
        ask.outcome = SlotFull()
    else:
        _look_first.pop(ask.slot_id, None)
        return
    if len(_look_first) > 10_000:
        _look_first.clear()
    _look_first[ask.slot_id] = time.monotonic() + LOOK_FIRST_SECONDS


def _take(asks: list[Ask], now: datetime) -> None:
    """The plain ones among them get their places, in order of arrival. Two round trips."""
    facts = _facts(asks, now)
    with short_transaction() as (begin, end):
        found = DECIDE.run(facts, first=f"{begin}{LOCK_ASKING.text()}; ")
        rooms = {row[1]: _room(row) for row in found if row[0] == "slot"}
        served = _share_out(_plain(asks, found), rooms)
        groups = [row[1] for row in found if row[0] == "group"]
        if served:
            TAKE.run({**facts, **_columns(served, groups, facts["expires"])}, last=end)
        elif end:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    for one, group in zip(served, groups, strict=False):
        told = {"group": group, "bookings": _told(one, facts["expires"])}
        one.ask.outcome = Kept(201, told)


def _room(row: tuple) -> Room:
    pk, (session, hall, day, starts, ends, online, reserved, matters) = row[1], row[5:]
    return Room(pk, session, hall, day, starts, ends, {ONLINE: online, RESERVED: reserved}, matters)


def _facts(asks: list[Ask], now: datetime) -> dict[str, Any]:
    numbers = asks[-1].numbers
    people = [(n, visit.id_index) for n, ask in enumerate(asks) for visit in ask.visits]
    return {
        "now": now,
        "since": now - timedelta(days=max(numbers["limit_days"], 1)),
        "last_day": civil.city_date(now) + timedelta(days=numbers["horizon_days"]),
        "expires": now + timedelta(minutes=numbers["hold_minutes"]),
        "keys": lock_keys([*(index for _n, index in people), *(a.phone_index for a in asks)]),
        "asks": list(range(len(asks))),
        "actors": [ask.actor for ask in asks],
        "request_keys": [ask.key for ask in asks],
        "phones": [ask.phone_index for ask in asks],
        "slots": sorted({ask.slot_id for ask in asks}),
        "linked": any(ask.link and ask.link.reserves for ask in asks),
        "of_parties": sorted({ask.slot_id for ask in asks if len(ask.visits) > 1}),
        "matters": sorted({visit.matter_id for ask in asks for visit in ask.visits}),
        "of_ask": [n for n, _index in people],
        "indexes": [index for _n, index in people],
    }


def _plain(asks: list[Ask], found: list[tuple]) -> list[Ask]:
    """Without those that have a past, or share a person or a phone with one before them."""
    for what, n, digest, status, answer, *_room in found:
        if what == "key":
            asks[n].outcome = _kept(asks[n], digest, status, answer)
        elif what == "past":
            asks[n].outcome = asks[n].outcome or ALONE
    seen: set[bytes] = set()
    for ask in _open(asks):
        own = {ask.phone_index, *(visit.id_index for visit in ask.visits)}
        if own & seen:
            ask.outcome = ALONE
        seen |= own
    return _open(asks)


def _kept(ask: Ask, digest: memoryview, status: int, answer: str) -> Kept:
    same = bytes(digest) == ask.body_hash
    return Kept(status, json.loads(answer) if same else None, same=same, replayed=True)


def _share_out(asks: list[Ask], rooms: dict[int, Room]) -> list[Served]:
    """First come, first served: all places of an ask or none. A later, smaller one may fit."""
    served = []
    for ask in asks:
        here = rooms.get(ask.slot_id)
        for channel in ask.channels(here.session_id) if here else ():
            if places := _places(ask, rooms, channel):
                served.append(_give(Served(ask, channel, places)))
                break
    return served


def _give(one: Served) -> Served:
    for visit, room in zip(one.ask.visits, one.rooms, strict=True):
        room.left[one.channel] -= visit.minutes
        room.taken[one.channel] += visit.minutes
    return one


def _places(ask: Ask, rooms: dict[int, Room], channel: str) -> list[Room]:
    """A room per visit: the slot's own, and the next one's for what it cannot hold."""
    here = rooms[ask.slot_id]
    if not {visit.matter_id for visit in ask.visits} <= set(here.matters):
        return []
    following = _next(here, rooms) if len(ask.visits) > 1 else None
    left, places = here.left[channel], []
    for visit in ask.visits:
        left -= visit.minutes
        room = here if left >= 0 else following
        if room is None:
            return []
        places.append(room)
    there = sum(v.minutes for v, room in zip(ask.visits, places, strict=True) if room is not here)
    fits = places[0] is here and (not there or there <= places[-1].left[channel])
    return places if fits else []


def _next(room: Room, rooms: dict[int, Room]) -> Room | None:
    following = (room.session_id, room.ends_at)
    return next((r for r in rooms.values() if (r.session_id, r.starts_at) == following), None)


def _told(one: Served, expires: datetime) -> list[dict[str, str]]:
    """The answer as it is kept: without secrets, they are derived when it is shown."""
    return [
        {
            "reference": visit.reference,
            "state": "held",
            "hold_expires_at": civil.city_time(expires).isoformat(),
            "starts_at": civil.city_time(room.starts_at).isoformat(),
        }
        for visit, room in zip(one.ask.visits, one.rooms, strict=True)
    ]


def _columns(served: list[Served], groups: list[int], expires: datetime) -> dict[str, list]:
    """What TAKE writes, each party with the next of the groups' ids."""
    asks = [one.ask for one in served]
    links = [one.ask.link_in(one.rooms[0].session_id) for one in served]
    touched = {room.id: room for one in served for room in one.rooms}
    rows = [
        (group, place, visit, room, one.channel)
        for one, group in zip(served, groups, strict=False)
        for place, (visit, room) in enumerate(zip(one.ask.visits, one.rooms, strict=True), start=1)
    ]
    return {
        "groups": groups[: len(served)],
        "sealed_phones": [ask.phone_sealed for ask in asks],
        "phones": [ask.phone_index for ask in asks],
        "languages": [ask.language for ask in asks],
        "links": [link.link_id if link else None for link in links],
        "actors": [ask.actor for ask in asks],
        "request_keys": [ask.key for ask in asks],
        "bodies": [ask.body_hash for ask in asks],
        "answers": [json.dumps(_told(one, expires)) for one in served],
        "slots": list(touched),
        "taken": [room.taken[ONLINE] for room in touched.values()],
        "taken_reserved": [room.taken[RESERVED] for room in touched.values()],
        **visit_facts([row[2] for row in rows]),
        "of_group": [row[0] for row in rows],
        "positions": [row[1] for row in rows],
        "of_slot": [row[3].id for row in rows],
        "of_hall": [row[3].hall_id for row in rows],
        "days": [row[3].service_day for row in rows],
        "starts": [row[3].starts_at for row in rows],
        "channels": [row[4] for row in rows],
    }
