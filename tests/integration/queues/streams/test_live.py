"""Live streams of boards and tickets, in one process with the database. Rows C16, C17."""

import asyncio

import pytest
from django.db import connection

from queues import live, news, stream
from queues.calling import call_next, finish
from queues.issuing import tell_boards
from queues.watching import Watcher
from tests.conftest import NOON
from tests.integration.queues.streams.conftest import PATIENCE, Stream, do, watching_halls

pytestmark = pytest.mark.django_db(transaction=True)


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
