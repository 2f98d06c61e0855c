"""Senders killed with SIGKILL, and Redis gone: nothing lost, nothing twice. C18."""

import os
import signal
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import pytest
from celery.exceptions import OperationalError
from django.db import connections

from appointments import sending, tasks
from appointments.housekeeping import MISSED_BY, sweep_messages
from appointments.models import InboxItem, Message
from appointments.providing import Accepted, Inbox, Letter
from appointments.sending import LEASE, Counts, send_due
from config import celery  # noqa: F401  tasks belong to this app
from tests import settings as here
from tests.conftest import NOON, slot_at

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + LEASE + timedelta(seconds=1)


def die(*args: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("alive")


class DiesBefore(Inbox):
    def send(self, letter: Letter) -> Accepted:
        die()


class DiesAfter(Inbox):
    def send(self, letter: Letter) -> Accepted:
        super().send(letter)
        die()


def dies_after_claim() -> None:
    sending._marked = die
    send_due(now=NOON)


class Counting(Inbox):
    def __init__(self) -> None:
        self.handed = 0

    def send(self, letter: Letter) -> Accepted:
        self.handed += 1
        return super().send(letter)


# where: (what dies there, hand-overs that its successor makes)
POINTS: dict[str, tuple[Callable[[], object], int]] = {
    "after the claim": (dies_after_claim, 1),
    "before the hand-over": (lambda: send_due(now=NOON, by=DiesBefore()), 1),
    "before the record": (lambda: send_due(now=NOON, by=DiesAfter()), 0),
}


def in_a_process_that_dies(work: Callable[[], object]) -> None:
    connections.close_all()  # nothing open is shared with the child
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_sender_loses_nothing_and_sends_nothing_twice(point, book, session):
    """Mutant: without asking the provider in doubt (`_settle`), the successor hands over
    what has arrived already, and only inbox_item_once saves the person from a twin."""
    book(slot_at(session, 16))
    dies, hand_overs = POINTS[point]
    successor = Counting()

    in_a_process_that_dies(dies)

    assert send_due(now=NOON + timedelta(seconds=30), by=successor) == Counts()
    assert send_due(now=LATER, by=successor) == Counts(sent=1)
    assert successor.handed == hand_overs
    assert InboxItem.objects.count() == 1
    assert Message.objects.get().state == Message.State.SENT


@pytest.mark.skipif(not hasattr(here, "run"), reason="the servers here are not ours to stop")
def test_messages_leave_while_redis_is_gone(book, session):
    here.run.take_away("valkey")
    try:
        book(slot_at(session, 16))
        with pytest.raises(OperationalError):
            tasks.send_due.delay()

        assert sweep_messages(now=NOON + MISSED_BY) == Counts(sent=1)
    finally:
        here.run.bring_back("valkey")
