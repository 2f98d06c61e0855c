"""Double clicks, two tabs, the back button, refresh: one effect, and the same page. C7 C34

In Chromium, against the web server with its two workers.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from appointments.invariants import holds
from appointments.models import Booking, BookingEvent, InboxItem, PhoneProof
from appointments.sending import send_due
from config import civil
from tests.browser.conftest import PHONE_SIZE, chromium  # noqa: F401
from tests.conftest import an_id

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
]
CODE, CHECK, OWN = (re.compile(one) for one in ("/book/phone/", "/book/check/", r"/b/\w+/\?"))
SEND_TWENTY_TIMES = """async (form) => {
  const send = () => fetch(location.href, {method: "POST", body: new FormData(form)});
  const answers = await Promise.all(Array.from({length: 20}, send));
  return answers.map((answer) => new URL(answer.url).pathname + " " + answer.status);
}"""

AS_SENT = "(form) => [location.href, new URLSearchParams(new FormData(form)).toString()]"


@pytest.fixture
def browser(serve, hot_slots, chromium) -> Iterator[BrowserContext]:  # noqa: F811
    context = chromium.new_context(base_url=serve().url, viewport=PHONE_SIZE, locale="en-GB")
    context.set_default_timeout(30_000)
    yield context
    context.close()


def button(page: Page, name: str):
    return page.get_by_role("button", name=re.compile(name))


def the_code() -> str:
    send_due(now=civil.now())
    return re.search(r"\d{6}", InboxItem.objects.filter(kind="code").latest("pk").text).group()


def say_who(page: Page, slot: int) -> None:
    page.goto(f"/book/RENEW/who/{slot}/?people=1")
    page.locator("input[name=name_1]").fill("陈小宁")
    page.locator("input[name=id_number_1]").fill(an_id(1).number)
    page.locator("input[name=phone]").fill("138 0013 8000")


def kinds() -> list[str]:
    return list(BookingEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_every_button_pressed_twice(browser, hot_slots):
    """Double clicks all the way, a refresh, the back button, and once more."""
    page = browser.new_page()
    say_who(page, hot_slots[2])
    button(page, "Continue").dblclick()
    page.wait_for_url(CODE)
    page.locator("input[name=code]").fill(the_code())
    assert PhoneProof.objects.count() == 1

    button(page, "Hold my place").dblclick()
    page.wait_for_url(CHECK)
    held = page.url
    page.reload()
    assert page.url == held
    assert kinds() == ["held"]

    answers = page.locator("form:has(button[value=confirm])")
    sent = page.evaluate(SEND_TWENTY_TIMES, answers.element_handle())
    assert len(set(sent)) == 1, sent
    page.reload()
    assert "/b/" in page.url
    own = page.url
    page.go_back()
    page.goto(held)
    assert page.url == own
    page.reload()
    assert page.url == own

    assert kinds() == ["held", "confirmed"]
    assert Booking.objects.get().state == "confirmed"
    assert holds(civil.now()) == []


def test_the_same_journey_in_two_tabs(browser, hot_slots):
    """Both tabs hold, both confirm, both cancel: it happens once, and both say so."""
    tabs = [browser.new_page(), browser.new_page()]
    say_who(tabs[0], hot_slots[2])
    button(tabs[0], "Continue").click()
    tabs[0].wait_for_url(CODE)
    tabs[1].goto("/book/phone/")
    code = the_code()
    for tab in tabs:
        tab.locator("input[name=code]").fill(code)

    for press, then in (("Hold my place", CHECK), ("Yes, confirm", OWN)):
        for tab in tabs:
            button(tab, press).click(no_wait_after=True)
        for tab in tabs:
            tab.wait_for_url(then)
    assert tabs[0].url == tabs[1].url
    assert kinds() == ["held", "confirmed"]

    for tab in tabs:
        tab.goto(tab.url.replace("?", "cancel/?"))
    for tab in tabs:
        button(tab, "cancel").first.click(no_wait_after=True)
    for tab in tabs:
        tab.wait_for_url(OWN)
    assert kinds() == ["held", "confirmed", "cancelled"]
    assert holds(civil.now()) == []


def test_back_and_press_again(browser, hot_slots):
    """The page of the hold from the browser's memory, pressed again after the confirmation."""
    page = browser.new_page()
    say_who(page, hot_slots[2])
    button(page, "Continue").click()
    page.wait_for_url(CODE)
    page.locator("input[name=code]").fill(the_code())
    button(page, "Hold my place").click()
    page.wait_for_url(CHECK)
    form = page.locator("form:has(button[value=confirm])")
    kept = form.evaluate(AS_SENT)
    button(page, "Yes, confirm").click()
    page.wait_for_url(OWN)
    own = page.url

    page.go_back()
    if button(page, "Yes, confirm").count():
        button(page, "Yes, confirm").click()
    assert page.url == own
    action, body = kept
    typed = {"Content-Type": "application/x-www-form-urlencoded", "Referer": action}
    again = browser.request.post(action, data=body, headers=typed)

    assert (again.status, again.url) == (200, own)
    assert kinds() == ["held", "confirmed"]
