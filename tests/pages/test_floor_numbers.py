"""The guide's tablet: numbers and check-ins on someone's behalf, coming back. Rows C7, C13, C14."""

import pytest

from queues.calling import call_next, park
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import NOON, slot_at
from tests.pages.test_desk import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(clock):
    return clock


@pytest.fixture
def tablet(citizen, guide, session):
    citizen.force_login(guide)
    return citizen


@pytest.fixture
def booking(book, session):
    return book(slot_at(session, 12, 30), person=7)


class TestFloor:
    def give(self, tablet, key: str = "k", **answers):
        return tablet.post("/floor/give/", {"key": key, **answers})

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_shows_the_line_in_both_languages(self, tablet, language, hall, renewal):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        tablet.cookies["django_language"] = language

        assert ticket.label in text_of(tablet.get("/floor/"))

    def test_a_stranger_signs_in_first(self, client, hall):
        assert client.get("/floor/")["location"].startswith("/login/")

    def test_a_clerk_has_no_tablet(self, citizen, clerk):
        citizen.force_login(clerk)

        assert citizen.get("/floor/").status_code == 403

    def test_another_halls_floor_is_not_found(self, tablet, other_hall):
        assert tablet.get("/floor/?hall=H02").status_code == 404

    def test_gives_a_number_on_someones_behalf(self, tablet, guide):
        response = self.give(tablet, matter="RENEW", priority="elderly", note="with a stick")

        ticket = Ticket.objects.get()
        assert response["location"].endswith(f"given={ticket.public_id}")
        assert (ticket.priority, ticket.priority_note) == ("elderly", "with a stick")
        assert ticket.events.get().by == guide
        assert ticket.label in text_of(tablet.get(response["location"]))

    def test_pressed_twice_gives_one_number(self, tablet):
        for _ in range(2):
            self.give(tablet, matter="RENEW")

        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({}, "Choose what the person comes for"),
            ({"matter": "X"}, "X"),
            ({"matter": "RENEW", "priority": "urgent"}, "Say what is urgent"),
            ({"matter": "RENEW", "priority": "rich"}, "rich"),
            ({"matter": "RENEW", "note": "x" * 121}, "120"),
        ],
    )
    def test_asks_again_for_what_is_missing(self, tablet, answers, said):
        response = self.give(tablet, **answers)

        assert response.status_code == 400
        assert said in text_of(response)
        assert not Ticket.objects.exists()

    def test_checks_others_in(self, tablet, booking, guide):
        response = tablet.post(
            "/floor/check-in/", {"key": "k", "said": booking.reference}, follow=True
        )

        assert Ticket.objects.get().label in text_of(response)
        assert Ticket.objects.get().events.get().by == guide

    def test_says_why_a_check_in_is_refused(self, tablet):
        response = tablet.post("/floor/check-in/", {"key": "k", "said": "ABCD2345"})

        assert response.status_code == 409
        assert "No open booking was found" in text_of(response)

    def test_puts_parked_people_back_in_line(self, tablet, hall, renewal, at_window_3, clerk):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
        ticket = park(
            ticket=call_next(window=at_window_3, staff=clerk, now=NOON), staff=clerk, now=NOON
        )

        response = tablet.post(f"/floor/{ticket.public_id}/return/", {"key": "k"}, follow=True)

        ticket.refresh_from_db()
        assert ticket.state == "waiting"
        assert f"{ticket.label} is back in line" in text_of(response)

    def test_a_waiting_person_is_not_put_back_twice(self, tablet, hall, renewal):
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)

        response = tablet.post(f"/floor/{ticket.public_id}/return/", {"key": "k"}, follow=True)

        assert "This is not possible now" in text_of(response)

    def test_nobodys_number_is_not_found(self, tablet):
        assert tablet.post("/floor/AAAAAAAAAA/return/", {"key": "k"}).status_code == 404
