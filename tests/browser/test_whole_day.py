"""Eight hours of a hall in eight minutes, with its screens open. # C3 C7 C15 C16 C17 C35

Twelve windows and seven hundred visits over the API, on real processes whose clock goes
faster (DENGTA_PLAY); one desk, a kiosk, the board and a ticket's own page in Chromium
meanwhile. At the end everybody is accounted for. WHOLE_DAY_RATE=120 makes it shorter.
"""

import os
import re
import sys
import threading
import time
import urllib.request
from datetime import timedelta
from random import Random

import pytest
from django.db import connections
from playwright.sync_api import Error

from appointments.invariants import holds
from config.running import free_port
from queues.models import Call, Prediction, Ticket, TicketEvent
from queues.reporting import report_of
from tests.browser.conftest import BOARD_SIZE, DESK_SIZE, PHONE_SIZE
from tests.day.plan import DAY, prepare
from tests.day.playing import Book, Clerk, Door, Machine, Play, as_staff
from tests.faults.web import Process, Web, environment, until
from windows.access import token_hash
from windows.models import DeviceToken, OvertimeEntry, Shift

RATE = float(os.environ.get("WHOLE_DAY_RATE", "60"))
PART = float(os.environ.get("WHOLE_DAY_PART", "1"))  # of the people, for a quick look
KIOSK = "the kiosk of the whole day"
KIOSK_TOKEN = {"Authorization": f"Device {KIOSK}"}
DOORS = 4  # people do not wait for each other at the kiosk
KIOSK_SIZE = {"width": 1080, "height": 1440}
BEFORE = timedelta(minutes=35)  # the doors open for check-in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(2400),
]


@pytest.fixture
def scene(hall):
    DeviceToken.objects.create(
        hall=hall, kind=DeviceToken.Kind.KIOSK, token_hash=token_hash(KIOSK), name="door"
    )
    return prepare(hall, booked=round(320 * PART), walk_ins=round(400 * PART))


@pytest.fixture
def city(scene, tmp_path):
    """Web, live and their door on this run's servers; the clock starts when they answer."""
    connections.close_all()
    play = Play.from_now(scene.opens_at - BEFORE, RATE, delay=15)
    told = {"DENGTA_PLAY": play.told}
    started: list[Process] = []
    try:
        web = Web(tmp_path / "web.log", **told)
        started.append(web)
        python, live, door = [sys.executable, "-m"], free_port(), free_port()
        environ = environment(**told)
        uvicorn = [*python, "uvicorn", "--port", str(live), "--lifespan", "off"]
        for name, command in (
            ("live", [*uvicorn, "config.asgi:application"]),
            ("door", [*python, "config.front", "127.0.0.1", str(door), str(web.port), str(live)]),
        ):
            started.append(Process(command, tmp_path / f"{name}.log", environ))
        until(lambda: answers(door, "/readyz") and answers(door, "/live/healthz"))
        yield play, web.port, door
    finally:
        for process in started:
            process.stop()


