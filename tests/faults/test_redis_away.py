"""Redis is stopped, hangs, or forgets everything while people book. # C7

PostgreSQL is the truth and Redis a doorbell: nobody's booking waits for it, holds end and
places return by the housekeeping alone, and messages arrive later, once.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis
from celery.exceptions import OperationalError
from django.core.management import call_command
from django.db import connections

from appointments import tasks
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.invariants import holds
from appointments.models import Booking, InboxItem, Message, ReturningPlace
from config import celery, civil  # noqa: F401  tasks belong to this app
from tests import settings as here
from tests.conftest import PHONE, a_person
from tests.faults.conftest import MISTAKEN, untrue
from tests.faults.crowd import Crowd, Line, Press, during
from tests.faults.web import Process, environment, until
from windows.models import Slot

pytestmark = pytest.mark.django_db(transaction=True)


def stopped() -> None:
    here.run.take_away("valkey")


def started() -> None:
    here.run.bring_back("valkey")


def hung() -> None:
    os.kill(here.run.pid("valkey"), signal.SIGSTOP)


def goes_on() -> None:
    os.kill(here.run.pid("valkey"), signal.SIGCONT)


def flushed() -> None:
    redis.Redis.from_url(here.run.redis_url).flushall()


FAULTS = {"stopped": (stopped, started), "hung": (hung, goes_on), "flushed": (flushed, flushed)}


@pytest.fixture
def run(tmp_path, transactional_db) -> Iterator[Callable[..., None]]:
    """Starts processes of the product, as `make demo` does."""
    running: list[Process] = []

    def started_process(*command: str) -> None:
        connections.close_all()
        log = tmp_path / f"{len(running)}.log"
        running.append(Process([sys.executable, *command], log, environment()))

    yield started_process
    for process in running:
        process.stop()


def felt(crowd: Crowd, fault: str) -> Callable[[], None]:
    """Redis is away while forty answers are given and a code is asked for."""
    begin, end = FAULTS[fault]

    def trouble() -> None:
        begin()
        try:
            enough = len(crowd.said) + 40
            until(lambda: len(crowd.said) >= enough)
            asks = Press("", "phone-proofs/", {"phone": crowd.next_person()[1]})
            assert Line(crowd.web.port).send(asks)[0] == 201
        finally:
            end()

    return trouble


def test_booking_goes_on_whatever_redis_does(serve, hot_slots):
    """No request waits for it: no answer is lost to a client's patience, none is an error."""
    crowd = Crowd(serve(), hot_slots)

    during(crowd, [felt(crowd, fault) for fault in FAULTS], answers=20)

    assert crowd.counts.keys() <= {"200", "201", "409"}, crowd.counts
    assert untrue(crowd) == []


def test_a_request_that_rings_the_doorbell_is_seen(serve, hot_slots):
    """Mutant: a message is announced over Redis before the answer is given."""
    crowd = Crowd(serve(application=MISTAKEN, MISTAKE="rings"), hot_slots)
    hung()
    try:
        number, phone, _chance = crowd.next_person()
        crowd.press(Line(crowd.web.port), crowd.hold_of(number, phone, hot_slots[2]), False)
    finally:
        goes_on()

    assert not crowd.counts.keys() <= {"200", "201", "409"}


def test_time_goes_on_while_redis_is_away(run, hot_slots, renewal, book):
    """Holds end, places return and messages leave by the housekeeping alone, each once."""
    now = civil.now()
    kept, left = (book(Slot.objects.get(pk=hot_slots[2]), n, now=now) for n in (1, 2))
    cancel(booking=left, now=now)
    hold(slot_id=hot_slots[2], matter=renewal, people=[a_person(3)], phone=PHONE, now=now)
    passed = now - timedelta(minutes=2)
    Booking.objects.filter(state="held").update(hold_expires_at=passed)
    ReturningPlace.objects.update(left_at=passed, returns_at=now)
    Message.objects.filter(state="ready", due_at__lte=now).update(due_at=passed)
    call_command("schedule_housekeeping", verbosity=0)
    stopped()
    try:
        with pytest.raises(OperationalError):
            tasks.send_due.delay()
        run("manage.py", "qcluster")

        until(lambda: Booking.objects.filter(state="expired").count() == 1)
        until(lambda: ReturningPlace.objects.filter(end="returned").count() == 1)
        until(lambda: not Message.objects.filter(state="ready", due_at__lte=now).exists())
    finally:
        started()
    worker = ["-m", "celery", "-A", "config", "worker", "-Q", "messages,demand", "-c", "1"]
    run(*worker, "--without-gossip", "--without-mingle", "-l", "warning")
    for _ in range(5):
        tasks.send_due.delay()  # what waited at the door, many times over
    due = Message.objects.create(
        subject="due", kind="code", to_sealed=Message.objects.all()[0].to_sealed, due_at=now,
        text_sealed=Message.objects.all()[0].text_sealed, made_at=now,
    )  # fmt: skip
    until(lambda: Message.objects.get(pk=due.pk).state == "sent")

    sent = Message.objects.filter(state="sent")
    assert InboxItem.objects.count() == sent.count() >= 3
    assert set(sent.values_list("attempt", flat=True)) == {1}
    # the expired hold left a place too: it is on its way
    returning = sum(ReturningPlace.objects.filter(ended_at=None).values_list("minutes", flat=True))
    assert Slot.objects.get(pk=hot_slots[2]).online_taken == kept.minutes + returning
    assert holds(civil.now()) == []
