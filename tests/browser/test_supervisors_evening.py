"""A supervisor new to it, in the simulated city, who follows only links and labels: an evening
in three halls, a cut that loses nobody, a storm.

# C1 C5 C6
"""

import re
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from playwright.sync_api import Locator, Page, expect

from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.invariants import holds
from appointments.models import Booking, Displaced, Message
from appointments.sending import send_due
from appointments.simulating import city, preparing
from appointments.simulating.preparing import prepare
from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE
from tests.conftest import a_person
from windows.models import Hall, HallClosure, HallSession, Matter
from windows.sessions import open_session

pytestmark = pytest.mark.django_db(transaction=True)

TWELVE = 12
FEW_PRESSES = 15  # with everything typed, less than two minutes for somebody new
ONE_DISTRICT = [0, 8, 9, 1]  # three halls of the first district and one of another
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
IN_CHINESE = pytest.mark.parametrize("language", ["zh"])
IN_ENGLISH = pytest.mark.parametrize("language", ["en"])


@pytest.fixture
def small_city(monkeypatch, settings, live_server) -> datetime:
    """Four halls and a few days; returns when it was made."""
    settings.DEMO, settings.SITE_URL = True, live_server.url
    monkeypatch.setattr(city, "HALLS", [city.HALLS[n] for n in ONE_DISTRICT])
    monkeypatch.setattr(preparing, "DAYS_BACK", 2)
    monkeypatch.setattr(preparing, "DAYS_AHEAD", 7)
    now = civil.now()
    prepare(now)
    return now


@pytest.fixture(autouse=True)
def _reading(language):
    """`_` says what a page says in the reader's language."""
    with translation.override("zh-hans" if language == "zh" else "en"):
        yield


def district() -> str:
    return Hall.objects.get(code="H01").district_zh


def hour(day: date, *at: int) -> datetime:
    return civil.session_hours(day, time(*at), time(23, 59))[0]


def messages_leave() -> datetime:
    """The minutes, or the night, in which all can be taken back are over; returns when."""
    news = Message.objects.filter(kind=Message.Kind.DISPLACED, state=Message.State.READY)
    later = max(one.due_at for one in news)  # a minute more may be one of the quiet hours
    while news.all().exists():
        assert send_due(now=later).sent
    return later


def free_evening(now: datetime) -> date:
    """The next day, not before tomorrow's morrow, whose evening is free in all halls."""
    for n in range(2, 7):
        day = civil.city_date(now) + timedelta(days=n)
        starts, ends = civil.session_hours(day, time(18, 30), time(0, 30))
        if not HallSession.objects.filter(starts_at__lt=ends, ends_at__gt=starts).exists():
            return day
    raise AssertionError("no free evening in this city")


