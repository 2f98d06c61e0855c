"""The desk knows what helps the person, and what follows with the same number. # C12 C27"""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.attending import Attendee
from appointments.booking import hold
from appointments.confirming import confirm, find
from queues.calling import call_next, start
from queues.models import Ticket
from tests.conftest import NOON, PHONE, an_id, slot_at
from tests.pages.reading import shown_at_the_kiosk
from tests.pages.test_desk import press, text_of
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
AT_HALF_PAST = NOON + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def late(clock):
    clock.now = AT_HALF_PAST
    return clock


@pytest.fixture
def arrived(hall, session, renewal, pickup):
    def came(*matters, person=1, needs=()) -> Ticket:
        attendee = Attendee("陈小宁", an_id(person), needs=needs, matters=matters)
        slot = slot_at(session, 12, 30)
        held = hold(slot_id=slot.pk, matter=renewal, people=[attendee], phone=PHONE, now=NOON)
        confirm(booking=find(held.bookings[0].reference, held.bookings[0].secret), now=NOON)
        return check_in(hall=hall, id_number=an_id(person), now=NOON)

    return came


@pytest.fixture
def desk_of(client, session):
    """The browser of a clerk who stands at the window."""

    def desk(clerk, window):
        sign_in(staff=clerk, window=window, now=NOON)
        client.cookies["django_language"] = "en"
        client.force_login(clerk)
        return client

    return desk


@pytest.fixture
def desk(desk_of, clerk, windows):
    """At window 3, which serves everything."""
    return desk_of(clerk, windows[2])


def serve(clerk, window):
    ticket = call_next(window=window, staff=clerk, now=AT_HALF_PAST)
    start(ticket=ticket, staff=clerk, now=AT_HALF_PAST)
    return ticket


def test_what_helps_stands_at_the_called_number_in_plain_words(
    desk, arrived, renewal, clerk, windows
):
    arrived(renewal, needs=("sign", "time"))
    assert "sign language" in text_of(desk.get("/desk/"))  # in the line already
    serve(clerk, windows[2])

    page = text_of(desk.get("/desk/"))

    assert "face the person, write down what matters" in page
    assert "there is no hurry" in page


def test_the_guide_sees_who_comes_in_a_wheelchair(client, arrived, renewal, guide):
    arrived(renewal, needs=("wheelchair",))
    client.cookies["django_language"] = "en"
    client.force_login(guide)

    assert "wheelchair" in text_of(client.get("/floor/"))


def test_the_visit_goes_on_at_this_window_with_one_press(
    desk, arrived, renewal, pickup, clerk, windows
):
    ticket = arrived(renewal, pickup)
    arrived(renewal, person=2)
    serve(clerk, windows[2])
    page = text_of(desk.get("/desk/"))
    assert "Then, with the same number: Pickup" in page
    assert "Done, go on: Pickup" in page

    press(desk, "finish-next", ticket=str(ticket.pk))
    page = text_of(desk.get("/desk/"))

    assert "A001 goes on here: Pickup." in page
    assert "Done, go on" not in page
    ticket.refresh_from_db()
    assert (ticket.state, ticket.window) == ("serving", windows[2])


def test_the_visit_goes_on_at_another_window_and_the_next_one_is_called(
    desk_of, arrived, renewal, pickup, clerk, windows
):
    desk = desk_of(clerk, windows[0])
    ticket = arrived(renewal, pickup)
    arrived(renewal, person=2)
    serve(clerk, windows[0])
    page = text_of(desk.get("/desk/"))
    assert "at another window, which calls the number again" in page

    press(desk, "finish-next", ticket=str(ticket.pk))

    page = text_of(desk.get("/desk/"))
    assert "A001 goes on at another window: Pickup. It is called there." in page
    assert "A002 is being called." in page
    ticket.refresh_from_db()
    assert (ticket.state, ticket.matter) == ("waiting", pickup)


@pytest.mark.parametrize("path", ["/t/{}/", "/kiosk/H01/{}/", "/board/H01/"])
def test_the_persons_own_pages_go_on_with_the_one_number(
    path, client, arrived, renewal, pickup, desk_of, clerk, windows, settings
):
    settings.DEMO = True  # the kiosk pairs by itself
    ticket = arrived(renewal, pickup)
    desk = desk_of(clerk, windows[0])
    serve(clerk, windows[0])
    press(desk, "finish", ticket=str(ticket.pk))
    shown_at_the_kiosk(client, ticket.public_id)

    answer = client.get(path.format(ticket.public_id))

    assert answer.status_code == 200
    assert path.startswith("/board") or "A001" in text_of(answer)


def test_the_console_asks_little_for_a_line_with_needs_and_chains(
    desk, arrived, renewal, pickup, django_assert_max_num_queries
):
    for person in range(1, 5):
        arrived(renewal, pickup, person=person, needs=("time",))
    desk.get("/desk/")

    with django_assert_max_num_queries(20):
        desk.get("/desk/")
