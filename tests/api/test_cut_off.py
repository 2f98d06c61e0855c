"""Kiosks keep numbers for when they are cut off, and tell them afterwards. Rows C7, C15."""

from datetime import timedelta

import pytest

from appointments.invariants import holds
from appointments.models import Booking
from queues.models import NumberBlock, Ticket
from tests.api.conftest import pair
from tests.conftest import NOON, slot_at
from windows.models import DeviceToken, RequestKey

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def blocks(kiosk):
    return kiosk.post("halls/H01/number-blocks/", {}).json()


def numbers(blocks, prefix="A"):
    return next(block["numbers"] for block in blocks["blocks"] if block["prefix"] == prefix)


def row(one, **more):
    told = {"prefix": one["label"][0], "number": one["number"], "public_id": one["public_id"]}
    return {**told, "matter": "RENEW", "taken_at": "2027-03-04T12:05:00+08:00", **more}


def test_a_kiosk_has_a_block_of_each_letter(blocks):
    assert [block["prefix"] for block in blocks["blocks"]] == ["A", "C", "K"]
    first = numbers(blocks)[0]
    assert (first["label"], len(numbers(blocks))) == ("A900", 20)
    assert first["page"].endswith(f"/t/{first['public_id']}/")
    assert first["code"].startswith("data:image/svg+xml")
    assert blocks["service_day"] == "2027-03-04"
    assert {one["code"] for one in blocks["matters"]} == {"RENEW", "PICKUP", "FIRST_MINOR"}


def test_a_block_that_it_holds_is_not_told_again(kiosk, blocks):
    holds = [block["id"] for block in blocks["blocks"]]

    again = kiosk.post("halls/H01/number-blocks/", {"holds": holds}).json()

    assert [block["id"] for block in again["blocks"]] == holds
    assert {block["numbers"] for block in again["blocks"]} == {None}


def test_a_lost_answer_comes_again_under_its_key(kiosk):
    first = kiosk.post("halls/H01/number-blocks/", {}, key="1").json()

    again = kiosk.post("halls/H01/number-blocks/", {}, key="1").json()

    assert again == first
    assert NumberBlock.objects.count() == 3
    assert first["blocks"][0]["numbers"][0]["public_id"] not in str(RequestKey.objects.get().answer)


def test_only_the_halls_kiosks_are_answered(kiosk, anybody, as_guide, other_hall, hall):
    display, elsewhere = pair(hall, "display"), pair(other_hall)
    for path in ("halls/H01/number-blocks/", "halls/H01/tickets-given/"):
        answers = [who.post(path, {}) for who in (anybody, as_guide, display, elsewhere)]
        assert [answer.status_code for answer in answers] == [403] * 4
    assert kiosk.post("halls/H02/number-blocks/", {}).status_code == 403
    assert kiosk.post("halls/H99/number-blocks/", {}).status_code == 404


def test_a_revoked_kiosk_gets_no_numbers(kiosk, blocks):
    DeviceToken.objects.update(revoked_at=NOON)

    assert kiosk.post("halls/H01/number-blocks/", {}).status_code == 403


def test_when_all_are_reserved_it_says_which_letter(kiosk):
    for _ in range(5):
        kiosk.post("halls/H01/number-blocks/", {"holds": []})

    blocks = kiosk.post("halls/H01/number-blocks/", {"holds": []}).json()

    assert (blocks["blocks"], blocks["none_left"]) == ([], ["A", "C", "K"])


def test_numbers_given_are_tickets_with_their_pages(kiosk, blocks, anybody, clock):
    given = [row(one) for one in numbers(blocks)[:2]]
    clock.forward(minutes=30)

    answer = kiosk.post("halls/H01/tickets-given/", {"given": given})

    assert answer.status_code == 200
    assert [fate["outcome"] for fate in answer.json()["fates"]] == ["made", "made"]
    ticket = anybody.get(f"tickets/{given[0]['public_id']}/").json()
    assert (ticket["number"], ticket["state"], ticket["place"]) == ("A900", "waiting", 1)
    assert ticket["issued_at"] == "2027-03-04T12:05:00+08:00"


