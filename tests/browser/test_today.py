"""A supervisor watches the hall in Chromium: an alert comes by itself, a remedy is seen and
pressed, a neighbour lends somebody. # C3 C6 C26 C34"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from config import civil
from queues.issuing import issue_walk_in
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_session, make_staff
from windows import helping, rostering
from windows.models import HelpRequest, RosterEntry, Shift, Window
from windows.shifts import sign_in as stand_at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy(open_hall, windows, renewal, other_hall):
    """A line at one staffed window; another one is planned and empty; a neighbour has Wang."""
    now = civil.now()
    boss = make_staff("supervisor", open_hall, "supervisor")
    li, zhao = (make_staff(name, open_hall, "clerk") for name in ("li", "zhao"))
    make_staff("wang", other_hall, "clerk")
    make_staff("neighbour", other_hall, "supervisor")
    theirs = Window.objects.create(hall=other_hall, number=1)
    session = open_hall.sessions.get()
    opens, closes = (civil.city_time(at).time() for at in (session.starts_at, session.ends_at))
    make_session(other_hall, [theirs], day=session.service_day, opens=opens, closes=closes)
    rostering.assign(staff=li, session=session, window=windows[0], by=boss, now=now)
    stand_at(staff=li, window=windows[0], now=now - timedelta(minutes=30))
    for _person in range(8):
        issue_walk_in(hall=open_hall, matter=renewal, now=now - timedelta(minutes=5))
    return zhao


def test_an_alert_comes_by_itself_and_its_remedy_opens_a_window(
    open_page, busy, open_hall, renewal
):
    page = open_page(DESK_SIZE)
    sign_in(page, "supervisor")
    page.goto("/supervise/?hall=H01")
    expect(page.locator("#alerts")).not_to_contain_text("people are waiting")
    for _person in range(15):
        issue_walk_in(hall=open_hall, matter=renewal, now=civil.now())
    alert = page.locator("#alerts .alert", has_text="23 people are waiting.")
    expect(alert).to_be_visible(timeout=45_000)
    is_accessible(page)

    alert.get_by_role("link", name="Open a window").click()
    expect(page.locator("#preview")).to_contain_text("With it")
    expect(page.locator("#preview .better").first).to_be_visible()
    is_accessible(page)
    page.get_by_label(re.compile("zhao")).check(force=True)
    page.get_by_role("button", name="Open window 2").click()

    expect(page.locator("main")).to_contain_text("zhao is called to window 2.")
    assert RosterEntry.objects.filter(staff=busy, window__number=2).exists()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_online_minutes_go_to_walk_ins_and_back(open_page, busy, open_hall, scripts):
    page = open_page(DESK_SIZE, scripts=scripts)
    sign_in(page, "supervisor")
    page.goto("/supervise/remedies/quota/?hall=H01")
    page.get_by_role("button", name="Give them to walk-ins").click()
    expect(page.locator("main")).to_contain_text("Walk-ins have the minutes now.")
    now = civil.now()
    coming = open_hall.sessions.get().slots.filter(starts_at__gt=now)
    assert {slot.online_quota for slot in coming} == {0}

    page.get_by_role("button", name="Take it back").click()

    expect(page.locator("main")).to_contain_text("It is taken back.")
    assert {slot.online_quota for slot in coming.all()} == {60}


def test_a_neighbour_lends_somebody_who_signs_in(open_page, busy, open_hall, windows):
    page, theirs, desk = (open_page(DESK_SIZE) for _ in range(3))
    sign_in(page, "supervisor")
    page.goto("/supervise/?hall=H01")
    page.locator("#now-help").click()
    page.get_by_label("Ask which hall?").select_option("H02")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("main")).to_contain_text("The halls nearby")
    is_accessible(page)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("main")).to_contain_text("Guilan Hall was asked for 1 person.")

    sign_in(theirs, "neighbour")
    theirs.goto("/supervise/?hall=H02")
    theirs.get_by_role("link", name="Answer").click()
    is_accessible(theirs)
    theirs.get_by_label(re.compile("wang")).check(force=True)
    theirs.get_by_role("button", name="Send them").click()
    expect(theirs.locator("main")).to_contain_text("You send wang.")

    expect(page.locator("#alerts")).to_contain_text("They send wang.", timeout=45_000)
    sign_in(desk, "wang")
    desk.goto("/desk/")
    desk.locator(f"button[name=window][value='{windows[1].pk}']").click()
    desk.wait_for_load_state()
    assert Shift.objects.get(staff__username="wang", period__upper_inf=True).window == windows[1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_fit_a_desk_and_a_phone(open_page, busy, open_hall, other_hall, language):
    asked = helping.ask(
        session=other_hall.sessions.get(), of_hall=open_hall, people=2,
        by=make_staff("far", other_hall, "supervisor"), now=civil.now(),
        note="Two of ours are ill.",
    )  # fmt: skip
    page = open_page(DESK_SIZE, language=language)
    sign_in(page, "supervisor")
    ways = {
        "today": "/supervise/?hall=H01",
        "window": "/supervise/remedies/window/?hall=H01",
        "extend": "/supervise/remedies/extend/?hall=H01",
        "quota": "/supervise/remedies/quota/?hall=H01",
        "ask": "/supervise/help/ask/?hall=H01",
        "help": f"/supervise/help/{asked.pk}/",
    }
    for name, way in ways.items():
        for size in (DESK_SIZE, PHONE_SIZE):
            page.set_viewport_size(size)
            page.goto(way)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        is_accessible(page)
    assert HelpRequest.objects.get().state == "asked"
