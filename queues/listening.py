"""Hearing the database: LISTEN on one connection, beside the event loop."""

import asyncio
import contextlib
import json
import logging
import select
from collections.abc import Callable
from typing import Any

import psycopg2
from django.db import connections

logger = logging.getLogger(__name__)

CHANNEL = "dengta_board"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
CHECK_SECONDS = 20.0


class Listener:
    """Calls `heard(hall id)` for each notice, `tested(hall id, event)` for a test call, and
    `reconnected()` whenever it begins to listen: what was said before has been missed."""

    def __init__(
        self,
        heard: Callable[[int], None],
        reconnected: Callable[[], None],
        tested: Callable[[int, bytes], None],
    ) -> None:
        self.heard, self.reconnected, self.tested = heard, reconnected, tested
        self.is_listening = False

    async def run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                connection = await asyncio.to_thread(_listening_connection)
                pause = FIRST_PAUSE
                await self._listen(connection)
            except psycopg2.Error as error:
                logger.warning("Not listening to the database: %s", str(error).strip())
            self.is_listening = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _listen(self, connection: Any) -> None:
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        number = connection.fileno()
        loop.add_reader(number, readable.set)
        try:
            self.is_listening = True
            self.reconnected()
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(readable.wait(), CHECK_SECONDS)
                readable.clear()
                await self._hear(connection)
        finally:
            loop.remove_reader(number)
            connection.close()

    async def _hear(self, connection: Any) -> None:
        """Takes what has come; asks for a sign of life when nothing has."""
        if not select.select([connection], [], [], 0)[0]:
            await asyncio.to_thread(_still_there, connection)
        connection.poll()
        while connection.notifies:
            self._tell(connection.notifies.pop(0).payload)

    def _tell(self, told: str) -> None:
        """A hall's number: something changed there; or a test call to be passed on."""
        if told.isdigit():
            self.heard(int(told))
            return
        try:
            said = json.loads(told)
            hall, test = int(said["hall"]), json.dumps(said["test"])
        except (ValueError, KeyError, TypeError):
            logger.warning("Not understood: %.80s", told)
            return
        self.tested(hall, f"event: test\ndata: {test}\n\n".encode())


def _listening_connection() -> Any:
    known: dict[str, Any] = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context"):
        known.pop(name, None)
    known |= {"keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3}
    known["application_name"] = "dengta live"
    connection = psycopg2.connect(**known)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    return connection


def _still_there(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
