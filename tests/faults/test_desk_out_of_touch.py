"""A desk whose database is away: it keeps its person, and one press for later. # C16

In Chromium, against the web server with its two workers.
"""

import signal

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import expect

from appointments.invariants import holds
from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from tests import settings as here
from tests.browser.conftest import DESK_SIZE, chromium, open_hall  # noqa: F401
from windows.shifts import sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.timeout(600),
]
SOON = {"timeout": 60_000}


@pytest.fixture
def desk(open_hall, windows, clerk, renewal, serve, chromium):  # noqa: F811
    """One person stands at window 1, another waits."""
    now = civil.now()
    sign_in(staff=clerk, window=windows[0], now=now)
    for _ in range(2):
        issue_walk_in(hall=open_hall, matter=renewal, now=now)
    call_next(window=windows[0], staff=clerk, now=now)
    client = Client()
    client.force_login(clerk)
    known = client.cookies["sessionid"].value
    web = serve()
    context = chromium.new_context(base_url=web.url, viewport=DESK_SIZE, locale="en-GB")
    context.add_cookies([{"name": "sessionid", "value": known, "url": web.url}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/desk/")
    yield page
    context.close()


def test_the_database_is_away(desk):
    """The number stays on the screen, the press waits and is done once."""
    expect(desk.locator(".desk__number")).to_have_text("A001")
    connections.close_all()
    here.run.take_away("postgres", signal.SIGQUIT)
    try:
        desk.keyboard.press("Space")
        expect(desk.locator("[data-out-of-touch]")).to_be_visible(**SOON)
        expect(desk.locator("[data-waiting-press]")).to_be_visible()
        expect(desk.locator(".desk__number")).to_have_text("A001")
    finally:
        here.run.bring_back("postgres")

    expect(desk.locator("[data-out-of-touch]")).to_be_hidden(**SOON)
    expect(desk.locator(".desk__number")).to_have_text("A001")
    states = Ticket.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == ["serving", "waiting"]
    assert Call.objects.count() == 1
    assert holds(civil.now()) == []
