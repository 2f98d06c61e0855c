"""What people were told is kept, compared with what came, and corrects what is told. Row C17."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from queues import predicting
from queues.calling import call_next, finish
from queues.fitting import LEAST, MOST, learn, learn_today
from queues.issuing import issue_walk_in
from queues.models import Prediction, WaitFit
from queues.pacing import pacing_of
from queues.predicting import how_good, keep
from tests.conftest import DAY, NOON, make_session
from windows.models import Window

NEXT_DAY = DAY + timedelta(days=1)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


@pytest.fixture
def give(hall, session, renewal, django_capture_on_commit_callbacks):
    def given(at=NOON):
        with django_capture_on_commit_callbacks(execute=True):
            return issue_walk_in(hall=hall, matter=renewal, now=at)

    return given


def test_a_ticket_keeps_what_its_holder_was_told(give, at_window_3, hall):
    give()
    give()
    ticket = give()

    kept = Prediction.objects.get(ticket=ticket)

    told = predicting.snapshot_of(hall, NOON).foreseen.of(ticket.pk)
    assert (kept.half, kept.most) == (told.half, told.most)
    assert kept.facts["ahead"] == 2
    assert kept.facts["windows"] == 1


def test_it_is_kept_once(give, at_window_3):
    ticket = give()

    keep(ticket, NOON)

    assert Prediction.objects.filter(ticket=ticket).count() == 1


def test_nothing_is_kept_while_nobody_can_tell(give):
    give()

    assert not Prediction.objects.exists()


def test_a_broken_estimate_gives_the_number_all_the_same(give, at_window_3, monkeypatch):
    def broken(*_given, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(predicting, "snapshot_of", broken)

    assert give().label == "A001"
    assert not Prediction.objects.exists()


def test_a_number_that_is_taken_back_keeps_nothing(
    hall, session, renewal, at_window_3, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as waiting:
        issue_walk_in(hall=hall, matter=renewal, now=NOON)

    assert len(waiting) == 1
    assert not Prediction.objects.exists()  # only after the commit


@pytest.fixture
def compared(hall, session, renewal, at_window_3, clerk):
    """So many people who were told a range and waited so many minutes."""

    def people(count: int, *, waited: float, half: int = 10, most: int = 20, at=NOON):
        for _ in range(count):
            ticket = issue_walk_in(hall=hall, matter=renewal, now=at)
            facts = {"ahead": 2, "windows": 1, "minutes": 6.0, "raw": [half, most]}
            Prediction.objects.create(ticket=ticket, made_at=at, half=half, most=most, facts=facts)
            called_at = at + minutes(waited)
            call_next(window=at_window_3, staff=clerk, now=called_at)
            finish(ticket=ticket, staff=clerk, now=called_at)

    return people


class TestHowGood:
    def test_too_few_say_nothing(self, hall, compared):
        compared(3, waited=8)

        assert how_good(hall, {}, NEXT_DAY) is None

    def test_says_how_many_were_right(self, hall, renewal, compared):
        compared(12, waited=8)
        compared(6, waited=15)
        compared(2, waited=40)

        told = how_good(hall, {renewal.pk: "Renewal"}, NEXT_DAY)

        assert (told.all.people, told.all.within_half, told.all.within_most) == (20, 60, 90)
        assert told.all.off == pytest.approx((12 * 2 + 6 * 5 + 2 * 30) / 20, abs=0.1)
        assert told.all.thumb_off == pytest.approx((12 * 4 + 6 * 3 + 2 * 28) / 20, abs=0.1)
        assert [one.name for one in told.matters] == ["Renewal"]
        assert [one.name for one in told.hours] == ["12:00"]
        assert (told.first, told.last) == (DAY, DAY)

    def test_today_does_not_count_yet(self, hall, compared):
        compared(25, waited=8)

        assert how_good(hall, {}, DAY) is None

    def test_who_stepped_back_does_not_count(self, hall, compared):
        compared(25, waited=8)
        Prediction.objects.first().ticket.__class__.objects.update(postponed_at=NOON)

        assert how_good(hall, {}, NEXT_DAY) is None


class TestLearning:
    def test_without_comparisons_nothing_is_corrected(self, hall):
        fit = learn(hall, DAY)

        assert (fit.half_factor, fit.most_factor, fit.tickets) == (1.0, 1.0, 0)

    def test_waits_that_were_longer_than_told_widen_the_range(self, hall, compared):
        compared(60, waited=30, half=10, most=20)

        fit = learn(hall, NEXT_DAY)

        assert 1.5 < fit.half_factor <= MOST
        assert 1.1 < fit.most_factor <= MOST

    def test_waits_that_were_shorter_narrow_it_within_bounds(self, hall, compared):
        compared(60, waited=0, half=30, most=60)

        fit = learn(hall, NEXT_DAY)

        assert LEAST <= fit.half_factor < 1
        assert fit.half_factor <= fit.most_factor < 1

    def test_few_comparisons_say_little(self, hall, compared):
        compared(4, waited=60, half=10, most=20)

        assert learn(hall, NEXT_DAY).most_factor < 1.15

    def test_each_hall_learns_once_a_day(self, hall, other_hall):
        at = NOON + timedelta(days=1)

        assert [learn_today(now=at), learn_today(now=at)] == [2, 0]
        assert WaitFit.objects.filter(learned_on=NEXT_DAY).count() == 2

    def test_is_in_force_from_the_next_day(self, hall, windows, compared, give):
        compared(60, waited=30, half=10, most=20)
        learn_today(now=NOON + timedelta(days=1))
        cache.clear()

        today, tomorrow = (pacing_of(hall, day) for day in (DAY, NEXT_DAY))

        assert (today.half_factor, today.most_factor) == (1.0, 1.0)
        assert tomorrow.most_factor > 1.1

    def test_learning_never_tells_less_certain_people_more(self, hall, windows, compared, clerk):
        """A corrected range is still a range."""
        compared(60, waited=0, half=30, most=60)
        learn_today(now=NOON + timedelta(days=1))
        cache.clear()
        make_session(hall, windows, day=NEXT_DAY)
        tomorrow = NOON + timedelta(days=1)
        matter = Window.objects.get(number=3).matters.first()
        tickets = [issue_walk_in(hall=hall, matter=matter, now=tomorrow) for _ in range(4)]

        kept = [keep(ticket, tomorrow) for ticket in tickets]

        assert all(one.most > one.half for one in kept)
