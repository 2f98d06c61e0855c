"""Picking, sending on, handing over, pausing, missing thrice. Rows C7, C13, C16, C26."""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.housekeeping import mark_served
from appointments.invariants import holds
from config.refusals import NotFound
from queues.calling import (
    MissedTooOften,
    NotAtYourWindow,
    NotPossibleNow,
    StillServing,
    UnknownOutcome,
    WindowPaused,
    call_next,
    finish,
    no_show,
    park,
    recall,
    sign_out,
    start,
)
from queues.explaining import why
from queues.handing_on import WindowNotOpen, transfer, transfer_to_hall
from queues.handing_over import IsElsewhere, NotOneOfTheHall, hand_over
from queues.issuing import HallClosed, HallClosedForGood, MatterNotServed, issue_walk_in
from queues.missing import come_again, give_back
from queues.models import Call, Ticket, TicketEvent
from queues.picking_one import NoteNeeded, NotServedHere, OneCallFirst, ReasonNeeded, call_this
from tests.conftest import NOON, make_session, make_staff, slot_at
from windows.models import Break, OvertimeEntry, Shift, Window
from windows.shifts import NotSignedIn, UnknownReason, pause, resume, sign_in


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


HOUR = NOON + minutes(60)


@pytest.fixture
def walk_in(hall, session, renewal):
    def arrived(at=NOON, matter=None, **more):
        return issue_walk_in(hall=hall, matter=matter or renewal, now=at, **more)

    return arrived


@pytest.fixture
def call(at_window_3, clerk):
    def called(now=HOUR):
        return call_next(window=at_window_3, staff=clerk, now=now)

    return called


@pytest.fixture
def at_window_1(windows, clerks, session):
    sign_in(staff=clerks[0], window=windows[0], now=NOON)
    return windows[0]


@pytest.fixture
def neighbour(hall, renewal, pickup):
    """Makes the second hall with one window; opens it when asked."""

    def made(other_hall, *, is_open=True):
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.add(renewal)
        if is_open:
            make_session(other_hall, [window])
        return other_hall

    return made


@pytest.fixture(autouse=True)
def _whole_in_the_end(request, db):
    yield
    assert holds(HOUR) == []


def snapshot():
    """Everything that a refused command must leave as it was."""
    shifts = Shift.objects.order_by("pk").values_list("pk", "staff", "period", "is_paused")
    tickets = Ticket.objects.order_by("pk").values_list(
        "pk", "state", "window", "rank_at", "only_window", "outcome"
    )
    rows = [Call.objects.count(), TicketEvent.objects.count(), Break.objects.count()]
    return [list(shifts), list(tickets), rows]


@pytest.fixture
def refused():
    """The command is refused so, and nothing has changed."""

    def check(refusal, command, **arguments):
        before = snapshot()
        with pytest.raises(refusal) as raised:
            command(**arguments)
        assert snapshot() == before
        return str(raised.value)

    return check


