"""The desk when the line drops, its choices from the keyboard, the tablet in one hand.

# C13 C14 C16 C26 C34
"""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket
from tests.browser.conftest import DESK_SIZE, is_accessible, shown, sign_in
from tests.conftest import make_staff
from windows.models import Break, Shift
from windows.shifts import sign_in as stand_at

pytestmark = pytest.mark.django_db(transaction=True)

TABLET_SIZE = {"width": 820, "height": 1180}
SOON = {"timeout": 20_000}
NEXT = "**/desk/do/next/"


@pytest.fixture
def clerk(open_hall):
    return make_staff("clerk", open_hall, "clerk")


@pytest.fixture
def line(open_hall, renewal):
    now = civil.now()
    return [
        issue_walk_in(hall=open_hall, matter=renewal, now=now - timedelta(minutes=ago))
        for ago in (12, 9, 6, 3)
    ]


@pytest.fixture
def desk(open_page, clerk, windows, line):
    """A free window with four people waiting."""
    stand_at(staff=clerk, window=windows[0], now=civil.now())
    page = open_page(DESK_SIZE)
    sign_in(page, "clerk")
    page.goto("/desk/")
    page.get_by_role("heading", name="The window is free").wait_for()
    return page


def waits(page):
    return page.locator("[data-waiting-press]")


def called(page):
    """The first in line was called, once, and the screen is in touch again."""
    expect(page.locator(".desk__number")).to_have_text("A001", **SOON)
    expect(page.locator("[data-out-of-touch]")).to_be_hidden(**SOON)
    assert Call.objects.count() == 1
    assert page.evaluate("sessionStorage.getItem('desk press')") is None


# --- the line drops


def test_a_press_before_the_send_waits_and_a_second_is_answered_calmly(desk):
    desk.context.set_offline(True)
    desk.keyboard.press("Enter")
    expect(waits(desk)).to_contain_text("Call the next", **SOON)
    expect(desk.locator("[data-press-again]")).to_be_hidden()
    is_accessible(desk)

    desk.keyboard.press("Enter")
    expect(desk.locator("[data-press-again]")).to_be_visible()
    assert Call.objects.count() == 0
    desk.context.set_offline(False)

    called(desk)


