"""The kiosk shut in, without a camera, without paper; one's own phone in the hall.

# C7 C15 C34
"""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from config import civil
from queues.models import Paper, Ticket
from tests.browser.conftest import BOARD_SIZE, PHONE_SIZE, gone, is_accessible, shown
from tests.conftest import an_id
from windows.models import DeviceToken
from windows.presence import presence_code

pytestmark = pytest.mark.django_db(transaction=True)

UPRIGHT = {"width": 1080, "height": 1920}
WAYS_OUT = """() => [...document.querySelectorAll(
    "a[href], area[href], form, button[formaction], iframe"
)].map((one) => one.getAttribute("formaction") ?? one.action ?? one.href ?? one.src)"""


@pytest.fixture
def kiosk(open_hall, settings):
    settings.DEMO = True
    return open_hall


@pytest.fixture
def booking(book, open_hall):
    now = civil.now()
    slot = open_hall.sessions.get().slots.filter(starts_at__gt=now).order_by("starts_at").first()
    return book(slot, person=7, now=now)


def fits(page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], page.url


def test_no_link_and_no_form_of_any_page_leads_out_of_the_kiosk(open_page, kiosk, booking):
    page = open_page(UPRIGHT)
    ways = {}

    def look():
        ways[page.url] = page.evaluate(WAYS_OUT)

    page.goto("/kiosk/H01/")
    look()
    page.goto("/kiosk/H01/check-in/")
    look()
    for said in ("ABCD2345", "https://another-city.example/b/ABCD2345/?k=x", "?"):
        page.locator("#id_said").fill(said)
        page.locator("main form.kiosk__type .govuk-button").last.scroll_into_view_if_needed()
        page.locator("#id_said").press("Enter")
        expect(page.locator(".said, .govuk-error-summary").first).to_be_visible()
        look()
    page.goto("/kiosk/H01/")
    page.locator("button[name=matter][value=RENEW]").click()
    expect(page.locator("main")).to_contain_text("A001")
    look()

    assert len(ways) >= 3
    paths = {urlsplit(way).path for found in ways.values() for way in found}
    assert {path for path in paths if not path.startswith("/kiosk/H01/")} == set()


def test_going_back_after_the_screen_was_cleared_shows_nothing(open_page, kiosk, booking):
    page = open_page(UPRIGHT)
    page.goto("/kiosk/H01/")
    page.get_by_role("link", name=re.compile("check in")).click()
    page.locator("#id_said").fill(an_id(7).number)
    page.locator("#id_said").press("Enter")
    expect(page.locator("main")).to_contain_text("A001")
    number = Ticket.objects.get()

    page.get_by_role("link", name=re.compile("I am done")).click()
    page.wait_for_url("**/kiosk/H01/")
    for _step in range(4):
        page.go_back()
        shown = page.content()
        for secret in (an_id(7).number, number.label, number.public_id, booking.reference):
            assert secret not in shown, page.url


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_missing_camera_is_said_and_typing_goes_on(open_page, kiosk, language):
    page = open_page(UPRIGHT, language=language)
    page.goto("/kiosk/H01/check-in/")

    page.locator("[data-camera] button").click()

    says = page.locator("[data-camera] p")
    expect(says).not_to_be_empty()
    assert page.evaluate("document.activeElement.id") == "id_said"
    page.keyboard.type("12")
    assert page.locator("#id_said").input_value() == "12"
    is_accessible(page)


def test_a_paper_that_does_not_come_is_said_plainly(open_page, kiosk):
    page = open_page(UPRIGHT)
    page.goto("/kiosk/H01/")  # pairs
    DeviceToken.objects.update(printer="127.0.0.1:9")
    page.locator("button[name=matter][value=RENEW]").click()
    expect(page.get_by_text("Your paper comes out")).to_be_visible()
    expect(page.get_by_text("Photograph this number")).to_be_hidden()

    Paper.objects.update(error="no paper")

    expect(page.get_by_text("Photograph this number")).to_be_visible(timeout=45_000)
    assert gone(page.get_by_text("Your paper comes out"))
    is_accessible(page)


def test_the_ticket_fits_the_roll_of_80_mm(open_page, kiosk):
    page = open_page(UPRIGHT)
    page.goto("/kiosk/H01/")
    page.locator("button[name=matter][value=RENEW]").click()
    expect(page.locator("main")).to_contain_text("A001")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 302, "height": 800})  # 80 mm

    paper = page.locator(".paper")
    expect(paper).to_be_visible()
    expect(page.locator(".kiosk__given")).to_be_hidden()
    box = paper.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 302
    assert shown(paper.locator("svg"))


@pytest.mark.parametrize("size", [UPRIGHT, BOARD_SIZE], ids=["upright", "wide"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_kiosks_pages_fit_the_screen(open_page, kiosk, size, language):
    page = open_page(size, language=language)
    for path in ("/kiosk/H01/", "/kiosk/H01/check-in/"):
        assert page.goto(path).ok
        fits(page)
        is_accessible(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_phone_checks_in_where_the_code_stands(open_page, kiosk, booking, scripts):
    page = open_page(PHONE_SIZE, scripts=scripts)
    page.goto("/here/H01/")
    page.locator("#id_code").fill("000")
    page.locator("main form button").first.click()
    assert shown(page.locator("#id_code_error"))
    page.locator("#id_code").fill(presence_code(kiosk, civil.now()))
    page.locator("main form button").first.click()
    page.locator("#id_said").wait_for()
    if scripts:
        fits(page)
        is_accessible(page)
    page.locator("#id_said").fill(booking.reference)
    page.locator("#id_said").press("Enter")

    page.wait_for_url(re.compile("/t/[^/]+/"))
    assert "A001" in page.locator("main").inner_text()


def test_a_screen_shows_its_pairing_code(open_page, open_hall):
    page = open_page(BOARD_SIZE)
    page.goto("/board/H01/pairing/")

    code = page.locator(".pairing__code")
    code.wait_for()
    assert re.fullmatch(r"\w{4} \w{4}", code.inner_text())
    is_accessible(page)
