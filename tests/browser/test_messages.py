"""Messages as the person wishes them, with scripts and without. # C18 C27"""

from datetime import timedelta

import pytest

from appointments.messaging import contacts
from appointments.models import Booking, BookingGroup, Contact, Message
from appointments.own_page import own_address
from appointments.sending import send_due
from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, gone, is_accessible, shown, sign_in
from tests.conftest import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(open_hall, book) -> Booking:
    slot = open_hall.sessions.get().slots.order_by("-starts_at")[2]
    return book(slot, now=civil.now(), language="en")


@pytest.fixture
def unreached(booking) -> Booking:
    message = Message.objects.get(kind="confirmed")
    contacts.bounced(message, reason="unknown number", now=civil.now())
    return booking


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [PHONE_SIZE, DESK_SIZE], ids=["phone", "desk"])
def test_the_way_is_chosen_on_ones_own_page(open_page, booking, scripts, size):
    send_due(now=civil.now())
    page = open_page(size, scripts=scripts)
    page.goto(own_address(booking))
    page.get_by_role("link", name="Messages: what was sent").click()
    page.get_by_text("What was sent").wait_for()
    if scripts:
        is_accessible(page)

    page.get_by_label("By e-mail").check()
    page.get_by_label("E-mail address").fill("ning@")
    page.get_by_role("button", name="Save").click()
    page.locator("#id_email_error").wait_for()
    assert page.get_by_label("E-mail address").input_value() == "ning@"
    if scripts:
        is_accessible(page)
    page.get_by_label("E-mail address").fill("ning@example.com")
    page.get_by_role("button", name="Save").click()

    page.get_by_text("Saved.").wait_for()
    assert BookingGroup.objects.get().channel == "email"


def test_the_link_to_leave_is_one_press(open_page, booking):
    token = contacts.leave_token(contacts.addresses_of(booking.group)[0])
    page = open_page()
    page.goto(f"/m/{token}/")
    is_accessible(page)
    assert not Contact.objects.exists()

    page.get_by_role("button", name="Yes, only what I need").click()

    page.get_by_role("heading", name="You get only what you need").wait_for()
    is_accessible(page)
    assert Contact.objects.get().opted_out_at is not None


def test_the_address_may_stand_beside_the_phone(open_page, open_hall):
    slot = open_hall.sessions.get().slots.order_by("-starts_at")[2]
    page = open_page()
    page.goto(f"/book/RENEW/who/{slot.pk}/")
    assert gone(page.get_by_label("E-mail address"))

    page.get_by_text("Rather messages by e-mail?").click()
    page.get_by_label("E-mail address").fill("ning@")
    page.get_by_role("button", name="Continue").click()

    page.locator("#id_email_error").wait_for()
    assert page.get_by_label("E-mail address").input_value() == "ning@"
    is_accessible(page)


def test_the_guide_puts_the_number_right(open_page, unreached, open_hall):
    make_staff("guide", open_hall, "guide")
    page = open_page(DESK_SIZE)
    sign_in(page, "guide")
    page.goto("/floor/assist/look/")
    page.get_by_label("Name").fill("陈小宁")
    page.locator("[name=said]").fill(unreached.reference)
    page.locator("main form button").first.click()
    page.goto(f"/floor/assist/b/{unreached.reference}/")
    page.get_by_text("ending in 00").wait_for()
    is_accessible(page)

    page.get_by_label("Mobile number").fill("139 0013 9000")
    page.get_by_role("button", name="Use this number").click()

    page.get_by_text("Messages go to ****9000").wait_for()
    assert Message.objects.filter(state="ready").exists()


def test_the_link_of_a_message_that_is_old_says_how_it_stands(open_page, booking):
    page = open_page(scripts=False)
    address = own_address(booking).replace("/?", "/cancel/?")
    page.goto(address)
    page.get_by_role("button", name="Yes, cancel").click()
    page.get_by_text("This booking is cancelled").wait_for()

    page.goto(address)

    assert shown(page.get_by_text("Cancelled").first)
    assert booking.starts_at > civil.now() - timedelta(hours=1)
