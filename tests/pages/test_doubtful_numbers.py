"""The page of numbers that wait for a supervisor's decision. Rows C7, C15."""

import re

import pytest

from appointments.models import Booking
from queues.blocks import reserve_block
from queues.doubting import keep
from queues.models import DoubtfulNumber, Ticket
from tests.conftest import NOON, slot_at
from windows.models import DeviceToken

pytestmark = pytest.mark.django_db
PAGE = "/supervise/devices/numbers/?hall=H01"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def kiosk(hall) -> DeviceToken:
    return DeviceToken.objects.create(hall=hall, kind="kiosk", name="Door", token_hash=b"door")


@pytest.fixture
def row(hall, kiosk, session) -> dict:
    block = reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON)
    return {
        "prefix": "A", "number": 903, "matter": "RENEW", "public_id": block.public_ids[3],
        "taken_at": "2027-03-04T11:50:00+08:00",
    }  # fmt: skip


@pytest.fixture
def boss(client, supervisor, clock):
    client.force_login(supervisor)
    client.cookies["django_language"] = "en"
    return client


def kept(kiosk, row, why="kiosk_shut_out") -> DoubtfulNumber:
    keep(device=kiosk, rows=[(row, why)], now=NOON)
    return DoubtfulNumber.objects.latest("pk")


def act(boss, doubtful, action, **said):
    path = f"/supervise/devices/numbers/{doubtful.pk}/{action}/"
    return boss.post(path, {"key": "k" * 32, **said}, follow=True)


def test_the_machines_lead_there(boss, kiosk, row):
    assert "/supervise/devices/numbers/" not in boss.get("/supervise/devices/").content.decode()
    kept(kiosk, row)

    page = boss.get("/supervise/devices/")

    assert "1 number that a kiosk gave waits for your decision." in text_of(page)
    assert PAGE in page.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_says_number_kiosk_and_why(boss, kiosk, row, language):
    kept(kiosk, row)
    kept(kiosk, {"number": "?"}, "malformed")
    boss.cookies["django_language"] = language

    page = boss.get(PAGE)

    assert page.status_code == 200
    assert "A903" in text_of(page)
    assert "Door" in text_of(page)
    assert page.content.decode().count("/let-in/") == 1  # the other one cannot be read


def test_let_in_with_one_press(boss, kiosk, row):
    doubtful = kept(kiosk, row)

    said = act(boss, doubtful, "let-in", matter="RENEW")
    act(boss, doubtful, "let-in", matter="RENEW")  # pressed twice

    assert "A903 is in line." in text_of(said)
    assert Ticket.objects.get().label == "A903"


def test_the_booking_that_was_named_has_arrived_with_it(boss, kiosk, row, book, session):
    booking = book(slot_at(session, 12, 30))

    act(boss, kept(kiosk, {**row, "reference": booking.reference}), "let-in", matter="RENEW")

    assert Booking.objects.get().ticket.label == "A903"
    assert Ticket.objects.get().rank_at == booking.starts_at


def test_put_aside_with_one_press(boss, kiosk, row):
    said = act(boss, kept(kiosk, row), "aside")

    assert "Every number that a kiosk gave is in line." in text_of(said)
    assert not Ticket.objects.exists()


def test_a_refusal_is_said_there(boss, kiosk, row):
    doubtful = kept(kiosk, {**row, "public_id": "x" * 22})

    said = act(boss, doubtful, "let-in", matter="RENEW")

    assert said.status_code == 409
    assert "not reserved" in text_of(said)


def test_another_halls_is_absent(boss, other_hall, row):
    elsewhere = DeviceToken.objects.create(hall=other_hall, kind="kiosk", token_hash=b"e", name="e")
    doubtful = kept(elsewhere, row)

    assert act(boss, doubtful, "let-in", matter="RENEW").status_code == 404
    assert act(boss, doubtful, "aside").status_code == 404


def test_an_unpaired_kiosk_still_tells_what_it_gave(client, hall, session):
    shown = client.get("/kiosk/H01/").content.decode()

    assert 'data-cut-off="H01"' in shown
    assert "kiosk-offline.js" in shown


def test_today_says_that_somebody_may_stand_there(boss, kiosk, row):
    kept(kiosk, row)

    page = boss.get("/supervise/?hall=H01")

    assert "1 number that a kiosk gave waits for your decision." in text_of(page)
    assert PAGE in page.content.decode()