class TestPicking:
    @pytest.fixture
    def pick(self, at_window_3, clerk):
        def picked(ticket, reason="help", now=HOUR, **more):
            return call_this(
                ticket=ticket, window=at_window_3, staff=clerk, reason=reason, now=now, **more
            )

        return picked

    def test_the_reason_stays_with_the_call(self, walk_in, pick):
        walk_in()
        later = walk_in(at=NOON + minutes(1))

        ticket = pick(later, reason="other", note="Lost her mother in the crowd")

        call = Call.objects.get()
        assert (ticket.state, call.picked, call.jumped) == ("called", "other", True)
        assert call.why["note"] == "Lost her mother in the crowd"
        assert TicketEvent.objects.filter(ticket=later, kind="called").exists()

    def test_the_first_in_line_is_no_jump(self, walk_in, pick):
        pick(walk_in())

        assert not Call.objects.get().jumped

    def test_at_most_one_in_three_calls_goes_first(self, walk_in, pick, call, clerk, refused):
        line = [walk_in(at=NOON + minutes(n)) for n in range(6)]
        finish(ticket=pick(line[5]), staff=clerk, now=HOUR)
        for n in range(2):
            refused(OneCallFirst, pick, ticket=line[4])
            finish(ticket=call(HOUR + minutes(n)), staff=clerk, now=HOUR + minutes(n))

        assert pick(line[4]).state == "called"

    def test_a_parked_person_is_called_back(self, walk_in, call, pick, clerk):
        ticket = call() if walk_in() else None
        walk_in(at=NOON + minutes(1))
        park(ticket=ticket, staff=clerk, now=HOUR)

        again = pick(ticket, reason="back")

        assert (again.state, again.round) == ("called", 2)
        assert not Call.objects.latest("pk").jumped

    @pytest.mark.parametrize("reason", ["", "because", None])
    def test_without_a_reason_nobody_is_picked(self, walk_in, pick, refused, reason):
        said = refused(ReasonNeeded, pick, ticket=walk_in(), reason=reason)

        assert "why" in said

    def test_another_reason_is_told_in_words(self, walk_in, pick, refused):
        refused(NoteNeeded, pick, ticket=walk_in(), reason="other", note="  ")

    def test_a_matter_that_is_not_served_here(self, walk_in, pickup, at_window_1, clerks, refused):
        refused(
            NotServedHere, call_this, ticket=walk_in(matter=pickup), window=at_window_1,
            staff=clerks[0], reason="help", now=HOUR,
        )  # fmt: skip

    def test_only_at_ones_own_free_window(
        self, walk_in, call, pick, clerk, clerks, windows, refused
    ):
        walk_in()
        present, other = call(), walk_in()
        refused(StillServing, pick, ticket=other)
        finish(ticket=present, staff=clerk, now=HOUR)
        refused(
            NotSignedIn, call_this, ticket=other, window=windows[2], staff=clerks[0],
            reason="help", now=HOUR,
        )  # fmt: skip
        pause(staff=clerk, now=HOUR)
        refused(WindowPaused, pick, ticket=other)

    def test_a_ticket_of_another_hall(self, other_hall, neighbour, renewal, pick, refused):
        ticket = issue_walk_in(hall=neighbour(other_hall), matter=renewal, now=NOON)

        refused(NotFound, pick, ticket=ticket)

    def test_a_number_that_is_over(self, walk_in, call, pick, clerk, refused):
        walk_in()
        ticket = finish(ticket=call(), staff=clerk, now=HOUR)

        refused(NotPossibleNow, pick, ticket=ticket)


