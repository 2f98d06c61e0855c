# ruff: noqa: F811  fixtures are named where they are used
"""The small choices at the desk: out of turn, outcomes, pauses, transfers, breaks. # C13 C16 C26"""

from datetime import timedelta

import pytest

from appointments.desk_actions import BUTTONS
from queues.calling import start
from queues.checking import check_papers
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from tests.conftest import NOON, make_session
from tests.pages.test_desk import (  # noqa: F401  the cast of the desk
    at_desk,
    called,
    clock,
    desk,
    press,
    state_of,
    text_of,
    waiting,
)
from windows.models import Break, PlannedBreak, Rule, Window
from windows.shifts import pause, shift_of, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(hall, session, renewal) -> list[Ticket]:
    return [issue_walk_in(hall=hall, matter=renewal, now=NOON) for _one in range(4)]


@pytest.fixture
def serving(called, clerk) -> Ticket:
    return start(ticket=called, staff=clerk, now=NOON)


class TestOutOfTurn:
    def test_a_number_is_called_with_its_reason_which_the_desk_shows(self, at_desk, line):
        answer = press(at_desk, "pick", ticket=line[2].pk, reason="together", note="与 A001 同来")

        assert answer.status_code == 302
        call = Call.objects.get()
        assert (call.ticket, call.picked) == (line[2], "together")
        page = text_of(at_desk.get("/desk/"))
        assert "A003" in page
        assert "Belongs to the person just served" in page

    def test_without_a_reason_it_is_asked_for_and_the_choice_stays(self, at_desk, line):
        answer = press(at_desk, "pick", ticket=line[2].pk, note="just so")
        page = answer.content.decode()

        assert answer.status_code == 400
        assert 'id="pick-reason-error"' in page
        assert 'value="just so"' in page
        assert f'value="{line[2].pk}" autocomplete="off" checked' in page
        assert not Call.objects.exists()

    def test_another_reason_wants_a_few_words(self, at_desk, line):
        answer = press(at_desk, "pick", ticket=line[2].pk, reason="other")

        assert answer.status_code == 400
        assert 'id="pick-note-error"' in answer.content.decode()

    def test_who_jumps_twice_in_three_calls_is_refused_in_words(self, at_desk, line):
        press(at_desk, "pick", key="a", ticket=line[2].pk, reason="help")
        press(at_desk, "finish", key="b", ticket=line[2].pk)

        answer = press(at_desk, "pick", key="c", ticket=line[3].pk, reason="help")

        assert answer.status_code == 409
        assert "Call the next in line" in text_of(answer)
        assert 'value="help" autocomplete="off" checked' in answer.content.decode()
        assert state_of(line[3]) == "waiting"

    def test_the_press_sent_again_calls_nobody_else(self, at_desk, line):
        for _time in range(3):
            press(at_desk, "pick", key="same", ticket=line[2].pk, reason="help")

        assert Call.objects.count() == 1

    def test_numbers_can_be_chosen_only_while_the_window_is_free(self, at_desk, called, line):
        assert 'form="pick"' not in at_desk.get("/desk/line/").content.decode()
        assert press(at_desk, "pick", ticket=line[2].pk, reason="help").status_code == 409


class TestHowItEnds:
    @pytest.mark.parametrize("outcome", ["done", "papers", "stopped", "other"])
    def test_the_outcome_stays_with_the_ticket(self, at_desk, serving, outcome):
        press(at_desk, "finish", ticket=serving.pk, outcome=outcome)

        assert state_of(serving) == "finished"
        assert serving.outcome == outcome

    @pytest.mark.parametrize("outcome", ["elsewhere", "nonsense"])
    def test_there_is_no_other_outcome(self, at_desk, serving, outcome):
        assert press(at_desk, "finish", ticket=serving.pk, outcome=outcome).status_code == 400
        assert state_of(serving) == "serving"

    def test_the_third_miss_is_void_and_a_new_number_can_be_given(self, at_desk, called, hall):
        Rule.objects.create(
            name="missed_after_calls", hall=hall, value=1, effective_on="2027-01-01"
        )
        Ticket.objects.filter(pk=called.pk).update(missed_times=2)
        press(at_desk, "no-show", key="m", ticket=called.pk)
        page = text_of(at_desk.get("/desk/"))
        assert "A001 was missed three times and is void" in page
        assert "New number" in page

        press(at_desk, "come-again", key="a", ticket=called.pk)

        assert Ticket.objects.get(came_from=called).state == "waiting"
        assert "The new number is A002" in text_of(at_desk.get("/desk/"))


