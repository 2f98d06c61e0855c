"""A link in a message works on any phone, and only when somebody presses. # C18 C11 C27

Mutants seen red: a page of one's own that asks for the token against forged requests
(`by_its_secret` taken away), a link to leave that acts on GET.
"""

import re
from html import unescape

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from appointments.messaging import contacts
from appointments.models import Booking, BookingGroup, Contact, Message
from tests.conftest import NOON, slot_at
from tests.pages.own_booking.conftest import own
from tests.pages.reading import key_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
STATISTICS = {"appointments_vainsearch"}  # who looked for a time and found none, unnamed


class Forgetful(Client):
    """A browser that keeps no cookie and sends none; the server checks as it does outside."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True, headers={"accept-language": "en"})

    def request(self, **asked):
        self.cookies.clear()
        answer = super().request(**asked)
        self.cookies.clear()
        return answer


@pytest.fixture
def phone() -> Forgetful:
    return Forgetful()


@pytest.fixture
def booking(book, session) -> Booking:
    return book(slot_at(session, 16), language="en")


def rows() -> dict[str, list[tuple]]:
    """Every row of every table of ours, with the transaction that wrote it."""
    found = {}
    models = [m for label in ("windows", "queues", "appointments")
              for m in apps.get_app_config(label).get_models()]  # fmt: skip
    with connection.cursor() as cursor:
        for table in {m._meta.db_table for m in models}:
            cursor.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1")  # noqa: S608
            found[table] = cursor.fetchall()
    return found


def test_cancelling_is_one_press(phone, booking):
    page = phone.get(own(booking, "cancel/"))
    assert "<script" not in page.content.decode().split("<main")[1].split("</main>")[0]

    answer = phone.post(own(booking, "cancel/"), {"key": key_of(page)})

    booking.refresh_from_db()
    assert (answer.status_code, booking.state) == (302, "cancelled")
    assert "This booking is cancelled" in words_of(phone.get(answer.url))


def test_undoing_it_works_too(phone, booking):
    phone.post(own(booking, "cancel/"), {"key": "a" * 32})

    phone.post(own(booking, "undo/"), {"key": "b" * 32})

    booking.refresh_from_db()
    assert booking.state == "confirmed"


def test_another_time_is_a_choice_and_a_press(phone, booking, session):
    there = slot_at(session, 15)
    address = own(booking, "change/", day=there.service_day.isoformat(), hall="H01")
    assert phone.get(address).status_code == 200

    answer = phone.post(address, {"key": "k" * 32, "slot": str(there.pk)})

    booking.refresh_from_db()
    assert (answer.status_code, booking.slot_id) == (302, there.pk)


def test_the_way_of_messages_can_be_changed(phone, booking):
    typed = {"key": "k" * 32, "channel": "email", "email": "a@example.com", "language": "en"}

    assert phone.post(own(booking, "messages/"), typed).status_code == 302
    assert BookingGroup.objects.get().channel == "email"


def test_leaving_needs_nothing_but_the_link(phone, booking):
    link = f"/m/{contacts.leave_token(contacts.addresses_of(booking.group)[0])}/"

    assert phone.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 204
    assert Contact.objects.get().opted_out_at == NOON


def test_pages_that_trust_a_cookie_still_ask_for_the_token(phone, session, renewal):
    """The check above can fail: without a cookie a journey of the session is refused."""
    answer = phone.post(f"/book/RENEW/who/{slot_at(session, 16).pk}/", {"key": "k" * 32})

    assert answer.status_code == 403


def test_a_scanner_that_opens_every_link_changes_nothing(phone, booking):
    """It follows links two pages deep, as mail scanners and browsers that fetch ahead do."""
    token = contacts.leave_token(contacts.addresses_of(booking.group)[0])
    wanted = [own(booking), own(booking, "cancel/"), own(booking, "change/"), f"/m/{token}/"]
    before, opened = rows(), set[str]()

    for _deep in range(2):
        found = list[str]()
        for address in wanted:
            if address not in opened:
                opened.add(address)
                phone.head(address)
                found += links_in(phone.get(address))
        wanted = found

    assert len(opened) > 10
    assert {name for name, now in rows().items() if now != before[name]} <= STATISTICS
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert not Message.objects.filter(kind="cancelled").exists()


def links_in(page) -> list[str]:
    """Where links and forms of a page lead, of this site."""
    if "html" not in page.get("Content-Type", ""):
        return []
    found = re.findall(r'(?:href|action)="(/[^"#]*)', page.content.decode())
    return [unescape(link) for link in found if not link.startswith("/static/")]
