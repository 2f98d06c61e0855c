"""Picking, sending on, handing over, pausing, missing thrice. Rows C7, C13, C16, C26."""

import pytest

from appointments.arriving import check_in
from appointments.housekeeping import mark_served
from config.refusals import NotFound
from queues.calling import (
    NotAtYourWindow,
    NotPossibleNow,
    StillServing,
    WindowPaused,
    call_next,
    finish,
    park,
    sign_out,
)
from queues.explaining import why
from queues.handing_on import WindowNotOpen, transfer, transfer_to_hall
from queues.issuing import HallClosed, HallClosedForGood, MatterNotServed, issue_walk_in
from queues.models import Call, TicketEvent
from queues.picking_one import NoteNeeded, NotServedHere, OneCallFirst, ReasonNeeded, call_this
from tests.conftest import NOON, make_session, make_staff, slot_at
from tests.integration.queues.afternoon.conftest import HOUR, minutes
from windows.shifts import NotSignedIn, pause, sign_in


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
        assert refused(NoteNeeded, pick, ticket=walk_in(), reason="other", note="  ")

    def test_a_matter_that_is_not_served_here(self, walk_in, pickup, at_window_1, clerks, refused):
        assert refused(
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
        assert refused(WindowPaused, pick, ticket=other)

    def test_a_ticket_of_another_hall(self, other_hall, neighbour, renewal, pick, refused):
        ticket = issue_walk_in(hall=neighbour(other_hall), matter=renewal, now=NOON)

        assert refused(NotFound, pick, ticket=ticket) == ""

    def test_a_number_that_is_over(self, walk_in, call, pick, clerk, refused):
        walk_in()
        ticket = finish(ticket=call(), staff=clerk, now=HOUR)

        assert refused(NotPossibleNow, pick, ticket=ticket)


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

        assert refused(WindowNotOpen, transfer, **send, matter=pickup)

    def test_a_window_of_another_hall(self, walk_in, call, clerk, other_hall, neighbour, refused):
        walk_in()
        there = neighbour(other_hall).windows.get()

        said = refused(NotFound, transfer, ticket=call(), staff=clerk, now=HOUR, window=there)

        assert said == ""

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

        send = {"ticket": ticket, "staff": clerk, "hall": closed}
        never = refused(HallClosedForGood, transfer_to_hall, **send, now=HOUR)
        make_session(other_hall, list(other_hall.windows.all()))
        evening = NOON + minutes(6 * 60)
        later = refused((HallClosed, HallClosedForGood), transfer_to_hall, **send, now=evening)

        assert never == "The hall is closed now, and no opening is planned yet."
        assert later.startswith("The hall is closed now")

    def test_a_hall_that_does_not_serve_it(
        self, walk_in, call, clerk, other_hall, neighbour, pickup, hall, refused
    ):
        walk_in()
        send = {"ticket": call(), "staff": clerk, "now": HOUR}
        there = neighbour(other_hall)

        said = refused(MatterNotServed, transfer_to_hall, **send, hall=there, matter=pickup)

        assert said == "No window of this hall serves this matter."
        assert refused(NotFound, transfer_to_hall, **send, hall=hall) == ""

    def test_only_from_ones_own_window(self, walk_in, call, clerks, at_window_1, refused):
        walk_in()
        ticket = call()

        said = refused(NotAtYourWindow, transfer, ticket=ticket, staff=clerks[0], now=HOUR)

        assert said == "This ticket is not at your window."
