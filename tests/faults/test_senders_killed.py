"""Senders killed with SIGKILL, and Redis gone: nothing lost, nothing twice. C18."""

import os
import signal
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

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


class Counting(Inbox):
    def __init__(self) -> None:
        self.handed = 0

    def send(self, letter: Letter) -> Accepted:
        self.handed += 1
        return super().send(letter)


def dies_at(name: str, *, after: bool) -> Callable[[], None]:
    """Sends, and dies at that step of it."""
    work = getattr(sending, name)

    def dying(*args: Any, **more: Any) -> Any:
        if after:
            work(*args, **more)
        die()

    def sends() -> None:
        setattr(sending, name, dying)
        send_due(now=NOON)

    return sends


# where: (what dies there, hand-overs that its successor makes, sent in the end by it)
POINTS: dict[str, tuple[Callable[[], object], int, bool]] = {
    "before the claim": (dies_at("claim", after=False), 1, True),
    "after the claim": (dies_at("claim", after=True), 1, True),
    "before the call": (lambda: send_due(now=NOON, by=DiesBefore()), 1, True),
    "after acceptance": (lambda: send_due(now=NOON, by=DiesAfter()), 0, True),
    "before the record": (dies_at("_record", after=False), 0, True),
    "after the record": (dies_at("_record", after=True), 0, False),
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
    dies, hand_overs, is_open = POINTS[point]
    successor = Counting()

    in_a_process_that_dies(dies)

    if point != "before the claim":
        assert send_due(now=NOON + timedelta(seconds=30), by=successor) == Counts()
    assert send_due(now=LATER, by=successor) == (Counts(sent=1) if is_open else Counts())
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
