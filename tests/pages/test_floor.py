"""The guide's tablet: the line, materials, going first with a reason, coming back. # C13 C14"""

import pytest

from appointments.models import Booking
from config import civil
from queues.calling import call_next, park
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from tests.conftest import NOON, slot_at
from tests.pages.test_desk import text_of
from windows.models import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture
def tablet(client, guide, session):
    client.cookies["django_language"] = "en"
    client.force_login(guide)
    return client


@pytest.fixture
def line(hall, session, renewal) -> list[Ticket]:
    return [issue_walk_in(hall=hall, matter=renewal, now=NOON) for _one in range(4)]


def sheet(client, ticket) -> str:
    return text_of(client.get(f"/floor/?hall=H01&one={ticket.public_id}"))


def tap(client, ticket, what, key="k", **said):
    answers = {"hall": "H01", "key": key, **said}
    return client.post(f"/floor/{ticket.public_id}/{what}/", answers)


class TestPriority:
    def test_who_waits_goes_first_with_reason_and_note_in_the_journal(self, tablet, line, guide):
        answer = tap(tablet, line[3], "priority", priority="urgent", note="14:30 train")

        assert answer.status_code == 302
        line[3].refresh_from_db()
        assert (line[3].priority, line[3].priority_note) == ("urgent", "14:30 train")
        event = line[3].events.latest("pk")
        assert (event.kind, event.by, event.facts["note"]) == ("prioritised", guide, "14:30 train")

    def test_the_next_call_is_the_green_channel_and_says_so(self, tablet, line, at_window_3, clerk):
        tap(tablet, line[3], "priority", priority="elderly")

        called = call_next(window=at_window_3, staff=clerk, now=NOON)

        assert called == line[3]
        assert Call.objects.get().jumped

    def test_at_most_one_call_in_three_jumps(self, tablet, line, at_window_3, clerk, windows):
        tap(tablet, line[2], "priority", key="a", priority="elderly")
        tap(tablet, line[3], "priority", key="b", priority="elderly")

        order = []
        for _time in range(3):
            called = call_next(window=at_window_3, staff=clerk, now=NOON)
            order.append(called.label)
            park(ticket=called, staff=clerk, now=NOON)

        assert order == ["A003", "A001", "A002"]

    def test_urgent_needs_words_and_what_was_said_stays(self, tablet, line):
        answer = tap(tablet, line[3], "priority", priority="urgent", note="")
        page = answer.content.decode()

        assert answer.status_code == 400
        assert 'id="id_note_error"' in page or "Say what is urgent" in page
        assert 'name="priority" value="urgent" checked' in page
        line[3].refresh_from_db()
        assert line[3].priority == ""

    def test_it_can_be_taken_back(self, tablet, line):
        tap(tablet, line[3], "priority", key="a", priority="elderly")
        tap(tablet, line[3], "priority", key="b", priority="")

        line[3].refresh_from_db()
        assert line[3].priority == ""

    def test_who_is_at_a_window_cannot_jump_any_more(self, tablet, line, at_window_3, clerk):
        call_next(window=at_window_3, staff=clerk, now=NOON)

        answer = tap(tablet, line[0], "priority", priority="elderly")

        assert answer.status_code == 409
        assert "ticket A001 is in the state “Called”" in text_of(answer)

    def test_the_same_tap_twice_is_journaled_once(self, tablet, line):
        for _time in range(3):
            tap(tablet, line[3], "priority", priority="elderly")

        assert line[3].events.filter(kind="prioritised").count() == 1

    @pytest.mark.parametrize("priority", ["rich", "x" * 500])
    def test_there_is_no_other_reason(self, tablet, line, priority):
        assert tap(tablet, line[3], "priority", priority=priority).status_code == 400


