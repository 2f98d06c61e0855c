"""One's own ticket, live, and its rating. Rows C17, C24, C34."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache

from config import civil
from queues.calling import call_next, finish, no_show, park
from queues.issuing import issue_walk_in
from queues.models import Rating, Ticket
from tests.conftest import NOON, make_session
from windows.models import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def ticket(hall, session, renewal) -> Ticket:
    return issue_walk_in(hall=hall, matter=renewal, now=NOON)


@pytest.fixture
def address(ticket) -> str:
    return f"/t/{ticket.public_id}/"


@pytest.fixture
def called(ticket, at_window_3, clerk) -> Ticket:
    return call_next(window=at_window_3, staff=clerk, now=NOON)


@pytest.fixture
def finished(called, clerk) -> Ticket:
    return finish(ticket=called, staff=clerk, now=NOON)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("simple", ["0", "1"])
def test_the_page_answers_in_both_languages_and_in_large_print(client, address, language, simple):
    client.cookies["django_language"], client.cookies["simple"] = language, simple

    assert client.get(address).status_code == 200


def test_it_tells_the_place_and_a_range_of_minutes(client, address, at_window_3):
    page = text_of(client.get(address))

    assert "You are next" in page
    assert "Half of people wait at most 0 minutes" in page
    assert "Nine in ten wait at most 2 minutes" in page


def test_it_says_so_when_no_window_is_open(client, address):
    assert "No window is open for this right now" in text_of(client.get(address))


def test_it_tells_the_window_when_called(client, address, called):
    assert "Please go to window 3 now" in text_of(client.get(address))


def test_a_parked_ticket_keeps_its_place(client, address, called, clerk):
    park(ticket=called, staff=clerk, now=NOON)

    assert "you keep your place in line" in text_of(client.get(address))


def test_a_missed_ticket_says_what_to_do(client, address, hall, called, clerk):
    Rule.objects.create(name="missed_after_calls", hall=hall, value=1, effective_on="2027-01-01")
    no_show(ticket=called, staff=clerk, now=NOON)

    assert "show this number to the guide" in text_of(client.get(address))


def test_the_state_can_be_asked_for_as_json(client, address, called):
    told = client.get(address + "?state=1").json()

    assert (told["state"], told["window"]) == ("called", 3)


def test_without_scripts_a_button_looks_again_and_nothing_moves_by_itself(client, address, called):
    page = client.get(address).content.decode()

    assert 'http-equiv="refresh"' not in page
    assert re.search(r"<noscript>.*Look again.*</noscript>", page, re.DOTALL)


def test_its_state_takes_three_queries_at_most(
    client, address, at_window_3, django_assert_max_num_queries
):
    cache.clear()
    with django_assert_max_num_queries(3):
        client.get(address + "?state=1")
    with django_assert_max_num_queries(2):
        client.get(address + "?state=1")


class TestWhileWaiting:
    """What one can do meanwhile. Row C17."""

    @pytest.fixture
    def line(self, hall, session, renewal, at_window_3) -> list[Ticket]:
        return [
            issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(seconds=n))
            for n in range(12)
        ]

    def page(self, client, ticket) -> str:
        return text_of(client.get(f"/t/{ticket.public_id}/"))

    def test_a_long_wait_says_until_when_one_may_be_away(self, client, line):
        page = self.page(client, line[11])

        until = re.search(r"You may leave for a while, until (\d\d:\d\d)", page)[1]
        assert "12:15" <= until <= "13:00"
        assert "this page tells you at once" in page

    def test_a_short_wait_promises_nothing(self, client, line):
        assert "You may leave" not in self.page(client, line[1])
        assert "Please be in the hall now" in self.page(client, line[1])
        assert "Please stay close by" in self.page(client, line[4])

    def test_the_hall_sets_how_early_one_should_be_back(self, client, hall, line):
        Rule.objects.create(
            name="leave_reserve_minutes", hall=hall, value=60, effective_on="2027-01-01"
        )

        assert "You may leave" not in self.page(client, line[11])

    def test_stepping_back_is_shown_before_the_press_and_done_once(self, client, line):
        path = f"/t/{line[1].public_id}/"
        assert "2 people behind you go first." in self.page(client, line[1])

        moved = client.post(path + "postpone/", {"key": "one"}, follow=True)

        assert "3 people are before you" in text_of(moved)
        assert "You stepped back at 12:00" in text_of(moved)
        assert "behind you go first" not in text_of(moved)

    def test_the_twin_of_a_press_is_the_same_press(self, client, line):
        path = f"/t/{line[1].public_id}/postpone/"

        answers = [client.post(path, {"key": "one"}).status_code for _ in range(2)]

        assert answers == [302, 302]
        assert line[1].events.filter(kind="postponed").count() == 1

    def test_a_second_time_is_refused_in_words(self, client, line):
        path = f"/t/{line[1].public_id}/postpone/"
        client.post(path, {"key": "one"})

        again = client.post(path, {"key": "two"})

        assert again.status_code == 409
        assert "You have stepped back once already." in text_of(again)

    def test_pressed_when_called_it_says_where_to_go(self, client, line, at_window_3, clerk):
        call_next(window=at_window_3, staff=clerk, now=NOON + timedelta(minutes=1))

        late = client.post(f"/t/{line[0].public_id}/postpone/", {"key": "one"})

        assert late.status_code == 409
        assert "just been called to window 3" in text_of(late)

    @pytest.mark.parametrize("answers", [{}, {"key": ""}])
    def test_without_a_key_nothing_is_pressed(self, client, line, answers):
        assert client.post(f"/t/{line[1].public_id}/postpone/", answers).status_code == 400

    def test_by_following_a_link_is_not_possible(self, client, line):
        assert client.get(f"/t/{line[1].public_id}/postpone/").status_code == 405

    def test_of_nobodys_ticket_is_not_found(self, client, line):
        assert client.post("/t/AAAAAAAAAAAAAAAAAAAAAA/postpone/", {"key": "1"}).status_code == 404

    def test_the_last_one_is_offered_no_step_back(self, client, line):
        assert "Need a little longer?" not in self.page(client, line[11])

    def test_after_closing_time_whoever_is_here_is_served(self, client, line, monkeypatch, session):
        """C3: late closing."""
        monkeypatch.setattr(civil, "now", lambda: session.ends_at + timedelta(minutes=5))

        assert "no new numbers after 17:00, but whoever has one is served" in self.page(
            client, line[11]
        )

    def test_a_message_can_be_asked_for(self, client, line):
        page = client.get(f"/t/{line[11].public_id}/").content.decode()

        assert f'hx-get="/t/{line[11].public_id}/alert/?part=1"' in page
        assert f'href="/t/{line[11].public_id}/alert/"' in page

    def test_it_is_read_aloud_when_it_means_something_new(self, client, line):
        """C34: the region says a sentence, not each minute."""
        told = {}
        for n in (0, 1, 3, 6, 11):
            html = client.get(f"/t/{line[n].public_id}/?state=1").json()["html"]
            told[n] = re.search(r'data-meaning="([^"]*)"', html)[1]

        assert told[6] == told[11]
        assert told[1] == told[3]
        assert len(set(told.values())) == 3
        assert "aria-live" not in html


class TestWhereToGoOn:
    def test_to_another_hall_with_the_new_number(
        self, client, address, ticket, other_hall, renewal
    ):
        session = make_session(other_hall, [])
        new = Ticket.objects.create(
            hall=other_hall, session=session, service_day=session.service_day, matter=renewal,
            prefix="A", number=7, source="walk_in", rank_at=NOON, issued_at=NOON,
            came_from=ticket,
        )  # fmt: skip
        Ticket.objects.filter(pk=ticket.pk).update(state="void", outcome="elsewhere")

        page = client.get(address)

        assert "You go on in Guilan Hall" in text_of(page)
        assert "Your new number there is A007." in text_of(page)
        assert f'href="/t/{new.public_id}/"' in page.content.decode()

    def test_to_one_window(self, client, address, ticket, windows):
        Ticket.objects.filter(pk=ticket.pk).update(only_window=windows[1])

        assert "near window 2" in text_of(client.get(address))

    def test_after_the_third_miss_to_a_new_number(self, client, address, ticket):
        Ticket.objects.filter(pk=ticket.pk).update(state="void", missed_times=3)

        page = text_of(client.get(address))

        assert "missed three times" in page
        assert "take a new number at the kiosk or from the guide" in page
        assert "Book a time" in page

    def test_after_the_second_miss_to_the_end_of_the_line(self, client, address, called):
        Ticket.objects.filter(pk=called.pk).update(state="missed", window=None, missed_times=2)

        assert "back at the end of the line" in text_of(client.get(address))


def test_a_strangers_guess_is_not_found(client, ticket):
    assert client.get("/t/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 404


def test_no_name_stands_on_the_page(client, address):
    assert "陈" not in client.get(address).content.decode()


class TestRate:
    def test_is_asked_after_the_service_only(self, client, address, called, clerk):
        assert "How was the service?" not in text_of(client.get(address))

        finish(ticket=called, staff=clerk, now=NOON)

        assert "How was the service?" in text_of(client.get(address))

    def test_is_kept_and_thanked_for(self, client, address, finished):
        answers = {"level": "4", "reasons": ["manner"], "comment": "Kind."}

        response = client.post(address + "rate/", answers, follow=True)

        assert "Thank you for your rating" in text_of(response)
        kept = Rating.objects.get()
        assert (kept.level, kept.reasons, kept.comment) == (4, ["manner"], "Kind.")

    def test_twice_changes_nothing(self, client, address, finished):
        client.post(address + "rate/", {"level": "5"})

        response = client.post(address + "rate/", {"level": "1"})

        assert response.status_code == 302
        assert Rating.objects.get().level == 5

    @pytest.mark.parametrize(
        "answers",
        [{}, {"level": "6"}, {"level": "x"}, {"level": "3", "reasons": ["rain"]}],
    )
    def test_asks_again_for_what_it_does_not_know(self, client, address, finished, answers):
        response = client.post(address + "rate/", {**answers, "comment": "typed 😀"})

        assert response.status_code == 400
        assert "typed 😀" in response.content.decode()
        assert not Rating.objects.exists()

    def test_before_the_service_is_over_is_refused(self, client, address, called):
        response = client.post(address + "rate/", {"level": "5"})

        assert response.status_code == 409
        assert "once it is finished" in text_of(response)

    def test_of_nobodys_ticket_is_not_found(self, client, ticket):
        assert client.post("/t/AAAAAAAAAAAAAAAAAAAAAA/rate/", {"level": "5"}).status_code == 404

    def test_by_following_a_link_is_not_possible(self, client, address, finished):
        assert client.get(address + "rate/").status_code == 405

    def test_with_a_comment_of_two_pages_is_asked_to_be_shorter(self, client, address, finished):
        response = client.post(address + "rate/", {"level": "5", "comment": "x" * 501})

        assert response.status_code == 400
