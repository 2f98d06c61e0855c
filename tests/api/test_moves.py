"""The moves of the day over the API: pick, send on, hand over, pause. Rows C13, C16, C26."""

import pytest

from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.api.conftest import Caller
from tests.conftest import NOON, make_session
from windows.models import Window
from windows.shifts import sign_in


def told(answer):
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def line(hall, session, renewal):
    return [issue_walk_in(hall=hall, matter=renewal, now=NOON) for _ in range(3)]


@pytest.fixture
def present(line, at_window_3, clerk):
    return call_next(window=at_window_3, staff=clerk, now=NOON)


class TestPicking:
    def test_somebody_is_called_for_a_reason(self, as_clerk, at_window_3, line):
        answer = as_clerk.post(
            f"tickets/{line[2].pk}/call/", {"window": at_window_3.pk, "reason": "help"}
        )

        assert (answer.status_code, answer.json()["number"]) == (200, "A003")
        assert answer.json()["window"] == 3

    @pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": "fun"}])
    def test_not_without_a_reason(self, as_clerk, at_window_3, line, reason):
        answer = as_clerk.post(f"tickets/{line[2].pk}/call/", {"window": at_window_3.pk, **reason})

        assert (told(answer), answer.json()["field"]) == ((400, "malformed"), "reason")

    def test_a_jump_waits_for_two_calls(self, as_clerk, at_window_3, line):
        pick = {"window": at_window_3.pk, "reason": "help"}
        as_clerk.post(f"tickets/{line[2].pk}/call/", pick)
        as_clerk.post(f"tickets/{line[2].pk}/finish/")

        answer = as_clerk.post(f"tickets/{line[1].pk}/call/", pick)

        assert told(answer) == (409, "one_call_first")

    def test_not_at_anothers_window(self, as_clerk, windows, line, stranger_clerk):
        pick = {"window": windows[0].pk, "reason": "help"}

        here = as_clerk.post(f"tickets/{line[0].pk}/call/", pick)
        elsewhere = Caller(stranger_clerk).post(f"tickets/{line[0].pk}/call/", pick)

        assert [told(here), told(elsewhere)] == [(409, "not_signed_in"), (404, "not_found")]


class TestSendingOn:
    def test_to_a_window(self, as_clerk, present, windows, clerks):
        sign_in(staff=clerks[0], window=windows[0], now=NOON)

        answer = as_clerk.post(f"tickets/{present.pk}/transfer/", {"window": windows[0].pk})

        assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
        assert Ticket.objects.get(pk=present.pk).only_window == windows[0]

    def test_to_a_closed_window(self, as_clerk, present, windows):
        answer = as_clerk.post(f"tickets/{present.pk}/transfer/", {"window": windows[0].pk})

        assert (told(answer), answer.json()["field"]) == ((409, "window_not_open"), "window")

    def test_to_another_hall(self, as_clerk, present, other_hall, renewal):
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.add(renewal)
        closed = as_clerk.post(f"tickets/{present.pk}/to-hall/", {"hall": "H02"})
        make_session(other_hall, [window])

        answer = as_clerk.post(f"tickets/{present.pk}/to-hall/", {"hall": "H02"})

        assert told(closed) == (409, "hall_closed")
        assert (answer.status_code, answer.json()["hall"]) == (200, "H02")
        assert (
            answer.json()["rank_at"]
            == as_clerk.get(f"tickets/{present.public_id}/").json()["rank_at"]
        )

    def test_finished_with_an_outcome(self, as_clerk, present):
        wrong = as_clerk.post(f"tickets/{present.pk}/finish/", {"outcome": "vanished"})

        answer = as_clerk.post(f"tickets/{present.pk}/finish/", {"outcome": "papers"})

        assert told(wrong) == (400, "malformed")
        assert answer.json()["state"] == "finished"
        assert Ticket.objects.get(pk=present.pk).outcome == "papers"

    def test_no_new_number_for_one_that_is_good(self, as_clerk, line):
        assert told(as_clerk.post(f"tickets/{line[0].pk}/new-number/")) == (409, "not_possible_now")


class TestWindows:
    def test_pause_and_resume(self, as_clerk, at_window_3, line):
        path = f"windows/{at_window_3.pk}"

        paused = as_clerk.post(f"{path}/pause/", {"reason": "meal"}).json()["is_paused"]
        refused = told(as_clerk.post(f"{path}/call-next/"))
        resumed = as_clerk.post(f"{path}/resume/").json()["is_paused"]

        assert (paused, refused, resumed) == (True, (409, "window_paused"), False)
        assert as_clerk.post(f"{path}/pause/", {"reason": "nap"}).status_code == 400

    def test_hand_over(self, as_clerk, at_window_3, clerks, present):
        answer = as_clerk.post(f"windows/{at_window_3.pk}/hand-over/", {"to": "clerk-1"})

        assert (answer.json()["staff"], answer.json()["is_mine"]) == ("clerk-1", False)
        assert Caller(clerks[0]).post(f"tickets/{present.pk}/finish/").status_code == 200

    @pytest.mark.parametrize("name", ["stranger", "nobody-at-all"])
    def test_hand_over_to_nobody_of_the_hall(self, as_clerk, at_window_3, stranger_clerk, name):
        answer = as_clerk.post(f"windows/{at_window_3.pk}/hand-over/", {"to": name})

        assert told(answer) == (409, "not_one_of_the_hall")

    @pytest.mark.parametrize("do", ["pause", "resume"])
    def test_only_at_ones_own_window(self, as_clerk, windows, session, do):
        assert told(as_clerk.post(f"windows/{windows[0].pk}/{do}/")) == (409, "not_signed_in")
