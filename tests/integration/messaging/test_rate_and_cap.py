"""What a provider may carry in a day and in a second. C18.

Every guard is proved to bite: the mutant named in the docstring turns the test red.
"""

from datetime import timedelta

import pytest

from appointments.messaging.choosing import FURTHEST, BestWay
from appointments.messaging.configured import Carrier
from appointments.models import Message
from config import civil
from tests.conftest import NOON
from tests.integration.messaging.ways import Named, taken_by, ways

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = Message.State


class TestCap:
    def test_the_day_ends_when_it_is_reached(self, settled):
        """Mutant: without `daily_cap - so_far` in TAKE, the constraint breaks
        (provider_within_daily_cap) instead of an answer."""
        settled("one", daily_cap=25, per_second=1000)
        best = ways("one")

        first, second, third = (best.take("sms", most=20, now=NOON + n * SECOND) for n in range(3))

        assert (first.most, second.most, third) == (20, 5, None)

    def test_the_next_provider_goes_on(self, settled):
        settled("one", daily_cap=5)
        best = ways("one", "two")

        assert [taken_by(best), taken_by(best, NOON + SECOND)] == ["one", "two"]

    def test_the_next_day_of_the_city_counts_anew(self, settled):
        """The city's midnight, which is 16:00 in UTC. Mutant: `now.date()` as the day."""
        settled("one", daily_cap=5)
        best = ways("one")
        best.take("sms", most=20, now=NOON)
        midnight = civil.city_day(civil.city_date(NOON))[1]

        assert taken_by(best, midnight - SECOND) is None
        assert taken_by(best, midnight) == "one"

    def test_what_was_not_needed_is_given_back(self, settled):
        best = ways("one")
        best.give_back(best.take("sms", most=20, now=NOON), unused=13, now=NOON)

        assert settled("one").taken == 7

    def test_what_is_given_back_after_midnight_belongs_to_yesterday(self, settled):
        best = ways("one")
        midnight = civil.city_day(civil.city_date(NOON))[1]
        late = best.take("sms", most=20, now=midnight - SECOND)
        best.take("sms", most=20, now=midnight + MINUTE)
        best.give_back(late, unused=20, now=midnight + MINUTE)

        assert settled("one").taken == 20

    @pytest.mark.parametrize("days", [1, 400])
    def test_a_clock_that_was_ahead_stops_nothing(self, days, settled):
        settled("one", daily_cap=40, per_second=1000)
        best = ways("one")
        best.take("sms", most=20, now=NOON + timedelta(days=days))

        assert taken_by(best, NOON) == "one"

    def test_a_clock_that_was_a_day_ahead_does_not_double_the_cap(self, settled):
        settled("one", daily_cap=20, per_second=1000)
        best = ways("one")
        best.take("sms", most=20, now=NOON + timedelta(days=1))
        settled("one", free_at=None)

        assert taken_by(best, NOON) is None


class TestRate:
    def test_nobody_takes_more_than_a_seconds_worth(self, settled):
        settled("one", per_second=5)

        assert ways("one").take("sms", most=20, now=NOON).most == 5

    def test_the_next_turn_begins_when_the_last_one_ends(self, settled):
        """Mutant: without `begins` in TAKE's WHERE, both get their twenty at once."""
        settled("one", per_second=10)
        best = ways("one")
        best.take("sms", most=10, now=NOON)

        assert taken_by(best, NOON + 0.9 * SECOND) is None
        assert taken_by(best, NOON + SECOND) == "one"

    def test_a_turn_that_is_near_is_waited_for(self, settled):
        settled("one", per_second=10)
        slept: list[float] = []
        best = BestWay([Carrier(Named("one"), "sms")], sleep=slept.append)

        routes = [best.take("sms", most=10, now=NOON) for _ in range(4)]

        assert [route.most if route else 0 for route in routes] == [10, 10, 10, 0]
        assert slept == [1.0, 2.0]

    def test_less_than_one_a_second(self, settled):
        settled("one", per_second=0.5)
        best = ways("one")

        assert best.take("sms", most=20, now=NOON).most == 1
        assert taken_by(best, NOON + SECOND) is None
        assert taken_by(best, NOON + 2 * SECOND) == "one"

    def test_what_was_not_needed_is_free_for_the_next(self, settled):
        settled("one", per_second=10)
        best = ways("one")
        best.give_back(best.take("sms", most=10, now=NOON), unused=10, now=NOON)

        assert taken_by(best, NOON) == "one"

    def test_but_not_when_somebody_stands_behind_it(self, settled):
        """Mutant: giving back whatever comes after; then a third turn begins with the second."""
        settled("one", per_second=10)
        best = BestWay([Carrier(Named("one"), "sms")], sleep=lambda _seconds: None)
        first, second = (best.take("sms", most=10, now=NOON) for _ in range(2))
        best.give_back(first, unused=10, now=NOON)

        assert settled("one").free_at == second.turn.free_at == NOON + 2 * SECOND

    def test_a_clock_that_was_wrong_does_not_use_it_up_for_hours(self, settled):
        settled("one", free_at=NOON + FURTHEST)

        assert taken_by(ways("one")) == "one"
