"""Screens that were away, a thousand of them, and those that do not read. C16."""

import asyncio

import pytest

from queues import watching
from queues.calling import call_next, finish
from queues.voicing import try_voice
from tests.conftest import NOON
from tests.integration.queues.streams.conftest import Stream, do, watching_halls

pytestmark = pytest.mark.django_db(transaction=True)


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
