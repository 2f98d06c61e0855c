"""Ratings: once per visit, after service. Row C24."""

import pytest
from django.db import IntegrityError

from config.refusals import constraint_of
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from queues.models import Rating
from queues.rating import AlreadyRated, NotServedYet, rate
from tests.conftest import NOON


@pytest.fixture
def waiting(hall, session, renewal):
    return issue_walk_in(hall=hall, matter=renewal, now=NOON)


@pytest.fixture
def finished(waiting, at_window_3, clerk):
    ticket = call_next(window=at_window_3, staff=clerk, now=NOON)
    return finish(ticket=ticket, staff=clerk, now=NOON)


def test_a_finished_visit_is_rated(finished):
    rating = rate(
        ticket=finished, level=2, reasons=["waiting", "speed"], comment=" slow ", now=NOON
    )

    assert (rating.level, rating.reasons, rating.comment) == (2, ["speed", "waiting"], "slow")


def test_a_visit_that_is_not_over_cannot_be_rated(waiting):
    with pytest.raises(NotServedYet):
        rate(ticket=waiting, level=5, now=NOON)


def test_a_visit_is_rated_once(finished):
    rate(ticket=finished, level=5, now=NOON)

    with pytest.raises(AlreadyRated):  # rating_once_per_ticket
        rate(ticket=finished, level=1, now=NOON)
    assert Rating.objects.get().level == 5


@pytest.mark.parametrize("level", [0, 6])
def test_the_database_knows_five_levels(finished, level):
    with pytest.raises(IntegrityError) as broken:
        rate(ticket=finished, level=level, now=NOON)

    assert constraint_of(broken.value) == "rating_level_one_to_five"
