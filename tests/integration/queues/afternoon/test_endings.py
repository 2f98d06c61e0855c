"""Handing over, pausing, endings, missed numbers, reasons. Rows C7, C13, C16, C26."""

import pytest

from queues.calling import (
    MissedTooOften,
    NotPossibleNow,
    UnknownOutcome,
    finish,
    no_show,
    park,
    recall,
    sign_out,
    start,
)
from queues.explaining import why
from queues.handing_on import transfer
from queues.handing_over import IsElsewhere, NotOneOfTheHall, hand_over
from queues.missing import come_again, give_back
from queues.models import Call, Ticket
from queues.picking_one import call_this
from tests.conftest import NOON
from tests.integration.queues.afternoon.conftest import HOUR, minutes
from windows.models import Break, OvertimeEntry, Shift
from windows.shifts import NotSignedIn, UnknownReason, pause, resume


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
            said = refused(NotOneOfTheHall, hand_over, staff=clerk, to=somebody, now=HOUR)

            assert said == "Only a clerk of this hall can take over. Choose somebody else."

    def test_not_to_somebody_who_is_elsewhere(
        self, clerk, clerks, at_window_3, at_window_1, refused
    ):
        said = refused(IsElsewhere, hand_over, staff=clerk, to=clerks[0], now=HOUR)

        assert said.startswith("clerk-1 is signed in at window 1")

    def test_only_from_a_window(self, clerk, clerks, hall, refused):
        said = refused(NotSignedIn, hand_over, staff=clerk, to=clerks[0], now=HOUR)

        assert said == "Sign in at this window first."


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
        said = refused(UnknownReason, pause, staff=clerk, now=NOON, reason="holiday")

        assert said == "Choose one of the reasons."


class TestEndings:
    @pytest.mark.parametrize("outcome", ["done", "papers", "stopped", "other"])
    def test_an_outcome_is_kept(self, walk_in, call, clerk, outcome):
        walk_in()

        assert finish(ticket=call(), staff=clerk, now=HOUR, outcome=outcome).outcome == outcome

    @pytest.mark.parametrize("outcome", ["elsewhere", "gone", ""])
    def test_other_words_are_none(self, walk_in, call, clerk, refused, outcome):
        walk_in()
        ended = {"ticket": call(), "staff": clerk, "now": HOUR, "outcome": outcome}

        assert refused(UnknownOutcome, finish, **ended) == "Choose one of the outcomes."

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
        said = refused(NotPossibleNow, come_again, ticket=walk_in(), staff=clerk, now=HOUR)

        assert said == "This is not possible now: ticket A001 is in the state “Waiting”."


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
