"""The city's page and the charts in Chromium: drawn under the CSP, and whole without. # C35"""

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from appointments.models import UnmetDemand
from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_session, make_staff
from windows.models import Hall, HallSession, Window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy(open_hall, renewal, windows):
    """The open hall with a line and a full day that is searched for, and a neighbour."""
    make_staff("admin", None, "admin")
    now = civil.now()
    tomorrow = civil.city_date(now) + timedelta(days=1)
    full = make_session(open_hall, windows, day=tomorrow)
    full.slots.update(online_taken=90)
    UnmetDemand.objects.create(
        hall=open_hall, matter=renewal, service_day=tomorrow,
        asked_on=civil.city_date(now), count=24,
    )  # fmt: skip
    issue_walk_in(hall=open_hall, matter=renewal, now=now - timedelta(minutes=25))
    issue_walk_in(hall=open_hall, matter=renewal, now=now)
    clerk = make_staff("one-clerk", open_hall, "clerk")
    from windows.shifts import sign_in as at_work

    at_work(staff=clerk, window=windows[0], now=now - timedelta(minutes=20))
    call_next(window=windows[0], staff=clerk, now=now - timedelta(minutes=3))
    Hall.objects.update(latitude=Decimal("22.86"), longitude=Decimal("113.14"))
    for n in (2, 3, 4):
        neighbour = Hall.objects.create(
            code=f"H0{n}", name_zh=f"桂澜{n}办证大厅", name_en=f"Guilan {n} Hall",
            district_zh="桂澜区", district_en="Guilan", address_zh="路",
            latitude=Decimal("22.9"), longitude=Decimal("113.2") + Decimal(n) / 50,
        )  # fmt: skip
        Window.objects.create(hall=neighbour, number=1)
    return open_hall


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["/supervise/city/", "/supervise/charts/"])
def test_the_pages_are_accessible_and_fit(open_page, busy, path, language):
    page = open_page(DESK_SIZE, language=language)
    sign_in(page, "admin")

    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    is_accessible(page)
    page.set_viewport_size(PHONE_SIZE)
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_from_the_advice_to_an_open_session(open_page, busy):
    """Where a session would help, and one press from there to opening it."""
    page = open_page(DESK_SIZE)
    sign_in(page, "admin")
    page.goto("/supervise/city/")
    advice = page.locator(".city-advice .advice").first
    expect(advice).to_contain_text("Hetang Hall")
    expect(advice).to_contain_text("24 searches in vain")
    before = HallSession.objects.count()

    advice.get_by_role("button", name="Look at it and open it").click()
    expect(page.locator("#preview")).to_contain_text("18:30")
    page.get_by_role("button", name="Open the session").click()

    page.wait_for_url("**/supervise/sessions/**")
    assert HallSession.objects.count() == before + 1
    assert HallSession.objects.latest("pk").kind == "night"


def test_a_district_in_one_press_and_its_halls_on_the_map(open_page, busy):
    page = open_page(DESK_SIZE)
    sign_in(page, "admin")
    page.goto("/supervise/city/")
    assert page.locator(".map__hall").count() == 4
    expect(page.locator(".map")).to_contain_text("Guilan")

    page.get_by_role("navigation", name="Districts").get_by_role("link", name="Guilan").click()

    assert page.locator(".map__hall").count() == 3
    assert page.locator(".city-heat tbody tr").count() == 3


def test_charts_are_drawn_from_their_tables_under_the_csp(open_page, busy):
    """open_page fails when the browser complains about the content security policy."""
    page = open_page(DESK_SIZE)
    sign_in(page, "admin")
    page.goto("/supervise/charts/?of=H01")
    page.locator("body[data-drawn]").wait_for()

    charts = page.locator("[data-chart]:has(table)")
    assert charts.count() >= 5
    assert page.locator(".chart__stage:has(canvas)").count() == charts.count()
    painted = page.evaluate(
        "[...document.querySelectorAll('.chart__stage')].map((stage) => Math.max(..."
        "[...stage.querySelectorAll('canvas')].map((one) => new Set("
        "one.getContext('2d').getImageData(0, 0, one.width, one.height).data).size)))"
    )
    assert min(painted) > 10  # colours, not an empty sheet
    assert page.locator("[data-chart] table:visible").count() == 0
    stage = page.locator(".chart__stage").first
    assert stage.get_attribute("role") == "img"
    stage.hover()  # its hint is drawn too
    page.locator("summary").first.click()
    assert page.locator("[data-chart] table:visible").count() == 1


def test_without_scripts_the_tables_stand_open(open_page, busy):
    page = open_page(DESK_SIZE, scripts=False)
    sign_in(page, "admin")
    page.goto("/supervise/charts/?of=H01")

    assert page.locator("[data-chart] table:visible").count() >= 5
    assert page.locator("canvas").count() == 0


def test_the_check_of_the_policy_can_fail(chromium, live_server, busy):
    """An inline style is a complaint of the browser, which open_page would hear."""
    page = chromium.new_page(base_url=live_server.url)
    page.goto("/login/")
    said = []
    page.on("console", lambda message: said.append(message.text))

    page.evaluate("document.querySelector('h1').setAttribute('style', 'color: red')")
    page.wait_for_timeout(200)
    page.close()

    assert any("Content Security Policy" in text for text in said)