class TestGoingOnElsewhere:
    def test_at_another_open_window(self, at_desk, serving, clerks, windows):
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        assert "Window 1 clerk-1" in text_of(at_desk.get("/desk/"))

        press(at_desk, "transfer", ticket=serving.pk, window=windows[0].pk)

        assert state_of(serving) == "waiting"
        assert serving.only_window == windows[0]

    @pytest.mark.parametrize("paused", [True, False], ids=["paused", "left"])
    def test_not_at_a_closed_window(self, at_desk, serving, clerks, windows, paused):
        if paused:
            sign_in(staff=clerks[0], window=windows[0], now=NOON)
            pause(staff=clerks[0], now=NOON)

        answer = press(at_desk, "transfer", ticket=serving.pk, window=windows[0].pk)

        assert answer.status_code == 409
        assert "Window 1 is not open for this matter now" in text_of(answer)
        assert state_of(serving) == "serving"

    def test_nowhere_is_asked_again(self, at_desk, serving):
        answer = press(at_desk, "transfer", ticket=serving.pk, to_hall="H02")

        assert answer.status_code == 400
        assert "Choose a window, a matter or a hall." in text_of(answer)

    def test_in_another_hall_with_a_new_number_there(
        self, at_desk, serving, other_hall, renewal
    ):  # fmt: skip
        there = Window.objects.create(hall=other_hall, number=1)
        there.matters.add(renewal)
        make_session(other_hall, [there])
        assert "Guilan Hall" in text_of(at_desk.get("/desk/"))

        press(at_desk, "transfer", ticket=serving.pk, to="hall", to_hall="H02")

        assert state_of(serving) == "void"
        assert Ticket.objects.get(hall=other_hall).came_from == serving
        assert "goes on in Guilan Hall as A001" in text_of(at_desk.get("/desk/"))

    def test_a_closed_hall_is_neither_offered_nor_taken(self, at_desk, serving, other_hall):
        assert 'value="H02"' not in at_desk.get("/desk/").content.decode()
        answer = press(at_desk, "transfer", ticket=serving.pk, to="hall", to_hall="H02")

        assert answer.status_code == 409
        assert "closed now" in text_of(answer)
        assert state_of(serving) == "serving"

    @pytest.mark.parametrize("code", ["H99", "", "\x00"])
    def test_no_hall_is_not_found(self, at_desk, serving, code):
        answer = press(at_desk, "transfer", ticket=serving.pk, to="hall", to_hall=code)

        assert answer.status_code in (400, 404)
        assert state_of(serving) == "serving"

    def test_who_was_sent_on_is_shown_with_the_window_before(
        self, client, at_desk, serving, clerks, windows
    ):  # fmt: skip
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        press(at_desk, "transfer", ticket=serving.pk, window=windows[0].pk)
        client.force_login(clerks[0])
        press(client, "next", key="n")

        assert "Sent on from window 3 (clerk) at 12:00." in text_of(client.get("/desk/"))


class TestPausing:
    @pytest.mark.parametrize("reason", ["rest", "meal", "fault", "errand"])
    def test_the_reason_stays_with_the_break(self, at_desk, reason):
        press(at_desk, "pause", key="p", reason=reason)

        rest = Break.objects.get()
        assert (rest.reason, rest.ended_at) == (reason, None)
        assert rest.get_reason_display() in text_of(at_desk.get("/desk/"))
        press(at_desk, "resume", key="r")
        assert Break.objects.get().ended_at == NOON

    def test_there_is_no_other_reason(self, at_desk):
        assert press(at_desk, "pause", reason="holiday").status_code == 400
        assert not Break.objects.exists()


class TestHandingOver:
    def test_the_colleague_goes_on_with_the_person(self, client, at_desk, serving, clerks, windows):
        assert "clerk-2" in text_of(at_desk.get("/desk/"))

        answer = press(at_desk, "hand-over", to=clerks[1].pk)

        assert answer.status_code == 302
        assert shift_of(clerks[1]).window == windows[2]
        client.force_login(clerks[1])
        assert "A001" in text_of(client.get("/desk/"))

    def test_who_stands_elsewhere_is_not_offered_and_refused(self, at_desk, clerks, windows, clerk):
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        page = at_desk.get("/desk/").content.decode()
        assert f'name="to" value="{clerks[0].pk}"' not in page

        answer = press(at_desk, "hand-over", to=clerks[0].pk)

        assert answer.status_code == 409
        assert "clerk-1 is signed in at window 1" in text_of(answer)
        assert shift_of(clerk).window == windows[2]

    def test_a_stranger_cannot_take_over(self, at_desk, stranger_clerk):
        answer = press(at_desk, "hand-over", to=stranger_clerk.pk)

        assert answer.status_code == 409
        assert "Only a clerk of this hall" in text_of(answer)

    def test_a_desk_that_was_handed_over_goes_to_the_choice_of_windows(self, at_desk, clerks):
        press(at_desk, "hand-over", to=clerks[1].pk)

        assert at_desk.get("/desk/line/")["HX-Redirect"] == "/desk/"


