"""A day in the hall through Chromium: kiosk, tablet, desk, screen, one's own ticket.

# C7 C13 C14 C15 C16 C17 C24 C34
"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from appointments.arriving import check_in
from config import civil
from queues.calling import call_next, finish, start
from queues.issuing import issue_walk_in
from queues.models import Call, Rating, Ticket
from tests.browser.conftest import BOARD_SIZE, DESK_SIZE, PHONE_SIZE, is_accessible, shown, sign_in
from tests.conftest import an_id, make_staff
from windows.models import Shift
from windows.shifts import sign_in as stand_at

pytestmark = pytest.mark.django_db(transaction=True)

KIOSK_SIZE = {"width": 1080, "height": 1440}
SOON = {"timeout": 45_000}


@pytest.fixture
def kiosk(open_hall, settings):
    """The demo pairs every screen that opens the kiosk's page."""
    settings.DEMO = True
    return open_hall


@pytest.fixture
def booking(book, open_hall):
    """A time within the next half hour, so that its person may check in already."""
    now = civil.now()
    slot = open_hall.sessions.get().slots.filter(starts_at__gt=now).order_by("starts_at").first()
    return book(slot, person=7, now=now)


@pytest.fixture
def line(open_hall, renewal):
    """Three people without a booking, longest here first."""
    now = civil.now()
    return [
        issue_walk_in(hall=open_hall, matter=renewal, now=now - timedelta(minutes=ago))
        for ago in (9, 6, 3)
    ]


@pytest.fixture
def clerk(open_hall):
    return make_staff("clerk", open_hall, "clerk")


@pytest.fixture
def at_window_1(clerk, windows):
    stand_at(staff=clerk, window=windows[0], now=civil.now())
    return windows[0]


