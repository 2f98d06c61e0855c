"""A stream of the live process, read as a screen reads it."""

import asyncio
import json
from contextlib import asynccontextmanager
from functools import partial

import pytest
from django.db import connection

from config import civil
from queues import live
from queues.issuing import issue_walk_in
from queues.watching import Watcher
from tests.conftest import NOON

PATIENCE = 8.0


class Stream:
    """What a browser hears."""

    def __init__(self, path: str, query: str = "", method: str = "GET", last: str = "") -> None:
        self.scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(),
            "headers": [(b"last-event-id", last.encode())] if last else [],
        }  # fmt: skip
        self.heard: asyncio.Queue[dict] = asyncio.Queue()
        self.leaving = asyncio.Event()
        self.calls: list[tuple[str, str, dict]] = []
        self.status, self.headers = 0, {}

    async def receive(self) -> dict:
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        await self.heard.put(message)

    async def open(self) -> "Stream":
        self.task = asyncio.ensure_future(live.application(self.scope, self.receive, self.send))
        start = await asyncio.wait_for(self.heard.get(), PATIENCE)
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self

    async def parts(self) -> list[tuple[str, str, dict]]:
        """What comes next: (kind, id, data) of each event."""
        message = await asyncio.wait_for(self.heard.get(), PATIENCE)
        found = []
        for event in message["body"].decode().strip().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in event.split("\n"))
            if "data" in lines:
                kind = lines.get("event", "message")
                found.append((kind, lines.get("id", ""), json.loads(lines["data"])))
        return found

    async def event(self) -> tuple[str, dict]:
        """The next event that tells a state: its id and its data."""
        while True:
            for kind, number, told in await self.parts():
                if kind == "message":
                    return number, told
                self.calls.append((kind, number, told))

    async def called(self) -> list[tuple[str, str]]:
        """Kind and number of the calls until the next state."""
        await self.event()
        told = [(kind, data.get("number", "")) for kind, _id, data in self.calls]
        self.calls.clear()
        return told

    async def close(self) -> None:
        self.leaving.set()
        await asyncio.wait_for(self.task, PATIENCE)


@asynccontextmanager
async def watching_halls(**more):
    live.watcher = Watcher(**more)
    live.watcher.start()
    while not live.watcher.is_listening:
        await asyncio.sleep(0.02)
    try:
        yield live.watcher
    finally:
        await live.watcher.stop()


def do(command, *given, **more):
    """A command in a thread of its own, as the web would run it."""

    def run():
        try:
            return command(*given, **more)
        finally:
            connection.close()

    return asyncio.to_thread(run)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture
def walk_in(hall, session, renewal):
    return partial(issue_walk_in, hall=hall, matter=renewal, now=NOON)
