"""Calling in the order of one rank. Rows C7, C13, C16."""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from config.refusals import NotFound
from queues import calling
from queues.calling import call_next, finish, give_back, no_show, park, recall, sign_out, start
from queues.issuing import MatterNotServed, issue_walk_in
from queues.models import Call, TicketEvent
from tests.conftest import NOON, slot_at
from windows.shifts import pause, resume, sign_in


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


@pytest.fixture
def walk_in(hall, session, renewal):
    def arrived(at=NOON, matter=None, **more):
        return issue_walk_in(hall=hall, matter=matter or renewal, now=at, **more)

    return arrived


@pytest.fixture
def call(at_window_3, clerk):
    def called(now=NOON + minutes(60)):
        return call_next(window=at_window_3, staff=clerk, now=now)

    return called


def test_numbers_run_without_gaps_per_letter(walk_in, pickup):
    labels = [walk_in().label, walk_in().label, walk_in(matter=pickup).label, walk_in().label]

    assert labels == ["A001", "A002", "K001", "A003"]


def test_a_booking_goes_before_a_walk_in_only_within_the_patience(
    hall, session, book, walk_in, call, clerk
):
    within = book(slot_at(session, 12, 30), person=1)
    walk_in_at_1215 = walk_in(at=NOON + minutes(15))  # ranks at 12:35
    walk_in_at_1205 = walk_in(at=NOON + minutes(5))  # ranks at 12:25, before the slot at 12:30
    booked = check_in(hall=hall, reference=within.reference, now=NOON + minutes(20))

    order = []
    for _ in range(3):
        ticket = call()
        order.append(ticket)
        finish(ticket=ticket, staff=clerk, now=NOON + minutes(61))

    assert order == [walk_in_at_1205, booked, walk_in_at_1215]


def test_windows_call_only_what_they_serve(walk_in, pickup, windows, clerk, session, renewal):
    walk_in(matter=pickup)
    renewing = walk_in(at=NOON + minutes(1))
    sign_in(staff=clerk, window=windows[0], now=NOON)

    assert call_next(window=windows[0], staff=clerk, now=NOON + minutes(2)) == renewing


def test_a_call_stores_why(walk_in, call):
    ticket = walk_in()

    call()

    why = Call.objects.get(ticket=ticket).why
    assert (why["source"], why["rank_at"]) == ("walk_in", ticket.rank_at.isoformat())


def test_nobody_waiting_is_said(call):
    with pytest.raises(calling.NobodyWaiting):
        call()


def test_one_at_a_time(walk_in, call):
    walk_in(), walk_in()
    call()

    with pytest.raises(calling.StillServing):
        call()


def test_a_window_without_its_clerk_calls_nobody(walk_in, windows, clerk, stranger_clerk):
    walk_in()

    with pytest.raises(calling.NotSignedIn):
        call_next(window=windows[0], staff=clerk, now=NOON)
    with pytest.raises(NotFound):
        call_next(window=windows[0], staff=stranger_clerk, now=NOON)


def test_a_paused_window_calls_nobody_until_resumed(walk_in, call, clerk):
    ticket = walk_in()
    pause(staff=clerk, now=NOON)
    with pytest.raises(calling.WindowPaused):
        call()

    resume(staff=clerk, now=NOON)

    assert call() == ticket


def test_another_window_cannot_touch_the_ticket(walk_in, call, windows, clerks, stranger_clerk):
    walk_in()
    ticket = call()
    sign_in(staff=clerks[0], window=windows[0], now=NOON)

    with pytest.raises(calling.NotAtYourWindow):
        finish(ticket=ticket, staff=clerks[0], now=NOON)
    with pytest.raises(NotFound):
        finish(ticket=ticket, staff=stranger_clerk, now=NOON)


def test_a_visit_is_journaled_from_end_to_end(walk_in, call, clerk):
    ticket = walk_in()
    call()
    start(ticket=ticket, staff=clerk, now=NOON + minutes(61))
    finish(ticket=ticket, staff=clerk, now=NOON + minutes(66))

    story = TicketEvent.objects.filter(ticket=ticket).order_by("pk")
    assert [event.kind for event in story] == ["issued", "called", "started", "finished"]
    with pytest.raises(calling.NotPossibleNow):
        finish(ticket=ticket, staff=clerk, now=NOON + minutes(67))


