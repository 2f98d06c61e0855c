"""A proxy before PostgreSQL that cuts connections at the worst moment.

It stands between the web server and the database's socket, reads the simple queries that
psycopg2 sends, and looks out for COMMIT.
"""

import random
import shutil
import socket
import struct
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlparse

# before: it never arrives; after: it is done, and its answer never arrives;
# at once: nobody waits, the database finds the order in its buffer.
HOW = ("before", "after", "at once")
SOCKET = ".s.PGSQL.5432"


class Cutter:
    """Cuts `left` more commits, chosen with `chance`; `cuts` counts them by how.

    After each the database cannot be reached for `gone` seconds.
    """

    def __init__(self, database_url: str) -> None:
        host = parse_qs(urlparse(database_url).query)["host"][0]
        self.target = str(Path(host) / SOCKET)
        self.folder = tempfile.mkdtemp(prefix="cut-")
        self.url = database_url.replace(database_url.partition("host=")[2], self.folder)
        self.left, self.chance, self.how = 0, 1.0, HOW
        self.gone = self.gone_until = 0.0
        self.cuts: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(Path(self.folder) / SOCKET))
        self.server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Cutter":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cut(
        self, times: int, *, chance: float = 1.0, how: tuple[str, ...] = HOW, gone: float = 0.0
    ) -> None:
        with self.lock:
            self.left, self.chance, self.how, self.gone = times, chance, how, gone

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self.server.accept()
                database = socket.socket(socket.AF_UNIX)
                try:
                    if time.monotonic() < self.gone_until:
                        raise ConnectionRefusedError
                    database.connect(self.target)
                except OSError:
                    database.close()
                    client.close()
                    continue
                Wire(self, client, database).start()

    def decide(self) -> str | None:
        """How this commit is cut; None lets it pass."""
        with self.lock:
            if self.left <= 0 or random.random() > self.chance:
                return None
            self.left -= 1
            how = random.choice(self.how)
            self.cuts[how] += 1
            self.gone_until = time.monotonic() + self.gone
            return how


class Wire:
    """One connection, with a thread for each direction."""

    def __init__(self, cutter: Cutter, client: socket.socket, database: socket.socket) -> None:
        self.cutter, self.client, self.database = cutter, client, database
        self.deaf = False

    def start(self) -> None:
        for work in (self._forth, self._back):
            threading.Thread(target=self._to_the_end, args=[work], daemon=True).start()

    def _to_the_end(self, work) -> None:
        with suppress(OSError):
            work()
        self.close()

    def close(self) -> None:
        for end in (self.client, self.database):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _back(self) -> None:
        while (data := self.database.recv(65536)) and not self.deaf:
            self.client.sendall(data)

    def _forth(self) -> None:
        for kind, message in self._messages():
            commits = kind == b"Q" and message[5:11].upper() == b"COMMIT"
            how = self.cutter.decide() if commits else None
            if how == "before":
                return
            self.deaf = how == "after"
            self.database.sendall(message)
            if how == "at once":
                return

    def _messages(self) -> Iterator[tuple[bytes, bytes]]:
        """Whole messages of the client; the first one has no type."""
        buffer, head = b"", 0
        while data := self.client.recv(65536):
            buffer += data
            while len(buffer) >= head + 4:
                length = head + struct.unpack("!I", buffer[head : head + 4])[0]
                if len(buffer) < length:
                    break
                yield buffer[:head], buffer[:length]
                buffer, head = buffer[length:], 1
