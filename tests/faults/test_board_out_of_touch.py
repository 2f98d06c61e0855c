"""The hall's screen while what is behind it is away: it keeps its last picture, says so, and
comes back by itself. # C16

In Chromium, behind the same door as in a city: web, live streams, PostgreSQL.
"""

import http.client
import json
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from config import civil
from config.running import free_port
from queues.calling import call_next, finish, start
from queues.issuing import issue_walk_in
from tests import settings as here
from tests.browser.conftest import BOARD_SIZE, chromium, open_hall  # noqa: F401
from tests.faults.web import Process, Web, environment, until
from windows.shifts import sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.timeout(600),
]
SOON = {"timeout": 60_000}  # a screen calls it silence after 40 s


@dataclass
class House:
    """The processes that a screen depends on."""

    web: Web
    live: Process
    front: Process
    live_port: int
    port: int

    def hears(self) -> bool:
        """Whether the live process hears the database."""
        client = http.client.HTTPConnection("127.0.0.1", self.live_port, timeout=10)
        try:
            client.request("GET", "/live/healthz")
            return bool(json.loads(client.getresponse().read())["listening"])
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()


@pytest.fixture
def house(serve, open_hall, tmp_path) -> Iterator[House]:  # noqa: F811
    web, live, port = serve(), free_port(), free_port()
    python = [sys.executable, "-m"]
    stream = [*python, "uvicorn", "--port", str(live), "--lifespan", "off", "--log-level"]
    door = [*python, "config.front", "127.0.0.1", str(port), str(web.port), str(live)]
    made = House(
        web,
        Process([*stream, "warning", "config.asgi:application"], tmp_path / "live", environment()),
        Process(door, tmp_path / "front", environment()),
        live,
        port,
    )
    until(made.hears)
    yield made
    made.front.stop()
    made.live.stop()


@pytest.fixture
def board(house, chromium) -> Iterator[Page]:  # noqa: F811
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{house.port}", viewport=BOARD_SIZE, locale="en-GB"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/board/H01/")
    page.evaluate("window.neverReloaded = true")
    yield page
    context.close()


@pytest.fixture
def at_window_2(windows, clerk):
    sign_in(staff=clerk, window=windows[1], now=civil.now())
    return windows[1]


def a_call(hall, matter, window, staff) -> str:
    """Somebody comes and is called; whoever was at the window has gone."""
    now = civil.now()
    for ticket in window.ticket_set.filter(state="called"):
        start(ticket=ticket, staff=staff, now=now)
    for ticket in window.ticket_set.filter(state="serving"):
        finish(ticket=ticket, staff=staff, now=now)
    issue_walk_in(hall=hall, matter=matter, now=now)
    return call_next(window=window, staff=staff, now=now).label


def shows(board: Page, number: str) -> None:
    expect(board.locator("[data-number]").first).to_have_text(number, **SOON)


def out_of_touch(board: Page):
    return board.locator("[data-lost]")


def test_the_database_is_away(house, board, open_hall, renewal, at_window_2, clerk):  # noqa: F811
    """The last picture stays and says that it may be old; then all comes back by itself."""
    first = a_call(open_hall, renewal, at_window_2, clerk)
    shows(board, first)
    expect(out_of_touch(board)).to_be_hidden()
    live = house.live.process.pid
    connections.close_all()
    here.run.take_away("postgres", signal.SIGQUIT)
    try:
        expect(out_of_touch(board)).to_be_visible(**SOON)
        expect(out_of_touch(board)).to_contain_text(re.compile("Out of touch"))
        shows(board, first)
        assert house.live.process.poll() is None
        assert not house.hears()
    finally:
        here.run.bring_back("postgres")

    until(house.hears)
    second = a_call(open_hall, renewal, at_window_2, clerk)
    shows(board, second)
    expect(out_of_touch(board)).to_be_hidden(**SOON)
    assert board.evaluate("window.neverReloaded")
    assert house.live.process.pid == live
    assert house.live.process.poll() is None


def test_the_streams_are_away(house, board, open_hall, renewal, at_window_2, clerk):  # noqa: F811
    """Without Redis too: the board asks instead, and misses no call."""
    shows(board, a_call(open_hall, renewal, at_window_2, clerk))
    house.live.stop(signal.SIGKILL)
    here.run.take_away("valkey")
    try:
        second = a_call(open_hall, renewal, at_window_2, clerk)
        shows(board, second)
        expect(out_of_touch(board)).to_be_hidden()
    finally:
        here.run.bring_back("valkey")
    house.live.start()
    until(house.hears)
    shows(board, a_call(open_hall, renewal, at_window_2, clerk))
    assert board.evaluate("window.neverReloaded")


def test_everything_is_away(house, board, open_hall, renewal, at_window_2, clerk):  # noqa: F811
    """A cable: nothing answers at all."""
    first = a_call(open_hall, renewal, at_window_2, clerk)
    shows(board, first)
    house.front.stop(signal.SIGKILL)

    expect(out_of_touch(board)).to_be_visible(**SOON)
    shows(board, first)
    house.front.start()

    expect(out_of_touch(board)).to_be_hidden(**SOON)
    second = a_call(open_hall, renewal, at_window_2, clerk)
    shows(board, second)
    assert second != first
