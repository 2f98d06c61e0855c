"""The hall's screen: calls, counts, waits, sessions. Rows C3, C16."""

import json
from datetime import time, timedelta

import pytest
from django.core.cache import cache

from queues.board import board_of
from queues.calling import call_next, finish, give_back, no_show, recall, start
from queues.explaining import why
from queues.issuing import issue_walk_in
from queues.models import Call
from tests.conftest import DAY, NOON, make_session, slot_at
from windows.models import Rule
from windows.shifts import pause, sign_in


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


@pytest.fixture
def walk_in(hall, session, renewal):
    def arrived(at=NOON, matter=None, **more):
        return issue_walk_in(hall=hall, matter=matter or renewal, now=at, **more)

    return arrived


@pytest.fixture
def call(at_window_3, clerk):
    def called(at):
        return call_next(window=at_window_3, staff=clerk, now=at)

    return called


@pytest.mark.parametrize("people", [0, 25])
def test_the_board_takes_at_most_three_queries(
    hall, walk_in, call, clerk, people, django_assert_max_num_queries
):
    for _person in range(people):
        walk_in()
    if people:
        finish(ticket=call(NOON), staff=clerk, now=NOON + minutes(5))
        call(NOON + minutes(6))
    cache.clear()

    with django_assert_max_num_queries(3):
        board_of(hall, NOON + minutes(7))
    with django_assert_max_num_queries(1):
        board_of(hall, NOON + minutes(8))


def test_the_newest_call_is_shown_first_and_each_ticket_once(hall, walk_in, call, clerk):
    earlier, newest = walk_in(), walk_in()
    finish(ticket=call(NOON), staff=clerk, now=NOON + minutes(5))
    call(NOON + minutes(6))
    recall(ticket=newest, staff=clerk, now=NOON + minutes(7))

    board = board_of(hall, NOON + minutes(8))

    assert [(call.number, call.round) for call in board.calls] == [
        (newest.label, 2),
        (earlier.label, 1),
    ]
    assert board.now is not None
    assert board.now.window == 3


def test_a_recall_has_an_id_of_its_own(hall, walk_in, call, clerk):
    ticket = walk_in()
    call(NOON)
    before = board_of(hall, NOON).last_call_id

    recall(ticket=ticket, staff=clerk, now=NOON + minutes(1))

    assert board_of(hall, NOON + minutes(1)).last_call_id > before


def test_waiting_people_and_the_longest_wait_are_counted(hall, walk_in):
    walk_in(at=NOON - minutes(14))
    walk_in()

    board = board_of(hall, NOON)

    assert (board.waiting, board.longest_minutes) == (2, 14)


def test_no_window_gives_no_estimate(hall, walk_in):
    walk_in()

    assert board_of(hall, NOON).wait_for("RENEW") is None


def test_a_paused_window_gives_no_estimate(hall, walk_in, at_window_3, clerk):
    pause(staff=clerk, now=NOON)

    assert board_of(hall, NOON).wait_for("RENEW") is None


def test_walk_ins_left_is_what_the_shares_still_hold(hall, windows):
    make_session(hall, windows, online=30)  # 60 of 90 minutes for walk-ins, 10 slots left
    issue_walk_in(hall=hall, matter=windows[0].matters.get(code="RENEW"), now=NOON)

    left = board_of(hall, NOON).walk_ins_left

    assert left == (10 * 60 - 6) // 7  # a matter takes 7 minutes on average here


def test_the_session_tells_its_stage(hall, session):
    stages = [board_of(hall, NOON + minutes(m)).session for m in (-240, 0, 310)]

    assert [shown and shown.stage for shown in stages] == ["before", "open", "after"]


def test_a_night_session_is_shown_after_midnight_under_its_service_day(hall, windows):
    make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")  # C1

    shown = board_of(hall, NOON + minutes(12 * 60 + 10)).session

    assert shown is not None
    assert (shown.kind, shown.service_day, shown.hours) == ("night", DAY, "18:30–00:30")


def test_after_closing_the_session_stays_while_people_wait(hall, walk_in, windows):
    walk_in(at=NOON + minutes(290))
    make_session(hall, windows, opens=time(18, 30), closes=time(21), kind="night")

    shown = board_of(hall, NOON + minutes(310)).session  # C3: who is here is served

    assert shown is not None
    assert (shown.kind, shown.stage) == ("regular", "after")


