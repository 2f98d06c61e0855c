"""Which provider carries the next messages: rank, lately, breaker, cap, rate, price. C18.

Every guard is proved to bite: the mutant named in the docstring turns the test red.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from appointments.housekeeping import forget
from appointments.messaging.choosing import FURTHEST, BestWay
from appointments.messaging.configured import Carrier
from appointments.messaging.routing import Call, Route
from appointments.models import Message, MessageProvider, ProviderCall, Receipt
from appointments.providing import CANNOT_RECEIVE, Accepted, Fate, Letter
from config import civil
from tests.conftest import NOON, slot_at
from windows.models import Rule, Staff

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = Message.State


class Named:
    """A provider of which only the name matters here."""

    def __init__(self, name: str, *, at_once: int = 20) -> None:
        self.name, self.at_once, self.dedupes = name, at_once, at_once > 1

    def send(self, letter: Letter) -> Accepted:
        return Accepted()

    def status(self, reference: UUID) -> Fate:
        return Fate.ABSENT


def ways(*names: str, channel: str = "sms", receipts: str = "") -> BestWay:
    """The providers of a channel, in the order of the environment; nobody waits."""
    carriers = [Carrier(Named(name), channel, receipts) for name in names]
    return BestWay(carriers, patience=timedelta(0), sleep=lambda _seconds: None)


def taken_by(best: BestWay, now=NOON, most=20) -> str | None:
    route = best.take("sms", most=most, now=now)
    return route.provider.name if route else None


@pytest.fixture
def message(book, session) -> Message:
    return Message.objects.filter(booking=book(slot_at(session, 16))).first()


@pytest.fixture
def answers(message):
    """Notes so many answers of a provider."""

    def noted(provider: str, many: int, ending: str = "accepted", at=NOON, **more) -> None:
        ProviderCall.objects.bulk_create(
            ProviderCall(
                provider=provider, message=message, at=at, ending=ending,
                **{"took_ms": 100, **more},
            )
            for _ in range(many)
        )  # fmt: skip

    return noted


@pytest.fixture
def settled():
    """Changes what is known of a provider; it need not have been used before."""

    def settle(name: str, **values) -> MessageProvider:
        MessageProvider.objects.get_or_create(name=name, defaults={"channel": "sms"})
        MessageProvider.objects.filter(name=name).update(**values)
        return MessageProvider.objects.get(name=name)

    return settle


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


class TestAdministration:
    """Rank, price and caps are changed by who administers; what is counted is not."""

    @pytest.fixture
    def office(self, db) -> Client:
        client = Client()
        client.force_login(Staff.objects.create_superuser("root", password="x"))
        return client

    def change(self, office: Client, row: MessageProvider, **values):
        told = {"is_on": "on", "rank": 1, "per_second": 20, "daily_cap": 100, "cost_mil": 45}
        page = f"/admin/appointments/messageprovider/{row.pk}/change/"
        return office.post(page, told | values, headers={"accept-language": "en"})

    def test_a_provider_is_changed(self, office, settled):
        row = settled("one")

        assert self.change(office, row, rank=3).status_code == 302

        row.refresh_from_db()
        assert (row.rank, row.daily_cap, row.cost_mil) == (3, 100, 45)

    def test_what_is_taken_meanwhile_stays_counted(self, office, settled, monkeypatch):
        """Mutant: `obj.save()` writes back the count that was there when the page was read."""
        row = settled("one", taken=5, counted_on=civil.city_date(civil.now()))
        clean = MessageProvider.full_clean

        def clean_slowly(self, *args, **kwargs):
            MessageProvider.objects.update(taken=25)
            return clean(self, *args, **kwargs)

        monkeypatch.setattr(MessageProvider, "full_clean", clean_slowly)
        self.change(office, row)

        assert settled("one").taken == 25

    def test_a_cap_below_what_is_gone_is_refused_in_words(self, office, settled):
        row = settled("one", taken=50, counted_on=civil.city_date(civil.now()))

        page = self.change(office, row, daily_cap=49)

        assert page.status_code == 200
        assert "has taken 50 messages today" in page.content.decode()
        assert settled("one").daily_cap == 100_000

    @pytest.mark.parametrize("rate", ["0", "-1", "nan", "x"])
    def test_a_rate_that_would_stop_everything_is_refused(self, rate, office, settled):
        row = settled("one")

        assert self.change(office, row, per_second=rate).status_code == 200
        assert settled("one").per_second == 20

    def test_none_is_made_or_deleted_by_hand(self, office, settled):
        row = settled("one")

        assert office.get("/admin/appointments/messageprovider/add/").status_code == 403
        gone = office.post(f"/admin/appointments/messageprovider/{row.pk}/delete/", {"post": "yes"})
        assert gone.status_code == 403