def answers(door: int, path: str) -> bool:
    """Whether what stands behind the door answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{door}{path}", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def screens(chromium, city, scene):
    """Pages of the door, each with what its browser complained of."""
    _play, _web, door = city
    contexts, complaints = [], []

    def opened(size, path, *, cookies=()):
        context = chromium.new_context(
            viewport=size,
            base_url=f"http://127.0.0.1:{door}",
            locale="zh-CN",
            reduced_motion="reduce",  # a board that blinks without end is drawn dearly
        )
        contexts.append(context)
        context.add_cookies(list(cookies))
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.goto(path)
        return page

    yield opened, complaints
    for context in contexts:
        context.close()


def signed_in(staff, door) -> list[dict]:
    from django.test import Client

    client = Client()
    client.force_login(staff)
    value = client.cookies["sessionid"].value
    return [{"name": "sessionid", "value": value, "url": f"http://127.0.0.1:{door}"}]


def test_a_whole_day_of_a_hall(scene, city, screens):
    play, web, door = city
    opened, complaints = screens
    book = Book()
    workers = _everybody(scene, play, web, book)
    eyes = Eyes(opened, scene, door, play)

    for worker in workers:
        worker.start()
    try:
        play.until(scene.opens_at)
        while any(worker.is_alive() for worker in workers) or not eyes.is_done:
            eyes.look()
            assert play.now() < scene.closes_at + timedelta(hours=4), "the day does not end"
    finally:
        play.is_over.set()  # also when the eyes saw what should not be
        for worker in workers:
            worker.join()

    assert book.broken == []
    assert complaints == []
    _everybody_is_accounted_for(scene, play, book, eyes)
    eyes.saw_the_day()


def _everybody(scene, play, web, book) -> list[threading.Thread]:
    """The stream of people, and eleven clerks; the twelfth works in the browser."""
    works = [
        book.guarded(
            Door(scene, play, Machine(web, KIOSK_TOKEN), book, scene.coming[n::DOORS]).open
        )
        for n in range(DOORS)
    ]
    for window, staff in scene.posts[1:]:
        me, luck = as_staff(web, staff), Random(window.number)
        works.append(book.guarded(Clerk(scene, play, me, window, book, luck).work))
    return [threading.Thread(target=work, daemon=True) for work in works]


class Eyes:
    """What people see: the desk of window 1, the kiosk, the board, one's own ticket."""

    def __init__(self, opened, scene, door, play) -> None:
        self.scene, self.play, self.opened = scene, play, opened
        window, clerk = scene.posts[0]
        self.desk = opened(DESK_SIZE, "/desk/", cookies=signed_in(clerk, door))
        self.desk.locator(f"button[name=window][value='{window.pk}']").click()
        self.kiosk = opened(KIOSK_SIZE, "/kiosk/H01/")
        self.board = opened(BOARD_SIZE, "/board/H01/")
        self.own = None
        self.own_says: list[str] = []
        self.seen: set[str] = set()
        self.served = 0
        self.is_done = False
        self.kiosk_at = scene.opens_at + timedelta(minutes=20)

    def look(self) -> None:
        """One glance at everything; less than a second. A page that is just being replaced is
        looked at again with the next one."""
        try:
            self._look()
        except Error as error:
            if "Execution context was destroyed" not in str(error):
                raise
        time.sleep(0.2)

    def _look(self) -> None:
        self._work_at_the_desk()
        self._take_a_number()
        number = self.board.locator("[data-number]")
        if number.count():
            self.seen.add(number.first.inner_text())
        if self.own is not None:
            said = self.own.locator(".ticket__say, h1").first.inner_text()
            if said not in self.own_says[-1:]:
                self.own_says.append(said)

    def _work_at_the_desk(self) -> None:
        """As a clerk does: call, start, and after a while finish and call the next."""
        if self.is_done:
            return
        page, closed = self.desk, self.play.now() > self.scene.closes_at + timedelta(minutes=5)
        waiting = page.evaluate("document.querySelector('[data-free]')?.dataset.free ?? null")
        if waiting is not None:  # nobody is at the window: so many may be called
            if closed and waiting == "0":
                leave = "form[action$='/sign-out/']"
                page.locator(f"details:has({leave}) > summary").first.click()
                page.locator(f"{leave} button").first.click()
                page.wait_for_url(re.compile("/desk/"))
                self.is_done = True
            elif waiting != "0":
                page.keyboard.press("Enter")
            return
        if page.locator("form[action$='/start/']").count():
            page.keyboard.press("Space")
        elif page.locator("form[action$='/finish-next/']").count():
            page.keyboard.press("Enter")
            self.served += 1

    def _take_a_number(self) -> None:
        """Somebody without a booking at the kiosk, and once a phone with the ticket's page."""
        if self.play.now() < self.kiosk_at or self.play.now() > self.scene.closes_at:
            return
        self.kiosk_at += timedelta(minutes=30)
        self.kiosk.goto("/kiosk/H01/")
        self.kiosk.locator("button[name=matter][value=RENEW]").click()
        self.kiosk.wait_for_url(re.compile(r"/kiosk/H01/[^/]{12,}/"))
        if self.own is None:
            public_id = self.kiosk.url.rstrip("/").rsplit("/", 1)[1]
            self.own = self.opened(PHONE_SIZE, f"/t/{public_id}/")

    def saw_the_day(self) -> None:
        """The screens kept up to the end."""
        assert self.served > 20 or PART < 1
        assert len(self.seen) > 40 or PART < 1
        assert any("号窗口" in said for said in self.own_says), self.own_says
        last = Call.objects.latest("pk")
        until(
            lambda: last.ticket.label in self.board.locator("main, body").first.inner_text(),
            patience=40,
        )


def _everybody_is_accounted_for(scene, play, book, eyes) -> None:
    now = play.now()
    tickets = Ticket.objects.of_day(scene.hall.pk, DAY)
    report = report_of(scene.hall, DAY, now=now)
    journal = TicketEvent.objects.filter(ticket__in=tickets)

    assert holds(now) == []
    assert {code for _who, code in book.refused} <= {"hall_closed"}
    assert len(book.given) + len(book.refused) == len(scene.coming)
    assert report.issued == tickets.count() >= len({one["id"] for one in book.given})
    # Each call that a clerk was told is one that was made, and nobody was told twice.
    told = [(one["id"], one["round"]) for one in book.called]
    assert len(told) == len(set(told))
    assert set(told) <= set(Call.objects.values_list("ticket", "round"))
    # The report is the journal; everybody here at closing time was served (C3).
    assert report.adds_up
    assert report.finished == journal.filter(to_state="finished").count()
    assert report.finished == sum(one.served for one in report.windows)
    assert sum(line.issued for line in report.hours) == report.issued
    assert not tickets.filter(state__in=["waiting", "called", "serving"]).exists()
    assert report.finished >= 0.97 * report.issued
    stayed = Shift.objects.filter(period__endswith__gt=scene.closes_at + timedelta(minutes=1))
    assert OvertimeEntry.objects.count() == stayed.count() > 0
    assert Prediction.objects.filter(ticket__in=tickets).count() >= 0.9 * report.issued
