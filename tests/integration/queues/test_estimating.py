"""Estimates: a range from measured services, honest about what is not known. Row C17."""

from datetime import timedelta
from math import ceil, sqrt

import pytest
from django.core.cache import cache

from queues.calling import call_next, finish, start
from queues.estimating import (
    Estimate,
    Line,
    OpenWindow,
    Pace,
    Waiting,
    estimate,
    measure,
    paces_of,
)
from queues.issuing import issue_walk_in
from queues.waiting import place_of
from tests.conftest import DAY, NOON

A, K = 1, 2
PACES = {
    A: Pace(A, "RENEW", "换领", "Renewal", 6, 6.0, 2.4),
    K: Pace(K, "PICKUP", "领证", "Pickup", 3, 3.0, 1.2),
}
LAST = (NOON + timedelta(hours=2), 10**9)


def waiting(*matters: int) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(n, matter, NOON + timedelta(minutes=n), NOON, "walk_in")
        for n, matter in enumerate(matters, start=1)
    )


def window(number: int, *matters: int, serving: int | None = None) -> OpenWindow:
    return OpenWindow(number, frozenset(matters), serving)


def wait(line: Line, matter: int = A, place=LAST) -> Estimate | None:
    return estimate(line=line, paces=PACES, matter_id=matter, place=place)


def test_nobody_ahead_and_a_free_window_is_no_wait():
    assert wait(Line((), (window(1, A),))) == Estimate(half=0, most=2)


def test_no_open_window_is_no_estimate():
    assert wait(Line(waiting(A), ())) is None


def test_a_window_for_other_matters_is_no_window():
    assert wait(Line((), (window(1, K),))) is None


def test_the_half_is_the_work_ahead_over_the_windows():
    line = Line(waiting(A, A, A, A), (window(1, A), window(2, A)))

    assert wait(line).half == 4 * 6 / 2


def test_nine_in_ten_grows_with_the_root_of_the_people_ahead():
    line = Line(waiting(*[A] * 9), (window(1, A),))

    assert wait(line) == Estimate(half=54, most=ceil(54 + 1.28 * 2.4 * sqrt(9)))


def test_the_range_is_at_least_two_minutes_wide():
    line = Line(waiting(K), (window(1, A, K), window(2, A, K), window(3, A, K)))

    told = wait(line, K)

    assert told.most - told.half >= 2


def test_only_people_before_that_place_count():
    line = Line(waiting(A, A, A), (window(1, A),))

    assert wait(line, place=line.waiting[1].place).half == 6


def test_people_for_windows_that_serve_other_matters_do_not_count():
    line = Line(waiting(K, K, A), (window(1, A), window(2, K)))

    assert wait(line).half == 6
    assert len(line.ahead_of(A, LAST)) == 1


def test_work_that_other_windows_share_counts_in_part():
    line = Line(waiting(A, A), (window(1, A), window(2, A, K)))

    assert wait(line, K).half == 6  # half of two services of 6 minutes falls to window 2


def test_a_busy_window_adds_what_is_left_of_its_service():
    free = Line((), (window(1, A),))
    busy = Line((), (window(1, A, serving=A),))

    assert wait(free).half == 0
    assert wait(busy).half == 3


def test_more_windows_never_make_the_wait_longer():
    people = waiting(*[A] * 12)
    halves = [
        wait(Line(people, tuple(window(n, A, serving=A) for n in range(w)))).half
        for w in range(1, 8)
    ]

    assert halves == sorted(halves, reverse=True)


@pytest.fixture
def served(hall, session, renewal, at_window_3, clerk):
    """So many visits, each of so many minutes."""

    def visits(count: int, minutes: float) -> None:
        for n in range(count):
            at = NOON + timedelta(minutes=15 * n)
            issue_walk_in(hall=hall, matter=renewal, now=NOON)
            ticket = call_next(window=at_window_3, staff=clerk, now=at)
            start(ticket=ticket, staff=clerk, now=at)
            finish(ticket=ticket, staff=clerk, now=at + timedelta(minutes=minutes))

    return visits


def test_without_history_the_matters_own_minutes_count(hall, renewal):
    pace = measure(hall, DAY)[renewal.pk]

    assert (pace.mean, pace.sd) == (6.0, pytest.approx(2.4))


def test_few_visits_say_less_than_the_matters_own_minutes(hall, renewal, served):
    served(9, 12)

    assert measure(hall, DAY)[renewal.pk].mean == 6.0


def test_history_decides_once_there_is_enough(hall, renewal, served):
    served(10, 12)

    pace = measure(hall, DAY)[renewal.pk]

    assert (pace.mean, pace.sd) == (pytest.approx(12), pytest.approx(0))


def test_old_history_is_forgotten(hall, renewal, served):
    served(10, 12)

    assert measure(hall, DAY + timedelta(days=15))[renewal.pk].mean == 6.0


def test_another_halls_history_says_nothing_here(hall, other_hall, renewal, served):
    served(10, 12)

    assert measure(other_hall, DAY)[renewal.pk].mean == 6.0


def test_the_pace_is_measured_at_most_every_ten_minutes(hall, renewal, django_assert_num_queries):
    cache.clear()
    paces_of(hall, DAY)

    with django_assert_num_queries(0):
        paces_of(hall, DAY)


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
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        place = place_of(ticket, NOON)

        assert place.ahead == 0
        assert place.estimate is None
