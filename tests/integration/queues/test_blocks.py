"""Numbers that kiosks keep for when they are cut off. Rows C7, C15."""

from datetime import time, timedelta

import pytest

from config.refusals import NotFound
from queues.blocks import (
    KNOWN,
    MADE,
    REFUSED,
    Given,
    NoBlockLeft,
    numbers_left,
    reserve_block,
    take_back,
)
from queues.calling import call_next
from queues.issuing import HallClosed, issue_walk_in
from queues.models import NumberBlock, NumberCounter, Ticket
from tests.conftest import DAY, NOON, make_session
from windows.models import DeviceToken, HallSession, Rule

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=30)


def make_kiosk(hall, name: str) -> DeviceToken:
    return DeviceToken.objects.create(
        hall=hall, kind="kiosk", name=name, token_hash=name.encode() * 3
    )


@pytest.fixture
def kiosk(hall):
    return make_kiosk(hall, "door")


@pytest.fixture
def block(hall, kiosk, session):
    return reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON)


def a_number(block, nth=0, minutes=10, matter="RENEW", **more) -> Given:
    return Given(
        prefix=block.prefix, number=block.first + nth, matter=matter,
        taken_at=NOON + timedelta(minutes=minutes), **more,
    )  # fmt: skip


class TestReserving:
    def test_a_kiosk_has_twenty_numbers_of_a_letter(self, block):
        assert (block.first, block.last, block.service_day) == (900, 919, DAY)
        assert len(set(block.public_ids)) == 20

    def test_asking_again_gives_the_same_block(self, hall, kiosk, block):
        assert reserve_block(hall=hall, device=kiosk, prefix="A", now=LATER) == block

    def test_the_next_kiosk_has_the_next_numbers(self, hall, block):
        beside = reserve_block(hall=hall, device=make_kiosk(hall, "b"), prefix="A", now=NOON)

        assert (beside.first, beside.last) == (920, 939)

    def test_each_letter_has_its_own(self, hall, kiosk, block):
        assert reserve_block(hall=hall, device=kiosk, prefix="K", now=NOON).first == 900

    def test_each_day_has_its_own(self, hall, kiosk, block):
        make_session(hall, [], day=DAY + timedelta(days=1))
        tomorrow = reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON + timedelta(days=1))

        assert tomorrow.first == 900
        assert tomorrow.service_day == DAY + timedelta(days=1)

    def test_the_evening_before_is_early_enough(self, hall, kiosk, session):
        before = NOON - timedelta(hours=20)

        assert reserve_block(hall=hall, device=kiosk, prefix="A", now=before).service_day == DAY

    def test_a_hall_that_stays_closed_reserves_nothing(self, hall, kiosk, session):
        with pytest.raises(HallClosed):
            reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON - timedelta(days=3))

    def test_one_that_forgot_its_block_gets_other_numbers(self, hall, kiosk, block):
        """Nobody knows which of the old ones are on paper."""
        another = reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON, holds=[])

        assert another.first == 920

    def test_one_that_is_nearly_used_up_is_followed_by_another(self, hall, kiosk, block):
        take_back(device=kiosk, given=[a_number(block, n) for n in range(15)], now=LATER)
        assert reserve_block(hall=hall, device=kiosk, prefix="A", now=LATER) == block

        take_back(device=kiosk, given=[a_number(block, 15)], now=LATER)

        assert reserve_block(hall=hall, device=kiosk, prefix="A", now=LATER).first == 920
        assert [number for number, _id in numbers_left(block)] == [916, 917, 918, 919]

    def test_the_hall_says_how_many(self, hall, kiosk, session):
        Rule.objects.create(hall=hall, name="block_numbers", value=7, effective_on=DAY)

        block = reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON)

        assert (block.first, block.last) == (900, 906)

    def test_after_the_last_number_there_is_none(self, hall, session):
        for n in range(5):
            last = reserve_block(hall=hall, device=make_kiosk(hall, str(n)), prefix="A", now=NOON)
        assert last.last == 999

        with pytest.raises(NoBlockLeft):
            reserve_block(hall=hall, device=make_kiosk(hall, "sixth"), prefix="A", now=NOON)

    def test_another_halls_kiosk_gets_nothing(self, other_hall, kiosk, session):
        with pytest.raises(NotFound):
            reserve_block(hall=other_hall, device=kiosk, prefix="A", now=NOON)