def test_recall_waits_a_moment_and_is_a_new_round(walk_in, call, clerk):
    ticket = walk_in()
    now = NOON + minutes(60)
    call(now)
    with pytest.raises(calling.JustCalled):
        recall(ticket=ticket, staff=clerk, now=now + timedelta(seconds=5))

    recall(ticket=ticket, staff=clerk, now=now + timedelta(seconds=20))

    assert list(ticket.calls.order_by("round").values_list("round", flat=True)) == [1, 2]


def missed(ticket, clerk, now):
    for n in (1, 2):
        recall(ticket=ticket, staff=clerk, now=now + timedelta(seconds=30 * n))
    return no_show(ticket=ticket, staff=clerk, now=now + minutes(2))


def test_absent_only_after_three_calls(walk_in, call, clerk):
    ticket = walk_in()
    call()

    with pytest.raises(calling.TooFewCalls):
        no_show(ticket=ticket, staff=clerk, now=NOON + minutes(61))
    assert missed(ticket, clerk, NOON + minutes(61)).state == "missed"


def test_who_goes_to_another_window_is_called_three_times_there(walk_in, call, clerk):
    """Mutant: counting every round, the second window may give up after its first call."""
    ticket = walk_in()
    for n in range(2):
        call(NOON + minutes(60 + n))
        calling.transfer(ticket=ticket, staff=clerk, now=NOON + minutes(60 + n))
    call(NOON + minutes(70))

    with pytest.raises(calling.TooFewCalls):
        no_show(ticket=ticket, staff=clerk, now=NOON + minutes(70))
    assert missed(ticket, clerk, NOON + minutes(70)).state == "missed"


def test_a_missed_person_returns_three_places_back(walk_in, call, clerk):
    absent = walk_in()
    line = [walk_in(at=NOON + minutes(n)) for n in range(1, 6)]
    call()
    missed(absent, clerk, NOON + minutes(60))

    give_back(ticket=absent, staff=clerk, now=NOON + minutes(63))

    absent.refresh_from_db()
    assert line[2].rank_at < absent.rank_at < line[3].rank_at


def test_a_parked_person_keeps_the_rank(walk_in, call, clerk):
    aside = walk_in()
    walk_in(at=NOON + minutes(1))
    call()
    park(ticket=aside, staff=clerk, now=NOON + minutes(61))

    give_back(ticket=aside, staff=clerk, now=NOON + minutes(70))

    assert call(NOON + minutes(71)) == aside


def test_a_transfer_changes_the_matter_and_keeps_the_rank(walk_in, call, clerk, pickup):
    ticket = walk_in()
    call()

    moved = calling.transfer(ticket=ticket, staff=clerk, now=NOON + minutes(61), matter=pickup)

    assert (moved.state, moved.matter, moved.rank_at) == ("waiting", pickup, ticket.rank_at)
    assert moved.window is None


def test_a_matter_without_a_window_is_refused(walk_in, db):
    from tests.conftest import make_matter

    with pytest.raises(MatterNotServed):
        walk_in(matter=make_matter("TEMP", "G", 6))


def test_the_green_channel_jumps_at_most_once_in_three_calls(walk_in, call, clerk):  # C13
    ordinary = [walk_in(at=NOON + minutes(n)) for n in range(6)]
    urgent = [walk_in(at=NOON + minutes(10 + n), priority="urgent", note="exam") for n in range(3)]

    order = []
    for n in range(9):
        order.append(call(NOON + minutes(60 + n)))
        finish(ticket=order[-1], staff=clerk, now=NOON + minutes(60 + n))

    jumps = [ticket in urgent for ticket in order]
    assert jumps == [True, False, False, True, False, False, True, False, False]
    assert [t for t in order if t in ordinary] == ordinary


def test_signing_out_waits_for_the_present_person(walk_in, call, clerk):
    ticket = walk_in()
    call()
    with pytest.raises(calling.StillServing):
        sign_out(staff=clerk, now=NOON + minutes(61))
    finish(ticket=ticket, staff=clerk, now=NOON + minutes(62))

    shift = sign_out(staff=clerk, now=NOON + minutes(63))

    assert shift.period.upper == NOON + minutes(63)


def test_calling_goes_on_after_closing_time(session, walk_in, call, clerk):  # C3
    ticket = walk_in(at=session.ends_at - minutes(1))

    assert call(session.ends_at + minutes(40)) == ticket