class TestSendingOn:
    def test_a_window_that_was_named_calls_it(self, walk_in, call, clerk, clerks, at_window_1):
        walk_in()
        ticket = transfer(ticket=call(), staff=clerk, now=HOUR, window=at_window_1)
        after = walk_in(at=NOON + minutes(1))

        assert call(HOUR + minutes(1)) == after  # not for window 3
        assert call_next(window=at_window_1, staff=clerks[0], now=HOUR) == ticket
        assert "Sent to this window" in why(Call.objects.latest("pk"))

    def test_when_nobody_is_there_any_more_the_others_call_it(
        self, walk_in, call, clerk, clerks, at_window_1
    ):
        walk_in()
        ticket = transfer(ticket=call(), staff=clerk, now=HOUR, window=at_window_1)
        sign_out(staff=clerks[0], now=HOUR)

        assert call(HOUR + minutes(1)) == ticket

    def test_a_window_that_is_not_open(self, walk_in, call, clerk, clerks, windows, refused):
        walk_in()
        ticket = call()
        send = {"ticket": ticket, "staff": clerk, "now": HOUR, "window": windows[0]}
        said = refused(WindowNotOpen, transfer, **send)
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        pause(staff=clerks[0], now=NOON)
        refused(WindowNotOpen, transfer, **send)

        assert said == "Window 1 is not open for this matter now. Choose another one."

    def test_a_window_that_does_not_serve_the_matter(
        self, walk_in, call, clerk, at_window_1, pickup, refused
    ):
        walk_in()
        send = {"ticket": call(), "staff": clerk, "now": HOUR, "window": at_window_1}

        refused(WindowNotOpen, transfer, **send, matter=pickup)

    def test_a_window_of_another_hall(self, walk_in, call, clerk, other_hall, neighbour, refused):
        walk_in()
        there = neighbour(other_hall).windows.get()

        refused(NotFound, transfer, ticket=call(), staff=clerk, now=HOUR, window=there)

    def test_to_another_hall_with_the_old_rank(self, walk_in, call, clerk, other_hall, neighbour):
        walk_in()
        ticket = call()

        there = transfer_to_hall(ticket=ticket, staff=clerk, hall=neighbour(other_hall), now=HOUR)

        ticket.refresh_from_db()
        assert (ticket.state, ticket.outcome, ticket.window) == ("void", "elsewhere", None)
        assert (there.hall, there.state, there.label) == (other_hall, "waiting", "A001")
        assert (there.came_from, there.rank_at) == (ticket, ticket.rank_at)
        stranger = make_staff("there", other_hall, "clerk")
        window = other_hall.windows.get()
        sign_in(staff=stranger, window=window, now=HOUR)
        assert call_next(window=window, staff=stranger, now=HOUR) == there
        told = why(Call.objects.latest("pk"))
        assert told.startswith(f"Comes from {ticket.hall.name} with the rank")

    def test_a_booking_is_served_in_the_other_hall(
        self, hall, session, book, call, clerk, other_hall, neighbour
    ):
        booking = book(slot_at(session, 12, 30), person=1)
        check_in(hall=hall, reference=booking.reference, now=NOON)
        there = transfer_to_hall(ticket=call(), staff=clerk, hall=neighbour(other_hall), now=HOUR)
        assert mark_served(now=HOUR) == 0
        stranger, window = make_staff("there", other_hall, "clerk"), other_hall.windows.get()
        sign_in(staff=stranger, window=window, now=HOUR)
        call_next(window=window, staff=stranger, now=HOUR)
        finish(ticket=there, staff=stranger, now=HOUR)

        assert mark_served(now=HOUR) == 1
        booking.refresh_from_db()
        assert booking.state == "served"

    def test_a_hall_that_gives_no_numbers(
        self, walk_in, call, clerk, other_hall, neighbour, refused
    ):
        walk_in()
        ticket = call()
        closed = neighbour(other_hall, is_open=False)

        refused(
            HallClosedForGood, transfer_to_hall, ticket=ticket, staff=clerk, hall=closed, now=HOUR
        )
        make_session(other_hall, list(other_hall.windows.all()))
        evening = NOON + minutes(6 * 60)
        refused(
            (HallClosed, HallClosedForGood), transfer_to_hall, ticket=ticket, staff=clerk,
            hall=closed, now=evening,
        )  # fmt: skip

    def test_a_hall_that_does_not_serve_it(
        self, walk_in, call, clerk, other_hall, neighbour, pickup, hall, refused
    ):
        walk_in()
        send = {"ticket": call(), "staff": clerk, "now": HOUR}

        refused(
            MatterNotServed, transfer_to_hall, **send, hall=neighbour(other_hall), matter=pickup
        )
        refused(NotFound, transfer_to_hall, **send, hall=hall)

    def test_only_from_ones_own_window(self, walk_in, call, clerks, at_window_1, refused):
        walk_in()
        ticket = call()

        refused(NotAtYourWindow, transfer, ticket=ticket, staff=clerks[0], now=HOUR)


class TestHandingOver:
    def test_the_person_at_the_window_stays(self, walk_in, call, clerk, clerks, at_window_3):
        walk_in()
        ticket = call()

        shift = hand_over(staff=clerk, to=clerks[1], now=HOUR)

        assert (shift.window, shift.staff) == (at_window_3, clerks[1])
        start(ticket=ticket, staff=clerks[1], now=HOUR)
        assert finish(ticket=ticket, staff=clerks[1], now=HOUR).state == "finished"
        assert Shift.objects.get(staff=clerk).period.upper == HOUR

    def test_a_pause_ends_with_it(self, clerk, clerks, at_window_3):
        pause(staff=clerk, now=NOON, reason="meal")

        shift = hand_over(staff=clerk, to=clerks[1], now=HOUR)

        assert not shift.is_paused
        assert Break.objects.get().ended_at == HOUR

    def test_overtime_is_earned(self, session, clerk, clerks, at_window_3):  # C26
        hand_over(staff=clerk, to=clerks[1], now=session.ends_at + minutes(10))
        sign_out(staff=clerks[1], now=session.ends_at + minutes(25))

        assert set(OvertimeEntry.objects.values_list("staff__username", "minutes")) == {
            ("clerk", 10),
            ("clerk-2", 15),
        }

    def test_only_to_a_clerk_of_the_hall(self, clerk, stranger_clerk, guide, at_window_3, refused):
        for somebody in (stranger_clerk, guide, clerk):
            refused(NotOneOfTheHall, hand_over, staff=clerk, to=somebody, now=HOUR)

    def test_not_to_somebody_who_is_elsewhere(
        self, clerk, clerks, at_window_3, at_window_1, refused
    ):
        said = refused(IsElsewhere, hand_over, staff=clerk, to=clerks[0], now=HOUR)

        assert said.startswith("clerk-1 is signed in at window 1")

    def test_only_from_a_window(self, clerk, clerks, hall, refused):
        refused(NotSignedIn, hand_over, staff=clerk, to=clerks[0], now=HOUR)


