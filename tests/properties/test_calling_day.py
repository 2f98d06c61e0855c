"""Nobody starves, whatever clerks and people do with numbers in whatever order. # C7 C13 C16

A walk-in is called after somebody who arrived later only when that one was booked to start
within the patience after the walk-in's arrival, or by one of the bounded jumps.
"""

import contextlib
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from appointments.invariants import QUESTIONS, ask, holds
from config.refusals import NotFound, Refusal
from queues import calling
from queues.handing_on import transfer, transfer_to_hall
from queues.handing_over import hand_over
from queues.issuing import issue, issue_walk_in
from queues.missing import come_again, give_back
from queues.models import Call, Ticket
from queues.picking_one import call_this
from tests.conftest import NOON, make_session, make_staff
from windows.models import Shift, Window
from windows.shifts import pause, resume, shift_of, sign_in

PATIENCE = timedelta(minutes=20)
OF_TICKETS = ("I6 a", "I7", "I9 tickets", "I9 a ticket", "I16", "a break", "who has a new")
ASKED = [name for name in QUESTIONS if name.startswith(OF_TICKETS)]
PICKS = ["back", "help", "together", "guide"]
who, some = st.integers(0, 3), st.integers(0, 30)


def arrived_at(ticket):
    """When the person came; whoever was sent from another hall came to that one."""
    while ticket.came_from is not None and ticket.came_from.hall_id != ticket.hall_id:
        ticket = ticket.came_from
    return ticket.issued_at


class CallingDay(RuleBasedStateMachine):
    """Real commands on a real database, refusals are welcome. Three windows, and a second
    hall with one."""

    cast: dict

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.clerks, self.windows = self.cast["clerks"], self.cast["windows"]
        for clerk, window in zip(self.clerks, self.windows, strict=True):
            sign_in(staff=clerk, window=window, now=self.now)
        for priority in ["", "", "", "urgent"]:  # some wait already
            self.walks_in(priority=priority, matter=True, accessible=False, hall=0)

    def does(self, command, **arguments):
        self.now += timedelta(seconds=20)
        try:
            return command(now=self.now, **arguments)
        except (Refusal, NotFound):  # also what belongs to the other hall
            return None

    def calls_somebody(self, window, command, **arguments):
        """Who waited before, in order; who was called; and that nobody was passed over."""
        line = list(Ticket.objects.waiting().servable_at(window).in_calling_order())
        ticket = self.does(command, window=window, **arguments)
        if ticket is None:
            return line, None, None
        call = Call.objects.latest("pk")
        for other in line:
            is_walk_in = other.source == "walk_in" and other.missed_times == 0
            if is_walk_in and arrived_at(ticket) > arrived_at(other) and not call.jumped:
                assert ticket.booked_for is not None
                assert ticket.booked_for <= arrived_at(other) + PATIENCE
        return line, ticket, call

    @rule(
        priority=st.sampled_from(["", "", "urgent", "elderly"]),
        matter=st.booleans(),
        accessible=st.booleans(),
        hall=st.sampled_from([0, 0, 0, 1]),
    )
    def walks_in(self, priority, matter, accessible, hall):
        what = self.cast["renewal"] if matter else self.cast["pickup"]
        there = self.cast["halls"][hall]
        ticket = self.does(issue_walk_in, hall=there, matter=what, priority=priority, note=priority)
        if ticket and accessible:
            Ticket.objects.filter(pk=ticket.pk).update(needs_accessible=True)

    @rule(minutes=st.integers(-25, 30))
    def arrives_booked(self, minutes):
        """On time, from half an hour before the slot to a quarter after, or late."""
        slot = self.now + timedelta(minutes=minutes)
        self.does(
            issue, hall=self.cast["halls"][0], session=self.cast["session"], source="booking",
            matter=self.cast["renewal"], booked_for=slot,
            rank_at=slot if minutes > -15 else self.now + timedelta(seconds=20),
        )  # fmt: skip

    @rule(who=who)
    def calls(self, who):
        shift = shift_of(self.clerks[who])
        if shift is None:
            return
        line, ticket, call = self.calls_somebody(
            shift.window, calling.call_next, staff=self.clerks[who]
        )
        if ticket and not call.jumped:
            assert ticket == line[0]

    @rule(who=who, pick=some, reason=st.sampled_from(PICKS))
    def picks(self, who, pick, reason):
        shift = shift_of(self.clerks[who])
        there = list(Ticket.objects.filter(state__in=["waiting", "parked"]).order_by("pk"))
        if shift is None or not there:
            return
        arguments = {"ticket": there[pick % len(there)], "staff": self.clerks[who]}
        self.calls_somebody(shift.window, call_this, reason=reason, **arguments)

    def at(self, who):
        shift = shift_of(self.clerks[who])
        at = Ticket.objects.filter(window=shift.window_id if shift else None)
        return at.filter(state__in=["called", "serving"]).first()

    @rule(who=who, what=st.sampled_from(["start", "finish", "finish", "park", "recall"]))
    def serves(self, who, what):
        if ticket := self.at(who):
            self.does(getattr(calling, what), ticket=ticket, staff=self.clerks[who])

    @rule(who=who)
    def misses(self, who):
        if ticket := self.at(who):
            for step in (calling.recall, calling.recall, calling.no_show):
                self.does(step, ticket=ticket, staff=self.clerks[who])

    @rule(who=who, to=st.integers(-1, 3), matter=st.booleans())
    def sends_on(self, who, to, matter):
        if ticket := self.at(who):
            window = None if to < 0 else self.windows[to]
            what = self.cast["renewal"] if matter else None
            self.does(transfer, ticket=ticket, staff=self.clerks[who], window=window, matter=what)

    @rule(who=who)
    def sends_to_the_other_hall(self, who):
        if ticket := self.at(who):
            there = next(hall for hall in self.cast["halls"] if hall.pk != ticket.hall_id)
            self.does(transfer_to_hall, ticket=ticket, staff=self.clerks[who], hall=there)

    @rule(pick=some, again=st.booleans())
    def comes_back(self, pick, again):
        hall = self.cast["halls"][0]
        gone = Ticket.objects.filter(hall=hall, state__in=["parked", "missed", "void"])
        away = list(gone.order_by("pk"))
        if away:
            command = come_again if again else give_back
            self.does(command, ticket=away[pick % len(away)], staff=self.clerks[0])

    @rule(who=who, what=st.sampled_from(["pause", "resume", "out", "in", "in", "over"]), to=who)
    def changes_places(self, who, what, to):
        clerk = self.clerks[who]
        if what == "in":
            self.does(sign_in, staff=clerk, window=self.windows[to])
        elif what == "over":
            self.does(hand_over, staff=clerk, to=self.clerks[to])
        else:
            steps = {"pause": pause, "resume": resume, "out": calling.sign_out}
            self.does(steps[what], staff=clerk)

    @rule(minutes=st.integers(1, 25))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @invariant()
    def numbers_and_calls_agree(self):
        assert [name for name in ASKED if ask(name, self.now)] == []

    def teardown(self) -> None:
        assert holds(self.now) == []