def test_sent_again_with_another_key_they_are_known(kiosk, blocks):
    given = {"given": [row(numbers(blocks)[0])]}
    kiosk.post("halls/H01/tickets-given/", given)

    (fate,) = kiosk.post("halls/H01/tickets-given/", given).json()["fates"]

    assert fate["outcome"] == "known"
    assert Ticket.objects.count() == 1


def test_each_ones_fate_is_told(kiosk, blocks):
    good, letter, alien = numbers(blocks)[:3]
    given = [row(good), row(letter, matter="PICKUP"), row(alien, public_id="x" * 22)]

    fates = kiosk.post("halls/H01/tickets-given/", {"given": given}).json()["fates"]

    assert [fate["outcome"] for fate in fates] == ["made", "refused", "refused"]
    assert [fate["code"] for fate in fates[1:]] == ["not_of_this_letter", "not_of_your_block"]
    assert "not reserved" in fates[2]["detail"]


class TestABookedPerson:
    """A number of the block is joined with the booking whose reference was typed."""

    @pytest.fixture
    def booking(self, book, session):
        return book(slot_at(session, 12, 30), person=5)

    def send(self, kiosk, blocks, reference):
        given = {"given": [row(numbers(blocks)[0], reference=reference)]}
        (fate,) = kiosk.post("halls/H01/tickets-given/", given).json()["fates"]
        return fate

    def test_ranks_at_the_booked_time(self, kiosk, blocks, booking, clock):
        clock.forward(minutes=40)  # the booked time has passed while nothing was reached

        fate = self.send(kiosk, blocks, booking.reference.lower())

        assert (fate["outcome"], fate["joined"]) == ("made", True)
        booking.refresh_from_db()
        assert (booking.state, booking.was_late) == ("arrived", False)
        assert booking.ticket.label == "A900"
        assert booking.ticket.rank_at == booking.starts_at
        assert booking.ticket.source == "booking"

    def test_of_another_day_is_a_walk_in(self, kiosk, blocks, booking):
        Booking.objects.update(starts_at=booking.starts_at + timedelta(days=1))

        fate = self.send(kiosk, blocks, booking.reference)

        assert (fate["outcome"], fate["joined"]) == ("made", False)
        assert fate["booking_code"] in ("wrong_day", "too_early")
        assert Ticket.objects.get().source == "walk_in"

    def test_with_a_reference_that_nobody_has_is_a_walk_in(self, kiosk, blocks):
        fate = self.send(kiosk, blocks, "ABCD1234")

        assert (fate["outcome"], fate["booking_code"]) == ("made", "nothing_booked")

    def test_who_has_checked_in_elsewhere_keeps_that_number(self, kiosk, blocks, booking):
        kiosk.post("halls/H01/check-in/", {"reference": booking.reference})

        fate = self.send(kiosk, blocks, booking.reference)

        assert fate["joined"] is False
        booking.refresh_from_db()
        assert booking.ticket.label == "A001"

    def test_told_twice_in_one_breath_is_joined_once(self, kiosk, blocks, booking):
        one = row(numbers(blocks)[0], reference=booking.reference)

        fates = kiosk.post("halls/H01/tickets-given/", {"given": [one, one]}).json()["fates"]

        assert [(fate["outcome"], fate["joined"]) for fate in fates] == [("made", True)] * 2
        booking.refresh_from_db()
        assert booking.ticket.label == "A900"

    def test_told_the_next_morning_the_journal_is_whole(self, kiosk, blocks, booking, clock):
        """The number has ended by then; the booking knows that its holder came."""
        clock.forward(minutes=21 * 60)

        fate = self.send(kiosk, blocks, booking.reference)

        booking.refresh_from_db()
        assert (fate["joined"], booking.state, booking.ticket.state) == (True, "arrived", "void")
        assert holds(NOON + timedelta(hours=21)) == []
