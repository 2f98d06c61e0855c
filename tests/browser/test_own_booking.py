"""One's own booking on a phone and on paper, with scripts and without. # C11 C30 C34"""

import re
from datetime import timedelta

import pytest

from appointments.attending import Attendee
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.models import Booking, MissedVisit
from appointments.sealing import booking_secret
from config import civil
from tests.browser.conftest import gone, is_accessible, shown, sign_in
from tests.conftest import PHONE, an_id, make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def own(booking, part: str = "") -> str:
    return f"/b/{booking.reference}/{part}?k={booking_secret(booking.reference)}"


def press(page, name) -> None:
    page.get_by_role("button", name=re.compile(name)).click()


@pytest.fixture
def family(open_hall, renewal, pickup, windows) -> list[Booking]:
    """Two people, held; the first comes for two matters and needs more time."""
    slot = open_hall.sessions.get().slots.order_by("-starts_at")[2]
    people = [
        Attendee("陈小宁", an_id(1), needs=("time", "wheelchair"), matters=(renewal, pickup)),
        Attendee("王芳", an_id(2)),
    ]
    held = hold(slot_id=slot.pk, matter=renewal, people=people, phone=PHONE, now=civil.now())
    return [find(one.reference, one.secret) for one in held.bookings]


@pytest.fixture
def promised(family) -> list[Booking]:
    confirm(booking=family[0], now=civil.now())
    return family


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_hold_to_second_thoughts(open_page, family, scripts):
    page = open_page(scripts=scripts)
    page.goto(own(family[0]))
    left = page.get_by_text("Time left:")
    assert shown(left) if scripts else gone(left)
    if scripts:
        is_accessible(page)
        assert re.search(r"1[45]:\d\d", page.locator(".countdown").inner_text())

    press(page, "I need more time")
    assert shown(page.get_by_text("You have more time now"))
    assert page.get_by_role("button", name="I need more time").count() == 0
    press(page, "Yes, confirm")
    assert shown(page.locator(".ticket__code svg"))
    if scripts:
        is_accessible(page)

    page.get_by_role("link", name="Cancel it").click()
    page.get_by_label(re.compile("All who come together")).check(force=True)
    press(page, "Yes, cancel")
    assert shown(page.get_by_text("This booking is cancelled"))
    if scripts:
        is_accessible(page)
    press(page, "Undo")
    assert shown(page.get_by_text("The booking stands again"))

    assert set(Booking.objects.values_list("state", flat=True)) == {"confirmed"}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_all_who_come_together_move(open_page, promised, scripts):
    page = open_page(scripts=scripts)
    page.goto(own(promised[0]))

    page.get_by_role("link", name="Another time").click()
    page.get_by_label(re.compile("All who come together")).check(force=True)
    if scripts:
        is_accessible(page)
    press(page, "Choose the time")
    page.locator("input[type=radio][name=slot]:not([disabled])").last.check(force=True)
    press(page, "Take this time")

    assert shown(page.get_by_text("The new time is yours"))
    assert Booking.objects.values("starts_at").distinct().count() == 1
    assert {one.version for one in Booking.objects.all()} == {2}


def test_screen_readers_hear_the_time_at_moments_only(open_page, family):
    page = open_page()
    page.clock.install(time=civil.now())
    page.goto(own(family[0]))
    heard = page.locator("[data-said-until]")

    said = []
    for _ in range(16):
        page.clock.run_for(60_000)
        if not said or heard.inner_text() != said[-1]:
            said.append(heard.inner_text())

    assert [one for one in said if one] == [
        "Still 10 minutes to confirm.",
        "Still 5 minutes to confirm.",
        "Still 2 minutes to confirm.",
        "One more minute to confirm.",
        "The time is over: the place is free again.",
    ]


@pytest.mark.parametrize(
    "paper", [{"format": "A4"}, {"width": "80mm", "height": "297mm"}], ids=["A4", "80 mm"]
)
def test_it_prints_on_one_piece_of_paper(open_page, promised, paper):
    page = open_page()
    page.goto(own(promised[0]))

    printed = page.pdf(print_background=True, **paper)

    page.emulate_media(media="print")
    assert shown(page.locator(".ticket__code svg"))
    assert gone(page.get_by_role("link", name="Cancel it"))
    assert gone(page.locator(".header"))
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_missed_visit_is_objected_to_and_excused(open_page, promised, hall, scripts):
    booking, now = promised[0], civil.now()
    Booking.objects.filter(group=booking.group_id).update(state="no_show", ended_at=now)
    MissedVisit.objects.create(
        booking=booking, id_index=bytes(booking.id_index), missed_at=now,
        counts_until=now + timedelta(days=180), most=3, closed_days=30,
    )  # fmt: skip
    make_staff("supervisor", hall, "supervisor")
    page = open_page(scripts=scripts)
    page.goto(own(booking))
    press(page, "Tell the hall about it")
    if scripts:
        is_accessible(page)
    page.get_by_label("I was there").check(force=True)
    page.get_by_label(re.compile("In your own words")).fill("我三点就到了")
    press(page, "Send it to the hall")
    assert shown(page.get_by_text("Being looked at"))

    desk = open_page({"width": 1440, "height": 900}, scripts=scripts)
    sign_in(desk, "supervisor")
    desk.goto("/supervise/appeals/")
    if scripts:
        is_accessible(desk)
    desk.locator("table a").first.click()
    if scripts:
        is_accessible(desk)
    assert shown(desk.get_by_text("我三点就到了"))
    press(desk, "Excuse the visit")

    page.reload()
    assert shown(page.get_by_text("This visit no longer counts."))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_links_are_sent_again(open_page, promised, scripts):
    page = open_page(scripts=scripts)
    page.goto("/b/")
    if scripts:
        is_accessible(page)

    page.get_by_label("Mobile number").fill("138 0013 8000")
    press(page, "Send the message")

    assert shown(page.get_by_text("a message is on its way"))
