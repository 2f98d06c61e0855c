"""One's own ticket, live, and its rating. Rows C17, C24, C34."""

import re

import pytest

from config import civil
from queues.calling import call_next, finish, no_show, park
from queues.issuing import issue_walk_in
from queues.models import Rating, Ticket
from tests.conftest import NOON
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


def test_without_scripts_the_page_asks_again_until_it_is_over(client, address, called, clerk):
    refresh = '<noscript><meta http-equiv="refresh"'
    assert refresh in client.get(address).content.decode()

    finish(ticket=called, staff=clerk, now=NOON)

    assert refresh not in client.get(address).content.decode()


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
