"""However sessions are changed, closed, opened again and taken back while people book and
answer: the invariants hold and nobody is lost. C5 C6"""

from collections import Counter
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

from appointments import answering_offers, housekeeping
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.changes.answering import ASKED, accept, decline, expire_due, open_for
from appointments.changes.asking import Ask, apply_change, preview_change
from appointments.changes.following import join_waiting
from appointments.changes.reopening import reopen
from appointments.changes.undoing import undo_change
from appointments.confirming import confirm, find
from appointments.invariants import holds
from appointments.models import Booking, Displaced
from appointments.offering_back import offer_free
from appointments.rescheduling import reschedule
from appointments.returning import return_due
from config.refusals import Refusal
from tests.conftest import DAY, NOON, a_person, make_session
from windows.models import HallClosure, HallSession, SessionChange, Slot

CHOICES = ["move", "offer", "withdraw"]


class Changes(RuleBasedStateMachine):
    """Two halls, three days; refusals are welcome."""

    cast: dict
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.people = 0
        for n in (1, 2, 3):
            day = DAY + timedelta(days=n)
            make_session(self.cast["hall"], self.cast["windows"], day=day, online=60)
        make_session(self.cast["other"], self.cast["there"], day=DAY + timedelta(days=2), online=18)
        for n in range(6):
            self.books(slot=5 * n, people=1 + n % 2)

    def does(self, command, *given, **arguments):
        self.now += timedelta(seconds=30)
        try:
            outcome = command(*given, now=self.now, **arguments)
        except Refusal:
            return None
        self.done[command.__name__] += 1
        return outcome

    def one_of(self, rows, pick):
        found = list(rows.order_by("pk"))
        return found[pick % len(found)] if found else None

    @rule(slot=st.integers(0, 30), people=st.integers(1, 3))
    def books(self, slot, people):
        party = [a_person(self.people + n) for n in range(people)]
        self.people += people
        there = self.one_of(Slot.objects.filter(is_open=True), slot * 2)
        if there is None:
            return
        held = self.does(
            hold, slot_id=there.pk, matter=self.cast["renewal"], people=party,
            phone=f"+8613800{self.people:06d}",
        )  # fmt: skip
        if held:
            first = held.bookings[0]
            self.does(confirm, booking=find(first.reference, first.secret))

    @rule(
        pick=st.integers(0, 9),
        kind=st.sampled_from(["close", "cut", "fewer", "extend", "cancel", "move"]),
        default=st.sampled_from(CHOICES),
        hours=st.integers(1, 7),
    )
    def changes(self, pick, kind, default, hours):
        session = self.one_of(HallSession.objects.filter(state="open"), pick)
        if session is None:
            return
        ask = self.ask(kind, session, timedelta(hours=hours), pick)
        seen = self.does(preview_change, ask)
        if seen is None:
            return
        self.now -= timedelta(seconds=30)
        done = self.does(apply_change, ask, by=None, default=default, expect=seen.digest)
        assert done is None or len(done.displaced) == len(seen.losing)

    def ask(self, kind, session, length, pick):
        windows = self.cast["windows"] if session.hall == self.cast["hall"] else self.cast["there"]
        if kind == "fewer":
            return Ask.cut(session, windows=(windows[pick % len(windows)].pk,))
        if kind == "move":
            starts = session.starts_at + timedelta(days=pick % 4) + length / 2
            return Ask.move(session, starts_at=starts, ends_at=starts + timedelta(hours=4))
        if kind == "close":
            return Ask.close(
                session.hall, closes_at=session.starts_at, opens_at=session.starts_at + length
            )
        return {
            "cut": Ask.cut(session, ends_at=session.starts_at + length),
            "extend": Ask.extend(session, ends_at=session.ends_at + length),
            "cancel": Ask.cancel(session),
        }[kind]

    @rule(pick=st.integers(0, 9))
    def takes_back(self, pick):
        change = self.one_of(SessionChange.objects.filter(undone_at=None), -1 - pick % 3)
        if change:
            self.does(undo_change, change, by=None)

    @rule(pick=st.integers(0, 9))
    def opens_again(self, pick):
        closure = self.one_of(HallClosure.objects.filter(reopened_at=None), pick)
        if closure:
            self.does(reopen, closure, by=None)

    @precondition(lambda self: Displaced.objects.exists())
    @rule(pick=st.integers(0, 30), yes=st.booleans(), wait=st.booleans(), all_=st.booleans())
    def answers(self, pick, yes, wait, all_):
        booking = self.one_of(Booking.objects.filter(displaced__state__in=ASKED).distinct(), pick)
        asked = open_for(booking) if booking else None
        if asked and yes:
            self.does(accept, asked, together=all_)
        elif asked:
            self.does(decline, asked, wait=wait, together=all_)

    @rule(pick=st.integers(0, 30), slot=st.integers(0, 60), gives_up=st.booleans())
    def moves_or_cancels(self, pick, slot, gives_up):
        booking = self.one_of(Booking.objects.filter(state="confirmed"), pick)
        there = self.one_of(Slot.objects.filter(is_open=True), slot)
        if booking and gives_up:
            self.does(cancel, booking=booking)
        elif booking and there:
            self.does(reschedule, booking=booking, slot_id=there.pk)

    @rule(minutes=st.sampled_from([1, 6, 30, 400, 1500]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)
        for work in (
            housekeeping.expire_holds, return_due, answering_offers.settle, expire_due,
            join_waiting, offer_free,
        ):  # fmt: skip
            self.does(work)

    @invariant()
    def nothing_is_broken(self):
        broken = [one for one in holds(self.now) if not one.name.startswith("I13")]
        assert broken == []  # nobody sends messages here

    @invariant()
    def nobody_is_lost(self):
        promised = Booking.objects.filter(confirmed_at__isnull=False)
        for booking in promised.select_related("slot__session"):
            slot, session = booking.slot, booking.slot.session
            if booking.state == "confirmed" and slot.starts_at > self.now:
                assert slot.is_open
                assert session.state == "open"
                assert session.starts_at <= slot.starts_at < session.ends_at
            if booking.state == "withdrawn":
                rows = booking.displaced.exclude(state="undone")
                assert rows.filter(state__in=["withdrawn", "expired", "declined"]).exists()
            self.done["nobody_is_lost"] += 1


@pytest.mark.django_db
@pytest.mark.slow
def test_nobody_is_lost_in_any_order(hall, other_hall, windows, renewal):
    from django.db import transaction

    from windows.models import Window

    window = Window.objects.create(hall=other_hall, number=1)
    window.matters.add(renewal)
    cast = {
        "hall": hall, "other": other_hall, "windows": windows, "there": [window],
        "renewal": renewal,
    }  # fmt: skip
    done: Counter[str] = Counter()

    class Day(Changes):
        def __init__(self) -> None:
            self.cast, self.done = cast, done
            self.point = transaction.savepoint()
            super().__init__()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.point)

    run_state_machine_as_test(
        Day,
        settings=settings(
            max_examples=10, stateful_step_count=20, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    happened = {
        "hold", "confirm", "cancel", "reschedule", "preview_change", "apply_change", "undo_change",
        "reopen", "accept", "decline", "nobody_is_lost",
    }  # fmt: skip
    assert happened - set(done) == set()  # days of refusals alone would show nothing
    assert not Booking.objects.exists()  # each day was taken back