class TestTakingBack:
    def test_a_ticket_has_the_number_and_the_address_of_its_paper(self, kiosk, block):
        (fate,) = take_back(device=kiosk, given=[a_number(block, 3)], now=LATER)

        ticket = Ticket.objects.get()
        assert (fate.outcome, fate.ticket) == (MADE, ticket)
        assert (ticket.label, ticket.public_id) == ("A903", block.public_ids[3])
        assert ticket.issued_at == NOON + timedelta(minutes=10)
        assert ticket.rank_at == NOON + timedelta(minutes=10 + 20)
        event = ticket.events.get()
        assert (event.kind, event.facts["how"]) == ("issued", "issued while cut off")

    def test_a_second_time_changes_nothing(self, kiosk, block):
        rows = [a_number(block, n) for n in range(3)]
        first = take_back(device=kiosk, given=rows, now=LATER)

        again = take_back(device=kiosk, given=rows, now=LATER + timedelta(minutes=1))

        assert [fate.outcome for fate in again] == [KNOWN] * 3
        assert [fate.ticket for fate in again] == [fate.ticket for fate in first]
        assert Ticket.objects.count() == 3

    def test_one_that_cannot_be_does_not_lose_the_others(self, hall, kiosk, block, pickup):
        beside = reserve_block(hall=hall, device=make_kiosk(hall, "b"), prefix="A", now=NOON)
        rows = [
            a_number(block, 0),
            a_number(beside, 0),
            a_number(block, 1, matter="PICKUP"),
            a_number(block, 2, matter="NOTHING"),
            a_number(block, 3, public_id=block.public_ids[4]),
            Given("A", 12, "RENEW", NOON),
            Given("Z", 900, "RENEW", NOON),
            a_number(block, 5, public_id=block.public_ids[5]),
        ]

        fates = take_back(device=kiosk, given=rows, now=LATER)

        outcomes = [fate.outcome for fate in fates]
        assert outcomes == [MADE, *[REFUSED] * 6, MADE]
        codes = [fate.refusal.code for fate in fates if fate.refusal]
        mine, letter = "not_of_your_block", "not_of_this_letter"
        assert codes == [mine, letter, letter, mine, mine, mine]
        assert set(Ticket.objects.values_list("number", flat=True)) == {900, 905}

    @pytest.mark.parametrize("lie", [timedelta(days=-400), timedelta(hours=-2)])
    def test_a_clock_that_is_slow_gains_no_more_than_the_block_is_old(self, kiosk, block, lie):
        take_back(device=kiosk, given=[Given("A", 900, "RENEW", NOON + lie)], now=LATER)

        assert Ticket.objects.get().issued_at == block.made_at

    def test_a_clock_that_is_fast_loses_nothing_beyond_now(self, kiosk, block):
        ahead = Given("A", 900, "RENEW", LATER + timedelta(hours=3))

        take_back(device=kiosk, given=[ahead], now=LATER)

        assert Ticket.objects.get().issued_at == LATER

    def test_they_stand_in_line_by_when_they_came(self, hall, kiosk, block, renewal, at_window_3,
                                                  clerk):  # fmt: skip
        issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(minutes=20))

        take_back(device=kiosk, given=[a_number(block, 0, minutes=10)], now=LATER)

        assert call_next(window=at_window_3, staff=clerk, now=LATER).label == "A900"

    def test_who_was_there_is_served_although_the_day_was_closed(self, kiosk, block, session):
        evening = session.ends_at + timedelta(hours=1)
        HallSession.objects.update(closed_at=evening)
        rows = [Given("A", 900, "RENEW", session.ends_at - timedelta(minutes=5))]

        take_back(device=kiosk, given=rows, now=evening)

        assert Ticket.objects.get().state == "waiting"
        assert HallSession.objects.get().closed_at is None

    def test_the_next_morning_nobody_stands_there(self, kiosk, block, session):
        take_back(device=kiosk, given=[a_number(block)], now=NOON + timedelta(hours=21))

        ticket = Ticket.objects.get()
        assert (ticket.state, ticket.service_day) == ("void", DAY)
        assert [event.kind for event in ticket.events.order_by("pk")] == ["issued", "closed"]

    def test_numbers_of_the_morning_end_nobody_of_the_afternoon(
        self, hall, kiosk, block, session, renewal
    ):
        """The kiosk comes back hours after its session, while the next one of the day runs."""
        morning_ends = NOON + timedelta(minutes=20)
        HallSession.objects.update(ends_at=morning_ends)
        make_session(hall, [], opens=time(13), closes=time(18))
        waits = issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(hours=4))

        take_back(device=kiosk, given=[a_number(block)], now=NOON + timedelta(hours=5))

        waits.refresh_from_db()
        assert waits.state == "waiting"
        assert Ticket.objects.get(number=900).state == "waiting"

    def test_told_twice_in_one_breath_it_was_made(self, kiosk, block, session):
        """Otherwise nobody tells the boards, and a closed day stays closed."""
        HallSession.objects.update(closed_at=session.ends_at)
        row = a_number(block)

        fates = take_back(device=kiosk, given=[row, row], now=LATER)

        assert [fate.outcome for fate in fates] == [MADE, MADE]
        assert HallSession.objects.get().closed_at is None

    def test_a_slow_clock_gains_nothing_before_the_doors_open(self, hall, kiosk, session):
        """A block of the evening before is no place before everybody who came in the morning."""
        evening = NOON - timedelta(hours=16)
        block = reserve_block(hall=hall, device=kiosk, prefix="A", now=evening)
        row = Given("A", block.first, "RENEW", evening - timedelta(days=400))

        take_back(device=kiosk, given=[row], now=LATER)

        assert Ticket.objects.get().issued_at == session.starts_at - timedelta(minutes=30)

    def test_the_same_number_of_two_days_is_told_by_its_address(self, hall, kiosk, block):
        make_session(hall, [], day=DAY + timedelta(days=1))
        tomorrow = NOON + timedelta(days=1)
        second = reserve_block(hall=hall, device=kiosk, prefix="A", now=tomorrow)
        rows = [
            Given("A", 900, "RENEW", tomorrow, block.public_ids[0]),  # its clock is a day fast
            Given("A", 900, "RENEW", tomorrow, second.public_ids[0]),
        ]

        fates = take_back(device=kiosk, given=rows, now=tomorrow)

        days = [fate.ticket.service_day for fate in fates]
        assert days == [DAY, DAY + timedelta(days=1)]


def test_the_counter_steps_over_the_blocks(hall, renewal, session, kiosk, block):
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    NumberCounter.objects.update(last=898)
    take_back(device=kiosk, given=[a_number(block)], now=LATER)

    labels = [issue_walk_in(hall=hall, matter=renewal, now=LATER).label for _ in range(2)]

    assert labels == ["A899", "A1000"]
    assert NumberBlock.objects.count() == 1