def fits(page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


# --- kiosk


def test_a_booked_person_checks_in_with_the_reference(open_page, kiosk, booking):
    page = open_page(KIOSK_SIZE)
    page.goto("/kiosk/H01/")
    is_accessible(page)
    page.get_by_role("link", name=re.compile("check in")).click()
    is_accessible(page)

    page.keyboard.type(booking.reference.lower())  # a scanner types where the focus is
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/kiosk/H01/[^/]{12,}/"))
    expect(page.locator("main")).to_contain_text("A001")
    assert shown(page.locator("section svg").first)
    is_accessible(page)


def test_the_kiosk_clears_itself_for_the_next_person(open_page, kiosk):
    page = open_page(KIOSK_SIZE)
    page.clock.install()
    page.goto("/kiosk/H01/")
    page.locator("button[name=matter][value=RENEW]").click()
    expect(page.locator("main")).to_contain_text("A001")

    page.clock.fast_forward(25_000)
    page.mouse.click(5, 5)  # somebody still looks at it
    page.clock.fast_forward(25_000)
    expect(page.locator("main")).to_contain_text("A001")
    page.clock.fast_forward(10_000)

    page.wait_for_url("**/kiosk/H01/")
    assert "A001" not in page.locator("main").inner_text()


def test_keys_on_the_screen_type_and_erase(open_page, kiosk):
    page = open_page(KIOSK_SIZE)
    page.goto("/kiosk/H01/check-in/")

    for key in "120X":
        page.locator(f"[data-press='{key}']").first.click()
    page.locator("[data-erase]").click()

    assert page.locator("#id_said").input_value() == "120"


def test_full_width_id_number_without_scripts_and_a_walk_in(open_page, kiosk, booking):
    page = open_page(KIOSK_SIZE, scripts=False)

    page.goto("/kiosk/H01/check-in/")
    page.locator("#id_said").fill(full_width("12"))
    page.locator("main form button").first.click()
    assert page.locator("#id_said").input_value() == full_width("12")  # kept, with the reason
    assert shown(page.locator(".govuk-error-message"))
    page.locator("#id_said").fill(full_width(an_id(7).number))
    page.locator("main form button").first.click()
    assert "A001" in page.locator("main").inner_text()

    page.goto("/kiosk/H01/")
    page.locator("button[name=matter][value=RENEW]").click()
    assert "A002" in page.locator("main").inner_text()
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content").startswith("30;")


def test_who_has_no_booking_is_told_what_else_is_possible(open_page, kiosk):
    page = open_page(KIOSK_SIZE, language="zh")
    page.goto("/kiosk/H01/check-in/")
    page.locator("#id_said").fill(an_id(8).number)
    page.locator("main form button").first.click()

    expect(page.locator(".said--nothing_booked")).to_be_visible()
    assert page.locator("#id_said").input_value() == an_id(8).number
    page.locator("a.press--wide").click()

    assert page.url.endswith("/kiosk/H01/")
    is_accessible(page)


# --- desk


def test_the_desk_from_the_keyboard_alone(open_page, clerk, line):
    page = open_page(DESK_SIZE)
    sign_in(page, "clerk")
    page.goto("/desk/")
    is_accessible(page)
    page.get_by_role("button", name="Sign in here").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The window is free").wait_for()

    page.keyboard.press("Enter")  # call the next
    number = page.locator(".desk__number")
    expect(number).to_have_text("A001", **SOON)
    is_accessible(page)

    page.keyboard.press("r")  # too soon
    said = page.locator(".govuk-error-summary")
    expect(said).to_contain_text(re.compile(r"called a moment ago. Wait \d+ seconds"), **SOON)

    page.keyboard.press("Space")
    expect(page.locator(".act--main")).to_contain_text("Finish, call the next", **SOON)
    is_accessible(page)

    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # pressed twice in haste
    expect(number).to_have_text("A002", **SOON)
    assert [ticket.state for ticket in Ticket.objects.order_by("pk")] == [
        "finished",
        "called",
        "waiting",
    ]
    assert Call.objects.count() == 2


def test_out_of_touch_keeps_the_ticket_and_sends_one_press(open_page, at_window_1, line):
    page = open_page(DESK_SIZE)
    sign_in(page, "clerk")
    page.goto("/desk/")
    page.keyboard.press("Enter")
    expect(page.locator(".desk__number")).to_have_text("A001", **SOON)

    page.context.set_offline(True)
    page.keyboard.press("Space")
    banner = page.locator("[data-out-of-touch]")
    expect(banner).to_be_visible(**SOON)
    expect(page.locator("[data-online]")).to_have_text("Out of touch")
    expect(page.locator(".desk__number")).to_have_text("A001")
    page.keyboard.press("Space")  # again, impatient
    page.context.set_offline(False)

    expect(page.locator(".act--main")).to_contain_text("Finish, call the next", **SOON)
    expect(banner).to_be_hidden(**SOON)
    assert Ticket.objects.filter(state="serving").count() == 1


def test_the_desk_without_scripts(open_page, at_window_1, line):
    page = open_page(DESK_SIZE, scripts=False, language="zh")
    sign_in(page, "clerk")
    page.goto("/desk/")

    for _press in range(3):  # call, start, finish and call
        page.locator(".act--main").click()

    assert page.locator(".desk__number").inner_text() == "A002"
    leave = "form[action$='/sign-out/']"
    page.locator(f"details:has({leave}) > summary").click()
    page.locator(f"{leave} button").click()
    assert shown(page.locator(".govuk-error-summary"))  # first the person, then home
    assert Shift.objects.filter(period__upper_inf=True).count() == 1


# --- the hall's screen


def test_the_screen_shows_a_call_soon_and_never_a_name(
    open_page, at_window_1, clerk, booking, kiosk
):
    page = open_page(BOARD_SIZE, language="zh")
    page.goto("/board/H01/")
    fits(page, 1920)
    is_accessible(page)
    check_in(hall=kiosk, reference=booking.reference, now=civil.now())
    call_next(window=at_window_1, staff=clerk, now=civil.now())

    number = page.locator("[data-number]")
    expect(number).to_have_text("A001", timeout=45_000)
    expect(page.locator("[data-window]")).to_have_text("1")
    assert float(number.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 200
    assert "20" in page.locator(".board__notes").text_content()
    for secret in ("陈小宁", "陈", an_id(7).number, booking.reference):
        assert secret not in page.content()
    is_accessible(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_screen_fits_a_phone(open_page, at_window_1, clerk, line, scripts):
    call_next(window=at_window_1, staff=clerk, now=civil.now())
    page = open_page(PHONE_SIZE, scripts=scripts)

    page.goto("/board/H01/")

    assert page.locator("[data-number]").inner_text() == "A001"
    assert "Bookings go at their time" in page.locator(".board__rule").first.inner_text()
    if scripts:
        fits(page, 390)
        is_accessible(page)
    else:
        assert page.locator("meta[http-equiv=refresh]").count() == 1


# --- one's own ticket


def test_a_ticket_tells_its_place_its_turn_and_asks_how_it_was(
    open_page, at_window_1, clerk, line, windows
):
    now, mine = civil.now(), line[1]
    page = open_page()
    page.goto(f"/t/{mine.public_id}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 person is before you")
    expect(page.locator(".ticket__wait")).to_contain_text("minutes")
    fits(page, 390)
    is_accessible(page)

    first = call_next(window=at_window_1, staff=clerk, now=now)
    start(ticket=first, staff=clerk, now=now)
    finish(ticket=first, staff=clerk, now=now)
    called = call_next(window=at_window_1, staff=clerk, now=now)
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text("Please go to window 1 now", timeout=45_000)
    is_accessible(page)
    start(ticket=called, staff=clerk, now=now)
    finish(ticket=called, staff=clerk, now=now)

    page.locator(".rating label").first.wait_for(timeout=45_000)  # the page asks by itself
    is_accessible(page)
    page.get_by_role("button", name="Send the rating").click()
    expect(page.locator("#id_level_error")).to_be_visible()
    page.locator(".rating input[value='5']").check(force=True)
    page.get_by_role("button", name="Send the rating").click()
    expect(page.get_by_text("Thank you for your rating")).to_be_visible()
    assert Rating.objects.get().level == 5


# --- the guide's tablet


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_guide_lets_somebody_go_first_and_says_why(open_page, open_hall, line, language):
    make_staff("guide", open_hall, "guide")
    page = open_page({"width": 1024, "height": 1366}, language=language)
    sign_in(page, "guide")
    page.goto("/floor/")
    is_accessible(page)
    give = page.locator("form[action='/floor/give/']")

    give.locator("input[name=matter][value=RENEW]").check(force=True)
    give.locator("[name=priority]").first.wait_for()
    pick(give, "urgent")
    give.locator("button.govuk-button").click()
    assert shown(page.locator(".govuk-error-message").first)  # urgent needs a reason
    assert give.locator("input[name=matter][value=RENEW]").is_checked()
    give.locator("[name=note]").fill("下午考试")
    give.locator("button.govuk-button").click()

    expect(page.locator(".floor__given")).to_contain_text("A004")
    ticket = Ticket.objects.order_by("pk").last()
    assert (ticket.priority, ticket.priority_note) == ("urgent", "下午考试")
    is_accessible(page)


def pick(form, value: str) -> None:
    radio = form.locator(f"input[name=priority][value={value}]")
    if radio.count():
        radio.check(force=True)
    else:
        form.locator("select[name=priority]").select_option(value)
