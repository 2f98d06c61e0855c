"""Live streams of boards and tickets (server-sent events), a plain ASGI application.

    /live/halls/<code>/          the board; ?html=<language> adds its rendered parts
    /live/tickets/<public id>/   one's own ticket
    /live/healthz                whether this process hears the database

Each event is the full state, so a client that missed some needs only the next one.
One connection per process listens to `dengta_board`; a hall is read once per change and
language, however many watch (queues/watching.py). The database is asked in threads.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from queues.watching import Subject, Watch, Watcher

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEARTBEAT_SECONDS = 15.0
STILL_HERE = b"event: still\ndata: {}\n\n"  # a comment would not reach the page
MOST_WATCHERS = 5000
ROUTE = re.compile(r"^/live/(halls|tickets)/([A-Za-z0-9_-]{1,40})/$")
STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]

watcher = Watcher()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await _http(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            watcher.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await watcher.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    path, method = scope["path"], scope["method"]
    if path == "/live/healthz":
        await _health(send)
    elif method not in ("GET", "HEAD"):
        await _answer(send, 405, {"code": "method_not_allowed"})
    elif watcher.count >= MOST_WATCHERS:
        await _answer(send, 503, {"code": "too_many_watchers"})
    else:
        await _watch(scope, receive, send)


async def _health(send: Send) -> None:
    """Well while it hears the database; a process that has just begun gets a moment."""
    watcher.start()
    for _moment in range(20):
        if watcher.is_listening:
            break
        await asyncio.sleep(0.1)
    told = {"listening": watcher.is_listening, "watchers": watcher.count}
    await _answer(send, 200 if watcher.is_listening else 503, told)


async def _watch(scope: Scope, receive: Receive, send: Send) -> None:
    watcher.start()
    watch = await watcher.subscribe(subject) if (subject := _subject(scope)) else None
    if watch is None:
        await _answer(send, 404, {"code": "not_found"})
        return
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM})
        if scope["method"] == "GET":
            await _stream(watch, gone, send)
    except OSError:
        pass  # the client went away while we wrote
    finally:
        gone.cancel()
        watcher.unsubscribe(watch)


def _subject(scope: Scope) -> Subject | None:
    """What the address asks for; None when it is no address of ours."""
    found = ROUTE.match(scope["path"])
    if found is None:
        return None
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=10)
    language = asked.get("html", [""])[0]
    known = language in dict(settings.LANGUAGES)
    return Subject(found[1], found[2], language if known else "")


async def _stream(watch: Watch, gone: "asyncio.Future[None]", send: Send) -> None:
    await _body(send, b"retry: 2000\n\n")
    while not gone.done():
        news = asyncio.ensure_future(watch.news())
        both: set[asyncio.Future[Any]] = {news, gone}
        await asyncio.wait(both, timeout=HEARTBEAT_SECONDS, return_when="FIRST_COMPLETED")
        if news.done():
            await _body(send, news.result())
        else:
            news.cancel()
            if not gone.done():
                await _body(send, STILL_HERE)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _answer(send: Send, status: int, told: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
