"""What a kiosk's browser keeps for when it is cut off. Rows C7, C15."""

import re
from pathlib import Path

import pytest
from django.core import signing

from appointments.pairing import pair
from windows.access import DEVICE_COOKIE

pytestmark = pytest.mark.django_db


@pytest.fixture
def kiosk(client, hall, session):
    client.cookies[DEVICE_COOKIE] = signing.dumps(pair(hall, name="Door"), salt="device")
    return client


def test_the_page_says_all_in_both_languages(kiosk):
    said = kiosk.get("/kiosk/H01/cut-off/").content.decode()

    assert said.count('lang="zh-Hans"') >= 10
    assert said.count('lang="en"') >= 10
    assert "The network is away" in said


def test_the_page_is_for_the_halls_kiosk_alone(client, kiosk, other_hall):
    assert kiosk.get("/kiosk/H02/cut-off/").status_code == 403
    client.cookies.clear()
    assert client.get("/kiosk/H01/cut-off/").status_code == 403


def test_the_page_holds_nothing_of_anybody(kiosk):
    """It is kept in the browser: no token, no key, no form that could be sent."""
    said = kiosk.get("/kiosk/H01/cut-off/").content.decode()
    main = said[said.index("<main") :]

    assert "csrfmiddlewaretoken" not in main
    assert not re.search(r'method="post"', main)


def test_the_worker_is_in_charge_of_kiosk_pages_only(client):
    answer = client.get("/kiosk/worker.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    assert "Service-Worker-Allowed" not in answer  # its own folder is enough


def test_every_page_of_the_kiosk_keeps_them(kiosk):
    for path in ("/kiosk/H01/", "/kiosk/H01/check-in/"):
        assert 'data-cut-off="H01"' in kiosk.get(path).content.decode()


def test_its_modules_ask_nobody_else():
    folder = Path("appointments/static/appointments")
    for path in folder.glob("kiosk-*.js"):
        assert not re.search(r"https?://", path.read_text()), path
