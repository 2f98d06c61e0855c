"""A worker by a factory's link, the poster, self-service points: on a phone and at a desk."""

import os
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from appointments.models import Booking, InboxItem
from appointments.sending import send_due
from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import an_id, make_session
from tests.pages.test_points import make_point
from windows.links import make_link
from windows.models import HallSession
from windows.points import set_out

SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def tomorrow(hall, windows, renewal, pickup, transactional_db):
    """A session of tomorrow, with half of its places for a factory."""
    from datetime import time

    day = civil.city_date(civil.now()) + timedelta(days=1)
    session = make_session(hall, windows, day=day, opens=time(18), closes=time(21), online=60,
                           kind="outreach")  # fmt: skip
    HallSession.objects.filter(pk=session.pk).update(
        audience_zh="园区企业职工", audience_en="Staff of the industrial park"
    )
    return session


@pytest.fixture
def link(tomorrow):
    return make_link(
        session=tomorrow, name_zh="南海电器厂工会", name_en="Nanhai Appliances, trade union",
        percent=50, releases_at=tomorrow.starts_at - timedelta(hours=6), by=None, now=civil.now(),
    )  # fmt: skip


def shot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/outreach-{name}.png", full_page=True)


def fits(page):
    """Nothing is wider than the screen."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], page.url


def test_a_worker_books_by_the_factorys_link(open_page, link, renewal):
    page = open_page(PHONE_SIZE, language="zh")
    page.goto(f"/o/{link.token}/")
    expect(page.locator("h1")).to_contain_text("南海电器厂工会")
    fits(page)
    is_accessible(page)
    shot(page, "invited-390-zh")
    page.locator(f"a[href$='/o/{link.token}/RENEW/']").click()
    fits(page)
    is_accessible(page)
    shot(page, "times-390-zh")
    page.locator("label.time").first.click()
    page.locator(".sticky-next button").click()
    page.locator("[name=name_1]").fill("陈小宁")
    page.locator("[name=id_number_1]").fill(an_id(1).number)
    page.locator("[name=phone]").fill("13800138000")
    consent = page.locator("[name=consent]")
    if consent.count():
        consent.check()
    page.locator("main form button.govuk-button").last.click()
    page.wait_for_url("**/book/phone/")
    send_due(now=civil.now())
    code = re.search(r"\d{6}", InboxItem.objects.order_by("-pk").first().text)[0]
    page.locator("[name=code]").fill(code)
    page.locator("button[name=action][value=check]").first.click()
    page.wait_for_url("**/book/check/*/")
    page.locator("button[name=action][value=confirm]").first.click()
    page.wait_for_url("**/b/**")

    assert list(Booking.objects.values_list("state", "channel")) == [("confirmed", "reserved")]
    page.goto(f"/o/{link.token}/fill/{link.inviter_token}/")
    fits(page)
    is_accessible(page)
    shot(page, "fill-390-zh")


def test_a_supervisor_makes_a_link_and_prints_its_poster(open_page, tomorrow, supervisor):
    page = open_page(DESK_SIZE)
    sign_in(page, "supervisor")
    page.goto(f"/supervise/sessions/{tomorrow.pk}/")
    page.get_by_role("link", name="Links for outreach").click()
    page.get_by_label("Who invites? (in Chinese)").fill("南海电器厂工会")
    page.get_by_label("Who invites? (in English)").fill("Nanhai Appliances, trade union")
    page.get_by_label("Which share of the online minutes").fill("40")
    page.get_by_role("button", name="Make the link").click()
    expect(
        page.get_by_role("alert").or_(page.locator(".govuk-error-summary")).first
    ).to_be_visible()
    ends = civil.city_time(tomorrow.starts_at - timedelta(hours=1))
    page.get_by_label("From when is what is left").fill(f"{ends:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Make the link").click()
    expect(page.locator(".link")).to_contain_text("Nanhai Appliances, trade union")
    fits(page)
    is_accessible(page)
    shot(page, "links-1440-en")
    page.set_viewport_size(PHONE_SIZE)
    fits(page)
    shot(page, "links-390-en")
    page.set_viewport_size(DESK_SIZE)
    page.get_by_role("link", name="Poster to print").click()
    expect(page.locator(".poster__code svg")).to_be_visible()
    is_accessible(page)
    shot(page, "poster-1440")
    made = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    assert made.count(b"/Type /Page\n") == 1
    if SHOTS:
        with open(f"{SHOTS}/outreach-poster.pdf", "wb") as file:
            file.write(made)


def test_points_on_a_phone_and_one_press_at_the_desk(
    open_page, hall, renewal, supervisor, transactional_db
):
    for n in range(1, 6):
        make_point(f"P{n}", hall, [renewal])
    broken = make_point("P6", hall, [renewal])
    set_out(point=broken, note_zh="读卡器正在维修", by=supervisor, now=civil.now())
    phone = open_page(PHONE_SIZE, language="zh")
    phone.goto("/points/")
    expect(phone.locator(".point")).to_have_count(6)
    fits(phone)
    is_accessible(phone)
    shot(phone, "points-390-zh")
    desk = open_page(DESK_SIZE)
    sign_in(desk, "supervisor")
    desk.goto("/supervise/points/")
    fits(desk)
    is_accessible(desk)
    shot(desk, "sup-points-1440-en")
    desk.get_by_role("button", name="It works again").click()
    expect(desk.get_by_text("All points work.")).to_be_visible()
    broken.refresh_from_db()
    assert (broken.state, broken.out_note_zh) == ("works", "")
    assert broken.changed_by == supervisor
    phone.reload()
    expect(phone.locator(".point")).to_have_count(6)
    assert phone.locator(".point--out").count() == 0
