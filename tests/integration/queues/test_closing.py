"""Closing late: until the last present person is served, and never before. Row C3."""

from datetime import time, timedelta

import pytest

from appointments.housekeeping import close_day, close_days
from appointments.models import Booking
from config import civil
from queues.calling import call_next, finish, give_back, no_show, park, start
from queues.closing import NotOverYet, close_over, close_session, still_serves
from queues.issuing import HallClosed, HallClosedForGood, issue_walk_in
from queues.models import Ticket
from tests.conftest import DAY, make_session, slot_at
from windows.models import Rule

pytestmark = pytest.mark.django_db
CLOSING = civil.city_instant(DAY, time(17))


def after(minutes: int):
    return CLOSING + timedelta(minutes=minutes)


@pytest.fixture
def present(hall, session, renewal, at_window_3) -> list[Ticket]:
    return [issue_walk_in(hall=hall, matter=renewal, now=CLOSING - timedelta(minutes=n + 1))
            for n in range(2)]  # fmt: skip


def test_issuing_stops_and_calling_goes_on(hall, renewal, present, at_window_3, clerk):
    with pytest.raises((HallClosed, HallClosedForGood)):
        issue_walk_in(hall=hall, matter=renewal, now=after(1))

    called = call_next(window=at_window_3, staff=clerk, now=after(1))

    assert called.state == Ticket.State.CALLED


def test_it_is_closed_when_the_last_one_was_served(session, present, at_window_3, clerk):
    for n in (5, 15):
        with pytest.raises(NotOverYet):
            close_session(session=session, now=after(n))
        called = call_next(window=at_window_3, staff=clerk, now=after(n))
        with pytest.raises(NotOverYet):
            close_session(session=session, now=after(n))
        finish(ticket=called, staff=clerk, now=after(n + 8))

    assert close_over(now=after(30)) == 1
    session.refresh_from_db()
    assert session.closed_at == after(23)
    assert close_over(now=after(31)) == 0


def test_with_nobody_there_it_closes_at_the_planned_end(session):
    assert close_over(now=CLOSING - timedelta(seconds=1)) == 0
    assert close_over(now=CLOSING) == 1

    session.refresh_from_db()
    assert session.closed_at == CLOSING


@pytest.mark.parametrize("state", ["waiting", "parked", "called", "serving"])
def test_nobody_who_is_there_is_closed_out(session, present, at_window_3, clerk, state):
    Ticket.objects.filter(pk=present[1].pk).update(state="void")
    if state != "waiting":
        mine = call_next(window=at_window_3, staff=clerk, now=after(1))
        {"parked": park, "serving": start, "called": lambda **_: None}[state](
            ticket=mine, staff=clerk, now=after(2)
        )

    assert close_over(now=after(10)) == 0


def test_who_missed_the_call_holds_nothing_up_and_moves_the_time_on(
    hall, session, present, at_window_3, clerk
):
    Rule.objects.create(name="missed_after_calls", hall=hall, value=1, effective_on="2027-01-01")
    Ticket.objects.filter(pk=present[1].pk).update(state="void")
    missed = call_next(window=at_window_3, staff=clerk, now=after(1))
    no_show(ticket=missed, staff=clerk, now=after(2))
    assert close_over(now=after(3)) == 1

    give_back(ticket=missed, staff=clerk, now=after(10))
    assert close_over(now=after(11)) == 0
    again = call_next(window=at_window_3, staff=clerk, now=after(12))
    finish(ticket=again, staff=clerk, now=after(20))

    assert close_over(now=after(21)) == 1
    session.refresh_from_db()
    assert session.closed_at == after(20)


def test_boards_are_told(session, monkeypatch):
    told = []
    monkeypatch.setattr("queues.closing.tell_boards", told.append)

    close_over(now=CLOSING)
    close_over(now=after(1))

    assert told == [session.hall_id]


class TestTheNight:
    """`void_left` never ends a number while a window of the hall still serves."""

    FOUR_HOURS = 4 * 60 + 1

    def test_a_staffed_window_with_a_person_is_waited_for(
        self, hall, session, present, at_window_3, clerk
    ):
        mine = call_next(window=at_window_3, staff=clerk, now=after(self.FOUR_HOURS - 100))
        start(ticket=mine, staff=clerk, now=after(self.FOUR_HOURS - 99))

        assert still_serves(hall_id=hall.pk, service_day=DAY, now=after(self.FOUR_HOURS))
        assert close_days(now=after(self.FOUR_HOURS)) == 0

        present[0].refresh_from_db()
        present[1].refresh_from_db()
        assert {present[0].state, present[1].state} == {"serving", "waiting"}

    def test_a_hall_that_moved_a_number_within_the_hour_is_waited_for(
        self, session, present, at_window_3, clerk
    ):
        mine = call_next(window=at_window_3, staff=clerk, now=after(self.FOUR_HOURS - 20))
        finish(ticket=mine, staff=clerk, now=after(self.FOUR_HOURS - 10))

        assert close_days(now=after(self.FOUR_HOURS)) == 0
        assert close_days(now=after(self.FOUR_HOURS + 51)) == 1

    def test_a_forgotten_person_at_a_window_is_not_waited_for_for_ever(
        self, session, present, at_window_3, clerk
    ):
        mine = call_next(window=at_window_3, staff=clerk, now=after(1))
        start(ticket=mine, staff=clerk, now=after(2))

        assert close_days(now=after(self.FOUR_HOURS)) == 0
        assert close_days(now=after(12 * 60 + 1)) == 1
        assert sorted(Ticket.objects.values_list("state", flat=True)) == ["serving", "void"]

    def test_a_session_that_closed_in_the_evening_is_marked_at_night(self, hall, session, book):
        """Closed when the last one was served; who did not come is marked hours later."""
        absent = book(slot_at(session, 15))
        close_over(now=CLOSING)

        assert close_days(now=after(60)) == 0
        assert close_days(now=after(self.FOUR_HOURS)) == 1

        absent.refresh_from_db()
        assert absent.state == Booking.State.NO_SHOW
        assert close_days(now=after(self.FOUR_HOURS + 15)) == 0

    def test_a_day_waits_for_its_night_session(self, hall, windows, session, present):
        make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

        assert close_day(day=DAY, now=after(self.FOUR_HOURS)) == 0