class TestPausing:
    def test_a_break_has_its_reason_and_its_end(self, clerk, at_window_3):
        pause(staff=clerk, now=NOON, reason="meal")
        pause(staff=clerk, now=NOON + minutes(1))
        resume(staff=clerk, now=NOON + minutes(30))
        resume(staff=clerk, now=NOON + minutes(31))

        rest = Break.objects.get()
        assert (rest.reason, rest.began_at, rest.ended_at) == ("meal", NOON, NOON + minutes(30))

    def test_signing_out_ends_it(self, clerk, at_window_3):
        pause(staff=clerk, now=NOON)
        sign_out(staff=clerk, now=HOUR)

        assert Break.objects.get().ended_at == HOUR

    def test_an_unknown_reason(self, clerk, at_window_3, refused):
        refused(UnknownReason, pause, staff=clerk, now=NOON, reason="holiday")


class TestEndings:
    @pytest.mark.parametrize("outcome", ["done", "papers", "stopped", "other"])
    def test_an_outcome_is_kept(self, walk_in, call, clerk, outcome):
        walk_in()

        assert finish(ticket=call(), staff=clerk, now=HOUR, outcome=outcome).outcome == outcome

    @pytest.mark.parametrize("outcome", ["elsewhere", "gone", ""])
    def test_other_words_are_none(self, walk_in, call, clerk, refused, outcome):
        walk_in()

        refused(UnknownOutcome, finish, ticket=call(), staff=clerk, now=HOUR, outcome=outcome)

    def test_who_left_does_not_go_on(self, hall, session, renewal, pickup, call, clerk):
        from queues.issuing import issue

        issue(
            hall=hall, session=session, matter=renewal, source="walk_in", rank_at=NOON, now=NOON,
            then=[pickup.pk],
        )  # fmt: skip

        ended = finish(ticket=call(), staff=clerk, now=HOUR, outcome="stopped")

        assert (ended.state, ended.outcome) == ("finished", "stopped")

    def test_finished_twice(self, walk_in, call, clerk, refused):
        walk_in()
        ticket = finish(ticket=call(), staff=clerk, now=HOUR)

        said = refused(NotPossibleNow, finish, ticket=ticket, staff=clerk, now=HOUR)

        assert said == "This is not possible now: ticket A001 is in the state “Finished”."