def test_a_press_whose_answer_was_lost_calls_nobody_else(desk):
    lost = []

    def lose_the_answer(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort("internetdisconnected")

    desk.route(NEXT, lose_the_answer)
    desk.keyboard.press("Enter")

    called(desk)
    assert lost
    assert Ticket.objects.filter(state="called").count() == 1


def test_a_server_that_is_away_gets_the_press_once_also_after_a_reload(desk):
    desk.route(NEXT, lambda route: route.fulfill(status=503, body="away"))
    desk.keyboard.press("Enter")
    expect(waits(desk)).to_be_visible(**SOON)

    desk.reload()  # looking works, pressing does not
    expect(waits(desk)).to_contain_text("Call the next", **SOON)
    assert Call.objects.count() == 0
    desk.unroute(NEXT)

    called(desk)


def test_the_person_stays_on_the_screen_and_the_press_can_be_taken_back(desk):
    desk.keyboard.press("Enter")
    expect(desk.locator(".desk__number")).to_have_text("A001", **SOON)
    desk.context.set_offline(True)
    desk.keyboard.press("p")
    expect(waits(desk)).to_contain_text("Park", **SOON)
    expect(desk.locator(".desk__number")).to_have_text("A001")

    desk.locator("[data-forget]").click()
    expect(waits(desk)).to_be_hidden()
    desk.context.set_offline(False)

    expect(desk.locator("[data-online]")).to_have_text("Online", **SOON)
    assert Ticket.objects.get(prefix="A", number=1).state == "called"


def test_a_press_is_not_sent_for_whoever_sits_here_later(desk, clerk, windows):
    desk.route(NEXT, lambda route: route.fulfill(status=503, body="away"))
    desk.keyboard.press("Enter")
    expect(waits(desk)).to_be_visible(**SOON)
    Shift.objects.all().delete()
    stand_at(staff=clerk, window=windows[1], now=civil.now())
    desk.unroute(NEXT)
    desk.goto("about:blank")

    desk.goto("/desk/")
    desk.get_by_role("heading", name="The window is free").wait_for()

    expect(desk.locator("[data-out-of-touch]")).to_be_hidden()
    assert desk.evaluate("sessionStorage.getItem('desk press')") is None


# --- choices from the keyboard


def test_somebody_is_called_out_of_turn_from_the_keyboard(desk):
    desk.keyboard.press("c")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#pick")).to_be_visible()
    is_accessible(desk)
    desk.locator("#pick [name=reason]").first.focus()
    desk.keyboard.press("ArrowRight")
    desk.locator("#pick-note").fill("comes from the copy shop")
    desk.keyboard.press("Enter")

    expect(desk.locator(".desk__number")).to_have_text("A003", **SOON)
    call = Call.objects.get()
    assert (call.ticket.label, call.picked) == ("A003", "help")


def test_escape_closes_a_choice_and_gives_the_keys_back(desk):
    desk.keyboard.press("c")
    expect(desk.locator("#pick")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#pick")).to_be_hidden()
    desk.keyboard.press("F9")
    expect(desk.get_by_text("Why does the window pause?")).to_be_visible()
    assert not Break.objects.exists()
    is_accessible(desk)
    desk.keyboard.press("Escape")

    desk.keyboard.press("Enter")

    expect(desk.locator(".desk__number")).to_have_text("A001", **SOON)


def test_outcome_transfer_and_pause_take_two_keys_each(desk, windows, clerk, open_hall):
    colleague = make_staff("colleague", open_hall, "clerk")
    stand_at(staff=colleague, window=windows[1], now=civil.now())
    desk.keyboard.press("Enter")
    expect(desk.locator(".desk__number")).to_have_text("A001", **SOON)
    desk.keyboard.press("Space")
    expect(desk.locator(".desk__acts--serving")).to_be_visible(**SOON)
    desk.keyboard.press("t")
    is_accessible(desk)
    desk.keyboard.press("2")  # to window 2
    desk.get_by_role("heading", name="The window is free").wait_for()
    assert Ticket.objects.get(number=1).only_window == windows[1]

    desk.keyboard.press("Enter")
    expect(desk.locator(".desk__number")).to_have_text("A002", **SOON)
    desk.keyboard.press("Space")
    expect(desk.locator(".desk__acts--serving")).to_be_visible(**SOON)
    desk.keyboard.press("f")
    is_accessible(desk)
    desk.keyboard.press("2")  # something was missing
    desk.get_by_role("heading", name="The window is free").wait_for()
    assert Ticket.objects.get(number=2).outcome == "papers"

    desk.keyboard.press("F9")
    desk.keyboard.press("2")  # a meal
    desk.get_by_role("heading", name="The window is paused").wait_for()
    assert Break.objects.get().reason == "meal"
    is_accessible(desk)


def test_a_desk_looks_again_when_its_window_changed_elsewhere(desk, clerk, windows):
    called = call_next(window=windows[0], staff=clerk, now=civil.now())

    expect(desk.locator(".desk__number")).to_have_text("A001", **SOON)
    assert desk.locator(".desk__number").inner_text() == called.label


def test_every_choice_works_without_scripts(open_page, clerk, windows, line):
    stand_at(staff=clerk, window=windows[0], now=civil.now())
    page = open_page(DESK_SIZE, scripts=False)
    sign_in(page, "clerk")
    page.goto("/desk/")

    page.locator("[name=ticket][form=pick]").nth(1).check()
    page.locator("#pick .why").first.click()
    page.locator("#pick button").click()
    assert page.locator(".desk__number").inner_text() == "A002"
    page.get_by_role("button", name="Start").click()
    page.get_by_text("Finish otherwise").first.click()
    page.get_by_role("button", name="The person left").click()
    page.get_by_text("Pause", exact=False).first.click()
    page.get_by_role("button", name="An errand for the hall").click()

    assert Ticket.objects.get(number=2).outcome == "stopped"
    assert Break.objects.get().reason == "errand"


# --- the tablet


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_tablet_in_one_hand(open_page, open_hall, line, language):
    make_staff("guide", open_hall, "guide")
    page = open_page(TABLET_SIZE, language=language)
    sign_in(page, "guide")
    page.goto("/floor/")
    is_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= TABLET_SIZE["width"]

    page.locator(".people a").nth(2).click()
    sheet = page.locator("#person")
    sheet.wait_for()
    is_accessible(page)
    box = sheet.bounding_box()
    assert box["y"] > TABLET_SIZE["height"] / 3  # where the thumb is
    targets = page.locator("#person :is(button, a, .why span), .people a")
    heights = targets.evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")
    assert min(heights) >= 44
    page.locator("#person [name=are_there]").click()
    page.locator(".people a").nth(2).click()
    sheet.locator(".why").nth(4).click()
    sheet.locator("form").last.locator("button").click()
    assert shown(page.locator("#person .govuk-error-message"))  # urgent: say what
    sheet.locator("[name=note]").fill("14:30 高铁")
    sheet.locator("form").last.locator("button").click()

    expect(page.locator(".people .tag--now")).to_be_visible()
    ticket = Ticket.objects.get(number=3)
    assert (ticket.priority, ticket.priority_note) == ("urgent", "14:30 高铁")
    assert ticket.papers_checked_by.username == "guide"
