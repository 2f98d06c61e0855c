"""The clerk's console: one thing to do, each button once. Rows C13, C16."""

import re
from datetime import timedelta

import pytest

from appointments.arriving import check_in
from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from tests.conftest import NOON, slot_at
from windows.models import Material, Rule
from windows.shifts import shift_of, sign_in

pytestmark = pytest.mark.django_db


class Clock:
    now = NOON


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    Clock.now = NOON
    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def desk(client, clerk, session):
    """The clerk's browser, signed in to the system, not yet at a window."""
    client.cookies["django_language"] = "en"
    client.force_login(clerk)
    return client


@pytest.fixture
def at_desk(desk, at_window_3):
    return desk


@pytest.fixture
def waiting(hall, session, renewal) -> Ticket:
    return issue_walk_in(hall=hall, matter=renewal, now=NOON)


@pytest.fixture
def called(waiting, at_window_3, clerk) -> Ticket:
    return call_next(window=at_window_3, staff=clerk, now=NOON)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def press(client, action: str, key: str = "k1", **answers):
    return client.post(f"/desk/do/{action}/", {"key": key, **answers})


def state_of(ticket: Ticket) -> str:
    ticket.refresh_from_db()
    return ticket.state


class TestWhoMayCome:
    def test_a_stranger_signs_in_first(self, client, hall):
        response = client.get("/desk/")

        assert response.status_code == 302
        assert response["location"].startswith("/login/?next=/desk/")

    def test_a_guide_has_no_desk(self, client, guide):
        client.force_login(guide)

        assert client.get("/desk/").status_code == 403
        assert press(client, "next").status_code == 403

    def test_a_page_only_looks_and_a_button_only_presses(self, at_desk):
        assert at_desk.post("/desk/").status_code == 405
        assert at_desk.get("/desk/do/next/")["location"] == "/desk/"
        assert at_desk.put("/desk/do/next/").status_code == 405

    def test_there_is_no_other_button(self, at_desk):
        assert press(at_desk, "everything").status_code == 404


class TestChoosing:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_shows_ones_halls_windows_free_or_taken(
        self, desk, language, windows, clerks, other_hall
    ):
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        desk.cookies["django_language"] = language

        page = desk.get("/desk/").content.decode()

        assert page.count('name="window"') == 2
        assert "clerk-1" in page
        assert "Guilan" not in page

    def test_a_free_window_becomes_ones_own(self, desk, windows, clerk):
        response = press(desk, "sign-in", window=windows[1].pk)

        assert response.status_code == 302
        assert shift_of(clerk).window == windows[1]

    def test_a_taken_window_is_refused_in_words(self, desk, windows, clerks):
        sign_in(staff=clerks[0], window=windows[0], now=NOON)

        response = press(desk, "sign-in", window=windows[0].pk)

        assert response.status_code == 409
        assert "Somebody else is signed in at this window" in text_of(response)

    @pytest.mark.parametrize("window", ["", "x", "0", "٣", "9" * 30, "-1"])
    def test_no_window_is_not_found(self, desk, window):
        assert press(desk, "sign-in", window=window).status_code == 404

    def test_another_halls_window_is_not_found(self, client, stranger_clerk, windows):
        client.force_login(stranger_clerk)

        assert press(client, "sign-in", window=windows[0].pk).status_code == 404


class TestLooking:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_the_console_answers_in_every_state(self, at_desk, language, waiting, clerk):
        at_desk.cookies["django_language"] = language
        for action in ("next", "start", "finish", "pause"):
            assert at_desk.get("/desk/").status_code == 200
            press(at_desk, action, key=action, ticket=waiting.pk)
        assert at_desk.get("/desk/").status_code == 200

    def test_shows_the_person_masked_with_the_reason_of_the_call(
        self, at_desk, hall, session, book, renewal, at_window_3, clerk, clock
    ):
        Material.objects.create(matter=renewal, name_zh="旧证", name_en="Old ID card", position=1)
        booking = book(slot_at(session, 12, 30))
        check_in(hall=hall, reference=booking.reference, now=NOON + timedelta(minutes=20))
        clock.now = NOON + timedelta(minutes=31)
        press(at_desk, "next")

        page = text_of(at_desk.get("/desk/"))

        assert "Card holder 陈*宁 · 440***********" in page
        assert "51 years old → valid for life" in page
        assert "陈小宁" not in page
        assert "Booked for 12:30, checked in at 12:20" in page
        assert "Old ID card" in page

    def test_shows_who_comes_next_and_how_many_wait(self, at_desk, called, hall, renewal):
        follower = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        page = text_of(at_desk.get("/desk/line/"))

        assert follower.label in page
        assert "In the whole hall 1 person waits" in page

    def test_the_line_of_somebody_at_no_window_is_empty(self, desk):
        assert desk.get("/desk/line/").status_code == 204

    def test_counts_ones_own_day(self, at_desk, called, clerk, clock):
        clock.now = NOON + timedelta(minutes=6)
        press(at_desk, "start", key="s", ticket=called.pk)
        clock.now = NOON + timedelta(minutes=12)
        press(at_desk, "finish", key="f", ticket=called.pk)

        page = text_of(at_desk.get("/desk/"))

        assert "served 1" in page
        assert "minutes each 6.0" in page


