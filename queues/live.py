"""Live streams of boards and tickets (server-sent events), a plain ASGI application.

    /live/halls/<code>/          the board; ?html=<language> adds its rendered parts
    /live/tickets/<public id>/   one's own ticket
    /live/healthz                whether this process hears the database

A message is the full state, so a client that missed some needs only the next one. A board
also gets each call as an event of its own, `call`, whose id is the call's number: with
`Last-Event-ID` or `?after=<number>` a screen that was away first hears the calls that it
missed (the newest ones; `gone` when there were more than are kept), then the state.
One connection per process listens to `dengta_board`; a hall is read once per change and
language, however many watch (queues/watching.py). The database is asked in a thread.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from queues.news import Subject
from queues.watching import Watcher

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_WATCHERS = 5000
ROUTE = re.compile(r"^/live/(halls|tickets)/([A-Za-z0-9_-]{1,40})/$")
NUMBER = re.compile(r"^[0-9]{1,18}$")
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
    subject = _subject(scope)
    watch = await watcher.subscribe(subject, _after(scope)) if subject else None
    if watch is None:
        await _answer(send, 404, {"code": "not_found"})
        return

    async def leave() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        watch.leave()

    async def write(chunk: bytes) -> None:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})

    leaving = asyncio.ensure_future(leave())
    try:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM})
        if scope["method"] == "GET":
            await watch.write_all(write)
    except OSError:
        pass  # the client went away while we wrote
    finally:
        leaving.cancel()
        watcher.unsubscribe(watch)


def _after(scope: Scope) -> int | None:
    """The last call that the client knows; a browser that comes back says it by itself."""
    said = dict(scope.get("headers") or ()).get(b"last-event-id", b"").decode("latin-1")
    for known in (said, _asked(scope, "after")):
        if NUMBER.match(known):
            return int(known)
    return None


def _asked(scope: Scope, name: str) -> str:
    try:
        told = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=10)
    except ValueError:
        return ""
    return told.get(name, [""])[0]


def _subject(scope: Scope) -> Subject | None:
    """What the address asks for; None when it is no address of ours."""
    found = ROUTE.match(scope["path"])
    if found is None:
        return None
    language = _asked(scope, "html")
    known = language in dict(settings.LANGUAGES)
    return Subject(found[1], found[2], language if known else "")


async def _answer(send: Send, status: int, told: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
