"""Links sent again: to the phone alone, the same for everyone who asks. # C30 C33"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import limiting
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.housekeeping import forget
from appointments.limiting import TooManyAsked
from appointments.models import Booking, InboxItem, Message
from appointments.resending import send_links
from appointments.sealing import booking_secret, unseal
from appointments.sending import send_due
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from windows.models import Rule

pytestmark = pytest.mark.django_db
STRANGER = "+8613900139000"


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch):
    """Each test counts from nothing, in PostgreSQL."""
    monkeypatch.setattr(limiting, "_take_in_redis", lambda *of: None)


def ask(phone: str = PHONE, address: str = "192.0.2.1", now=NOON, language="en") -> None:
    send_links(phone=phone, address=address, language=language, now=now)


def texts() -> list[str]:
    rows = Message.objects.filter(kind="links").order_by("pk")
    return [unseal(row.text_sealed, purpose="message") for row in rows]


def test_the_message_lists_each_visit_with_its_link(session, renewal):
    people = [a_person(1), a_person(2, "王芳")]
    hold(slot_id=slot_at(session, 15).pk, matter=renewal, people=people, phone=PHONE, now=NOON)

    ask()

    (text,) = texts()
    for booking in Booking.objects.all():
        assert f"/b/{booking.reference}/?k={booking_secret(booking.reference)}" in text
    assert "王*, Thu 4 Mar, 15:00, Hetang Hall: " in text
    assert "王芳" not in text


def test_it_reaches_the_phone(session, book):
    book(slot_at(session, 15))
    ask()

    send_due(now=NOON + timedelta(seconds=5))

    item = InboxItem.objects.get(kind="links")
    assert item.to == PHONE


def test_another_phone_gets_nothing(session, book):
    book(slot_at(session, 15))

    ask(STRANGER)
    send_due(now=NOON + timedelta(seconds=5))

    assert not InboxItem.objects.filter(kind="links").exists()
    assert Message.objects.get(kind="links").state == "void"


def test_the_same_is_done_for_every_phone(session, book):
    """Mutant: returning early for a phone without bookings saves statements."""
    book(slot_at(session, 15))
    counted = []
    for phone in (PHONE, STRANGER):
        with CaptureQueriesContext(connection) as asked:
            ask(phone)
        counted.append([query["sql"].split()[0] for query in asked])

    assert counted[0] == counted[1]


def test_what_is_over_is_not_listed(session, book):
    cancel(booking=book(slot_at(session, 15)), now=NOON)
    book(slot_at(session, 16), person=2)

    ask()

    assert texts()[0].count("/b/") == 1


def test_a_visit_for_several_matters_is_listed_once(session, book, pickup):
    booking = book(slot_at(session, 15))
    booking.pk, booking.reference, booking.matter, booking.position = None, "OTHER222", pickup, 1
    booking.save(force_insert=True)

    ask()

    assert texts()[0].count("/b/") == 1


def test_a_few_times_an_hour_and_then_silence(session, book):
    book(slot_at(session, 15))

    for minute in range(5):
        ask(now=NOON + timedelta(minutes=minute))
    assert len(texts()) == 3

    ask(now=NOON + timedelta(hours=1))
    assert len(texts()) == 4


def test_an_address_that_tries_many_phones_is_stopped(session):
    Rule.objects.create(name="codes_most_an_hour", value=5, effective_on=NOON.date())
    for n in range(5):
        ask(f"+86139001390{n:02d}")

    with pytest.raises(TooManyAsked):
        ask("+8613900139099")


def test_many_visits_are_told_in_portions(hall, windows, book):
    for n in range(8):
        session = make_session(hall, windows, day=DAY + timedelta(days=n + 1))
        book(slot_at(session, 10), person=n)

    ask()

    assert texts()[0].count("/b/") == 6
    assert "The later ones follow" in texts()[0]


def test_the_links_are_not_kept_in_messages(session, book):
    book(slot_at(session, 15))
    ask()

    forget(now=NOON + timedelta(days=1, minutes=1))

    assert texts() == []


def test_in_chinese(session, book):
    book(slot_at(session, 15))

    ask(language="zh-hans")

    assert "禾塘办证大厅" in texts()[0]
