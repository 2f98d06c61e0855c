"""A provider that fails in a row is left alone, then tried with one message. C18.

Every guard is proved to bite: the mutant named in the docstring turns the test red.
"""

from datetime import timedelta

import pytest

from appointments.messaging.choosing import BestWay
from appointments.messaging.routing import Call
from appointments.models import Message, ProviderCall
from appointments.providing import CANNOT_RECEIVE
from tests.conftest import NOON
from tests.integration.messaging.ways import taken_by, ways

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = Message.State


class TestBreaker:
    @pytest.fixture(autouse=True)
    def was_used(self, settled):
        settled("one")

    def fail(self, best: BestWay, message: Message, many: int, at=NOON) -> list[bool]:
        call = Call("one", message.pk, at, 0, "doubt", "TimedOut")
        return [best.ended(call) for _ in range(many)]

    def test_after_failures_in_a_row_it_is_left_alone(self, message):
        """Mutant: without `closed_again_at` in TAKE's WHERE, it is asked on and on."""
        best = ways("one")

        assert self.fail(best, message, 5) == [True, True, True, True, False]
        assert taken_by(best, NOON + 59 * SECOND) is None

    def test_a_success_between_them_begins_anew(self, message):
        best = ways("one")
        self.fail(best, message, 4)
        best.ended(Call("one", message.pk, NOON, 80, "accepted"))

        assert all(self.fail(best, message, 4))
        assert taken_by(best) == "one"

    def test_then_one_message_is_a_trial(self, message):
        """Mutant: without `is_trial`, a dead provider is handed twenty each minute."""
        best = ways("one")
        self.fail(best, message, 5)
        later = NOON + MINUTE

        trial = best.take("sms", most=20, now=later)

        assert trial.most == 1
        assert best.take("sms", most=20, now=later + SECOND) is None

    def test_a_good_trial_opens_the_way(self, message):
        best = ways("one")
        self.fail(best, message, 5)
        best.take("sms", most=20, now=NOON + MINUTE)
        best.ended(Call("one", message.pk, NOON + MINUTE, 80, "accepted"))

        assert best.take("sms", most=20, now=NOON + MINUTE + SECOND).most == 20

    def test_a_bad_one_closes_it_again(self, message):
        best = ways("one")
        self.fail(best, message, 5)
        best.take("sms", most=20, now=NOON + MINUTE)

        assert self.fail(best, message, 1, NOON + MINUTE) == [False]
        assert taken_by(best, NOON + MINUTE + 59 * SECOND) is None
        assert taken_by(best, NOON + 2 * MINUTE) == "one"

    def test_a_trial_for_which_there_was_no_message_is_free_again(self, message):
        best = ways("one")
        self.fail(best, message, 5)
        best.give_back(best.take("sms", most=20, now=NOON + MINUTE), unused=1, now=NOON + MINUTE)

        assert best.take("sms", most=20, now=NOON + MINUTE + SECOND).most == 1

    def test_a_dead_number_is_no_failure_of_the_provider(self, message):
        """Mutant: without LETTERS_FAULT in `ended`, five old numbers shut the way."""
        best = ways("one")
        call = Call("one", message.pk, NOON, 80, "refused", CANNOT_RECEIVE)

        assert all(best.ended(call) for _ in range(9))
        assert taken_by(best) == "one"

    def test_a_clock_that_was_wrong_does_not_shut_it_for_hours(self, settled):
        settled("one", failures=5, closed_again_at=NOON + timedelta(hours=1))

        assert taken_by(ways("one")) == "one"

    def test_every_call_is_noted(self, message):
        ways("one").ended(Call("one", message.pk, NOON, 80, "refused", "answered 500"))

        noted = ProviderCall.objects.get()
        assert (noted.message, noted.at, noted.took_ms) == (message, NOON, 80)
        assert (noted.ending, noted.reason) == ("refused", "answered 500")
