"""Nobody's name or ID number on any screen that others see. Rows C15, C16, C17, C33."""

import pytest
from django.test import Client

from appointments.arriving import check_in
from appointments.pairing import pair
from config import civil
from queues.calling import call_next
from queues.papering import printed
from tests.api.test_devices import with_cookies
from tests.conftest import NOON, PHONE, an_id, slot_at
from windows.presence import presence_code

pytestmark = pytest.mark.django_db
NAME = "陈小宁"  # of every booked person of the tests
NUMBER = an_id(7).number


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture
def canaries(book, session):
    """What must not be seen: name, ID number in parts, phone, reference."""
    booking = book(slot_at(session, 12, 30), person=7)
    birth, last = NUMBER[6:14], NUMBER[-4:]
    return booking, [NAME, NAME[0], NUMBER, birth, last, PHONE[3:], PHONE[-4:], booking.reference]


def seen_on(client: Client, *pages: str) -> str:
    answers = [client.get(page) for page in pages]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(answer.content.decode() for answer in answers)


@pytest.mark.parametrize("called", [False, True], ids=["waiting", "called"])
def test_no_public_screen_tells_who_it_is(canaries, hall, at_window_3, clerk, called):
    booking, secrets = canaries
    kiosk = with_cookies(
        ("kiosk", pair(hall, name="k")), ("display", pair(hall, name="d", kind="display"))
    )
    given = kiosk.post("/kiosk/H01/check-in/", {"key": "k", "said": NUMBER})["location"]
    if called:
        call_next(window=at_window_3, staff=clerk, now=NOON)
    ticket = booking.__class__.objects.get(pk=booking.pk).ticket

    seen = seen_on(
        kiosk,
        given,
        "/kiosk/H01/",
        "/kiosk/H01/check-in/",
        "/board/H01/",
        "/board/H01/?state=1",
        f"/t/{ticket.public_id}/",
        f"/t/{ticket.public_id}/?state=1",
        "/api/v1/halls/H01/board/",
        f"/api/v1/tickets/{ticket.public_id}/",
    )

    assert ticket.label in seen
    assert [secret for secret in secrets if secret in seen.replace(ticket.public_id, "")] == []


def test_paper_tells_it_neither(canaries, hall, settings):
    settings.SITE_URL = "https://dengta.example"
    booking, secrets = canaries
    ticket = check_in(hall=hall, reference=booking.reference, now=NOON)

    paper = printed(ticket, words="zh-en", now=NOON).decode("gb18030", "replace")

    assert ticket.label in paper
    assert [one for one in secrets if one in paper.replace(ticket.public_id, "")] == []


def test_what_a_refused_check_in_says_tells_it_neither(canaries, hall, other_hall, windows):
    """At another hall's kiosk and phone page, known by the ID number alone."""
    booking, secrets = canaries
    kiosk = with_cookies(("kiosk", pair(other_hall, name="k")))
    kiosk.get(f"/here/H02/?code={presence_code(other_hall, NOON)}")
    typed = {"key": "k", "said": booking.reference}

    for page in ("/kiosk/H02/check-in/", "/here/H02/check-in/"):
        said = kiosk.post(page, typed)
        assert said.status_code == 409
        shown = said.content.decode().replace(booking.reference, "")  # what was typed stays
        assert [one for one in secrets if one in shown] == []


def test_the_canaries_can_sing(canaries):
    """The holder's own page shows the name: what is looked for above can be found."""
    from appointments.sealing import booking_secret

    booking, secrets = canaries
    own = seen_on(Client(), f"/b/{booking.reference}/?k={booking_secret(booking.reference)}")

    assert NAME in own
    assert booking.reference in own
