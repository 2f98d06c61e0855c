"""Somebody joins the waiting list on a phone, is offered a place and takes it. # C31"""

import re
from datetime import time, timedelta

import pytest

from appointments.cancelling import cancel
from appointments.models import Booking, InboxItem, ReturningPlace, WaitEntry
from appointments.returning import return_due
from appointments.sending import send_due
from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible
from tests.conftest import a_person, an_id, make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def midday(monkeypatch):
    """The clock goes on from noon of today: by night nobody is offered anything."""
    gap = civil.city_instant(civil.city_date(civil.now()), time(12)) - civil.now()
    really = civil.now
    monkeypatch.setattr(civil, "now", lambda: really() + gap)


@pytest.fixture
def full(midday, open_hall, windows, book):
    """Tomorrow's session has one place each half-hour, and all are booked."""
    tomorrow = civil.city_date(civil.now()) + timedelta(days=1)
    session = make_session(open_hall, windows, day=tomorrow, online=12)
    for n, slot in enumerate(session.slots.order_by("starts_at")):
        for k in (0, 1):
            book(slot, person=300 + 2 * n + k, limited=False, now=civil.now())
    return session


def press(page, name):
    page.get_by_role("button", name=re.compile(name)).click()


def told(kind: str) -> str:
    send_due(now=civil.now())
    return InboxItem.objects.filter(kind=kind).latest("pk").text


def join(page, session):
    page.goto(f"/w/join/?matter=RENEW&hall=H01&day={session.service_day}")
    page.locator("input[name=people][value='2']").check(force=True)
    press(page, "Continue")
    for n in (1, 2):
        page.locator(f"input[name=name_{n}]").fill(["陈小宁", "陈大宁"][n - 1])
        page.locator(f"input[name=id_number_{n}]").fill(an_id(n).number)
    page.locator("input[name=phone]").fill("139 0013 8000")
    press(page, "Continue")
    page.locator("input[name=code]").fill(re.search(r"\d{6}", told("code")).group())
    press(page, "Continue")
    press(page, "Put me on the waiting list")


def a_family_cancels(session) -> None:
    """Both places of a half-hour come back, and are offered."""
    slot = session.slots.order_by("starts_at")[10]
    for booking in Booking.objects.filter(slot=slot):
        cancel(booking=booking, now=civil.now())
    ReturningPlace.objects.update(returns_at=civil.now())
    return_due(now=civil.now())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_two_people_wait_and_take_the_place_that_comes_free(open_page, full, scripts):
    page = open_page(scripts=scripts)
    join(page, full)
    assert page.get_by_role("heading", level=1).inner_text() == "You are next"

    a_family_cancels(full)
    page.goto(re.search(r"/w/\S+", told("offer")).group())
    assert page.get_by_role("heading", level=1).inner_text() == "A place is kept for you"
    if scripts:
        assert re.fullmatch(r"1\d:\d\d", page.locator("time.countdown").inner_text())
        is_accessible(page)
    press(page, "Yes, I come")

    assert "/b/" in page.url
    assert Booking.objects.filter(state="confirmed", slot__session=full).count() == 32
    assert WaitEntry.objects.get().state == "booked"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_they_let_it_pass_and_leave(open_page, full, scripts):
    page = open_page(scripts=scripts)
    join(page, full)
    a_family_cancels(full)

    page.reload()
    press(page, "No, let it pass")
    assert "Offers that were not taken: 1 of 3" in page.content()
    page.get_by_role("link", name="Leave the list").click()
    if scripts:
        is_accessible(page)
    press(page, "Yes, leave")

    assert page.get_by_role("heading", level=1).inner_text() == "You left the waiting list"
    assert WaitEntry.objects.get().state == "left"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE_SIZE, DESK_SIZE], ids=["phone", "desk"])
def test_the_pages_are_accessible_and_fit(open_page, full, hall, renewal, size, language):
    from appointments.wait_words import own_path
    from appointments.waitlist import join as joined

    entry = joined(
        matter=renewal, halls=[hall], first=full.service_day, last=full.service_day,
        people=[a_person(1)], phone="+8613900138000", now=civil.now(),
    )  # fmt: skip
    page = open_page(size, language=language)
    wish = f"matter=RENEW&hall=H01&from={full.service_day}&to={full.service_day}&people=2"

    for path in ("/w/join/?hall=H01", f"/w/join/who/?{wish}", "/w/join/who/", own_path(entry)):
        page.goto(path)
        is_accessible(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], path
