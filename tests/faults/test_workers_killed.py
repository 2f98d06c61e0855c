"""Celery workers killed five hundred times at six points: nothing lost, nothing twice. # C18

Against a provider that removes duplicates by reference every message arrives once. Against
one that does not, each doubtful message is parked as unknown, none is sent blindly, and the
numbers are printed.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from celery.exceptions import OperationalError
from django.db import connections
from django.db.models import Count

from appointments import tasks
from appointments.models import Message
from appointments.sealing import seal
from config import celery, civil  # noqa: F401  tasks belong to this app
from config.keeping import dying_with_parent
from tests.conftest import PHONE
from tests.faking.sms_wire import arrived_in
from tests.faults.dying_points import POINTS
from tests.faults.web import PROJECT, Process, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
TEN_TIMES = 10
PATIENCE = 600.0


@pytest.fixture
def provider(tmp_path) -> Iterator[Callable[..., str]]:
    """Starts a fake provider in a process of its own; its log is `tmp_path`/arrived."""
    begun: list[subprocess.Popen[str]] = []

    def started(*more: str) -> str:
        command = [sys.executable, "-m", "tests.faking.sms_server", "--key", "k"]
        command += ["--log", str(tmp_path / "arrived"), *more]
        begun.append(
            subprocess.Popen(
                command, cwd=PROJECT, stdout=subprocess.PIPE, text=True,
                preexec_fn=dying_with_parent(15),
            )
        )  # fmt: skip
        assert begun[-1].stdout is not None
        return begun[-1].stdout.readline().strip()

    yield started
    for one in begun:
        one.terminate()
        one.wait()


@pytest.fixture
def workers(tmp_path, transactional_db) -> Iterator[Callable[..., None]]:
    """Starts two workers with two processes each, which die until enough have died."""
    running: list[Process] = []

    def started(url: str, *, deaths: int, dedupes: bool) -> None:
        connections.close_all()
        (tmp_path / "deaths").touch()
        known = environment(
            DYING_DEATHS=str(tmp_path / "deaths"), DYING_MOST=str(deaths), DYING_URL=url,
            DYING_KEY="k", DYING_DEDUPES="1" if dedupes else "0",
        )  # fmt: skip
        for n in (1, 2):
            command = [sys.executable, "-m", "celery", "-A", "tests.faults.dying", "worker"]
            command += ["-n", f"w{n}", "-Q", "messages", "-c", "2", "-l", "critical"]
            command += ["--without-gossip", "--without-mingle"]
            running.append(Process(command, tmp_path / f"worker-{n}.log", known))

    yield started
    for process in running:
        process.stop()


def owe_many(count: int) -> set[str]:
    """So many messages are due now; returns their references."""
    now, text = civil.now(), seal("Your turn.", purpose="message")
    to = seal(PHONE, purpose="phone")
    owed = Message.objects.bulk_create(
        Message(
            subject=f"proof:{n}", kind="code", to_sealed=to, text_sealed=text, due_at=now,
            made_at=now,
        )
        for n in range(count)
    )  # fmt: skip
    return {str(one.provider_reference) for one in owed}


def is_open() -> bool:
    return Message.objects.filter(state__in=["ready", "claimed"]).exists()


def ring_until(done: Callable[[], bool], trouble: Callable[[int], None] = lambda _n: None) -> None:
    """The doorbell is rung ten times at once, again and again, until it is done."""
    deadline, n = time.monotonic() + PATIENCE, 0
    while not done():
        assert time.monotonic() < deadline, dict(states())
        n += 1
        trouble(n)
        for _ in range(TEN_TIMES):
            with contextlib.suppress(OperationalError, redis.RedisError, OSError):
                tasks.send_due.apply_async(retry=False)
        time.sleep(0.3)


def states() -> Counter[str]:
    found = Message.objects.order_by().values_list("state").annotate(Count("pk"))
    return Counter({state: count for state, count in found})


def deaths_at(folder: Path) -> Counter[str]:
    return Counter((folder / "deaths").read_text().splitlines())


def test_five_hundred_deaths_lose_and_double_nothing(tmp_path, provider, workers):
    """Mutants: `provider=by.name` not written before the call (`_marked`), a record without
    `attempt=` (`_mine`), a claim without SKIP LOCKED: arrivals are doubled at the provider
    that does not remove them, see the next test."""
    most = int(os.environ.get("FAULT_DEATHS", "500"))
    due = owe_many(most * 10)
    workers(provider(), deaths=most, dedupes=True)

    ring_until(lambda: not is_open())

    arrived, died = arrived_in(tmp_path / "arrived"), deaths_at(tmp_path)
    print(f"\ndeaths {dict(died)}; states {dict(states())}")  # noqa: T201
    assert set(arrived) == due
    assert set(arrived.values()) == {1}
    assert states() == {"sent": len(due)}
    assert sum(died.values()) >= most * 0.9
    assert set(died) == set(POINTS)


def test_where_duplicates_are_not_removed_doubt_is_parked(tmp_path, provider, workers):
    """Mutant: in `_settle`, sending again what the provider does not know, although it does
    not remove duplicates: what it had not told of yet arrives twice (`--status absent`)."""
    most = int(os.environ.get("FAULT_DEATHS", "500")) // 4
    due = owe_many(most * 8)
    workers(provider("--no-dedupes", "--status", "absent"), deaths=most, dedupes=False)

    ring_until(lambda: not is_open())

    arrived, ended = arrived_in(tmp_path / "arrived"), states()
    unknown = Message.objects.filter(state="unknown")
    parked = {str(one) for one in unknown.values_list("provider_reference", flat=True)}
    came = len(parked & set(arrived))
    doubles = sum(count - 1 for count in arrived.values())
    print(  # noqa: T201
        f"\ndeaths {dict(deaths_at(tmp_path))}; {len(due)} due, {ended['sent']} sent,"
        f" {len(parked)} unknown ({came} of them had arrived), {doubles} twice"
    )
    assert doubles == 0
    assert ended["sent"] + ended["unknown"] == len(due)
    assert due - set(arrived) <= parked
    assert parked
