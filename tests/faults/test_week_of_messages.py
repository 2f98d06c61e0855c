"""A week of a hall's messages through every fault: each that was due arrives once. # C18

People book, families too, move and cancel from Monday to Sunday. Meanwhile Redis is killed,
hung, filled and flushed, PostgreSQL is restarted, workers and sweepers die at every point of
sending, two schedulers ring at once and each ring is given ten times; the provider answers
500 and 503, sometimes after it has taken the message. What ought to have arrived is counted
from what people did, not from the rows of messages.
"""

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as hour
from pathlib import Path

import pytest
import redis
from django.db import Error, connections
from django.db.models import Q

from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.confirming import confirm, find
from appointments.models import Booking, Message
from appointments.rescheduling import reschedule
from config import civil
from tests import settings as here
from tests.conftest import a_person, make_session
from tests.faking.sms_wire import arrived_in
from tests.faults.dying_points import POINTS, city_time, set_city
from tests.faults.test_spike import restart_postgres
from tests.faults.test_workers_killed import deaths_at, provider, states  # noqa: F401
from tests.faults.web import Process, environment, until
from windows.models import Slot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1500)]
MONDAY = date(2027, 3, 8)
DAYS = 7
BUSY = [hour(9, 10), hour(12, 40), hour(16, 5), hour(21, 30)]  # people do things
REMINDED = timedelta(hours=3)
FAMILY = 3
DEATHS = int(os.environ.get("FAULT_DEATHS", "500")) // 5
BAD_DAYS = "accept=86,accept_and_500=5,500=3,503_not_taken=6"


@dataclass
class Visit:
    """What somebody did: each new time that was promised and when, and when it was given up."""

    booking: int
    promised: list[tuple[datetime, datetime]] = field(default_factory=list)  # when, for when
    cancelled: datetime | None = None
    alone: bool = True

    def due(self, until: datetime) -> set[tuple[int, str, int]]:
        """(booking, kind, version) of all that this person ought to have got by then."""
        expected = set()
        ends = [at for at, _starts in self.promised[1:]] + [self.cancelled or until]
        for version, ((at, starts), end) in enumerate(zip(self.promised, ends, strict=True), 1):
            expected.add((self.booking, "moved" if version > 1 else "confirmed", version))
            eve = civil.city_instant(civil.city_date(starts) - timedelta(days=1), hour(18))
            times = {"reminder_day": eve, "reminder_hours": starts - timedelta(hours=2)}
            for kind, due in times.items():
                if at + REMINDED < due < min(end, until):
                    expected.add((self.booking, kind, version))
        if self.cancelled:
            expected.add((self.booking, "cancelled", len(self.promised) + 1))
        return expected


class City:
    """Books, moves and cancels as a seed decides; every command once, with its instant."""

    def __init__(self, matter, sessions, seed: int) -> None:
        self.matter, self.chance = matter, random.Random(seed)
        self.slots = [slot for session in sessions for slot in session.slots.order_by("starts_at")]
        self.visits: list[Visit] = []
        self.people = 0

    def free(self, now: datetime) -> Slot:
        ahead = [s for s in self.slots if timedelta(hours=1) < s.starts_at - now]
        return self.chance.choice([s for s in ahead if s.starts_at - now < timedelta(days=3)])

    def act(self, now: datetime) -> None:
        if now < self.slots[-1].starts_at - timedelta(hours=2):
            for n in range(6):
                self.book(now, FAMILY if n == 0 else 1)
        earlier = [v for v in self.visits if v.alone and self.may_change(v, now)]
        for visit in self.chance.sample(earlier, k=min(2, len(earlier))):
            self.move_or_cancel(visit, now)

    def may_change(self, visit: Visit, now: datetime) -> bool:
        at, starts = visit.promised[-1]
        return visit.cancelled is None and at < now and starts - now > timedelta(hours=3)

    def book(self, now: datetime, size: int) -> None:
        numbers = range(self.people, self.people + size)
        self.people += size
        held = hold(
            slot_id=self.free(now).pk, matter=self.matter, now=now,
            people=[a_person(n) for n in numbers], phone=f"+86138{numbers[0]:08d}",
        )  # fmt: skip
        confirm(booking=find(held.bookings[0].reference, held.bookings[0].secret), now=now)
        for one in Booking.objects.filter(group_id=held.group_id):
            self.visits.append(Visit(one.pk, [(now, one.starts_at)], alone=size == 1))

    def move_or_cancel(self, visit: Visit, now: datetime) -> None:
        booking = Booking.objects.get(pk=visit.booking)
        if self.chance.random() < 0.5 or now > self.slots[-1].starts_at - timedelta(hours=2):
            cancel(booking=booking, now=now)
            visit.cancelled = now
            return
        slot = self.free(now)
        if slot.pk == booking.slot_id:
            return
        reschedule(booking=booking, slot_id=slot.pk, now=now)
        visit.promised.append((now, slot.starts_at))


