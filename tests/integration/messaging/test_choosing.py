"""Which provider carries the next messages: its rank, and how it did lately. C18.

Every guard is proved to bite: the mutant named in the docstring turns the test red.
"""

from datetime import timedelta

import pytest

from appointments.housekeeping import forget
from appointments.messaging.choosing import BestWay
from appointments.messaging.configured import Carrier
from appointments.messaging.routing import Call, Route
from appointments.models import Message, MessageProvider, ProviderCall, Receipt
from appointments.providing import CANNOT_RECEIVE
from tests.conftest import NOON
from tests.integration.messaging.ways import Named, taken_by, ways
from windows.models import Rule

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = Message.State


class TestOrder:
    def test_the_first_of_the_environment_is_asked_first(self):
        assert taken_by(ways("two", "one")) == "two"
        assert list(MessageProvider.objects.order_by("rank").values_list("name", flat=True)) == [
            "two",
            "one",
        ]

    def test_a_row_says_who_is_asked_first(self, settled):
        settled("one", rank=2)
        settled("two", rank=1)

        assert taken_by(ways("one", "two")) == "two"

    def test_among_equals_the_quicker_one(self, settled, answers):
        """Mutant: without `mean` in `_order`, the name decides."""
        settled("one", rank=1)
        settled("two", rank=1)
        answers("one", 5, took_ms=900)
        answers("two", 5, took_ms=80)

        assert taken_by(ways("one", "two")) == "two"

    def test_who_is_switched_off_carries_nothing(self, settled):
        settled("one", is_on=False)

        assert taken_by(ways("one", "two")) == "two"
        assert taken_by(ways("one")) is None

    def test_another_channel_has_its_own(self):
        sms, mail = Carrier(Named("one"), "sms"), Carrier(Named("smtp"), "email")
        both = BestWay([sms, mail])

        assert both.channels == ["sms", "email"]
        assert both.take("email", most=5, now=NOON).provider.name == "smtp"
        assert both.take("push", most=5, now=NOON) is None

    def test_who_cannot_remove_twins_gets_one_at_a_time(self):
        carrier = Carrier(Named("one", at_once=1), "sms")

        assert BestWay([carrier]).take("sms", most=20, now=NOON).most == 1


class TestSteppingBack:
    """Mutant: `steps_back` always False; every first test of a pair turns red."""

    @pytest.mark.parametrize(
        "bad", [{"ending": "doubt"}, {"ending": "refused"}, {"took_ms": 4000}], ids=str
    )
    def test_thirty_percent_of_bad_answers_are_much(self, bad, answers):
        answers("one", 7)
        answers("one", 3, **bad)

        assert taken_by(ways("one", "two")) == "two"

    def test_a_little_less_is_not(self, answers):
        answers("one", 8)
        answers("one", 3, "doubt")

        assert taken_by(ways("one", "two")) == "one"

    def test_few_answers_say_nothing(self, answers):
        """Mutant: without `provider_bad_least`, one unlucky answer turns the city round."""
        answers("one", 9, "doubt")

        assert taken_by(ways("one", "two")) == "one"

    def test_it_comes_back_when_that_is_long_ago(self, answers):
        answers("one", 20, "doubt")

        assert taken_by(ways("one", "two"), NOON + 10 * MINUTE - SECOND) == "two"
        assert taken_by(ways("one", "two"), NOON + 10 * MINUTE) == "one"

    def test_dead_numbers_say_nothing_against_it(self, answers):
        """Mutant: without LETTERS_FAULT in LATELY, one list of old numbers moves everything."""
        answers("one", 20, "refused", reason=CANNOT_RECEIVE)

        assert taken_by(ways("one", "two")) == "one"

    def test_what_arrives_late_counts_where_receipts_tell(self, message, answers):
        """Mutant: `answers.many` instead of `arrivals.many` in `_order`."""
        answers("one", 20, at=NOON - 5 * MINUTE)
        Message.objects.filter(pk=message.pk).update(state=State.CLAIMED, lease_until=NOON)
        Message.objects.filter(pk=message.pk).update(state=State.SENT, provider="one")

        assert taken_by(ways("one", "two", receipts="k" * 16)) == "two"
        assert taken_by(ways("one", "two")) == "one"

    def test_what_arrived_in_time_does_not(self, message, answers):
        answers("one", 20, at=NOON - 5 * MINUTE)
        Message.objects.filter(pk=message.pk).update(state=State.CLAIMED, lease_until=NOON)
        Message.objects.filter(pk=message.pk).update(
            state=State.DELIVERED, provider="one", delivered_at=NOON - 2 * MINUTE
        )

        assert taken_by(ways("one", "two", receipts="k" * 16)) == "one"

    def test_it_carries_what_the_others_have_no_room_for(self, settled, answers):
        answers("one", 20, "doubt")
        settled("two", daily_cap=5)
        best = ways("one", "two")

        routes = [best.take("sms", most=20, now=NOON) for _ in range(2)]

        assert [(route.provider.name, route.most) for route in routes] == [("two", 5), ("one", 20)]

    def test_the_numbers_are_rules(self, answers):
        Rule.objects.create(name="provider_bad_percent", value=60, effective_on=NOON.date())
        answers("one", 5)
        answers("one", 5, "doubt")

        assert taken_by(ways("one", "two")) == "one"


def test_a_route_says_what_a_part_costs(settled):
    settled("one", cost_mil=45)

    assert ways("one").take("sms", most=20, now=NOON).cost_mil == 45


def test_a_provider_is_found_by_its_name():
    best = ways("one")

    assert best.named("one").name == "one"
    assert best.named("gone") is None


def test_a_batch_costs_few_statements(django_assert_num_queries, message):
    """Twenty messages: one look (rules and providers), one turn, one line each, one giving back."""
    best = ways("one")
    best.take("sms", most=20, now=NOON)

    with django_assert_num_queries(1):
        route = best.take("sms", most=20, now=NOON + SECOND)
    assert isinstance(route, Route)
    with django_assert_num_queries(2):
        best.ended(Call("one", message.pk, NOON, 80, "accepted"))
        best.give_back(route, unused=3, now=NOON)


def test_old_calls_and_receipts_are_forgotten(message):
    """Mutant: `forget` without them; a city writes a hundred thousand lines a day."""
    for days in (6, 8, 89, 91):
        at = NOON - timedelta(days=days)
        ways("one").ended(Call("one", message.pk, at, 80, "accepted"))
        Receipt.objects.create(
            provider="one", number=str(days), status="sent", at=at, received_at=at
        )

    forget(now=NOON)

    assert ProviderCall.objects.get().at == NOON - timedelta(days=6)
    assert sorted(Receipt.objects.values_list("number", flat=True)) == ["6", "8", "89"]
