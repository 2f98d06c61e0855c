"""How good the waits were, for the hall's supervisor. Row C17."""

from datetime import timedelta

import pytest

from queues.issuing import issue_walk_in
from queues.models import Prediction, Ticket, WaitFit
from tests.conftest import DAY, NOON

PAGE = "/supervise/estimates/"


@pytest.fixture
def told(hall, session, renewal):
    """People who were told 10 to 20 minutes and waited so long."""

    def people(*waits: int):
        for wait in waits:
            ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
            called_at = NOON + timedelta(minutes=wait)
            Ticket.objects.filter(pk=ticket.pk).update(called_at=called_at)
            Prediction.objects.create(
                ticket=ticket, made_at=NOON, half=10, most=20,
                facts={"ahead": 3, "windows": 1, "minutes": 6.0, "raw": [10, 20]},
            )  # fmt: skip

    return people


@pytest.fixture
def page(client, supervisor, monkeypatch):
    client.force_login(supervisor)
    client.cookies["django_language"] = "en"
    monkeypatch.setattr("config.civil.now", lambda: NOON + timedelta(days=1))
    return lambda **asked: client.get(PAGE, {"hall": "H01", **asked})


def test_says_that_there_is_too_little_to_compare(page, told):
    told(5, 8)

    shown = page()

    assert shown.status_code == 200
    assert b"too little to compare" in shown.content


def test_says_in_words_how_good_they_were(page, told, hall):
    told(*[8] * 20, *[15] * 16, *[30] * 4)
    WaitFit.objects.create(hall=hall, learned_on=DAY, half_factor=1.1, most_factor=1.25, tickets=40)

    words = page().content.decode()

    assert "it was for 50%" in words
    assert "it was for 90%" in words
    assert "25% longer" in words
    assert 'class="estimates__bar"' in words
    assert '<th scope="row">12:00</th>' in words


def test_takes_a_handful_of_queries(page, told, django_assert_max_num_queries):
    told(*[8] * 30)

    with django_assert_max_num_queries(12):
        page()


def test_is_for_the_halls_supervisor(client, clerk, hall, other_hall, supervisor):
    client.force_login(clerk)
    assert client.get(PAGE, {"hall": "H01"}).status_code in (403, 404)

    client.force_login(supervisor)
    assert client.get(PAGE, {"hall": "H02"}).status_code == 404
    assert client.get(PAGE, {"hall": "\x00"}).status_code == 404


def test_a_stranger_is_sent_to_the_login(client):
    assert client.get(PAGE).status_code == 302