class Newcomer:
    """Somebody at a page who presses what it says; counts the presses and what is typed."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0

    def press(self, what: Locator) -> None:
        self.presses += 1
        what.click()

    def link(self, name: str | re.Pattern[str]) -> None:
        self.press(self.page.get_by_role("link", name=name).first)

    def button(self, name: str | re.Pattern[str]) -> None:
        self.press(self.page.get_by_role("button", name=name))

    def label(self, name: str) -> None:
        self.press(self.page.locator("label", has_text=name).first)

    def type(self, name: str, text: str) -> None:
        self.presses += 1
        self.page.get_by_label(re.compile("^" + re.escape(name))).first.fill(text)

    def sign_in(self, username: str) -> None:
        self.page.goto("/login/")
        self.type(_("Username"), username)
        self.type(_("Password"), "demo")
        self.button(_("Sign in"))

    def look_for_a_time(self, hall: Hall) -> None:
        """From the first page to the days of the hall."""
        self.page.goto("/")
        self.link(re.compile(Matter.objects.get(code="RENEW").name))
        self.button(_("Continue to the time"))
        self.press(self.page.locator("a.hall-choice", has_text=hall.name))


@LANGUAGES
def test_a_night_in_three_halls_is_opened_in_one_action_and_offered(  # C1 C5
    open_page, small_city, language
):
    day = free_evening(small_city)
    here, *others = Hall.objects.filter(district_zh=district()).order_by("code")
    supervisor = Newcomer(open_page(DESK_SIZE, language=language))
    page = supervisor.page
    supervisor.sign_in("district")
    supervisor.link(_("Open a session"))
    supervisor.type(_("Which day?"), day.isoformat())
    supervisor.type(_("Opens at"), "18:30")
    supervisor.type(_("Closes at"), "00:30")
    supervisor.label(_("It closes the next morning, after midnight"))
    supervisor.press(page.get_by_text(_("Open the same in other halls")))
    for hall in others:
        supervisor.label(hall.name)
    for hall in others:
        expect(page.locator("#preview .fates")).to_contain_text(hall.name)
    expect(page.locator("#preview .fates")).not_to_contain_text(_("Left out:"))
    supervisor.button(_("Open the session"))

    expect(page.locator("h1")).to_have_text(_("Opened together"))
    for hall in (here, *others):
        row = page.locator("main tbody tr", has_text=hall.name)
        expect(row).to_contain_text("18:30")
        expect(row).to_contain_text("0:30")
    assert supervisor.presses < FEW_PRESSES, supervisor.presses

    for hall in others:
        citizen = Newcomer(open_page(PHONE_SIZE, language=language))
        citizen.look_for_a_time(hall)
        citizen.press(citizen.page.locator(f"a.day[href*='{day}']"))
        times = citizen.page.locator(".time:has(input:not([disabled])) .time__at")
        at = [text.strip().split()[-1] for text in times.all_inner_texts()]
        assert at[-12:][::11] == ["18:30", "00:00"]
    assert holds(civil.now()) == []


@pytest.fixture
def twelve(small_city) -> list[Booking]:
    """Twelve people, each for oneself, are booked into the last half hour of an evening."""
    now, hall = small_city, Hall.objects.get(code="H01")
    evening = open_session(
        hall=hall, kind="night", day=free_evening(now), opens=time(18, 30), closes=time(21, 30),
        windows=list(hall.windows.all()), by=None, now=now,
    )  # fmt: skip
    last, matter = evening.slots.latest("starts_at"), Matter.objects.get(code="RENEW")
    made = []
    for n in range(1, TWELVE + 1):
        held = hold(
            slot_id=last.pk, matter=matter, people=[a_person(n)], phone=f"+86139001390{n:02d}",
            now=now,
        ).bookings[0]  # fmt: skip
        made += confirm(booking=find(held.reference, held.secret), now=now)
    return made


@IN_CHINESE
def test_cutting_an_evening_loses_none_of_twelve_people(open_page, twelve, language):  # C6
    mine = [one.pk for one in twelve]
    evening = HallSession.objects.get(slots__bookings=mine[0])
    day = evening.service_day
    supervisor = Newcomer(open_page(DESK_SIZE, language=language))
    page = supervisor.page
    supervisor.sign_in("supervisor")
    coming = page.locator("main .sessions li", has=page.locator(".tag--night"))
    supervisor.press(coming.locator(f"a[href$='/sessions/{evening.pk}/']"))
    supervisor.link(re.compile("^" + pgettext("a session", "Cut")))
    supervisor.type(_("Closes at"), "20:30")
    page.keyboard.press("Tab")
    preview = page.locator("#preview")
    expect(preview.locator(".losing__one")).to_have_count(TWELVE)
    told = ngettext("%(act)s and tell %(n)s person", "%(act)s and tell %(n)s people", TWELVE)
    supervisor.button(told % {"act": _("Cut the session"), "n": TWELVE})
    page.wait_for_url(re.compile(r"/supervise/changes/\d+/"))
    expect(page.locator("#told .losing__one")).to_have_count(TWELVE)

    later = messages_leave()
    rows = Displaced.objects.filter(booking__in=mine)
    assert sorted(rows.values_list("booking", flat=True)) == sorted(mine)
    assert set(rows.values_list("state", flat=True)) <= {"offered", "moved"}
    for one in Booking.objects.filter(pk__in=mine).select_related("slot"):
        assert one.state == "confirmed"
        assert one.slot.is_open
        assert (one.hall.code, one.service_day) != ("H01", day) or one.starts_at < hour(day, 20, 30)
    assert holds(civil.now()) == []
    assert holds(later) == []

    citizen = Newcomer(open_page(PHONE_SIZE, language=language))
    citizen.page.goto("/")
    citizen.link(_("Messages of the simulated city"))
    for n in range(1, TWELVE + 1):
        citizen.type(_("Phone, or a part of it"), f"139001390{n:02d}")
        citizen.button(_("Show"))
        news = citizen.page.locator("article", has_text=str(Message.Kind.DISPLACED.label))
        expect(news).to_have_count(1)
    citizen.press(news.get_by_role("link"))
    citizen.button(_("Yes, I come then"))
    expect(citizen.page.locator("main")).to_contain_text(_("Thank you. The new time is yours."))
    assert rows.get(booking=mine[-1]).state == "accepted"


@IN_ENGLISH
def test_a_hall_is_closed_for_a_storm_and_is_open_again(open_page, small_city, language):  # C5 C6
    hall = Hall.objects.get(code="H01")
    again = civil.city_time(civil.now() + timedelta(hours=12))
    supervisor = Newcomer(open_page(DESK_SIZE, language=language))
    page = supervisor.page
    supervisor.sign_in("supervisor")
    supervisor.link(_("Close the hall"))
    supervisor.type(_("Open again from"), f"{again:%Y-%m-%dT%H:%M}")
    supervisor.type(_("What people read, in Chinese"), "台风红色预警")
    supervisor.type(_("What people read, in English"), "Red typhoon warning")
    page.keyboard.press("Tab")
    button = page.locator("#preview form").get_by_role("button")
    expect(button).to_contain_text(_("Close it"))
    supervisor.press(button)
    page.wait_for_url(re.compile(r"/supervise/closures/\d+/"))

    citizen = Newcomer(open_page(PHONE_SIZE, language=language))
    citizen.page.goto("/")
    citizen.link(_("Halls now"))
    citizen.link(re.compile(hall.name))
    main = citizen.page.locator("main")
    note = "台风红色预警" if language == "zh" else "Red typhoon warning"
    expect(main.locator(".notice--bad")).to_contain_text(note)
    now_open = _("Open until %(time)s").split("%")[0].strip()
    expect(main.locator(".lead").first).not_to_contain_text(now_open)
    expect(main.locator(".card .facts")).to_have_count(0)  # nobody is told to wait for a shut hall

    supervisor.button(_("Open the hall again now"))
    expect(page.locator("main")).to_contain_text(_("The hall is open again"))
    assert HallClosure.objects.get().reopened_at is not None
    citizen.page.reload()
    expect(main.locator(".notice--bad")).to_have_count(0)
    expect(main.locator(".lead").first).to_contain_text(now_open)
    assert holds(civil.now()) == []
