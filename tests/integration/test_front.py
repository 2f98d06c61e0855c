"""The demo's door: what goes through it, and what it says when nobody is behind it."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from config import front


async def behind(reader, writer):
    """A server that tells what it saw; /stream sends three pieces as time goes by."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if head.startswith("GET /live/stream"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while not writer.is_closing() and not reader.at_eof():
            writer.write(b"data: now\n\n")
            await asyncio.sleep(0.05)
        behind.streams_ended += 1
    elif head.startswith("POST /early"):
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(0.2)
    elif not head.startswith("GET /hangs-up"):
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0] or 0)
        body = await reader.readexactly(length)
        seen = json.dumps({"head": head, "length": len(body)}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n" % len(seen)
        )
        writer.write(seen)
    await writer.drain()
    writer.close()


behind.streams_ended = 0


@asynccontextmanager
async def door(live_is_there=True):
    async with await asyncio.start_server(behind, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        live = port if live_is_there else 1
        async with await asyncio.start_server(
            lambda r, w: front.serve(r, w, [port, live]), "127.0.0.1", 0, limit=front.HEAD_LIMIT
        ) as ours:
            yield ours.sockets[0].getsockname()[1]


async def say(port, request):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), body


async def ask(request, **kwargs):
    async with door(**kwargs) as port:
        return await say(port, request)


def test_headers_of_the_way_are_ours_and_the_host_is_kept():
    request = b"GET /a?b=c HTTP/1.1\r\nHost: city.example:8000\r\nConnection: keep-alive\r\n"
    request += b"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\n"
    head, body = asyncio.run(ask(request + b"Cookie: a=b\r\n\r\n"))
    seen = json.loads(body)["head"].split("\r\n")
    assert seen[0] == "GET /a?b=c HTTP/1.1"
    assert {"Host: city.example:8000", "Cookie: a=b", "X-Forwarded-For: 127.0.0.1"} <= set(seen)
    assert {"X-Forwarded-Proto: http", "Connection: close"} <= set(seen)
    assert not [line for line in seen if "6.6.6.6" in line or "keep-alive" in line]
    assert "Connection: close" in head
    assert "keep-alive" not in head


def test_large_body_goes_through_whole():
    request = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    _, body = asyncio.run(ask(request + b"x" * 3_000_000))
    assert json.loads(body)["length"] == 3_000_000


def test_early_answer_is_heard_though_the_body_was_not_read():
    request = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    head, _ = asyncio.run(ask(request + b"x" * 300_000))
    assert head.startswith("HTTP/1.1 413")


def test_waiting_client_is_told_to_continue():
    request = b"POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n"
    head, _ = asyncio.run(ask(request))
    assert head == "HTTP/1.1 100 Continue"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", "400"),
        (b"GET / SPDY/3\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nCookie: " + b"x" * 70_000 + b"\r\n\r\n", "431"),
        (b"GET /hangs-up HTTP/1.1\r\nHost: x\r\n\r\n", "502"),
    ],
)
def test_what_cannot_be_passed_on_is_said_in_words(request_, status):
    head, body = asyncio.run(ask(request_))
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert body


def test_slow_head_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(front, "HEAD_PATIENCE", 0.1)
    head, _ = asyncio.run(ask(b"GET / HTTP/1.1\r\n"))
    assert head.startswith("HTTP/1.1 408 ")


def test_missing_server_is_a_502_in_both_languages_and_only_for_its_part():
    async def both():
        async with door(live_is_there=False) as port:
            live = await say(port, b"GET /live/halls/H01/ HTTP/1.1\r\nHost: x\r\n\r\n")
            return live, await say(port, b"GET /livery HTTP/1.1\r\nHost: x\r\n\r\n")

    live, page = asyncio.run(both())
    assert live[0].startswith("HTTP/1.1 502")
    assert "请稍候再试" in live[1].decode()
    assert "try again" in live[1].decode()
    assert page[0].startswith("HTTP/1.1 200")


def test_stream_flows_as_it_comes_and_ends_with_its_reader():
    async def listen():
        before = behind.streams_ended
        async with door() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /live/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.wait_for(reader.readuntil(b"data: now\n\ndata: now\n\n"), 5)
            writer.close()
            await asyncio.sleep(0.5)
        return behind.streams_ended - before

    assert asyncio.run(listen()) == 1
