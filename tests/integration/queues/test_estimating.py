"""Estimates: one play of the line for everybody, with all that is known. Row C17."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from queues.board import board_of, snapshot_of
from queues.calling import call_next, finish
from queues.estimating import Estimate, Line, OpenWindow, Waiting, foresee_line
from queues.foreseeing import RUNS
from queues.issuing import issue_walk_in
from queues.lining_up import Break, ComingWindow, Expected
from queues.pacing import CHANCES, Pace, Pacing
from queues.waiting import place_of
from tests.conftest import NOON, slot_at
from windows.models import PlannedBreak, Window
from windows.shifts import pause, sign_in

A, K = 1, 2


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def pace(matter_id: int, took: float) -> Pace:
    """Between half and one and a half of its minutes."""
    quantiles = took * (0.5 + CHANCES)
    return Pace(matter_id, f"M{matter_id}", "事", "Matter", int(took), took, took / 4, quantiles)


PACING = Pacing(
    matters={A: pace(A, 6), K: pace(K, 3)},
    slowness={},
    hours={},
    comes=0.9,
    offsets=-20 + 20 * CHANCES,
)


def waiting(*matters: int) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(n, matter, NOON + timedelta(seconds=n), NOON, "walk_in")
        for n, matter in enumerate(matters, start=1)
    )


def window(number: int, *matters: int, serving: int | None = None, **more) -> OpenWindow:
    since = NOON if serving else None
    return OpenWindow(number, frozenset(matters), serving, id=number, since=since, **more)


def play(line: Line, pacing: Pacing = PACING):
    return foresee_line(line, pacing, now=NOON, patience=20)


def wait(line: Line, matter: int = A, pacing: Pacing = PACING) -> Estimate | None:
    return play(line, pacing).newcomer(matter)


def test_nobody_ahead_and_a_free_window_is_no_wait():
    assert wait(Line((), (window(1, A),))) == Estimate(half=0, most=2)


def test_no_open_window_is_no_estimate():
    told = play(Line(waiting(A), ()))

    assert told.of(1) is None
    assert told.newcomer(A) is None


def test_a_window_for_other_matters_is_no_window():
    assert wait(Line((), (window(1, K),))) is None


def test_a_window_that_is_planned_to_open_is_waited_for():
    coming = ComingWindow(1, frozenset({A}), False, NOON + minutes(30))

    told = play(Line(waiting(A, A), (), coming=(coming,)))

    assert told.of(1).half == 30
    assert told.of(2).half in range(34, 39)


def test_the_half_is_about_the_work_ahead_over_the_windows():
    line = Line(waiting(A, A, A, A), (window(1, A), window(2, A)))

    assert wait(line).half in range(9, 13)


def test_each_in_line_is_told_their_own_wait():
    told = play(Line(waiting(*[A] * 12), (window(1, A), window(2, A))))
    halves = [told.of(n).half for n in range(1, 13)]

    assert halves == sorted(halves)
    assert halves[:2] == [0, 0]
    assert halves[-1] in range(26, 32)


def test_nine_in_ten_lies_above_the_half():
    told = play(Line(waiting(*[A] * 9), (window(1, A), window(2, A, K))))

    assert all(one.most > one.half for one in told.tickets.values())
    assert len(told.tickets) == 9


def test_people_for_windows_that_serve_other_matters_do_not_count():
    line = Line(waiting(K, K, K, K, A), (window(1, A), window(2, K)))

    assert play(line).of(5) == Estimate(half=0, most=2)
    assert len(line.ahead_of(A, (NOON + minutes(60), 0))) == 1


def test_a_busy_window_adds_what_is_left_of_its_service():
    free, busy = Line((), (window(1, A),)), Line((), (window(1, A, serving=A),))

    assert wait(free).half == 0
    assert wait(busy).half == 6


def test_what_has_passed_of_a_service_is_not_waited_for_again():
    just = replace(window(1, A, serving=A), since=NOON)
    long = replace(window(1, A, serving=A), since=NOON - minutes(7))
    longest = replace(window(1, A, serving=A), since=NOON - minutes(60))

    halves = [wait(Line((), (one,))).half for one in (just, long, longest)]

    assert halves == [6, 1, 1]


def test_a_planned_break_is_counted():
    breaks = (Break(NOON + minutes(5), NOON + minutes(35)),)
    plain = Line(waiting(A, A, A), (window(1, A),))
    resting = Line(waiting(A, A, A), (window(1, A, breaks=breaks),))

    assert wait(resting).half - wait(plain).half in range(24, 32)


def test_a_window_that_closes_leaves_its_people_to_the_others():
    closing = window(1, A, ends_at=NOON + minutes(5))
    line = Line(waiting(*[A] * 8), (window(2, A), closing))

    assert wait(line).half > wait(Line(waiting(*[A] * 8), (window(2, A), window(1, A)))).half + 9


def test_people_who_are_still_expected_rank_before_a_newcomer():
    soon = tuple(Expected(A, NOON + minutes(5 * n), 2) for n in range(1, 4))
    line = Line(waiting(*[A] * 6), (window(1, A),))

    assert wait(replace(line, expected=soon)).half > wait(line).half + 20


def test_people_who_are_expected_later_change_nothing():
    later = (Expected(A, NOON + minutes(25), 5),)
    line = Line(waiting(A, A), (window(1, A),))

    assert wait(replace(line, expected=later)) == wait(line)


def test_nobody_waits_for_somebody_who_has_not_come():
    soon = (Expected(A, NOON + minutes(15), 1),)
    line = Line(waiting(A), (window(1, A),), expected=soon)

    assert play(line).of(1).half == 0


def test_who_needs_an_accessible_window_waits_for_that_one():
    (one,) = waiting(A)
    line = Line(
        (replace(one, needs_accessible=True),),
        (window(1, A), window(2, A, serving=A, is_accessible=True)),
    )

    assert play(line).of(1).half == 6


def test_who_was_sent_to_a_window_waits_for_that_one():
    (one,) = waiting(A)
    line = Line((replace(one, only_window=2),), (window(1, A), window(2, A, serving=A)))

    assert play(line).of(1).half == 6


def test_the_green_channel_goes_first_but_not_all_at_once():
    people = waiting(*[A] * 6)
    urgent = (*people[:3], *(replace(one, priority="urgent") for one in people[3:]))

    halves = [play(Line(urgent, (window(1, A),))).of(n).half for n in (4, 1, 2, 5)]

    assert halves == sorted(halves)
    assert halves[0] == 0


def test_a_slow_window_serves_fewer():
    line = Line(waiting(*[A] * 5), (window(1, A),))
    slow = replace(PACING, slowness={1: 1.5})

    assert wait(line, pacing=slow).half == pytest.approx(1.5 * wait(line).half, abs=2)


def test_the_hour_counts():
    line = Line(waiting(*[A] * 5), (window(1, A),))
    noon = replace(PACING, hours={12: 1.5})

    assert wait(line, pacing=noon).half == pytest.approx(1.5 * wait(line).half, abs=2)


def test_what_was_learned_corrects_the_range():
    line = Line(waiting(*[A] * 5), (window(1, A),))
    plain = wait(line)

    told = wait(line, pacing=replace(PACING, half_factor=1.1, most_factor=1.5))

    assert told.half == pytest.approx(1.1 * plain.half, abs=1)
    assert told.most == pytest.approx(1.5 * plain.most, abs=2)


def test_a_line_that_moved_by_a_person_keeps_its_numbers_nearly():
    people = waiting(*[A] * 10)
    before = play(Line(people, (window(1, A), window(2, A))))
    after = play(Line(people[1:], (window(1, A, serving=A), window(2, A))))

    gone = [before.of(n).half - after.of(n).half for n in range(3, 11)]

    assert all(-1 <= moved <= 4 for moved in gone)


@pytest.fixture
def line(hall, session, renewal):
    def of(count: int):
        return [issue_walk_in(hall=hall, matter=renewal, now=NOON) for _ in range(count)]

    return of


class TestHall:
    def test_bookings_that_are_still_to_come_count(self, hall, session, line, book, at_window_3):
        (one, *_rest) = line(4)
        quarter_past = NOON + minutes(15)
        before = snapshot_of(hall, quarter_past).foreseen.newcomer(one.matter_id)
        for person in range(1, 5):
            book(slot_at(session, 12, 30), person=person)

        snapshot = snapshot_of(hall, quarter_past)

        assert sum(expected.people for expected in snapshot.line.expected) == 4
        assert snapshot.foreseen.newcomer(one.matter_id).half > before.half + 6

    def test_a_planned_break_counts(self, hall, line, at_window_3):
        line(3)
        before = board_of(hall, NOON).wait_for("RENEW")
        period = DateTimeTZRange(NOON + minutes(2), NOON + minutes(32))
        PlannedBreak.objects.create(window=at_window_3, period=period)

        assert board_of(hall, NOON).wait_for("RENEW").half > before.half + 20

    def test_a_pause_with_a_planned_end_is_waited_for(self, hall, line, at_window_3, clerk):
        line(1)
        period = DateTimeTZRange(NOON - minutes(2), NOON + minutes(20))
        PlannedBreak.objects.create(window=at_window_3, period=period)
        pause(staff=clerk, now=NOON)

        assert board_of(hall, NOON).wait_for("RENEW").half >= 20

    def test_before_the_doors_open_the_planned_windows_count(self, hall, session, renewal):
        early = session.starts_at - minutes(20)
        ticket = issue_walk_in(hall=hall, matter=renewal, now=early)

        assert place_of(ticket, early).estimate == Estimate(half=20, most=22)

    def test_a_wheelchair_waits_for_its_window(
        self, hall, session, renewal, at_window_3, clerks, line
    ):
        Window.objects.filter(pk=at_window_3.pk).update(is_accessible=True)
        sign_in(staff=clerks[0], window=Window.objects.get(number=1), now=NOON)
        (ticket,) = line(1)
        type(ticket).objects.filter(pk=ticket.pk).update(needs_accessible=True)

        foreseen = snapshot_of(hall, NOON).foreseen

        assert foreseen.of(ticket.pk).half == 0

    def test_is_played_once_for_all_who_ask(self, hall, line, at_window_3, monkeypatch):
        from queues import estimating

        tickets, played = line(5), []
        real = estimating.foresee
        monkeypatch.setattr(estimating, "foresee", lambda *given: played.append(1) or real(*given))

        board_of(hall, NOON)
        for ticket in tickets:
            assert place_of(ticket, NOON + timedelta(seconds=2)).estimate

        assert played == [1]

    def test_takes_no_query_of_its_own_once_the_pace_is_known(
        self, hall, line, at_window_3, django_assert_num_queries
    ):
        line(3)
        board_of(hall, NOON)

        with django_assert_num_queries(1):
            snapshot_of(hall, NOON + minutes(1)).foreseen  # noqa: B018


class TestPlace:
    def test_counts_the_people_ahead_by_rank(self, hall, session, renewal, at_window_3):
        first = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        second = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        assert [place_of(ticket, NOON).ahead for ticket in (first, second)] == [0, 1]

    def test_tells_the_window_only_while_one_is_called_or_served(
        self, hall, session, renewal, at_window_3, clerk
    ):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        assert place_of(ticket, NOON).window is None

        ticket = call_next(window=at_window_3, staff=clerk, now=NOON)
        assert place_of(ticket, NOON).window == 3

        ticket = finish(ticket=ticket, staff=clerk, now=NOON)
        assert place_of(ticket, NOON).window is None

    def test_has_no_estimate_while_no_window_is_open(self, hall, session, renewal):
        cache.clear()
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        place = place_of(ticket, NOON)

        assert place.ahead == 0
        assert place.estimate is None


def test_the_quantiles_are_as_many_as_the_runs():
    assert len(PACING.offsets) == len(np.unique(PACING.offsets)) == RUNS
