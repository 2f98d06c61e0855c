"""A storm comes: who runs two halls closes both with one look and one press, and takes it
back. # C6"""

import re
from datetime import time, timedelta

import pytest
from playwright.sync_api import expect

from appointments.models import Booking
from config import civil
from tests.browser.conftest import DESK_SIZE, is_accessible, sign_in
from tests.conftest import make_session, make_staff, slot_at
from windows.models import HallClosure, HallSession, StaffRole, Window

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def evenings(hall, other_hall, windows, renewal) -> list[HallSession]:
    """The same evening in both halls, three days ahead."""
    there = Window.objects.create(hall=other_hall, number=1)
    there.matters.add(renewal)
    day = civil.city_date(civil.now()) + timedelta(days=3)
    hours = {"day": day, "opens": time(18, 30), "closes": time(21, 30), "kind": "night"}
    return [make_session(hall, windows, **hours), make_session(other_hall, [there], **hours)]


@pytest.fixture
def people(evenings, book) -> list[Booking]:
    now, (here, there) = civil.now(), evenings
    return [
        book(slot_at(session, 21), person=n, now=now)
        for n, session in enumerate([here, here, here, there, there], start=1)
    ]


@BOTH
def test_two_halls_close_with_one_press(open_page, hall, other_hall, evenings, people, scripts):
    boss = make_staff("supervisor", hall, "supervisor")
    StaffRole.objects.create(staff=boss, hall=other_hall, role="supervisor")
    day = evenings[0].service_day
    page = open_page(DESK_SIZE, scripts=scripts)
    sign_in(page, "supervisor")
    page.goto("/supervise/close/?hall=H01")
    page.locator("[name=closes_at]").fill(f"{day}T18:00")
    page.locator("[name=opens_at]").fill(f"{day}T23:00")
    page.locator("[name=reason][value=weather]").check(force=True)
    if scripts:
        page.get_by_text("In other halls too").click()
        page.locator("[name=in_halls][value=H02]").check(force=True)
    else:
        page.get_by_role("button", name="All my halls").click()
    look = page.locator("#preview")
    expect(look).to_contain_text("2 halls", timeout=45_000)
    expect(look).to_contain_text("Guilan Hall")
    if scripts:
        is_accessible(page)

    page.get_by_role("button", name="Close 2 halls and tell 5 people").click()
    page.wait_for_url(re.compile(r"/supervise/closures/done/"))
    expect(page.locator("main")).to_contain_text("2 of 2 halls are closed")
    expect(page.locator("main")).to_contain_text("3 people lost their places")
    assert HallClosure.objects.filter(reopened_at=None).count() == 2
    if scripts:
        is_accessible(page)

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main")).to_contain_text("2 of 2 closings are taken back")
    assert not HallClosure.objects.filter(reopened_at=None).exists()
    assert {one.slot_id for one in Booking.objects.all()} == {
        slot_at(evenings[0], 21).pk, slot_at(evenings[1], 21).pk
    }  # fmt: skip