class TestResting:
    def test_a_long_time_at_the_window_is_said_calmly(self, at_desk, clock):
        assert "without a break" not in text_of(at_desk.get("/desk/"))
        clock.now = NOON + timedelta(minutes=121)

        page = text_of(at_desk.get("/desk/line/"))

        assert "You have been at the window for 121 minutes without a break." in page
        press(at_desk, "pause", reason="rest")
        assert "without a break" not in text_of(at_desk.get("/desk/"))

    def test_after_a_break_the_time_begins_again(self, at_desk, clock):
        clock.now = NOON + timedelta(minutes=100)
        press(at_desk, "pause", key="p")
        clock.now = NOON + timedelta(minutes=110)
        press(at_desk, "resume", key="r")
        clock.now = NOON + timedelta(minutes=150)

        assert "without a break" not in text_of(at_desk.get("/desk/"))

    def test_a_planned_break_is_said_when_it_is_near_until_it_is_taken(self, at_desk, clock):
        press(at_desk, "plan-break", key="a", at="13:00", minutes="20")
        assert "A break is planned for this window" not in text_of(at_desk.get("/desk/"))

        clock.now = NOON + timedelta(minutes=51)
        assert "planned for this window: 13:00–13:20" in text_of(at_desk.get("/desk/"))
        press(at_desk, "pause", key="p")
        clock.now = NOON + timedelta(minutes=65)
        press(at_desk, "resume", key="r")
        assert "planned for this window" not in text_of(at_desk.get("/desk/"))

    def test_the_clerk_plans_and_drops_a_break_of_the_own_window(self, at_desk, windows):
        press(at_desk, "plan-break", key="a", at="15:10", minutes="20")
        planned = PlannedBreak.objects.get()
        assert planned.window == windows[2]
        assert "Break 15:10–15:30" in text_of(at_desk.get("/desk/"))

        press(at_desk, "drop-break", key="d", planned=planned.pk)
        assert not PlannedBreak.objects.exists()

    @pytest.mark.parametrize(
        ("at", "minutes", "said"),
        [
            ("15:00", "20", "break planned at that time already"),
            ("11:00", "20", "11:00 has passed"),
            ("3 pm", "20", "Enter the time like 15:10."),
            ("15:10", "500", "at most 120 minutes"),
        ],
    )
    def test_what_cannot_be_planned_is_said_beside_the_field(self, at_desk, at, minutes, said):
        press(at_desk, "plan-break", key="a", at="15:10", minutes="20")

        answer = press(at_desk, "plan-break", key="b", at=at, minutes=minutes)
        page = answer.content.decode()

        assert answer.status_code in (400, 409)
        assert page.count(said) == 2  # above the page and beside the field
        assert f'value="{at}"' in page
        assert PlannedBreak.objects.count() == 1

    def test_a_colleagues_break_is_not_mine_to_drop(self, at_desk, windows, clerks, client):
        press(at_desk, "plan-break", key="a", at="15:10", minutes="20")
        client.force_login(clerks[0])

        answer = press(client, "drop-break", planned=PlannedBreak.objects.get().pk)

        assert answer.status_code == 409
        assert PlannedBreak.objects.exists()


def test_materials_that_a_guide_checked_are_shown_with_who_and_when(at_desk, waiting, guide):
    check_papers(ticket=waiting, staff=guide, now=NOON)
    assert "materials checked" in text_of(at_desk.get("/desk/line/"))
    press(at_desk, "next")

    assert "Materials checked: guide, 12:00" in text_of(at_desk.get("/desk/"))


def test_materials_of_another_matter_are_not_shown_as_checked(at_desk, waiting, guide, pickup):
    check_papers(ticket=waiting, staff=guide, now=NOON)
    press(at_desk, "next", key="a")
    press(at_desk, "transfer", key="b", ticket=waiting.pk, matter=pickup.pk)
    press(at_desk, "next", key="c")

    page = text_of(at_desk.get("/desk/"))
    assert "A001" in page
    assert "Materials checked" not in page


def test_every_button_is_refused_without_a_key(at_desk, called):
    said = {"ticket": called.pk, "reason": "rest", "at": "15:00", "minutes": "9", "to": "1"}
    for action in BUTTONS:
        picks = {"reason": "help"} if action == "pick" else {}
        assert press(at_desk, action, key="", **{**said, **picks}).status_code == 400, action
    assert state_of(called) == "called"
