"""The web server in a house without a line outside: what reaches for it fails and is noted.

OUTSIDE_LOG names the file of the notes. MISTAKE=reaches plants a request that does.
"""

import contextlib
import errno
import os
import socket
import sys
from typing import Any

HERE = ("127.", "::1", "localhost")


def guard(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = args[:1]
    else:
        return
    if isinstance(address, tuple) and not str(address[0]).startswith(HERE):
        with open(os.environ["OUTSIDE_LOG"], "a") as log:
            log.write(f"{event} {address}\n")
        raise OSError(errno.ENETUNREACH, "the line outside is cut")


sys.addaudithook(guard)

from config.wsgi import application as house  # noqa: E402


def application(environ: dict[str, Any], start_response: Any) -> Any:
    if os.environ.get("MISTAKE") == "reaches":
        with contextlib.suppress(OSError):  # as a careful program would: nobody would notice
            socket.create_connection(("192.0.2.1", 443), timeout=1)
    return house(environ, start_response)