@pytest.fixture
def cast(hall, other_hall, windows, renewal, pickup, clerks):
    Window.objects.filter(pk=windows[1].pk).update(is_accessible=True)
    windows[0].matters.add(pickup)
    there = Window.objects.create(hall=other_hall, number=1)
    there.matters.add(renewal, pickup)
    make_session(other_hall, [there])
    neighbour = make_staff("neighbour", other_hall, "clerk")
    return {
        "halls": [hall, other_hall], "session": make_session(hall, windows),
        "windows": [*windows, there], "clerks": [*clerks, neighbour],
        "renewal": renewal, "pickup": pickup,
    }  # fmt: skip


def play(cast, **how):
    class Day(CallingDay):
        def __init__(self) -> None:
            self.cast = cast
            self.point = transaction.savepoint()
            super().__init__()

        def teardown(self) -> None:
            super().teardown()
            transaction.savepoint_rollback(self.point)

    how = {"max_examples": 8, "stateful_step_count": 40, "phases": [Phase.generate], **how}
    run_state_machine_as_test(
        Day,
        settings=settings(
            deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), **how,
        ),
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.slow
def test_nobody_starves(cast):
    play(cast)
    assert not Shift.objects.exists()  # each day was taken back


@pytest.mark.django_db
@pytest.mark.parametrize("counts", [True, False])
def test_without_the_bound_somebody_is_passed_over(cast, monkeypatch, counts):
    """Mutant: a picked person goes first and nobody counts it."""

    class Day(CallingDay):
        def __init__(self) -> None:
            self.cast = cast
            super().__init__()

    if not counts:
        monkeypatch.setattr("queues.picking_one.goes_before_others", lambda *_: False)
    day = Day()

    with contextlib.nullcontext() if counts else pytest.raises(AssertionError):
        day.picks(who=0, pick=2, reason="help")
    assert Ticket.objects.filter(state="called").count() == 1