def test_without_any_session_the_board_still_answers(hall):
    board = board_of(hall, NOON)

    assert board.session is None
    assert board.walk_ins_left is None


def test_the_patience_is_the_halls_rule(hall, session):
    Rule.objects.create(name="patience_minutes", hall=hall, value=35, effective_on=DAY)
    cache.clear()

    assert board_of(hall, NOON).patience == 35


def test_a_missed_ticket_says_so(hall, walk_in, call, clerk):
    ticket = walk_in()
    call(NOON)
    for n in (1, 2):
        recall(ticket=ticket, staff=clerk, now=NOON + minutes(n))
    no_show(ticket=ticket, staff=clerk, now=NOON + minutes(3))

    assert board_of(hall, NOON + minutes(3)).calls[0].state == "missed"


def test_a_returned_ticket_waits_again(hall, walk_in, call, clerk):
    ticket = walk_in()
    call(NOON)
    for n in (1, 2):
        recall(ticket=ticket, staff=clerk, now=NOON + minutes(n))
    no_show(ticket=ticket, staff=clerk, now=NOON + minutes(3))

    give_back(ticket=ticket, staff=clerk, now=NOON + minutes(4))

    assert board_of(hall, NOON + minutes(4)).waiting == 1


def test_another_halls_calls_are_not_shown(hall, other_hall, walk_in, call):
    walk_in()
    call(NOON)

    assert board_of(other_hall, NOON).calls == ()


def test_the_board_for_programs_is_json_with_the_citys_offset(hall, walk_in, call):
    walk_in()
    call(NOON)

    told = json.loads(json.dumps(board_of(hall, NOON).as_json()))

    assert told["at"] == "2027-03-04T12:00:00+08:00"
    assert told["session"]["ends_at"] == "2027-03-04T17:00:00+08:00"
    assert told["calls"][0]["called_at"] == "2027-03-04T12:00:00+08:00"
    assert told["waiting"] == 0


def test_the_board_holds_no_names(hall, session, book, clerk, at_window_3):
    from appointments.arriving import check_in

    booking = book(slot_at(session, 12, 30))
    check_in(hall=hall, reference=booking.reference, now=NOON)
    call_next(window=at_window_3, staff=clerk, now=NOON)

    told = json.dumps(board_of(hall, NOON).as_json(), ensure_ascii=False)

    assert "陈" not in told
    assert booking.reference not in told


class TestWhy:
    def test_says_when_a_walk_in_came(self, walk_in, call):
        walk_in(at=NOON)
        call(NOON + minutes(30))

        told = why(Call.objects.get())

        assert "came at 12:00" in told
        assert "ranks at 12:20" in told

    def test_says_what_a_booking_was_for(self, hall, session, book, call):
        from appointments.arriving import check_in

        booking = book(slot_at(session, 12, 30))
        check_in(hall=hall, reference=booking.reference, now=NOON + minutes(20))
        call(NOON + minutes(31))

        told = why(Call.objects.get())

        assert "Booked for 12:30" in told
        assert "checked in at 12:20" in told

    def test_says_that_the_green_channel_went_first(self, walk_in, call):
        walk_in()
        walk_in(at=NOON + minutes(1), priority="pregnant")
        call(NOON + minutes(2))

        assert "Green channel (Pregnant" in why(Call.objects.get())


def test_a_window_that_serves_is_counted_as_busy(hall, walk_in, call, clerk, windows, clerks):
    sign_in(staff=clerks[0], window=windows[0], now=NOON)
    ticket = walk_in()
    start(ticket=call(NOON), staff=clerk, now=NOON)

    board = board_of(hall, NOON)

    assert ticket.label == board.calls[0].number
    assert board.windows_open == 2
    assert board.wait_for("RENEW").half == 0  # window 1 is free
    assert board.wait_for("PICKUP").half > 0  # only window 3 hands out cards


def test_a_person_who_is_back_in_line_is_not_sent_to_the_window(
    hall, session, renewal, at_window_3, clerk
):
    from queues.calling import transfer
    from queues.issuing import issue_walk_in

    ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
    call_next(window=at_window_3, staff=clerk, now=NOON)
    assert board_of(hall, NOON).now is not None

    transfer(ticket=ticket, staff=clerk, now=NOON)

    assert board_of(hall, NOON).now is None
