"""Two commands of which one has run and has not committed yet."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.db import connection, transaction

from config.refusals import Refusal


@contextmanager
def uncommitted(command: Callable[[], Any]) -> Iterator[Event]:
    """The command has run in another connection; it commits when the event is set."""
    done, commit = Event(), Event()

    def run():
        try:
            with transaction.atomic():
                command()
                done.set()
                commit.wait(timeout=60)
        finally:
            done.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            assert done.wait(timeout=60)
            yield commit
        finally:
            commit.set()
            running.result()


@contextmanager
def meanwhile(command: Callable[[], Any]) -> Iterator[Future]:
    """The command runs in a connection of its own; we are here once it waits or is done."""

    def run():
        try:
            return command()
        except Refusal as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        until = time.monotonic() + 60
        while not running.done() and not somebody_waits():
            assert time.monotonic() < until
            time.sleep(0.01)
        yield running


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])


def after(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, bool]:
    """What `second` gives while `first` has run and commits; and whether it waited."""
    with uncommitted(first) as commit, meanwhile(second) as running:
        waited = not running.done()
        commit.set()
        return running.result(timeout=60), waited