class Troubles:
    """What happens to servers and workers, in turn."""

    def __init__(self, workers: Callable[[], None]) -> None:
        self.all: list[Callable[[], None]] = [
            self.redis_killed, self.redis_hung, self.redis_filled, self.redis_flushed,
            restart_postgres, workers,
        ]  # fmt: skip
        self.happened = 0

    def next(self) -> None:
        self.all[self.happened % len(self.all)]()
        self.happened += 1

    def over(self) -> None:
        """Redis is as it was."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(here.run.pid("valkey"), signal.SIGCONT)
        if (here.run.shares["valkey"].home / "away").exists():
            here.run.bring_back("valkey")
        with contextlib.suppress(redis.RedisError):
            self.redis().config_set("maxmemory", "0")

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(here.run.redis_url, socket_timeout=2)

    def redis_killed(self) -> None:
        here.run.take_away("valkey")

    def redis_hung(self) -> None:
        os.kill(here.run.pid("valkey"), signal.SIGSTOP)

    def redis_filled(self) -> None:
        self.redis().config_set("maxmemory", "1mb")

    def redis_flushed(self) -> None:
        self.redis().flushall()


@pytest.fixture
def crew(tmp_path, transactional_db) -> Iterator[Callable[[str], Callable[[], None]]]:
    """Two workers, two schedulers that ring, two that sweep; all may die. The returned command
    kills the workers with their parents and starts others."""
    running: list[Process] = []

    def started(url: str) -> Callable[[], None]:
        connections.close_all()
        (tmp_path / "deaths").touch()
        known = environment(
            DYING_DEATHS=str(tmp_path / "deaths"), DYING_MOST=str(DEATHS), DYING_URL=url,
            DYING_KEY="k", DYING_DEDUPES="1", DYING_CLOCK=str(tmp_path / "clock"),
            DYING_LONGEST="3",
        )  # fmt: skip
        celery = [sys.executable, "-m", "celery", "-A", "tests.faults.dying"]
        for n in (1, 2):
            worker = [*celery, "worker", "-n", f"w{n}", "-Q", "messages", "-c", "2"]
            quiet = ["-l", "critical", "--without-gossip", "--without-mingle"]
            running.append(Process([*worker, *quiet], tmp_path / f"worker-{n}.log", known))
        for n in (1, 2):
            beat = [*celery, "beat", "-s", str(tmp_path / f"beat-{n}"), "--pidfile="]
            running.append(Process([*beat, "-l", "critical"], tmp_path / f"beat-{n}.log", known))
        sweeping = [sys.executable, "-m", "tests.faults.sweeping"]
        running.append(Process(sweeping, tmp_path / "sweeping.log", known))

        def killed() -> None:
            for worker in running[:2]:
                worker.stop(signal.SIGKILL)
                worker.start()

        return killed

    yield started
    for process in running:
        process.stop()


def again(command: Callable[[], None]) -> None:
    """What PostgreSQL's restart broke off was not done, and is done now."""
    for _try in range(20):
        try:
            return command()
        except Error:
            connections.close_all()
            time.sleep(0.3)
    raise AssertionError("PostgreSQL does not come back.")


def is_quiet(clock: Path) -> bool:
    """Nothing is due or on its way."""
    try:
        due = Q(state="claimed") | Q(state="ready", due_at__lte=city_time(clock))
        return not Message.objects.filter(due).exists()
    except Error:
        connections.close_all()
        return False


def next_work(clock: Path, busy: list[datetime]) -> datetime:
    """When the next message is due or people do the next thing."""
    due = Message.objects.filter(state="ready").order_by("due_at").values_list("due_at", flat=True)
    return min([*busy[:1], *due[:1]])


def test_a_week_through_every_fault(tmp_path, provider, crew, hall, windows, renewal):  # noqa: F811
    seed = int(os.environ.get("FAULT_SEED", str(random.randrange(10**6))))
    sessions = [make_session(hall, windows, day=MONDAY + timedelta(days=n)) for n in range(DAYS)]
    busy = [civil.city_instant(MONDAY + timedelta(days=n), at) for n in range(DAYS) for at in BUSY]
    end = civil.city_instant(MONDAY + timedelta(days=DAYS), hour(0))
    clock, city = tmp_path / "clock", City(renewal, sessions, seed)
    set_city(clock, busy[0])
    troubles = Troubles(crew(provider("--otherwise", BAD_DAYS, "--seed", str(seed))))
    began, now = time.monotonic(), busy[0]
    while now < end:
        set_city(clock, now)
        if busy and now >= busy[0]:
            at = busy.pop(0)
            city.act(at)
            again(troubles.next)
        until(lambda: is_quiet(clock), patience=240, every=0.2)
        troubles.over()
        if not busy and not Message.objects.filter(state="ready", due_at__lt=end).exists():
            break
        now = max(next_work(clock, busy), city_time(clock))

    expected = set().union(*(visit.due(end) for visit in city.visits))
    sent = Message.objects.filter(state__in=["sent", "delivered"])
    got = set(sent.values_list("booking", "kind", "version"))
    arrived = arrived_in(tmp_path / "arrived")
    letters = sent.filter(bundled_into=None).values_list("provider_reference", flat=True)
    leads = {str(reference) for reference in letters}
    died = deaths_at(tmp_path)
    print(  # noqa: T201
        f"\nseed {seed}: {len(city.visits)} visits, {len(expected)} messages due, {len(got)} sent"
        f" in {len(arrived)} letters; {sum(died.values())} deaths, {troubles.happened} faults,"
        f" {dict(states())}, {time.monotonic() - began:.0f} s"
    )
    assert got == expected
    assert set(arrived) == leads
    assert set(arrived.values()) == {1}
    assert states().keys() <= {"sent", "void", "ready"}
    assert set(died) == set(POINTS)
