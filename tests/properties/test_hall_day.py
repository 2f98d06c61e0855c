"""Whatever people do in whatever order, the invariants hold and nobody starves. # C7 C13"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from appointments import housekeeping
from appointments.arriving import check_in
from appointments.booking import hold
from appointments.cancelling import cancel, undo_cancel
from appointments.confirming import confirm, extend_hold, find
from appointments.invariants import holds
from appointments.models import Booking
from appointments.rebalancing import rebalance
from appointments.rescheduling import reschedule
from appointments.returning import return_due
from config.refusals import Refusal
from queues import calling
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import DAY, NOON, a_person, make_session
from windows.models import Slot
from windows.sessions import open_session, undo_session
from windows.shifts import shift_of, sign_in

PATIENCE = timedelta(minutes=20)
AT_THE_WINDOW = ["start", "finish", "park", "recall", "no_show", "transfer"]


class HallDay(RuleBasedStateMachine):
    """Book, confirm, expire, cancel, undo, move, check in, call, recall, miss, return, open,
    undo, cut, rebalance: real commands on a real database, refusals are welcome."""

    cast: dict
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.people = 0
        self.keys: list = []
        self.session = make_session(self.cast["hall"], self.cast["windows"], online=30)
        self.extra: list = []
        for clerk, window in zip(self.cast["clerks"], self.cast["windows"], strict=True):
            self.does(sign_in, staff=clerk, window=window)

    def does(self, command, **arguments):
        """Runs the command now; a refusal is an answer."""
        self.now += timedelta(seconds=20)
        try:
            outcome = command(now=self.now, **arguments)
        except Refusal:
            return None
        self.done[command.__name__] += 1
        return outcome

    def some_booking(self, pick: int) -> Booking | None:
        return find(*self.keys[pick % len(self.keys)]) if self.keys else None

    @rule(slot=st.integers(0, 15), people=st.integers(1, 4), matter=st.booleans())
    def books(self, slot, people, matter):
        slots = list(Slot.objects.order_by("pk").values_list("pk", flat=True))
        party = [a_person(self.people + n) for n in range(people)]
        self.people += people
        what = self.cast["renewal"] if matter else self.cast["pickup"]
        held = self.does(
            hold, slot_id=slots[slot % len(slots)], matter=what, people=party,
            phone=f"+8613800{self.people:06d}",
        )  # fmt: skip
        self.keys += [(b.reference, b.secret) for b in held.bookings] if held else []

    @rule(slot=st.integers(0, 15), needs=st.sampled_from([(), ("time",), ("wheelchair", "sign")]))
    def books_a_chain(self, slot, needs):
        slots = list(Slot.objects.order_by("pk").values_list("pk", flat=True))
        matters = (self.cast["renewal"], self.cast["pickup"])
        person = replace(a_person(self.people), needs=needs, matters=matters)
        self.people += 1
        held = self.does(
            hold, slot_id=slots[slot % len(slots)], matter=matters[0], people=[person],
            phone=f"+8613800{self.people:06d}",
        )  # fmt: skip
        self.keys += [(b.reference, b.secret) for b in held.bookings] if held else []

    @rule(people=st.integers(1, 3), comes=st.booleans())
    def books_for_soon(self, people, comes):
        """A party confirms the next slot of the day, and comes at once or not at all."""
        coming = Slot.objects.filter(starts_at__gt=self.now + timedelta(minutes=2))
        soon = coming.order_by("starts_at").first()
        party = [a_person(self.people + n) for n in range(people)]
        self.people += people
        held = soon and self.does(
            hold, slot_id=soon.pk, matter=self.cast["renewal"], people=party,
            phone=f"+8613800{self.people:06d}",
        )  # fmt: skip
        for booking in held.bookings if held else []:
            self.keys.append((booking.reference, booking.secret))
            self.does(confirm, booking=find(*self.keys[-1]))
            if comes:
                self.does(check_in, hall=self.cast["hall"], reference=booking.reference)

    @rule(who=st.integers(0, 2), ends=st.sampled_from(["finish", "no_show", "park"]))
    def serves_somebody(self, who, ends):
        """The next person is called and served, or is not there, or has to come back."""
        self.calls(who)
        if ends == "finish":
            self.serves(who, "start")
        for _ in range(3 if ends == "no_show" else 0):
            self.now += timedelta(minutes=1)
            self.serves(who, "recall")
        self.serves(who, ends)

    @precondition(lambda self: self.keys)
    @rule(pick=st.integers(0, 50))
    def asks_for_more_time(self, pick):
        self.does(extend_hold, booking=self.some_booking(pick))

    @precondition(lambda self: self.keys)
    @rule(pick=st.integers(0, 50))
    def undoes_a_cancellation(self, pick):
        self.does(undo_cancel, booking=self.some_booking(pick))

    @precondition(lambda self: self.keys)
    @rule(pick=st.integers(0, 50))
    def confirms(self, pick):
        self.does(confirm, booking=self.some_booking(pick))

    @precondition(lambda self: self.keys)
    @rule(pick=st.integers(0, 50))
    def cancels(self, pick):
        self.does(cancel, booking=self.some_booking(pick))

    @precondition(lambda self: self.keys)
    @rule(pick=st.integers(0, 50), slot=st.integers(0, 15), together=st.booleans())
    def moves(self, pick, slot, together):
        slots = list(Slot.objects.order_by("pk").values_list("pk", flat=True))
        there = slots[slot % len(slots)]
        mine = self.some_booking(pick)
        self.does(reschedule, booking=mine, slot_id=there, together=together)

    @precondition(lambda self: self.keys)
    @rule(pick=st.integers(0, 50))
    def checks_in(self, pick):
        self.does(check_in, hall=self.cast["hall"], reference=self.some_booking(pick).reference)

    @rule(priorities=st.lists(st.sampled_from(["", "", "", "urgent"]), min_size=1, max_size=4))
    def walk_in(self, priorities):
        hall = self.cast["hall"]
        for n, priority in enumerate(priorities):
            what = self.cast["pickup" if n % 3 == 2 else "renewal"]
            self.does(issue_walk_in, hall=hall, matter=what, priority=priority, note=priority)

    @rule(who=st.integers(0, 2), at=st.integers(0, 2), comes=st.booleans())
    def signs_in_or_out(self, who, at, comes):
        clerk = self.cast["clerks"][who]
        if comes:
            self.does(sign_in, staff=clerk, window=self.cast["windows"][at])
        else:
            self.does(calling.sign_out, staff=clerk)

    @rule(who=st.integers(0, 2))
    def calls(self, who):
        clerk = self.cast["clerks"][who]
        shift = shift_of(clerk)
        if shift is None:
            return
        head = Ticket.objects.waiting().servable_at(shift.window).in_calling_order().first()
        called = self.does(calling.call_next, window=shift.window, staff=clerk)
        if called and not called.priority:
            assert called == head

    @rule(
        who=st.integers(0, 2),
        what=st.sampled_from(["start", "finish", "park", "recall", "no_show", "transfer"]),
    )
    def serves(self, who, what):
        clerk = self.cast["clerks"][who]
        shift = shift_of(clerk)
        at = Ticket.objects.filter(window=shift.window_id if shift else None)
        ticket = at.filter(state__in=["called", "serving"]).first()
        if ticket:
            self.does(getattr(calling, what), ticket=ticket, staff=clerk)

    @rule(pick=st.integers(0, 20))
    def returns(self, pick):
        away = list(Ticket.objects.filter(state__in=["parked", "missed"]).order_by("pk"))
        if away:
            self.does(
                calling.give_back, ticket=away[pick % len(away)], staff=self.cast["clerks"][0]
            )

    @rule(minutes=st.integers(1, 25), rebalances=st.booleans())
    def time_passes(self, minutes, rebalances):
        self.now += timedelta(minutes=minutes)
        if rebalances:
            self.does(rebalance, demand_day=DAY - timedelta(days=1))
        self.does(housekeeping.expire_holds)
        self.does(return_due)
        self.does(housekeeping.mark_served)

    @rule(opens=st.integers(18, 20), hours=st.integers(1, 6), at=st.integers(0, 2))
    def opens_an_evening(self, opens, hours, at):
        from datetime import time

        closes = time((opens + hours) % 24)
        opened = self.does(
            open_session, hall=self.cast["hall"], kind="night", day=DAY, opens=time(opens),
            closes=closes, windows=[self.cast["windows"][at]], by=None,
        )  # fmt: skip
        self.extra += [opened] if opened else []

    @precondition(lambda self: self.extra)
    @rule(pick=st.integers(0, 5), cut=st.booleans())
    def takes_an_evening_back(self, pick, cut):
        from appointments.withdrawing import withdraw_session

        session = self.extra[pick % len(self.extra)]
        if cut:
            self.does(withdraw_session, session=session, by=None)
        else:
            self.does(undo_session, session=session, by=None)

    @invariant()
    def nothing_is_broken(self):
        broken = [one for one in holds(self.now) if not one.name.startswith("I13")]
        assert broken == []  # nobody sends messages here
        self.done["nothing_is_broken"] += 1

    @invariant()
    def no_walk_in_is_overtaken_by_a_later_booking_beyond_its_patience(self):
        """A booking can stand before a waiting walk-in only when it starts within the
        patience after the walk-in's arrival."""
        line = list(Ticket.objects.waiting().filter(missed_times=0).in_calling_order())
        for place, walk_in in enumerate(line):
            if walk_in.source != Ticket.Source.WALK_IN:
                continue
            before = [t for t in line[:place] if t.issued_at > walk_in.issued_at]
            late = [
                t for t in before if t.booked_for and t.booked_for > walk_in.issued_at + PATIENCE
            ]
            assert late == []


@pytest.mark.django_db
@pytest.mark.slow
def test_a_hall_day_in_any_order(hall, windows, renewal, pickup, clerks):
    from django.db import transaction

    cast = {
        "hall": hall,
        "windows": windows,
        "renewal": renewal,
        "pickup": pickup,
        "clerks": clerks,
    }
    done: Counter[str] = Counter()

    class Day(HallDay):
        def __init__(self) -> None:
            self.cast, self.done = cast, done
            self.point = transaction.savepoint()
            super().__init__()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.point)

    run_state_machine_as_test(
        Day,
        settings=settings(
            max_examples=20, stateful_step_count=40, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    happened = {
        "hold", "confirm", "check_in", "cancel", "reschedule", "issue_walk_in", "call_next",
        "start", "finish", "no_show", "give_back", "open_session", "rebalance",
        "nothing_is_broken",
    }  # fmt: skip
    assert happened - set(done) == set()  # days of refusals alone would show nothing
    assert not Booking.objects.exists()  # each day was taken back
