"""Kiosks whose server or database is away: they go on giving numbers. # C7 C15

In Chromium, two kiosks of a hall, against the web server with its two workers.
"""

import re
import signal
from collections.abc import Callable, Iterator

import pytest
from django.core import signing
from django.db import connections
from playwright.sync_api import BrowserContext, Error, Locator, Page, expect

from appointments.invariants import holds
from appointments.models import Booking
from appointments.pairing import pair
from config import civil
from queues.doubting import told_in
from queues.models import DoubtfulNumber, NumberBlock, Ticket
from tests import settings as here
from tests.browser.conftest import chromium, open_hall  # noqa: F401
from tests.faults.web import Web, until
from windows.access import DEVICE_COOKIE
from windows.models import DeviceToken

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.timeout(600),
]
KIOSK_SIZE = {"width": 1080, "height": 1440}
HAS_NUMBERS = "JSON.parse(localStorage.getItem('kiosk H01') ?? '{}').blocks?.length > 0"
HAS_PAGE = """async () => {
  const kept = await caches.match('/kiosk/H01/cut-off/');
  return Boolean(kept && navigator.serviceWorker.controller);
}"""
TOLD_ALL = "JSON.parse(localStorage.getItem('kiosk H01')).given.length === 0"
AWAY = "The network is away"


@pytest.fixture
def web(serve, open_hall) -> Web:  # noqa: F811
    return serve()


@pytest.fixture
def kiosk(web, open_hall, chromium) -> Iterator[Callable[[str], Page]]:  # noqa: F811
    """A machine at the door, paired with the hall; each has a browser of its own."""
    contexts: list[BrowserContext] = []

    def opened(name: str) -> Page:
        context = chromium.new_context(base_url=web.url, viewport=KIOSK_SIZE, locale="en-GB")
        context.set_default_timeout(30_000)
        token = signing.dumps(pair(open_hall, name=name), salt="device")
        context.add_cookies([{"name": DEVICE_COOKIE, "value": token, "url": web.url}])
        contexts.append(context)
        page = context.new_page()
        page.goto("/kiosk/H01/")
        until(true_in(page, HAS_NUMBERS))
        until(true_in(page, HAS_PAGE))
        return page

    yield opened
    for context in contexts:
        context.close()


def true_in(page: Page, asked: str) -> Callable[[], bool]:
    """Asks the page from outside: its own rules forbid it to evaluate what we say."""

    def true() -> bool:
        try:
            return bool(page.evaluate(asked))
        except Error:  # it is on its way to another page
            return False

    return true


def database_stops() -> None:
    connections.close_all()
    here.run.take_away("postgres", signal.SIGQUIT)


def database_returns() -> None:
    here.run.bring_back("postgres")


def says(page: Page, english: str) -> Locator:
    return page.locator("main [lang=en]", has_text=english)


def take(page: Page) -> str:
    """Presses the matter; the number on the screen."""
    page.get_by_role("button", name=re.compile("renew", re.IGNORECASE)).click()
    number = page.locator(".ticket-number:visible")
    expect(number).to_have_text(re.compile(r"[A-Z]\d{3}"))
    return number.inner_text().split()[-1]  # after the word for it, for screen readers


def take_alone(page: Page) -> tuple[str, str]:
    """The same while it is cut off; the number and the address in its code."""
    number = take(page)
    address = page.locator("[data-code]:visible").get_attribute("alt")
    expect(page.locator(".paper__number")).to_have_text(number)
    page.get_by_role("button", name=re.compile("I have my number")).click()
    return number, str(address)


def line() -> dict[str, str]:
    return {ticket.label: ticket.public_id for ticket in Ticket.objects.all()}


def in_line_as_on_paper(page: Page, given: list[tuple[str, str]]) -> None:
    """Each number stands in line once, and its code leads to its page."""
    for number, address in given:
        assert address.endswith(f"/t/{line()[number]}/")
        page.goto(address)
        expect(page.locator("body")).to_contain_text(number)
    assert len({number for number, _address in given}) == len(given)
    assert holds(civil.now()) == []


def test_the_database_is_away(kiosk):
    """Reload, clearing, two numbers each at two kiosks; then all are in line, once."""
    door, beside = kiosk("door"), kiosk("beside")
    before = take(door)
    database_stops()
    try:
        door.reload()
        expect(says(door, AWAY)).to_be_visible()
        given = [take_alone(door), take_alone(door)]
        beside.goto("/kiosk/H01/check-in/")
        expect(says(beside, AWAY)).to_be_visible()
        given += [take_alone(beside)]
        door.reload()
        expect(says(door, AWAY)).to_be_visible()
        given += [take_alone(door)]
    finally:
        database_returns()

    assert [number for number, _address in given] == ["A900", "A901", "A920", "A902"]
    for page in (door, beside):
        until(true_in(page, TOLD_ALL))
        expect(says(page, AWAY)).to_have_count(0, timeout=30_000)  # by itself, nobody reloads it
    assert set(line()) == {before, *[number for number, _address in given]}
    assert Ticket.objects.filter(block=None).get().label == "A001"
    assert take(door) == "A002"
    in_line_as_on_paper(beside, given)