class TestPressing:
    def test_next_calls_the_first_in_line(self, at_desk, waiting):
        assert press(at_desk, "next").status_code == 302

        assert state_of(waiting) == "called"

    def test_next_with_nobody_there_is_refused_in_words(self, at_desk):
        response = press(at_desk, "next")

        assert response.status_code == 409
        assert "Nobody is waiting for this window" in text_of(response)

    def test_the_same_press_sent_again_calls_nobody_else(self, at_desk, waiting, hall, renewal):
        second = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        answers = [press(at_desk, "next", key="same").status_code for _ in range(3)]

        assert answers == [302, 302, 302]
        assert state_of(second) == "waiting"
        assert Call.objects.count() == 1

    def test_a_press_without_a_key_is_not_understood(self, at_desk, waiting):
        assert press(at_desk, "next", key="").status_code == 400
        assert state_of(waiting) == "waiting"

    def test_start_and_finish_serve_the_person(self, at_desk, called):
        press(at_desk, "start", ticket=called.pk)
        assert state_of(called) == "serving"

        press(at_desk, "finish", ticket=called.pk)
        assert state_of(called) == "finished"

    def test_finish_and_next_calls_the_next(self, at_desk, called, hall, renewal):
        second = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        response = press(at_desk, "finish-next", ticket=called.pk)

        assert response.status_code == 302
        assert (state_of(called), state_of(second)) == ("finished", "called")

    def test_finish_and_next_finishes_when_nobody_waits(self, at_desk, called):
        response = press(at_desk, "finish-next", ticket=called.pk)

        assert response.status_code == 302
        assert state_of(called) == "finished"

    def test_recall_calls_again_after_a_pause(self, at_desk, called, clock):
        assert press(at_desk, "recall", key="a", ticket=called.pk).status_code == 409

        clock.now = NOON + timedelta(seconds=30)
        press(at_desk, "recall", key="b", ticket=called.pk)

        assert Call.objects.filter(ticket=called).count() == 2

    def test_missed_too_early_is_refused_in_words(self, at_desk, called):
        response = press(at_desk, "no-show", ticket=called.pk)

        assert response.status_code == 409
        assert "Call 2 more times" in text_of(response)

    def test_missed_people_come_back_in_line(self, at_desk, called, hall):
        Rule.objects.create(
            name="missed_after_calls", hall=hall, value=1, effective_on="2027-01-01"
        )
        press(at_desk, "no-show", ticket=called.pk)
        assert state_of(called) == "missed"

        press(at_desk, "return", ticket=called.pk)
        assert state_of(called) == "waiting"

    def test_park_frees_the_window(self, at_desk, called):
        press(at_desk, "park", ticket=called.pk)

        assert state_of(called) == "parked"
        assert "1 parked or missed" in text_of(at_desk.get("/desk/"))

    def test_transfer_puts_the_person_in_line_for_another_matter(self, at_desk, called, pickup):
        press(at_desk, "transfer", ticket=called.pk, matter=pickup.pk)

        assert state_of(called) == "waiting"
        assert called.matter == pickup

    def test_a_paused_window_calls_nobody_until_it_is_resumed(self, at_desk, waiting):
        press(at_desk, "pause", key="p")
        assert press(at_desk, "next", key="n").status_code == 409

        press(at_desk, "resume", key="r")
        assert press(at_desk, "next", key="m").status_code == 302

    def test_leaving_frees_the_window(self, at_desk, clerk):
        press(at_desk, "sign-out")

        assert shift_of(clerk) is None
        assert "Which window are you at" in text_of(at_desk.get("/desk/"))

    def test_leaving_while_serving_is_refused_in_words(self, at_desk, called):
        response = press(at_desk, "sign-out")

        assert response.status_code == 409
        assert "Finish the present ticket first" in text_of(response)

    def test_a_colleagues_ticket_cannot_be_finished(self, client, called, clerks, windows):
        client.force_login(clerks[0])
        sign_in(staff=clerks[0], window=windows[0], now=NOON)

        assert press(client, "finish", ticket=called.pk).status_code == 409
        assert state_of(called) == "called"

    def test_another_halls_ticket_is_not_found(self, client, called, stranger_clerk):
        client.force_login(stranger_clerk)

        assert press(client, "finish", ticket=called.pk).status_code == 404

    @pytest.mark.parametrize("ticket", ["", "abc", "0", "9" * 40, "１", "1\x00"])
    def test_no_ticket_is_not_found(self, at_desk, ticket):
        assert press(at_desk, "start", ticket=ticket).status_code == 404


def test_the_keys_of_the_keyboard_are_named_on_the_buttons(at_desk, called):
    page = at_desk.get("/desk/").content.decode()

    for key in ("Space", "R", "Delete", "P", "Enter", "F9", "t"):
        assert f'data-key="{key}"' in page


def test_the_console_takes_few_queries(at_desk, called, django_assert_max_num_queries):
    at_desk.get("/desk/")

    with django_assert_max_num_queries(29):
        at_desk.get("/desk/")
    with django_assert_max_num_queries(24):
        at_desk.get("/desk/line/")
