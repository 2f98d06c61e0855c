"""Where two rules of the day meet: sent on, accessible, another hall, many matters. Row C16."""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.invariants import holds
from appointments.models import Booking
from appointments.sealing import seal
from appointments.serving import came_words, set_aside, waiting_in
from queues.calling import NotPossibleNow, call_next, finish, no_show
from queues.checking import check_papers
from queues.handing_on import transfer, transfer_to_hall
from queues.issuing import issue, issue_walk_in
from queues.missing import come_again, give_back
from queues.models import Ticket
from tests.conftest import NOON, make_session, slot_at
from windows.models import Rule, Window
from windows.shifts import sign_in

HOUR = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _whole_in_the_end(request, db):
    yield
    assert holds(HOUR) == []


@pytest.fixture
def at_window_1(windows, clerks, session):
    sign_in(staff=clerks[0], window=windows[0], now=NOON)
    return windows[0]


@pytest.fixture
def call(at_window_3, clerk):
    def called(now=HOUR):
        return call_next(window=at_window_3, staff=clerk, now=now)

    return called


class TestSentToAWindow:
    def test_that_is_not_accessible_it_calls_all_the_same(
        self, hall, renewal, call, clerk, clerks, at_window_1, at_window_3
    ):
        """Otherwise neither window would call: each leaves the person to the other one."""
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        Ticket.objects.update(needs_accessible=True)
        Window.objects.filter(pk=at_window_3.pk).update(is_accessible=True)
        transfer(ticket=call(), staff=clerk, window=at_window_1, now=HOUR)

        assert list(Ticket.objects.servable_at(at_window_1)) == [ticket]
        assert call_next(window=at_window_1, staff=clerks[0], now=HOUR) == ticket

    def test_that_does_not_serve_the_matter_any_more_the_others_call(
        self, hall, renewal, call, clerk, at_window_1, at_window_3
    ):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        transfer(ticket=call(), staff=clerk, window=at_window_1, now=HOUR)
        at_window_1.matters.clear()

        assert list(Ticket.objects.servable_at(at_window_3)) == [ticket]
        assert call() == ticket


class TestMaterials:
    """A guide looked through what is needed for one matter."""

    @pytest.fixture
    def checked(self, hall, session, renewal, guide):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        return check_papers(ticket=ticket, staff=guide, now=NOON)

    def test_for_another_matter_they_are_looked_through_anew(
        self, checked, pickup, call, clerk, guide, clerks, windows, at_window_1
    ):
        windows[0].matters.add(pickup)
        sent = transfer(ticket=call(), staff=clerk, matter=pickup, window=at_window_1, now=HOUR)
        assert sent.papers_checked_at is None

        again = check_papers(ticket=sent, staff=guide, now=HOUR)

        assert again.papers_checked_at == HOUR

    def test_for_the_next_matter_of_the_visit_too(self, checked, pickup, call, clerk):
        Ticket.objects.update(then=[pickup.pk])

        assert finish(ticket=call(), staff=clerk, now=HOUR).papers_checked_at is None

    def test_for_the_same_matter_they_stay(self, checked, call, clerk, guide):
        sent = transfer(ticket=call(), staff=clerk, now=HOUR)

        assert (sent.papers_checked_at, sent.papers_checked_by) == (NOON, guide)


class TestSeveralMatters:
    def test_one_that_is_brought_forward_does_not_follow_once_more(
        self, hall, session, renewal, pickup, call, clerk
    ):
        issue(
            hall=hall, session=session, matter=renewal, source="walk_in", rank_at=NOON, now=NOON,
            then=[pickup.pk],
        )  # fmt: skip
        transfer(ticket=call(), staff=clerk, matter=pickup, now=HOUR)

        served = finish(ticket=call(), staff=clerk, now=HOUR)

        assert (served.state, served.matter) == ("finished", pickup)


class TestComingAgain:
    @pytest.fixture
    def missed_thrice(self, hall, session, renewal, call, clerk):
        Rule.objects.create(
            hall=hall, name="missed_after_calls", value=1, effective_on=session.service_day
        )
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        for times in (1, 2, 3):
            ticket = no_show(ticket=call(), staff=clerk, now=HOUR)
            if times < 3:
                give_back(ticket=ticket, staff=clerk, now=HOUR)
        return ticket

    def test_the_next_day_needs_a_number_of_that_day(self, missed_thrice, clerk, session):
        """A number of yesterday would stand in today's line, under yesterday's letter."""
        with pytest.raises(NotPossibleNow):
            come_again(ticket=missed_thrice, staff=clerk, now=NOON + timedelta(days=1))

        assert Ticket.objects.count() == 1

    def test_late_in_the_evening_the_person_is_still_here(self, missed_thrice, clerk, session):
        later = session.ends_at + timedelta(minutes=40)

        assert come_again(ticket=missed_thrice, staff=clerk, now=later).state == "waiting"

    def test_the_desk_does_not_say_that_another_hall_sent_them(self, missed_thrice, clerk):
        again = come_again(ticket=missed_thrice, staff=clerk, now=HOUR)

        assert came_words(again) == ""

    def test_it_is_offered_on_the_same_day_alone(self, hall, missed_thrice, clerk):
        assert [one.ticket for one in set_aside(hall, HOUR)] == [missed_thrice]
        assert set_aside(hall, NOON + timedelta(days=1)) == []


class TestInAnotherHall:
    def test_what_helps_the_person_is_known_there(
        self, hall, session, book, other_hall, renewal, call, clerk
    ):
        booking = book(slot_at(session, 12, 30))
        Booking.objects.filter(pk=booking.pk).update(needs_sealed=seal("sign", purpose="needs"))
        check_in(hall=hall, reference=booking.reference, now=NOON)
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.add(renewal)
        make_session(other_hall, [window])

        there = transfer_to_hall(ticket=call(), staff=clerk, hall=other_hall, now=HOUR)

        (one,) = waiting_in(other_hall, HOUR)
        assert (one.ticket, one.needs) == (there, ("sign language",))
        assert came_words(there).startswith("Sent on from")
