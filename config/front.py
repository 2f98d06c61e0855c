"""The door of the demo: a small reverse proxy, standing for the one of docker-compose.yml.

    python -m config.front HOST PORT WEB_PORT LIVE_PORT

`/live/` goes to the event streams, all else to pages and API. One request per connection;
both directions flow through as they come.
"""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from contextlib import suppress

HEAD_LIMIT = 64 * 1024
HEAD_PATIENCE = 15.0
OURS = ("connection", "keep-alive", "proxy-connection", "expect", "forwarded", "upgrade")
AWAY = """\
Dengta does not answer at the moment. Please try again in a few seconds.
灯塔暂时没有应答，请稍候再试。
"""


class Unfit(Exception):
    """The request cannot be passed on: status line and words."""


def kept(head: bytes) -> tuple[bytes, list[bytes]]:
    """The first line, and the headers that are not about the connection."""
    first, *headers = head[:-4].split(b"\r\n")
    passed = []
    for header in headers:
        name = header.partition(b":")[0].strip().lower().decode("latin-1")
        if name not in OURS and not name.startswith("x-forwarded-"):
            passed.append(header)
    return first, passed


async def read_request(reader: StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_PATIENCE)
    except asyncio.LimitOverrunError:
        raise Unfit("431 Request Header Fields Too Large", "The request is too long.\n") from None
    except TimeoutError:
        raise Unfit("408 Request Timeout", "The request did not arrive in time.\n") from None


def for_upstream(head: bytes, peer: str) -> tuple[str, bytes]:
    """The path, and the head as the server behind is to see it."""
    first, headers = kept(head)
    if len(parts := first.split(b" ")) != 3 or not parts[2].startswith(b"HTTP/1."):
        raise Unfit("400 Bad Request", "This is not a request that a browser would send.\n")
    way = f"X-Forwarded-For: {peer}\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n"
    return parts[1].decode("latin-1"), b"\r\n".join([first, *headers, way.encode()])


async def flow(reader: StreamReader, writer: StreamWriter) -> None:
    while piece := await reader.read(HEAD_LIMIT):
        writer.write(piece)
        await writer.drain()


async def answer(upstream: StreamReader, client: StreamWriter) -> None:
    try:
        first, headers = kept(await upstream.readuntil(b"\r\n\r\n"))
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise Unfit("502 Bad Gateway", AWAY) from None
    client.write(b"\r\n".join([first, *headers, b"Connection: close"]) + b"\r\n\r\n")
    await flow(upstream, client)


async def exchange(
    head: bytes, reader: StreamReader, writer: StreamWriter, ports: list[int]
) -> None:
    path, request = for_upstream(head, writer.get_extra_info("peername")[0])
    port = ports[1] if path.startswith("/live/") else ports[0]
    try:
        back, forth = await asyncio.open_connection("127.0.0.1", port, limit=HEAD_LIMIT)
    except OSError:
        raise Unfit("502 Bad Gateway", AWAY) from None
    if b"100-continue" in head.lower():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    forth.write(request)
    body = asyncio.create_task(flow(reader, forth))  # ends when the client goes away
    reply = asyncio.create_task(answer(back, writer))
    try:
        await asyncio.wait([body, reply], return_when=asyncio.FIRST_COMPLETED)
        if body.done() and body.exception():  # answered before it read all: hear the answer
            await asyncio.wait([reply], timeout=HEAD_PATIENCE)
        if reply.done() and isinstance(unfit := reply.exception(), Unfit):
            raise unfit
    finally:
        for task in (body, reply):
            task.cancel()
        await asyncio.gather(body, reply, return_exceptions=True)
        forth.close()


async def serve(reader: StreamReader, writer: StreamWriter, ports: list[int]) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        try:
            await exchange(await read_request(reader), reader, writer, ports)
        except Unfit as unfit:
            status, words = unfit.args
            body = words.encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            head += f"Retry-After: 3\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
        await writer.drain()
    writer.close()


async def main(host: str, port: int, *ports: int) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, list(ports)), host, port, limit=HEAD_LIMIT
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
