"""One's own ticket on a phone: what one can do while waiting. Rows C17, C18, C34."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from appointments.alerting import tell_near
from appointments.models import Message, PushBrowser, TurnAlert
from appointments.sealing import unseal
from config import civil
from queues.calling import call_next, finish, recall, start
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.browser.conftest import is_accessible, shown
from tests.conftest import make_staff
from tests.faking.push_server import a_subscription, a_vapid_key
from windows.models import Rule
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
# What a browser does when its push service takes it; what follows is the page's own.
SUBSCRIBED = """
  const told = { toJSON: () => (%s), unsubscribe: async () => true };
  Notification.requestPermission = async () => "granted";
  PushManager.prototype.subscribe = async function () {
    localStorage.subscribed = "yes";
    return told;
  };
  PushManager.prototype.getSubscription = async () => localStorage.subscribed ? told : null;
"""


@pytest.fixture
def clerk(open_hall, windows):
    staff = make_staff("clerk-at-1", open_hall, "clerk")
    sign_in(staff=staff, window=windows[0], now=civil.now() - timedelta(minutes=1))
    return staff


@pytest.fixture
def line(open_hall, renewal, clerk) -> list[Ticket]:
    now = civil.now() - timedelta(seconds=20)
    return [
        issue_walk_in(hall=open_hall, matter=renewal, now=now + timedelta(seconds=n))
        for n in range(12)
    ]


def fits(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("simple", [False, True])
def test_a_long_wait_fits_a_phone_and_can_be_read_by_machine(open_page, line, language, simple):
    page = open_page(language=language)
    page.goto("/")
    if simple:
        page.context.add_cookies([{"name": "simple", "value": "1", "url": page.url}])
    page.goto(f"/t/{line[11].public_id}/")

    expect(page.locator(".away--may b")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(page.locator("#alert section")).to_be_visible()
    assert page.locator("h1").inner_text()
    fits(page)
    is_accessible(page)


def test_stepping_back_and_being_told_by_message(open_page, line, windows, clerk):
    page = open_page()
    page.goto(f"/t/{line[4].public_id}/")
    expect(page.locator("h1")).to_have_text("4 people are before you")
    shown = int(re.search(r"\d+", page.locator("#step-back").inner_text())[0])

    page.get_by_role("button", name="I need 10 more minutes").click()
    expect(page.locator("h1")).to_have_text(f"{4 + shown} people are before you")
    expect(page.get_by_text("You stepped back at")).to_be_visible()

    page.get_by_role("link", name="Send me a message").click()
    page.get_by_label("Mobile number").fill("12")
    page.get_by_role("button", name="Send the code").click()
    expect(page.locator("#id_phone_error")).to_be_visible()
    expect(page.get_by_label("Mobile number")).to_have_value("12")
    is_accessible(page)
    page.get_by_label("Mobile number").fill("138 0013 8000")
    page.get_by_role("button", name="Send the code").click()
    text = unseal(Message.objects.get(kind="code").text_sealed, purpose="message")
    page.get_by_label("Code").fill(re.search(r"\d{6}", text)[0])
    is_accessible(page)
    page.get_by_role("button", name="Send me a message before my turn").click()
    expect(page.locator("#alert")).to_contain_text("goes to ****8000")
    assert TurnAlert.objects.get().ticket_id == line[4].pk

    for _ in range(1 + shown):
        called = call_next(window=windows[0], staff=clerk, now=civil.now())
        finish(ticket=called, staff=clerk, now=civil.now())
    assert tell_near(now=civil.now()) == 1
    assert Message.objects.filter(kind="soon").count() == 1


def test_telling_this_browser(open_page, line, settings):
    """Chromium's own push service is on the Internet, so the last step is stood in for."""
    settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT = a_vapid_key(), "mailto:a@example.org"
    page = open_page()
    page.add_init_script(SUBSCRIBED % json.dumps(a_subscription("https://fcm.googleapis.com/x")))
    page.goto(f"/t/{line[11].public_id}/")

    page.get_by_role("button", name="Tell this browser", exact=True).click()
    expect(page.get_by_text("This browser is told when your turn is near.")).to_be_visible()
    expect(page.get_by_role("button", name="Tell this browser", exact=True)).to_be_hidden()
    assert PushBrowser.objects.get().ticket_id == line[11].pk
    assert page.evaluate("navigator.serviceWorker.ready.then((is) => is.active.scriptURL)")
    fits(page)
    is_accessible(page)

    page.reload()
    page.get_by_role("button", name="Do not tell this browser").click()
    expect(page.get_by_role("button", name="Tell this browser", exact=True)).to_be_visible()
    assert PushBrowser.objects.get().ended_at


def test_a_call_is_said_aloud_and_a_minute_is_not(open_page, line, windows, clerk, open_hall):
    page = open_page()
    page.goto(f"/t/{line[6].public_id}/")
    said = page.locator("[data-speak]")
    expect(said).to_be_empty()
    called = call_next(window=windows[0], staff=clerk, now=civil.now())
    expect(page.locator("h1")).to_have_text("5 people are before you", timeout=45_000)
    expect(said).to_be_empty()

    page.get_by_role("button", name="I need 10 more minutes").focus()
    finish(ticket=called, staff=clerk, now=civil.now())
    call_next(window=windows[0], staff=clerk, now=civil.now())
    expect(page.locator("h1")).to_have_text("4 people are before you", timeout=45_000)
    expect(page.get_by_role("button", name="I need 10 more minutes")).to_be_focused()
    assert said.inner_text() == ""


def test_a_turn_is_said_in_title_and_words(open_page, line, windows, clerk, open_hall):
    Rule.objects.create(
        name="recall_pause_seconds", hall=open_hall, value=0, effective_on="2020-01-01"
    )
    page = open_page()
    page.goto(f"/t/{line[0].public_id}/")
    ring = page.get_by_role("button", name="Ring on this phone when I am called")
    ring.click()
    expect(ring).to_have_attribute("aria-pressed", "true")

    mine = call_next(window=windows[0], staff=clerk, now=civil.now())
    expect(page.locator("[data-speak]")).to_contain_text(
        "Please go to window 1 now", timeout=45_000
    )
    expect(page).to_have_title(re.compile("It is your turn"))
    is_accessible(page)
    recall(ticket=mine, staff=clerk, now=civil.now() + timedelta(seconds=1))
    expect(page.locator("[data-speak]")).to_contain_text("call number 2", timeout=45_000)

    start(ticket=mine, staff=clerk, now=civil.now())
    expect(page.locator("h1")).to_have_text("You are being served at window 1", timeout=45_000)
    assert page.locator("#alert").inner_html().strip() == ""


def test_without_scripts_everything_is_a_button_or_a_link(open_page, line):
    page = open_page(scripts=False)
    page.goto(f"/t/{line[4].public_id}/")
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="I need 10 more minutes").click()
    expect(page.get_by_text("You stepped back at")).to_be_visible()
    page.get_by_role("link", name="Send me a message before my turn").click()
    assert shown(page.get_by_label("Mobile number"))
    fits(page)