class TestMissing:
    @pytest.fixture
    def miss(self, call, clerk):
        """Called three times in vain, at such an hour."""

        def missed(now):
            ticket = call(now)
            for n in (1, 2):
                recall(ticket=ticket, staff=clerk, now=now + minutes(n))
            return no_show(ticket=ticket, staff=clerk, now=now + minutes(3))

        return missed

    def test_three_places_back_then_the_end_then_void(self, walk_in, miss, call, clerk):
        absent = walk_in()
        line = [walk_in(at=NOON + minutes(n)) for n in range(1, 6)]
        miss(HOUR)
        give_back(ticket=absent, staff=clerk, now=HOUR + minutes(4))
        order = list(Ticket.objects.waiting().in_calling_order())
        assert order.index(absent) == 3
        for n in range(3):
            finish(ticket=call(HOUR + minutes(5 + n)), staff=clerk, now=HOUR + minutes(5 + n))

        assert miss(HOUR + minutes(10)) == absent
        give_back(ticket=absent, staff=clerk, now=HOUR + minutes(14))
        assert list(Ticket.objects.waiting().in_calling_order()) == [*line[3:], absent]
        for n in range(2):
            finish(ticket=call(HOUR + minutes(15 + n)), staff=clerk, now=HOUR + minutes(15 + n))

        assert miss(HOUR + minutes(20)).state == "void"
        with pytest.raises(MissedTooOften):
            give_back(ticket=absent, staff=clerk, now=HOUR + minutes(24))

        again = come_again(ticket=absent, staff=clerk, now=HOUR + minutes(25))  # C7
        assert (again.state, again.missed_times) == ("waiting", 0)
        assert again.rank_at == HOUR + minutes(45)
        with pytest.raises(NotPossibleNow):
            come_again(ticket=absent, staff=clerk, now=HOUR + minutes(26))

    def test_a_new_number_after_closing_for_who_was_there(self, session, walk_in, miss, clerk):
        absent = walk_in()
        for n in range(3):
            miss(HOUR + minutes(5 * n))
            if n < 2:
                give_back(ticket=absent, staff=clerk, now=HOUR + minutes(5 * n + 4))

        again = come_again(ticket=absent, staff=clerk, now=session.ends_at + minutes(5))

        assert again.state == "waiting"

    def test_a_person_who_returns_gains_nothing(self, walk_in, miss, clerk, call):
        """Mutant: behind the third of a line that stands before the old rank."""
        absent = walk_in(at=NOON + minutes(10))
        miss(HOUR)
        walk_in(at=NOON)

        returned = give_back(ticket=absent, staff=clerk, now=HOUR + minutes(4))

        assert returned.rank_at >= absent.rank_at

    def test_only_a_number_that_was_missed_thrice_is_replaced(self, walk_in, clerk, refused):
        refused(NotPossibleNow, come_again, ticket=walk_in(), staff=clerk, now=HOUR)


class TestWhy:
    """One sentence for each way to a window, in both languages."""

    def said(self):
        from django.utils import translation

        call = Call.objects.latest("pk")
        with translation.override("zh-hans"):
            chinese = why(call)
        return why(call), chinese

    def test_called_again(self, walk_in, call, clerk):
        walk_in()
        recall(ticket=call(), staff=clerk, now=HOUR + minutes(1))

        assert self.said()[0].startswith("Called again. Walk-in, came at 12:00, ranks at 12:20")

    def test_back_from_a_form(self, walk_in, call, clerk):
        walk_in()
        ticket = park(ticket=call(), staff=clerk, now=HOUR)
        give_back(ticket=ticket, staff=clerk, now=HOUR)
        call()

        assert self.said()[0].startswith("Stepped aside, came back and keeps the rank of 12:20")

    def test_sent_on(self, walk_in, call, clerk):
        walk_in()
        transfer(ticket=call(), staff=clerk, now=HOUR)
        call()

        assert self.said()[0].startswith("Sent on with the rank of 12:20")

    def test_picked(self, walk_in, at_window_3, clerk):
        walk_in()
        later = walk_in(at=NOON + minutes(1))
        pick = {"window": at_window_3, "staff": clerk, "now": HOUR}
        call_this(ticket=later, reason="other", note="dizzy", **pick)

        assert self.said()[0] == (
            "Picked by the clerk (Another reason: dizzy): goes before people of a lower rank, at"
            " most once in three calls."
        )

    def test_in_front_of_nobody(self, walk_in, at_window_3, clerk):
        call_this(ticket=walk_in(), reason="back", window=at_window_3, staff=clerk, now=HOUR)

        assert "nobody of a lower rank waits" in self.said()[0]

    def test_after_a_miss(self, walk_in, call, clerk):
        walk_in()
        ticket = call()
        for n in (1, 2):
            recall(ticket=ticket, staff=clerk, now=HOUR + minutes(n))
        no_show(ticket=ticket, staff=clerk, now=HOUR + minutes(3))
        give_back(ticket=ticket, staff=clerk, now=HOUR + minutes(4))
        call(HOUR + minutes(5))

        assert self.said()[0].startswith("Missed the call and came back")