def test_the_server_is_away(kiosk, web, book, open_hall):  # noqa: F811
    """Nothing answers at all, not even for the pictures; a booked person comes too."""
    now = civil.now()
    slots = open_hall.sessions.get().slots
    booking = book(slots.filter(starts_at__gt=now).earliest("starts_at"), person=7, now=now)
    door = kiosk("door")
    web.stop(signal.SIGKILL)

    door.goto("/kiosk/H01/")
    expect(says(door, AWAY)).to_be_visible()
    styled = "getComputedStyle(document.querySelector('.press')).minHeight !== 'auto'"
    assert door.evaluate(styled)
    given = [take_alone(door)]
    door.get_by_role("button", name=re.compile("I have booked")).click()
    door.locator("#reference").fill(f"https://dengta/b/{booking.reference}/?k=secret")
    door.get_by_role("button", name=re.compile("Continue")).click()
    expect(says(door, f"Booking {booking.reference}")).to_be_visible()
    given.append(take_alone(door))

    web.start()
    web.await_answer()
    until(true_in(door, TOLD_ALL))
    arrived = Booking.objects.get(pk=booking.pk)
    assert (arrived.state, arrived.ticket.label) == ("arrived", "A901")
    in_line_as_on_paper(door, given)


def test_a_press_that_finds_nobody_gets_its_number_all_the_same(kiosk):
    """The page stood open from before: its button leads to the numbers kept."""
    door = kiosk("door")
    database_stops()
    try:
        door.get_by_role("button", name=re.compile("renew", re.IGNORECASE)).click()
        expect(says(door, AWAY)).to_be_visible()
        number, _address = take_alone(door)
        assert door.url.endswith("/kiosk/H01/")  # a reload asks for it, and sends nothing again
    finally:
        database_returns()

    until(lambda: number in line())
    assert number == "A900"


def test_a_language_switch_that_finds_nobody_stays_at_the_kiosk(kiosk):
    """Mutant of the guard: the browser's own error page, and no way back."""
    door = kiosk("door")
    database_stops()
    try:
        door.get_by_role("button", name="中文").click()
        expect(says(door, AWAY)).to_be_visible()
        assert "/kiosk/H01/" in door.url
    finally:
        database_returns()


def test_numbers_that_run_out_are_not_given_twice(kiosk):
    """After its twentieth number the kiosk sends people to the guide."""
    door = kiosk("door")
    block = NumberBlock.objects.get(prefix="A")
    database_stops()
    try:
        door.reload()
        given = [take_alone(door)[0] for _ in range(20)]
        door.get_by_role("button", name=re.compile("renew", re.IGNORECASE)).click()
        expect(says(door, "This kiosk has no numbers left")).to_be_visible()
    finally:
        database_returns()
    until(lambda: len(line()) == 20)

    assert given == [f"A{number}" for number in range(block.first, block.last + 1)]


def test_a_kiosk_that_was_shut_out_meanwhile_tells_its_numbers(kiosk, web, open_hall):  # noqa: F811
    """They wait for a supervisor; it shows its code for pairing and gives none any more."""
    door = kiosk("door")
    web.stop(signal.SIGKILL)
    door.goto("/kiosk/H01/")
    given = [take_alone(door)[0], take_alone(door)[0]]
    pair(open_hall, name="Demo", token="demo kiosk H01")  # as which a demo pairs by itself
    DeviceToken.objects.update(revoked_at=civil.now())
    web.start()
    web.await_answer()

    until(true_in(door, TOLD_ALL))
    until(true_in(door, "JSON.parse(localStorage.getItem('kiosk H01')).blocks.length === 0"))
    expect(door.locator(".pairing__code")).to_be_visible()
    told = [told_in(one).label for one in DoubtfulNumber.objects.order_by("pk")]
    assert sorted(told) == given
    assert not Ticket.objects.exists()


def test_a_spoiled_row_holds_up_no_other(kiosk, web):
    """What the browser kept is not what it gave: the rest is in line all the same."""
    door = kiosk("door")
    web.stop(signal.SIGKILL)
    door.goto("/kiosk/H01/")
    given = [take_alone(door)[0], take_alone(door)[0]]
    door.evaluate("""() => {
      const state = JSON.parse(localStorage.getItem('kiosk H01'));
      state.given.unshift({ number: 'spoiled' });
      localStorage.setItem('kiosk H01', JSON.stringify(state));
    }""")
    web.start()
    web.await_answer()

    until(true_in(door, TOLD_ALL))
    assert sorted(line()) == given
    assert DoubtfulNumber.objects.get().why == "malformed"
