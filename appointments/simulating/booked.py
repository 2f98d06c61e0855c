"""Bookings of invented people in the simulated slots, sealed as real ones are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from appointments.attending import new_reference
from appointments.models import Booking, BookingEvent, BookingGroup, UnmetDemand
from appointments.sealing import blind_index, seal
from appointments.simulating import people
from appointments.simulating.copying import Row, copy_in, with_ids
from appointments.simulating.events import city_events, uplift_on
from config import civil
from windows.models import Hall, HallSession, Matter

# How often people come for a matter; the wave of renewals leads.
DEMAND = {
    "RENEW": 46, "LOST": 14, "FIRST": 9, "FIRST_MINOR": 6, "DAMAGED": 6, "CHANGE": 5, "TEMP": 4,
    "PICKUP": 10,
}  # fmt: skip
PARTIES = [(1, 80), (2, 11), (3, 7), (4, 2)]
# How full a regular day is: (days ahead, share).
FILL = [(0, 0.42), (1, 0.62), (2, 0.48), (3, 0.35), (5, 0.2), (8, 0.1), (12, 0.04), (17, 0.01)]
PAST_FILL = 0.5
FULL, FULL_UNTIL = 0.22, 4  # share of the days up to so many ahead that are full
WEEKDAYS = [1.25, 1.0, 0.95, 0.9, 1.05, 1.0, 1.0]
KINDS = {"night": 1.7, "late": 1.3, "weekend": 1.5}
HOURS = {9: 1.0, 10: 1.15, 11: 1.0, 12: 0.7, 13: 0.75, 14: 1.1, 15: 1.0, 16: 1.05}
MOST_IN_H01, TODAY_IN_H01 = 0.93, 0.32  # a visitor finds a place there, also at once


@dataclass
class Book:
    """Rows of groups, bookings and their journal, kept until they are copied in."""

    groups: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)
    events: list[tuple[Row, Row]] = field(default_factory=list)  # (booking, event)
    people: set[bytes] = field(default_factory=set)  # who has an open booking

    def note(self, booking: Row, at: datetime, kind: str, was: str, to: str, **facts: Any) -> None:
        event = {"at": at, "kind": kind, "from_state": was, "to_state": to, "facts": facts}
        self.events.append((booking, event))

    def write(self) -> None:
        """Groups, then bookings with their tickets, then the journal in its order."""
        copy_in(BookingGroup, self.groups)
        copy_in(Booking, self.bookings)
        self.write_events()

    def write_events(self) -> None:
        self.events.sort(key=lambda pair: (pair[1]["at"], pair[0]["id"]))
        rows = [{"booking_id": booking["id"], **event} for booking, event in self.events]
        copy_in(BookingEvent, with_ids(BookingEvent, rows))


def fill_slots(
    slots: list[Row], kinds: dict[int, str], halls: dict[int, Hall], now: datetime
) -> Book:
    """Bookings for these new slots, whose counters are set; nothing is written yet."""
    if not slots:
        return Book()
    open_now = Booking.objects.filter(state__in=Booking.OPEN)
    book = Book(people={bytes(index) for index in open_now.values_list("id_index", flat=True)})
    matters = list(Matter.objects.filter(code__in=DEMAND))
    served, events = _served(matters), city_events()
    for slot in slots:
        if slot["online_quota"] == 0:
            continue
        more = uplift_on(slot["service_day"], events)
        share = fill_of(slot, kinds[slot["session_id"]], halls[slot["hall_id"]], now, more=more)
        luck = Random(f"{slot['hall_id']} {slot['starts_at']}")
        usable = [m for m in matters if m.pk in served[slot["session_id"]]]
        for matter, party in _parties(slot, share, usable, luck):
            _add_group(book, slot, matter, party, luck, now)
    with_ids(BookingGroup, book.groups)
    with_ids(Booking, book.bookings)
    for booking in book.bookings:
        booking["group_id"] = booking["group_id"]["id"]
    return book


def _served(matters: list[Matter]) -> dict[int, set[int]]:
    """The matters that each session serves."""
    served: dict[int, set[int]] = {}
    pairs = HallSession.objects.filter(staffed__is_cancelled=False, state="open")
    rows = pairs.values_list("pk", "matter_ids", "staffed__window__matters").distinct()
    for session, within, matter in rows:
        if not within or matter in within:
            served.setdefault(session, set()).add(matter)
    return served


def fill_of(slot: Row, kind: str, hall: Hall, now: datetime, *, more: float) -> float:
    """How much of the slot's online minutes is taken, from nearness, kind, hour and hall, and
    from how many times the usual want to come."""
    today = civil.city_date(now)
    ahead = (slot["service_day"] - today).days
    at = civil.city_time(slot["starts_at"])
    luck = Random(f"{hall.code} {slot['service_day']}")
    popular = Random(hall.code).uniform(0.75, 1.25) * luck.uniform(0.88, 1.12)
    share = PAST_FILL if ahead < 0 else between(FILL, ahead)
    share *= more * popular * WEEKDAYS[slot["service_day"].weekday()]
    share *= KINDS.get(kind, HOURS.get(at.hour, 1.0))
    if 0 < ahead <= FULL_UNTIL and luck.random() < FULL:
        share = 1.0  # a day that is full
    if hall.code == "H01" and ahead >= 0:
        return min(share, TODAY_IN_H01 if ahead == 0 else MOST_IN_H01)
    return min(share, 1.0)


def between(points: list[tuple[int, float]], at: int) -> float:
    """The value at a point of a line through the given points."""
    for (left, low), (right, high) in zip(points, points[1:], strict=False):
        if left <= at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return points[-1][1]


def _parties(
    slot: Row, share: float, matters: list[Matter], luck: Random
) -> Iterator[tuple[Matter, int]]:
    """Parties that fit, until the share is taken; of a full slot no place is left."""
    left = slot["online_quota"] * share
    least = min(matter.minutes for matter in matters)
    weights = [DEMAND[matter.code] for matter in matters]
    while left >= (least if share == 1 else 0):
        matter = luck.choices(matters, weights)[0]
        size = luck.choices([p for p, _ in PARTIES], [w for _, w in PARTIES])[0]
        if matter.minutes * size > left:
            if share == 1:
                fitting = [m for m in matters if m.minutes <= left]
                matter, size = max(fitting, key=lambda m: DEMAND[m.code]), 1
            elif luck.random() * matter.minutes * size > left:
                return  # on the average the share is met
        left -= matter.minutes * size
        if slot["online_taken"] + matter.minutes * size > slot["online_quota"]:
            return
        slot["online_taken"] += matter.minutes * size
        yield matter, size


def _add_group(
    book: Book, slot: Row, matter: Matter, size: int, luck: Random, now: datetime
) -> None:
    earliest = slot["booking_opens_at"]
    latest = min(now - timedelta(minutes=10), slot["starts_at"] - timedelta(hours=1))
    lead = timedelta(days=min(luck.expovariate(0.35), 13))
    made = max(earliest, min(latest, max(slot["starts_at"] - lead, earliest)))
    if made >= latest:
        made = earliest + (latest - earliest) * luck.random()
    phone = people.phone(luck)
    group = {
        "phone_sealed": seal(phone, purpose="phone"),
        "phone_index": blind_index(phone, purpose="phone"),
        "made_at": made,
        "is_simulated": True,
    }
    book.groups.append(group)
    for _ in range(size):
        one = _booking(group, slot, matter, made, luck)
        while one["id_index"] in book.people:
            one = _booking(group, slot, matter, made, luck)
        book.people.add(one["id_index"])
        book.bookings.append(one)
        book.note(one, made, "held", "", "held")
        book.note(one, one["confirmed_at"], "confirmed", "held", "confirmed")


def _booking(group: Row, slot: Row, matter: Matter, made: datetime, luck: Random) -> Row:
    who = people.person(luck, matter.code, slot["service_day"])
    guardian = seal(who.guardian, purpose="name") if who.guardian else None
    return {
        "group_id": group,
        "reference": new_reference(),
        "slot_id": slot["id"],
        "hall_id": slot["hall_id"],
        "matter_id": matter.pk,
        "service_day": slot["service_day"],
        "starts_at": slot["starts_at"],
        "minutes": matter.minutes,
        "state": "confirmed",
        "version": 1,
        "name_sealed": seal(who.name, purpose="name"),
        "id_sealed": seal(who.number, purpose="id_number"),
        "id_index": blind_index(who.number, purpose="id_number"),
        "born_on": who.born_on,
        "guardian_sealed": guardian,
        "hold_expires_at": made + timedelta(minutes=15),
        "made_at": made,
        "confirmed_at": made + timedelta(seconds=luck.randint(20, 400)),
        "arrived_at": None,
        "was_late": False,
        "ended_at": None,
        "ticket_id": None,
    }


def unmet(slots: list[Row], now: datetime) -> list[Row]:
    """Who looked in vain: for the fullest days, by hall and matter."""
    taken: dict[tuple[int, date], list[int]] = {}
    for slot in slots:
        sums = taken.setdefault((slot["hall_id"], slot["service_day"]), [0, 0])
        sums[0] += slot["online_taken"]
        sums[1] += slot["online_quota"]
    today = civil.city_date(now)
    codes = dict(Matter.objects.values_list("code", "pk"))
    rows = []
    for (hall_id, day), (used, quota) in taken.items():
        luck = Random(f"unmet {hall_id} {day}")
        full = quota and used / quota > 0.9
        if not (full or luck.random() < 0.15):
            continue
        for code in luck.sample(sorted(DEMAND), 3 if full else 1):
            asked = min(today, day) - timedelta(days=luck.randint(0, 2))
            count = luck.randint(4, 14) if full else luck.randint(1, 3)
            rows.append({
                "hall_id": hall_id, "matter_id": codes[code], "service_day": day,
                "asked_on": asked, "count": count,
            })  # fmt: skip
    return rows


def write_unmet(rows: list[Row]) -> None:
    UnmetDemand.objects.bulk_create([UnmetDemand(**row) for row in rows], ignore_conflicts=True)