class TestMaterials:
    def test_the_guide_who_looked_is_named(self, tablet, line, guide):
        tap(tablet, line[0], "papers", are_there="1")

        line[0].refresh_from_db()
        assert (line[0].papers_checked_by, line[0].papers_checked_at) == (guide, NOON)
        assert line[0].events.latest("pk").kind == "papers_checked"
        assert "Materials checked: guide, 12:00" in sheet(tablet, line[0])

    def test_something_is_missing_after_all(self, tablet, line):
        tap(tablet, line[0], "papers", key="a", are_there="1")
        tap(tablet, line[0], "papers", key="b", are_there="0")

        line[0].refresh_from_db()
        assert line[0].papers_checked_at is None

    def test_not_once_the_person_is_at_a_window(self, tablet, line, at_window_3, clerk):
        call_next(window=at_window_3, staff=clerk, now=NOON)

        assert tap(tablet, line[0], "papers", are_there="1").status_code == 409


class TestComingBack:
    def test_a_parked_person_is_back_in_line(self, tablet, line, at_window_3, clerk):
        park(ticket=call_next(window=at_window_3, staff=clerk, now=NOON), staff=clerk, now=NOON)
        assert "Back in line" in sheet(tablet, line[0])

        tap(tablet, line[0], "return")

        line[0].refresh_from_db()
        assert line[0].state == "waiting"

    def test_who_was_missed_three_times_gets_a_new_number(
        self, tablet, line, at_window_3, clerk, hall
    ):
        from queues.missing import no_show

        Rule.objects.create(
            name="missed_after_calls", hall=hall, value=1, effective_on="2027-01-01"
        )
        Ticket.objects.filter(pk=line[0].pk).update(missed_times=2)
        no_show(ticket=call_next(window=at_window_3, staff=clerk, now=NOON), staff=clerk, now=NOON)
        assert "Missed three times: the number is void." in sheet(tablet, line[0])

        answer = tap(tablet, line[0], "again")

        new = Ticket.objects.get(came_from=line[0])
        assert answer["location"].endswith(f"given={new.public_id}")
        assert "A005" in text_of(tablet.get(answer["location"]))

    def test_who_waits_cannot_come_back(self, tablet, line):
        assert tap(tablet, line[0], "return").status_code == 409


def test_a_booking_of_another_hall_says_where_and_offers_a_number_here(
    tablet, session, other_hall, book, windows
):
    booking = book(slot_at(session, 12, 30))
    Booking.objects.filter(pk=booking.pk).update(hall=other_hall)

    answer = tablet.post("/floor/check-in/", {"hall": "H01", "key": "k", "said": booking.reference})
    page = answer.content.decode()

    assert answer.status_code == 409
    assert "in another hall" in page
    assert "Guilan Hall" in page
    assert f'value="{booking.reference}"' in page
    assert 'action="/floor/give/"' in page


class TestWhoMay:
    @pytest.mark.parametrize("what", ["priority", "papers", "return", "again"])
    def test_a_clerk_has_no_tablet(self, client, clerk, line, what):
        client.force_login(clerk)

        assert tap(client, line[0], what).status_code == 403

    @pytest.mark.parametrize("what", ["priority", "papers", "return", "again"])
    def test_another_halls_ticket_is_not_found(self, tablet, line, other_hall, what):
        Ticket.objects.filter(pk=line[0].pk).update(hall=other_hall)

        assert tap(tablet, line[0], what, priority="elderly").status_code == 404

    def test_another_halls_line_is_not_found(self, tablet, other_hall):
        assert tablet.get("/floor/line/?hall=H02").status_code == 404
        assert tablet.get("/floor/?hall=H01%00").status_code == 404

    def test_a_sheet_of_nobody_is_just_the_floor(self, tablet):
        for one in ("", "nobody", "x" * 90, "%00"):
            answer = tablet.get(f"/floor/?hall=H01&one={one}")
            assert answer.status_code == 200
            assert 'id="person"' not in answer.content.decode()


@pytest.mark.parametrize("given", ["%00", "x", "%F0%9F%99%82", ""])
def test_a_number_that_nobody_was_given_is_just_the_floor(tablet, given):
    assert tablet.get(f"/floor/?hall=H01&given={given}").status_code == 200


def test_the_line_moves_by_itself_in_few_queries(tablet, line, django_assert_max_num_queries):
    tablet.get("/floor/line/?hall=H01")
    with django_assert_max_num_queries(16):
        page = text_of(tablet.get("/floor/line/?hall=H01"))

    assert "4 people waiting" in page
