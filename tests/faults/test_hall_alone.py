"""A day of a hall without Redis, Celery and the Internet: every visit is served. # C7 C16

Check-ins, walk-ins, calls at four windows, parks, transfers and missed numbers over HTTP,
a day in three minutes, with Redis gone from the start, and with one that hangs. No Celery
worker and no housekeeping runs at all. HALL_ALONE_RATE=60 makes the day longer.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.db import connections

from appointments.invariants import holds
from queues.models import Ticket, TicketEvent
from tests import settings as here
from tests.day.plan import DAY, Scene, prepare
from tests.day.playing import Book, Clerk, Door, Machine, Play, as_staff
from tests.faults.web import Web
from windows.access import token_hash
from windows.models import DeviceToken

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

RATE = float(os.environ.get("HALL_ALONE_RATE", "180"))
BOOKED, WALK_INS, WINDOWS, DOORS = 40, 50, 4, 6
KIOSK = "the kiosk of a hall alone"
ALONE = "tests.faults.alone:application"


@dataclass
class Timed(Machine):
    """A client that looks at its watch."""

    is_hung: Callable[[], bool] = bool
    took: list[tuple[bool, float]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def _send(self, method: str, path: str, body: str, headers: dict) -> tuple[int, dict]:
        hung, began = self.is_hung(), time.perf_counter()
        try:
            return super()._send(method, path, body, headers)
        except Exception as error:
            self.broken.append(f"{path}: {error!r}")
            raise
        finally:
            self.took.append((hung, time.perf_counter() - began))


class Handing(Clerk):
    """A clerk who sometimes passes the person on to another matter of the hall."""

    def _serve(self, ticket: dict) -> None:
        if ticket["matter"] != "PICKUP" and self.luck.random() < 0.08:
            self._must("tickets", ticket["id"], "start")
            self.play.let_pass(2)
            self._must("tickets", ticket["id"], "transfer", matter="PICKUP")
            return
        super()._serve(ticket)


@contextmanager
def gone() -> Iterator[None]:
    """Redis is not there from the start."""
    here.run.take_away("valkey")
    try:
        yield
    finally:
        here.run.bring_back("valkey")


class Breathless:
    """Redis hangs every other while: it takes connections and says nothing."""

    def __init__(self, each: float) -> None:
        self.each, self.is_hung, self.over = each, False, threading.Event()

    def breathe(self) -> None:
        while not self.over.is_set():
            self._be(not self.is_hung)
            self.over.wait(self.each)
        self._be(False)

    def _be(self, hung: bool) -> None:
        os.kill(here.run.pid("valkey"), signal.SIGSTOP if hung else signal.SIGCONT)
        self.is_hung = hung

    @contextmanager
    def going_on(self) -> Iterator["Breathless"]:
        thread = threading.Thread(target=self.breathe)
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            thread.join()


@dataclass
class Day:
    """A day that has passed, as its clients saw it."""

    scene: Scene
    play: Play
    book: Book
    took: list[tuple[bool, float]]
    broken: list[str]
    outside: str

    def slow(self, *, hung: bool) -> float:
        """What only the slowest three of a hundred took longer than, then."""
        took = sorted(seconds for was_hung, seconds in self.took if was_hung == hung)
        assert len(took) > 100
        return took[int(len(took) * 0.97)]


@pytest.fixture
def scene(hall) -> Scene:
    DeviceToken.objects.create(hall=hall, kind="kiosk", token_hash=token_hash(KIOSK), name="door")
    made = prepare(hall, booked=BOOKED, walk_ins=WALK_INS)
    made.posts = made.posts[:WINDOWS]
    return made


def pass_the_day(scene: Scene, folder: Path, is_hung: Callable[[], bool] = bool) -> Day:
    connections.close_all()
    play = Play.from_now(scene.opens_at - timedelta(minutes=35), RATE, delay=45)
    notes = folder / "outside"
    notes.touch()
    web = Web(folder / "web.log", application=ALONE, DENGTA_PLAY=play.told, OUTSIDE_LOG=str(notes))
    book = Book()
    doors = [
        Timed(web.port, {"Authorization": f"Device {KIOSK}"}, is_hung=is_hung) for _ in range(DOORS)
    ]
    known = [as_staff(web.port, staff).headers for _window, staff in scene.posts]
    machines = [*doors, *[Timed(web.port, headers, is_hung=is_hung) for headers in known]]
    try:
        everybody_does_what_they_do(scene, play, book, machines)
        board = Machine(web.port, {})._send("GET", "halls/H01/board/", "", {})
        assert (board[0], board[1]["waiting"]) == (200, 0)
    finally:
        web.stop()
    took = [one for machine in machines for one in machine.took]
    broken = [one for machine in machines for one in machine.broken]
    return Day(scene, play, book, took, broken, notes.read_text())


def everybody_does_what_they_do(
    scene: Scene, play: Play, book: Book, machines: list[Timed]
) -> None:
    works = [
        Door(scene, play, door, book, scene.coming[n::DOORS]).open
        for n, door in enumerate(machines[:DOORS])
    ]
    works += [
        Handing(scene, play, mine, window, book, Random(window.number)).work
        for (window, _staff), mine in zip(scene.posts, machines[DOORS:], strict=True)
    ]
    threads = [threading.Thread(target=book.guarded(work), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def everybody_was_served(day: Day) -> None:
    assert day.book.broken == []
    assert day.broken == []
    assert {code for _who, code in day.book.refused} <= {"hall_closed"}
    assert len(day.book.given) + len(day.book.refused) == len(day.scene.coming)
    assert len(day.book.refused) <= 0.1 * len(day.scene.coming)  # who came at the last minute
    tickets = Ticket.objects.of_day(day.scene.hall.pk, DAY)
    left = tickets.exclude(state="finished")
    # Only who was called three times and did not come is not served.
    assert set(left.values_list("state", flat=True)) <= {"missed", "void"}
    assert not left.filter(missed_times=0).exists()
    assert tickets.filter(state="finished").count() >= 0.9 * len(day.book.given)
    kinds = set(TicketEvent.objects.values_list("kind", flat=True))
    assert {"issued", "called", "started", "finished", "parked", "transferred"} <= kinds
    assert holds(day.play.now()) == []
    assert day.outside == ""


def test_a_day_without_redis(scene, tmp_path):
    with gone():
        day = pass_the_day(scene, tmp_path)

    everybody_was_served(day)


def test_a_day_with_a_redis_that_hangs(scene, tmp_path):
    """Every other hour, so that the hours between say what is usual on this machine."""
    with Breathless(each=3600 / RATE).going_on() as redis:
        day = pass_the_day(scene, tmp_path, lambda: redis.is_hung)

    everybody_was_served(day)
    hung, calm = day.slow(hung=True), day.slow(hung=False)
    print(f"{len(day.took)} requests: {hung:.3f} s while it hangs, else {calm:.3f} s")
    assert hung < 3 * calm + 0.2


@pytest.fixture
def one_request(hall, tmp_path):
    """A kiosk asks for a number once; what its server reached for outside."""

    def asked(**mistake: str) -> str:
        connections.close_all()
        notes = tmp_path / "outside"
        notes.touch()
        web = Web(tmp_path / "web.log", application=ALONE, OUTSIDE_LOG=str(notes), **mistake)
        try:
            Machine(web.port, {})._send("GET", "halls/H01/board/", "", {})
        finally:
            web.stop()
        return notes.read_text()

    return asked


def test_who_reaches_outside_is_seen(one_request):
    """Mutant: each request asks a server in the city, and lives with its silence."""
    assert one_request() == ""
    assert "192.0.2.1" in one_request(MISTAKE="reaches")
