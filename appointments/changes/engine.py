"""The engine: what a change would do to slots and people. Reads only.

The preview shows the plan; the change makes it again under its locks and writes it down.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from appointments.changes import targets
from appointments.changes.candidates import (
    Column,
    free_elsewhere,
    free_within,
    shut_beside,
)
from appointments.changes.displacing import Loss, Lost, loss_in
from appointments.changes.proposing import parties_of, propose
from appointments.changes.shaping import SlotPlan, added, closed, reshaped, stretches
from appointments.changes.targets import Target
from appointments.changes.wanting import Ask, Kind
from appointments.models import Booking
from appointments.reminding import after_quiet_hours
from config import civil
from windows.models import HallSession, Slot
from windows.rules import rules

NUMBERS = [
    "undo_change_minutes",
    "urgent_change_minutes",
    "offer_answer_hours",
    "offer_notice_minutes",
    "walkin_min_percent",
]
HELD = Booking.State.HELD
BEFORE_A_VISIT = timedelta(hours=2)  # by then somebody must have answered
TO_ANSWER = timedelta(hours=1)  # less time for an answer is none


@dataclass
class Plan:
    """A change worked out: the slots as they would be, who loses, and what is proposed."""

    ask: Ask
    now: datetime
    numbers: dict[str, int]
    sessions: list[HallSession]
    before: list[Target]
    target: Target | None = None
    slots: list[SlotPlan] = field(default_factory=list)
    new: list[SlotPlan] = field(default_factory=list)
    loss: Loss = field(default_factory=Loss)
    places: dict[int, Column] = field(default_factory=dict)

    @cached_property
    def leaves_at(self) -> datetime:
        """When messages leave that can wait: until then all of it can be taken back."""
        return after_quiet_hours(self.now + self._minutes("undo_change_minutes"))

    @property
    def earliest(self) -> datetime:
        """Who is told then must still have time to come."""
        return self.leaves_at + self._minutes("offer_notice_minutes")

    def due(self, booking: Booking) -> datetime:
        """When the person is told: at once when the old time is near."""
        if self.is_urgent(booking):
            return self.now
        soon = self.now + self._minutes("undo_change_minutes")
        waits = self.leaves_at <= booking.starts_at - BEFORE_A_VISIT
        return self.leaves_at if waits else soon

    def is_urgent(self, booking: Booking) -> bool:
        """The old time is so near that a message must leave at once."""
        near = booking.starts_at < self.now + self._minutes("urgent_change_minutes")
        return near and booking.group.phone_sealed is not None

    def answer_by(self, booking: Booking, column: Column | None) -> datetime | None:
        """Until when another place would be kept; None when no time is left for an answer."""
        if column is None:
            return None
        due = self.due(booking)
        latest = column.place.starts_at - BEFORE_A_VISIT
        until = min(due + timedelta(hours=self.numbers["offer_answer_hours"]), latest)
        calm = after_quiet_hours(until)
        until = calm if calm <= latest else until
        return until if until - due >= TO_ANSWER else None

    def _minutes(self, name: str) -> timedelta:
        return timedelta(minutes=self.numbers[name])

    @property
    def told(self) -> list[Lost]:
        """Those who lose a place, party by party, by their old time."""
        firsts: dict[int, tuple] = {}
        for one in self.loss.told:
            key = (one.booking.starts_at, one.booking.pk)
            firsts[one.booking.group_id] = min(firsts.get(one.booking.group_id, key), key)
        return sorted(
            self.loss.told,
            key=lambda one: (firsts[one.booking.group_id], one.booking.position, one.booking.pk),
        )

    @property
    def digest(self) -> str:
        """The same for everything that a person who decides should see alike. Who closes
        several halls sees how many have another place, not which one each has."""
        seen = {
            "ask": [self.ask.kind, [one.pk for one in self.sessions]],
            "slots": [
                [plan.key, plan.ends_at.isoformat(), plan.minutes] for plan in self.slots + self.new
            ],
            "lose": [
                [one.booking.pk, one.why, *self._seen(self.places.get(one.booking.pk))]
                for one in self.told
            ],
        }
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]

    def _seen(self, column: Column | None) -> list[str]:
        return [column.key, column.channel] if column and not self.ask.beside else []


def plan(ask: Ask, now: datetime, elsewhere: list[Column] | None = None) -> Plan:
    """The change worked out as things stand; `elsewhere` are the free places of other sessions
    when they are known. Refuses what `targets` refuses."""
    if ask.kind == Kind.CLOSE:
        return _closing(ask, now, elsewhere)
    session = HallSession.objects.select_related("hall").get(pk=ask.its_session.pk)
    made = Plan(
        ask,
        now,
        rules(NUMBERS, hall=session.hall, day=session.service_day),
        [session],
        [targets.present(session)],
        targets.target_of(ask, session, now),
    )
    _shape(made, session)
    had, left = made.before[0].windows, made.target.windows if made.target else []
    same = {one.pk for one in had} == {one.pk for one in left} or ask.kind == Kind.MOVE
    made.loss = loss_in(made.slots, had=had, left=had if same else left)
    _propose(made)
    return made


def _shape(made: Plan, session: HallSession) -> None:
    """The slots to come, as they are and as they would be."""
    target, now = made.target, made.now
    assert target is not None  # noqa: S101  only a closure has none
    rows = list(session.slots.order_by("starts_at", "pk"))
    coming = [slot for slot in rows if slot.is_open and slot.ends_at > now]
    if target.gone or made.ask.kind == Kind.MOVE:
        made.slots = [closed(session, slot) for slot in coming]
        if not target.gone:
            made.new = _moved(session, coming or rows, target, made)
        return
    windows, staffed = len(target.windows), len(made.before[0].windows)
    for slot in coming:
        begun = slot.starts_at <= now
        if slot.starts_at < target.starts_at or slot.starts_at >= target.ends_at:
            made.slots.append(closed(session, slot))
        elif not begun:
            ends_at = min(slot.ends_at, target.ends_at)
            made.slots.append(
                reshaped(session, slot, ends_at=ends_at, windows=windows, staffed=staffed)
            )
        elif slot.ends_at > target.ends_at:
            made.slots.append(closed(session, slot))
    made.new = _added(session, rows, target, windows, staffed)
    for one in made.slots + made.new:
        one.least_walkin = made.numbers["walkin_min_percent"]


def _added(
    session: HallSession, rows: list[Slot], target: Target, windows: int, staffed: int
) -> list[SlotPlan]:
    """What an extension adds before and after; a slot that was cut off there opens again."""
    known = {slot.starts_at: slot for slot in rows if not slot.is_open}
    minutes = session.slot_minutes
    pattern = [slot for slot in rows if slot.minutes]
    return [
        added(
            session, starts_at, ends_at, windows=windows, pattern=like, staffed=staffed, rows=known
        )
        for first, last, like in (
            (target.starts_at, session.starts_at, pattern[0] if pattern else None),
            (session.ends_at, target.ends_at, pattern[-1] if pattern else None),
        )
        for starts_at, ends_at in stretches(first, last, minutes)
    ]


def _moved(session: HallSession, rows: list[Slot], target: Target, made: Plan) -> list[SlotPlan]:
    """The slots in their new place, each like the one that stood there from the beginning."""
    there = HallSession(
        hall=target.hall,
        kind=session.kind,
        service_day=target.service_day,
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        matter_ids=session.matter_ids,
    )
    slots, by_offset = [], {slot.starts_at - session.starts_at: slot for slot in rows}
    for starts_at, ends_at in stretches(target.starts_at, target.ends_at, session.slot_minutes):
        like = by_offset.get(starts_at - target.starts_at, rows[-1] if rows else None)
        one = added(
            there, starts_at, ends_at, windows=len(target.windows), pattern=like,
            staffed=len(made.before[0].windows), rows={},
        )  # fmt: skip
        one.was = session.starts_at + (starts_at - target.starts_at)
        one.least_walkin = made.numbers["walkin_min_percent"]
        slots.append(one)
    return slots


def _closing(ask: Ask, now: datetime, elsewhere: list[Column] | None) -> Plan:
    """Every slot of the hall that touches the closure and is not over."""
    period = targets.check_closure(ask, now)
    assert ask.hall is not None  # noqa: S101  check_closure has looked
    open_ones = HallSession.objects.filter(hall=ask.hall, state=HallSession.State.OPEN)
    touched = open_ones.filter(starts_at__lt=period.upper, ends_at__gt=max(period.lower, now))
    sessions = list(touched.select_related("hall").order_by("pk"))
    made = Plan(
        ask,
        now,
        rules(NUMBERS, hall=ask.hall, day=civil.city_date(period.lower)),
        sessions,
        [targets.present(session) for session in sessions],
    )
    for session in sessions:
        slots = session.slots.filter(is_open=True, starts_at__lt=period.upper)
        slots = slots.filter(ends_at__gt=max(period.lower, now)).order_by("starts_at", "pk")
        made.slots += [closed(session, slot) for slot in slots]
    made.loss = loss_in(made.slots)
    _propose(made, elsewhere)
    return made


def _propose(made: Plan, elsewhere: list[Column] | None = None) -> None:
    """Drawn places that nobody confirmed yet end; their people go first on the list."""
    held = {one.booking.group_id for one in made.loss.told if one.booking.state == HELD}
    lost = [one for one in made.loss.told if one.booking.group_id not in held]
    if not lost:
        return
    target, before = made.target, made.before
    columns: list[Column] = []
    if target is not None:
        columns = free_within(
            made.slots + made.new,
            hall=target.hall,
            windows=target.windows,
            earliest=made.earliest,
            ids=made.ask.kind != Kind.MOVE,
        )
    without = {one.slot.pk for one in made.slots + made.new if one.slot is not None}
    if elsewhere is None:
        without |= shut_beside(made.ask)
        elsewhere = free_elsewhere(without=without, earliest=made.earliest, now=made.now)
    columns += [one for one in elsewhere if one.place.starts_at >= made.earliest]
    accessible = any(window.is_accessible for one in before for window in one.windows)
    made.places = propose(parties_of(lost, accessible=accessible), columns)
