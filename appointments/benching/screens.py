"""Many screens in one lean process, for `bench live`; nothing of ours is imported.

    python -m appointments.benching.screens PORT COUNT CALLS

Says "watching" once each has its first state. When its input ends and all screens have
heard all calls (or after a while), a line for each call that a screen heard: number and
the moment, on the clock that all processes share.
"""

import re
import resource
import selectors
import socket
import sys
import time

CALL = re.compile(rb"event: call\r?\nid: (\d+)\r?\n")
FIRST = b"data: {"
PATIENCE = 20
AT_ONCE = 50  # connections are opened in such groups


class Screen:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        ask = "GET /live/halls/H02/?html=zh-hans HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        self.socket.sendall(ask.encode())
        self.socket.setblocking(False)
        self.is_on = False
        self.end = b""


def main(port: int, count: int, calls: int) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    selector = selectors.DefaultSelector()
    heard: list[tuple[bytes, float]] = []
    screens: list[Screen] = []
    while len(screens) < count:
        for _one in range(min(AT_ONCE, count - len(screens))):
            screens.append(Screen(port))
            selector.register(screens[-1].socket, selectors.EVENT_READ, screens[-1])
        while not all(screen.is_on for screen in screens):
            listen(selector, [], 5)
    print("watching", flush=True)  # noqa: T201
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    while listen(selector, heard, 5):
        pass
    selector.unregister(sys.stdin)
    until = time.monotonic() + PATIENCE
    while len(heard) < count * calls and time.monotonic() < until:
        listen(selector, heard, 1)
    sys.stdout.write("".join(f"{int(call)} {at:.6f}\n" for call, at in heard))


def listen(selector: selectors.BaseSelector, heard: list[tuple[bytes, float]], wait: float) -> bool:
    """Takes what has come; False once nobody wants to know more."""
    for key, _events in selector.select(wait):
        screen = key.data
        if screen is None:
            return False
        try:
            came = screen.socket.recv(262_144)
        except BlockingIOError:
            continue
        at = time.monotonic()
        text = screen.end + came
        heard += [(found[1], at) for found in CALL.finditer(text) if screen.is_on]
        screen.is_on = screen.is_on or FIRST in text
        screen.end = text[-40:] if not CALL.search(text[-40:]) else b""
    return True


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
