"""What a hall's journal says about its services; few of them say little. Row C17."""

from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache

from queues.calling import call_next, finish, no_show, recall, start
from queues.foreseeing import RUNS
from queues.issuing import issue_walk_in
from queues.models import WaitFit
from queues.pacing import learn, paces_of, pacing_of
from tests.conftest import DAY, NOON


@pytest.fixture
def served(hall, session, renewal, at_window_3, clerk):
    """So many visits, each of so many minutes at window 3, one right after another."""

    def visits(count: int, minutes: float) -> None:
        at = NOON
        for _ in range(count):
            issue_walk_in(hall=hall, matter=renewal, now=NOON)
            ticket = call_next(window=at_window_3, staff=clerk, now=at)
            start(ticket=ticket, staff=clerk, now=at)
            at += timedelta(minutes=minutes)
            finish(ticket=ticket, staff=clerk, now=at)
            at += timedelta(seconds=30)

    return visits


def mean(hall, matter, day=DAY) -> float:
    return learn(hall, day).matters[matter.pk].mean


def test_without_history_the_matters_own_minutes_count(hall, renewal):
    pace = learn(hall, DAY).matters[renewal.pk]

    assert pace.mean == pytest.approx(6, abs=0.2)
    assert len(pace.quantiles) == RUNS
    assert (np.diff(pace.quantiles) >= 0).all()


def test_few_visits_move_it_a_little_and_many_decide(hall, renewal, served):
    served(3, 12)
    few = mean(hall, renewal)
    served(17, 12)
    more = mean(hall, renewal)

    assert 6.5 < few < more
    assert 9 < more < 13


def test_old_history_is_forgotten(hall, renewal, served):
    served(10, 12)

    assert mean(hall, renewal, DAY + timedelta(days=15)) == pytest.approx(6, abs=0.2)


def test_another_halls_history_says_nothing_here(hall, other_hall, renewal, served):
    served(10, 12)

    assert mean(other_hall, renewal) == pytest.approx(6, abs=0.2)


def test_another_matter_keeps_its_own_minutes(hall, pickup, served):
    served(20, 12)

    assert mean(hall, pickup) == pytest.approx(3, abs=0.5)


def test_a_missed_call_is_no_service_but_keeps_the_window(
    hall, session, renewal, at_window_3, clerk
):
    for n in range(3):
        at = NOON + timedelta(minutes=5 * n)
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
        ticket = call_next(window=at_window_3, staff=clerk, now=at)
        for again in (1, 2):
            ticket = recall(ticket=ticket, staff=clerk, now=at + timedelta(seconds=30 * again))
        no_show(ticket=ticket, staff=clerk, now=at + timedelta(seconds=90))

    pace = learn(hall, DAY).matters[renewal.pk]

    assert pace.mean == pytest.approx(6, abs=0.2)
    assert (pace.quantiles < 2).mean() > 0.06


def test_a_window_and_an_hour_are_drawn_to_the_usual(hall, renewal, at_window_3, served):
    served(10, 12)

    pacing = learn(hall, DAY)

    assert 1 < pacing.slowness[at_window_3.pk] < 1.3
    assert 0.8 < pacing.hours[12] < 1.3


def test_the_last_correction_in_force_counts(hall):
    WaitFit.objects.create(hall=hall, learned_on=DAY, half_factor=1.1, most_factor=1.3, tickets=9)
    WaitFit.objects.create(
        hall=hall, learned_on=DAY + timedelta(days=1), half_factor=2, most_factor=2, tickets=9
    )

    pacing = learn(hall, DAY)

    assert (pacing.half_factor, pacing.most_factor) == (1.1, 1.3)


def test_is_one_query_and_asked_once(hall, renewal, django_assert_num_queries):
    cache.clear()
    with django_assert_num_queries(1):
        pacing_of(hall, DAY)

    with django_assert_num_queries(0):
        assert renewal.pk in paces_of(hall, DAY)
