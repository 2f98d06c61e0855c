"""Each row that a cut-off kiosk tells has a fate of its own; none is lost. Rows C7, C15."""

from datetime import timedelta

import pytest

from queues.models import DoubtfulNumber, Ticket
from tests.api.conftest import Caller, pair
from tests.api.test_cut_off import numbers, row
from tests.conftest import NOON
from windows.access import token_hash
from windows.models import DeviceToken

pytestmark = pytest.mark.usefixtures("session")
GIVEN = "halls/H01/tickets-given/"


@pytest.fixture
def blocks(kiosk):
    return kiosk.post("halls/H01/number-blocks/", {}).json()


def fates(kiosk, given) -> list[dict]:
    answer = kiosk.post(GIVEN, {"given": given})
    assert answer.status_code == 200, answer.content
    return answer.json()["fates"]


def outcomes(told: list[dict]) -> list[tuple[str, str | None]]:
    return [(fate["outcome"], fate["code"]) for fate in told]


def spoil(good, **changes) -> object:
    return {**good, **changes}


SPOILED = [
    {"number": "x"}, {"number": -1}, {"number": None}, {"prefix": "AB"}, {"taken_at": "yesterday"},
    {"matter": "\x00"}, {"matter": "\ud800"}, {"public_id": "x" * 40}, {"reference": "'; --"},
    {"taken_at": 0}, {"prefix": ["A"]}, {"matter": "x" * 3000},
]  # fmt: skip


class TestAMalformedRow:
    @pytest.mark.parametrize("changes", SPOILED)
    def test_is_kept_for_a_person_and_the_others_are_in_line(self, kiosk, blocks, changes):
        first, bad, last = (row(one) for one in numbers(blocks)[:3])

        told = fates(kiosk, [first, spoil(bad, **changes), last])

        assert outcomes(told) == [("made", None), ("refused", "malformed"), ("made", None)]
        assert sorted(Ticket.objects.values_list("number", flat=True)) == [900, 902]
        kept = DoubtfulNumber.objects.get()
        assert (kept.why, kept.hall.code, kept.decided_at) == ("malformed", "H01", None)

    @pytest.mark.parametrize("nothing", [None, 7, "A900", [], {}, [{}]])
    def test_may_be_no_row_at_all(self, kiosk, blocks, nothing):
        good = row(numbers(blocks)[0])

        assert [one[0] for one in outcomes(fates(kiosk, [nothing, good]))] == ["refused", "made"]
        assert DoubtfulNumber.objects.count() == 1

    def test_says_what_can_be_read_of_it(self, kiosk, blocks):
        (told,) = fates(kiosk, [spoil(row(numbers(blocks)[0]), taken_at="?")])

        assert (told["prefix"], told["number"]) == ("A", 900)
        assert "supervisor" in told["detail"]

    def test_sent_again_it_is_kept_once(self, kiosk, blocks):
        given = [row(numbers(blocks)[0]), spoil(row(numbers(blocks)[1]), taken_at="?")]
        fates(kiosk, given)

        again = fates(kiosk, given)

        assert outcomes(again) == [("known", None), ("refused", "malformed")]
        assert DoubtfulNumber.objects.count() == 1
        assert Ticket.objects.count() == 1

    def test_a_flood_of_them_is_bounded(self, kiosk, blocks):
        for turn in range(2):
            fates(kiosk, [{"number": f"{turn} {n}"} for n in range(200)])

        assert DoubtfulNumber.objects.count() == 300

    def test_what_is_no_list_is_still_malformed(self, kiosk):
        for body in ({"given": "A900"}, {"given": {"0": {}}}, {}):
            assert kiosk.post(GIVEN, body).status_code == 400


def test_a_row_that_a_rule_refuses_is_kept_too(kiosk, blocks):
    letter = row(numbers(blocks)[0], matter="PICKUP")

    assert outcomes(fates(kiosk, [letter])) == [("refused", "not_of_this_letter")]
    assert DoubtfulNumber.objects.get().why == "not_of_this_letter"


class TestAKioskThatWasShutOut:
    @pytest.fixture
    def gone(self, kiosk, blocks) -> Caller:
        DeviceToken.objects.update(revoked_at=NOON)
        return kiosk

    def test_its_numbers_wait_for_a_supervisor(self, gone, blocks):
        given = [row(one) for one in numbers(blocks)[:2]]

        told = fates(gone, given)

        assert outcomes(told) == [("refused", "kiosk_shut_out")] * 2
        assert not Ticket.objects.exists()
        assert DoubtfulNumber.objects.count() == 2

    def test_what_it_told_before_is_known(self, kiosk, blocks):
        given = [row(one) for one in numbers(blocks)[:2]]
        fates(kiosk, given[:1])
        DeviceToken.objects.update(revoked_at=NOON)

        assert outcomes(fates(kiosk, given)) == [("known", None), ("refused", "kiosk_shut_out")]

    def test_days_later_nobody_listens(self, gone, blocks, clock):
        clock.forward(hours=49)

        answer = gone.post(GIVEN, {"given": [row(numbers(blocks)[0])]})

        assert answer.status_code == 403
        assert not DoubtfulNumber.objects.exists()

    def test_another_halls_says_nothing_here(self, gone, blocks, other_hall):
        elsewhere = pair(other_hall)
        DeviceToken.objects.update(revoked_at=NOON)

        answer = elsewhere.post(GIVEN, {"given": [row(numbers(blocks)[0])]})

        assert answer.status_code == 403

    def test_paired_anew_it_tells_the_numbers_of_the_time_before(self, gone, blocks, hall):
        """The public ids that it kept prove them; another kiosk cannot know them."""
        anew = Caller(Authorization="Device another secret")
        DeviceToken.objects.create(
            hall=hall, kind="kiosk", name="front again", paired_at=NOON + timedelta(minutes=1),
            token_hash=token_hash("another secret"),
        )  # fmt: skip
        known, guessed = (row(one) for one in numbers(blocks)[:2])
        guessed["public_id"] = "x" * 22

        told = fates(anew, [known, guessed, spoil(known, number=905)])

        assert [one[0] for one in outcomes(told)] == ["made", "refused", "refused"]
        assert Ticket.objects.get().label == "A900"
