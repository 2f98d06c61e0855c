"""Live streams of boards and tickets, in one process with the database. Rows C16, C17."""

import asyncio
import json
from contextlib import asynccontextmanager
from functools import partial

import pytest
from django.db import connection

from config import civil
from queues import live, news, stream, watching
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in, tell_boards
from queues.voicing import try_voice
from queues.watching import Watcher
from tests.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)
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


def test_each_change_of_the_hall_reaches_its_board(walk_in, at_window_3, clerk):
    async def story():
        async with watching_halls():
            stream = await Stream("/live/halls/H01/").open()
            _id, empty = await stream.event()
            ticket = await do(walk_in)
            _id, waiting = await stream.event()
            await do(call_next, window=at_window_3, staff=clerk, now=NOON)
            number, called = await stream.event()
            await stream.close()
            return empty, waiting, called, number, ticket, stream

    empty, waiting, called, number, ticket, stream = asyncio.run(story())

    assert (empty["waiting"], waiting["waiting"], called["waiting"]) == (0, 1, 0)
    assert called["calls"][0]["number"] == ticket.label
    assert number == str(called["calls"][0]["id"])
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["content-type"].startswith("text/event-stream")


def test_a_change_elsewhere_wakes_nobody_here(walk_in, other_hall):
    async def story():
        async with watching_halls():
            stream = await Stream("/live/halls/H01/").open()
            await stream.event()
            await do(tell_boards, other_hall)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(stream.heard.get(), 0.6)
            await stream.close()

    asyncio.run(story())


def test_a_hall_is_read_once_however_many_watch(walk_in, monkeypatch):
    read = []
    original = news.snapshot_of
    monkeypatch.setattr(
        news, "snapshot_of", lambda hall, now: read.append(hall) or original(hall, now)
    )

    async def story():
        async with watching_halls():
            streams = [await Stream("/live/halls/H01/").open() for _ in range(20)]
            for stream in streams:
                await stream.event()
            read.clear()
            await do(walk_in)
            states = [await stream.event() for stream in streams]
            for stream in streams:
                await stream.close()
            return states

    states = asyncio.run(story())

    assert len(read) == 1
    assert {state["waiting"] for _id, state in states} == {1}


def test_parts_are_drawn_in_the_language_that_asks(walk_in):
    async def story():
        async with watching_halls():
            told = []
            for language in ("zh-hans", "en", "xx"):
                stream = await Stream("/live/halls/H01/", f"html={language}").open()
                told.append((await stream.event())[1].get("html"))
                await stream.close()
            return told

    chinese, english, unknown = asyncio.run(story())

    assert "Nobody has been called yet" in english
    assert chinese != english
    assert unknown is None


def test_ones_own_ticket_is_told_when_it_is_called(walk_in, at_window_3, clerk):
    ticket = walk_in()

    async def story():
        async with watching_halls():
            stream = await Stream(f"/live/tickets/{ticket.public_id}/").open()
            _id, waiting = await stream.event()
            await do(call_next, window=at_window_3, staff=clerk, now=NOON)
            _id, called = await stream.event()
            await do(finish, ticket=ticket, staff=clerk, now=NOON)
            _id, over = await stream.event()
            await stream.close()
            return waiting, called, over

    waiting, called, over = asyncio.run(story())

    assert (waiting["state"], waiting["ahead"], waiting["window"]) == ("waiting", 0, None)
    assert (called["state"], called["window"]) == ("called", 3)
    assert over["state"] == "finished"


def test_it_listens_again_after_the_database_hung_up(walk_in):
    def hang_up():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'dengta live'"
            )

    async def story():
        async with watching_halls() as watcher:
            stream = await Stream("/live/halls/H01/").open()
            await stream.event()
            await do(hang_up)
            await do(walk_in)  # while nobody listens
            _id, state = await stream.event()
            await stream.close()
            return state, watcher.is_listening

    state, is_listening = asyncio.run(story())

    assert state["waiting"] == 1
    assert is_listening


def test_who_leaves_is_forgotten(walk_in):
    async def story():
        async with watching_halls() as watcher:
            stream = await Stream("/live/halls/H01/").open()
            there = watcher.count
            await stream.close()
            return there, watcher.count, dict(watcher.watches)

    assert asyncio.run(story()) == (1, 0, {})


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/live/halls/H99/", "GET", 404),
        ("/live/tickets/nobody-has-this-one/", "GET", 404),
        ("/live/elsewhere/", "GET", 404),
        ("/live/halls/H01", "GET", 404),
        ("/live/halls/H01/", "POST", 405),
        ("/live/healthz", "GET", 200),
    ],
)
def test_other_addresses_are_answered_plainly(hall, path, method, status):
    async def story():
        async with watching_halls():
            stream = await Stream(path, method=method).open()
            await stream.task
            return stream.status

    assert asyncio.run(story()) == status


