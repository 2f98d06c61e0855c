"""A hall that is open right now, a live server, and Debian's Chromium."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as NotInTime

from config import civil
from tests.conftest import CHROMIUM, make_session

expect.set_options(timeout=20_000)
# Each window of a new Chromium loads and draws a page for the menu of its address bar with
# every page it opens, dearer than most of ours. Playwright's own list is repeated, as the
# later one counts.
WITHOUT = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
    "ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,"
    "NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    f"--disable-features={WITHOUT}",
]  # fmt: skip
PHONE_SIZE = {"width": 390, "height": 844}
DESK_SIZE = {"width": 1440, "height": 900}
BOARD_SIZE = {"width": 1920, "height": 1080}


@pytest.fixture(scope="package")  # its loop must not run on beside tests with loops of their own
def browser() -> Iterator[Callable[[], Browser]]:
    """One for all journeys that follow each other, and a new one when it broke down."""
    started: list[Browser] = []
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop runs in this thread
    with sync_playwright() as playwright:

        def running() -> Browser:
            if not started or not started[-1].is_connected():
                started.append(playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET))
            return started[-1]

        yield running
        for one in started:
            one.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def chromium(browser) -> Browser:
    return browser()


@pytest.fixture
def open_page(chromium, live_server):
    """Opens pages of a size; fails when a page logs an error or breaks the CSP."""
    contexts, complaints = [], []

    def opened(size=PHONE_SIZE, *, scripts=True, language="en") -> Page:
        context = chromium.new_context(
            viewport=size,
            base_url=live_server.url,
            java_script_enabled=scripts,
            locale="zh-CN" if language == "zh" else "en-GB",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(45_000)  # patience with a slow machine
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _bad(said) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    nobody_asks_any_more()
    assert complaints == []


def nobody_asks_any_more(patience: float = 10.0) -> None:
    """What a closed page still asked for is answered; then tables can be emptied."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and (_somebody_is_answered() or _the_database_is_asked()):
        time.sleep(0.02)


def _somebody_is_answered() -> bool:
    """The live server has a thread for each connection, also between two questions of it to the
    database."""
    return any("process_request_thread" in one.name for one in threading.enumerate())


def _the_database_is_asked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle')"
        )
        return bool(cursor.fetchone()[0])


def _bad(said) -> bool:
    usual = ("/live/", "status of 4", "status of 503", "ERR_INTERNET_DISCONNECTED")  # unplugged
    expected = any(one in said.text for one in usual) or "live" in said.location["url"]
    return said.type == "error" and not expected


@pytest.fixture
def open_hall(hall, windows, renewal, transactional_db):
    """Open from an hour ago for five hours, whatever the wall clock says."""
    from windows.models import Material

    no_slot_begins_meanwhile()
    Material.objects.create(matter=renewal, position=1, name_zh="旧身份证", name_en="Old card")
    start = civil.city_time(civil.now() - timedelta(hours=1)).replace(minute=0)
    end = start + timedelta(hours=5)
    make_session(
        hall, windows, day=start.date(), opens=start.time().replace(second=0, microsecond=0),
        closes=end.time().replace(second=0, microsecond=0), online=60,
    )  # fmt: skip
    return hall


def no_slot_begins_meanwhile(long: float = 40.0) -> None:
    """A time that a page offers must not begin while the test reads it: its last seconds are
    waited out."""
    left = 1800 - civil.now().timestamp() % 1800
    if left < long:
        time.sleep(left + 0.1)


def is_accessible(page: Page) -> None:
    """No violation that axe can see (WCAG 2 A and AA). What passes is counted and not described:
    a line for each element of a long page takes longer than the looking."""
    asked = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"], "resultTypes": ["violations"]}
    found = Axe().run(page, options=asked)
    rows = [(one["id"], one["nodes"][0]["html"][:160]) for one in found.response["violations"]]
    assert rows == [], page.url


def shown(what: Locator) -> bool:
    """Whether it is there to see, or comes into sight within the patience of its page."""
    return _becomes(what, "visible")


def gone(what: Locator) -> bool:
    """Whether it is not to be seen, or goes out of sight within the patience of its page."""
    return _becomes(what, "hidden")


def _becomes(what: Locator, state: Literal["visible", "hidden"]) -> bool:
    try:
        what.wait_for(state=state)
    except NotInTime:
        return False
    return True


def sign_in(page: Page, username: str) -> None:
    page.goto("/login/")
    page.get_by_label("User name").or_(page.locator("#id_username")).first.fill(username)
    page.locator("#id_password").fill("demo")
    page.locator("form:has(#id_password) button").click()