def test_a_silent_hall_still_says_that_it_is_there(hall):
    async def story():
        async with watching_halls(beat_seconds=0.2):
            stream = await Stream("/live/halls/H01/").open()
            await stream.event()
            message = await asyncio.wait_for(stream.heard.get(), PATIENCE)
            await stream.close()
            return message["body"]

    assert asyncio.run(story()) == stream.STILL_HERE


def test_too_many_watchers_are_asked_to_come_later(hall, monkeypatch):
    monkeypatch.setattr(live, "MOST_WATCHERS", 0)

    async def story():
        async with watching_halls():
            stream = await Stream("/live/halls/H01/").open()
            await stream.task
            return stream.status

    assert asyncio.run(story()) == 503


def test_a_process_without_streams_is_well_once_it_listens(db):
    async def story():
        live.watcher = Watcher()
        try:
            stream = await Stream("/live/healthz").open()
            await stream.task
            return stream.status, live.watcher.is_listening
        finally:
            await live.watcher.stop()

    assert asyncio.run(story()) == (200, True)


def test_a_screen_that_was_away_hears_the_calls_that_it_missed(walk_in, at_window_3, clerk):
    async def story():
        async with watching_halls():
            tickets = [await do(walk_in) for _ in range(3)]
            stream = await Stream("/live/halls/H01/").open()
            await stream.event()
            for ticket in tickets:
                await do(call_next, window=at_window_3, staff=clerk, now=NOON)
                await do(finish, ticket=ticket, staff=clerk, now=NOON)
            heard, newest = [], ""
            while len(heard) < 3:
                newest, _state = await stream.event()
                heard += [told["id"] for kind, _id, told in stream.calls if kind == "call"]
                stream.calls.clear()
            back = await Stream("/live/halls/H01/", f"after={heard[0]}").open()
            again = await back.called()
            browser = await Stream("/live/halls/H01/", "after=1", last=str(heard[1])).open()
            by_header = await browser.called()
            fresh = await Stream("/live/halls/H01/").open()
            nothing = await fresh.called()
            for one in (stream, back, browser, fresh):
                await one.close()
            return heard, newest, again, by_header, nothing, [ticket.label for ticket in tickets]

    heard, newest, again, by_header, nothing, labels = asyncio.run(story())

    assert heard == sorted(heard)
    assert newest == str(heard[-1])
    assert again == [("call", labels[1]), ("call", labels[2])]
    assert by_header == [("call", labels[2])]
    assert nothing == []


def test_what_is_gone_is_said_with_the_full_state(walk_in, at_window_3, clerk, monkeypatch):
    monkeypatch.setattr("queues.showing.RECENT", 1)
    monkeypatch.setattr("queues.board.RECENT", 1)
    for _n in range(3):
        ticket = walk_in()
        call_next(window=at_window_3, staff=clerk, now=NOON)
        finish(ticket=ticket, staff=clerk, now=NOON)

    async def story():
        async with watching_halls():
            stream = await Stream("/live/halls/H01/", "after=0").open()
            told = await stream.called()
            await stream.close()
            return told

    assert [kind for kind, _number in asyncio.run(story())] == ["gone", "call"]


def test_a_test_call_reaches_the_screens_and_no_ticket(walk_in, hall):
    ticket = walk_in()

    async def story():
        async with watching_halls():
            screen = await Stream("/live/halls/H01/").open()
            mine = await Stream(f"/live/tickets/{ticket.public_id}/").open()
            await screen.event()
            await mine.event()
            await do(try_voice, hall=hall, number="A012", window=3, key="k")
            ((kind, _id, told),) = await screen.parts()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(mine.heard.get(), 0.4)
            await screen.close()
            await mine.close()
            return kind, told

    assert asyncio.run(story()) == ("test", {"key": "k", "number": "A012", "window": 3})


def test_a_thousand_screens_that_come_back_ask_the_database_once(walk_in, monkeypatch):
    asked = []
    original = watching.hall_of
    monkeypatch.setattr(watching, "hall_of", lambda one: asked.append(one) or original(one))

    async def story():
        async with watching_halls():
            first = await Stream("/live/halls/H01/").open()
            await first.event()
            others = [await Stream("/live/halls/H01/").open() for _ in range(50)]
            for stream in others:
                await stream.event()
            for stream in (first, *others):
                await stream.close()

    asyncio.run(story())

    assert len(asked) == 1


def test_a_client_that_does_not_read_holds_nobody_back(walk_in):
    class Stuck(Stream):
        async def send(self, message):
            await super().send(message)
            if b"data" in message.get("body", b""):
                await asyncio.Event().wait()

    async def story():
        async with watching_halls() as watcher:
            stuck = await Stuck("/live/halls/H01/").open()
            stream = await Stream("/live/halls/H01/").open()
            await stream.event()
            for n in range(1, 6):
                await do(walk_in)
                while (await stream.event())[1]["waiting"] != n:
                    pass
            (waiting,) = [one for one in watcher.watches[next(iter(watcher.watches))] if one.state]
            await stream.close()
            stuck.task.cancel()
            return len(waiting.calls), waiting.state.count(b"data:")

    assert asyncio.run(story()) == (0, 1)  # one state waits, however many there were
