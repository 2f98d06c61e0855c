"""An SMS provider on 127.0.0.1 that does what a test tells it, and keeps what "phones" got.

In a thread of the test:

    with SmsServer(key="k", dedupes=True) as server:
        provider = SmsOverHttp(name="one", url=server.url, key="k", dedupes=True)
        server.next("accept_and_hang", "500")    # what the next questions meet
        server.otherwise("accept=8,drop=2")      # what all others meet, by weight
        server.arrived()                         # {reference: how often a phone rang}

In a process of its own, for senders that are killed:

    python -m tests.faking.sms_server --port 0 --log FILE --key k [--no-dedupes]
        [--otherwise MIX] [--status true] [--seed N] [--delay S] [--hang S]
        [--receipts URL --receipt-key K --receipt-mode good]

It says its address in the first line ("http://127.0.0.1:40123"). FILE gets one line of JSON
for each message that rings at a phone, written before the answer; `sms_wire.arrived_in(FILE)`
counts them from any process, and a server started again with the same FILE remembers them. The
running server is asked by `GET /fake/arrived` and told by `POST /fake/script` with JSON
{"next": [...], "otherwise": "...", "status": "...", "receipts": "..."}. It ends with the
process that started it.

It is written without the product's code, so that both agree on the wire and not by a shared
mistake. The wire: docs/adr/0014-message-providers.md.
"""

import argparse
import contextlib
import json
import os
import random
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter, deque
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.faking.sms_asked import SmsHandler, SmsListener
from tests.faking.sms_wire import (
    NOT_TAKEN,
    RECEIPTS,
    STATUS,
    TAKEN,
    arrived_in,
    mix,
    receipt_body,
    signed,
)


class SmsServer:
    """The provider. Everything it knows is guarded by one lock."""

    def __init__(
        self, *, key: str = "key", dedupes: bool = True, log: Path | str | None = None,
        port: int = 0, otherwise: str = "accept", status: str = "true", seed: int | None = None,
        delay: float = 0.0, hang: float = 30.0, receipts: str = "none", receipt_url: str = "",
        receipt_key: str = "", receipt_delay: float = 1.0,
    ) -> None:  # fmt: skip
        self.key, self.dedupes, self.log = key, dedupes, Path(log) if log else None
        self.delay, self.hang = delay, hang
        self.status_mode, self.receipts = status, receipts
        self.receipt_url, self.receipt_key = receipt_url, receipt_key
        self.receipt_delay = receipt_delay
        self.questions: list[dict[str, Any]] = []  # every signed question, in order
        self.receipt_answers: list[int] = []
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._nonces: set[str] = set()
        self._script: deque[str] = deque()
        self._mix = mix(otherwise)
        self._known: dict[str, str] = {}  # reference: our number
        self._rang: Counter[str] = arrived_in(self.log) if self.log else Counter()
        self._known = {reference: f"n-{reference}" for reference in self._rang}
        self.closing = threading.Event()
        server = self

        class Handler(SmsHandler):
            fake = server

        self._http = SmsListener(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    # --- told by the test ---------------------------------------------------------------
    def __enter__(self) -> "SmsServer":
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def serve(self) -> None:
        self._http.serve_forever(0.1)

    def next(self, *behaviours: str) -> None:
        """What the next messages meet, one each."""
        assert set(behaviours) <= TAKEN | NOT_TAKEN, behaviours
        with self._lock:
            self._script.extend(behaviours)

    def otherwise(self, told: str) -> None:
        """What all other messages meet: a behaviour, or several with weights."""
        with self._lock:
            self._mix = mix(told)

    def status(self, mode: str) -> None:
        """How it answers questions about a reference."""
        assert mode in STATUS, mode
        self.status_mode = mode

    def arrived(self) -> Counter[str]:
        """How often each reference rang at a phone."""
        with self._lock:
            return Counter(self._rang)

    # --- what happens --------------------------------------------------------------------
    def noted(self, question: str, nonce: str, body: bytes) -> bool:
        """Keeps the question; False when its nonce was used before."""
        with self._lock:
            self.questions.append({"question": question, "body": body})
            if nonce in self._nonces:
                return False
            self._nonces.add(nonce)
            return True

    def behaviour(self) -> str:
        with self._lock:
            if self._script:
                return self._script.popleft()
            names, weights = zip(*self._mix.items(), strict=True)
            return self._random.choices(names, weights)[0]

    def take(self, reference: str, behaviour: str) -> str:
        """A phone rings, unless a twin is swallowed or the message is lost; our number."""
        with self._lock:
            is_twin = reference in self._known
            number = self._known.setdefault(reference, f"n-{reference}")
            if behaviour != "lose" and not (is_twin and self.dedupes):
                self._rang[reference] += 1
                self._write(reference)
        if not is_twin and self.receipt_url and self.receipts != "none":
            threading.Thread(target=self._send_receipts, args=(reference,), daemon=True).start()
        return number

    def knows(self, reference: str) -> str | None:
        with self._lock:
            return self._known.get(reference)

    def _write(self, reference: str) -> None:
        if self.log:
            with open(self.log, "a") as log:  # one short write with O_APPEND is one line
                log.write(json.dumps({"reference": reference, "at": time.time()}) + "\n")

    def _send_receipts(self, reference: str) -> None:
        mode = self.receipts
        self.closing.wait(self.receipt_delay if mode == "late" else 0.0)
        status = "failed" if mode == "failed" else "delivered"
        about = str(uuid.uuid4()) if mode == "unknown_reference" else reference
        body = receipt_body(about, status=status)
        key = "forged" if mode == "forged" else self.receipt_key
        at = time.time() - 3600 if mode == "stale" else None
        for _ in range(2 if mode == "twice" else 1):
            headers = signed(key, f"POST {urlsplit(self.receipt_url).path}", body, at=at)
            question = urllib.request.Request(self.receipt_url, body, headers)
            try:
                with urllib.request.urlopen(question, timeout=10) as answer:
                    self.receipt_answers.append(answer.status)
            except urllib.error.HTTPError as refused:
                self.receipt_answers.append(refused.code)
            except OSError:
                self.receipt_answers.append(0)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    asked = argparse.ArgumentParser(description="An SMS provider for tests.")
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--log", required=True)
    asked.add_argument("--key", default="key")
    asked.add_argument("--no-dedupes", action="store_true")
    asked.add_argument("--otherwise", default="accept")
    asked.add_argument("--status", default="true", choices=sorted(STATUS))
    asked.add_argument("--seed", type=int)
    asked.add_argument("--delay", type=float, default=0.0)
    asked.add_argument("--hang", type=float, default=30.0)
    asked.add_argument("--receipts", default="", metavar="URL")
    asked.add_argument("--receipt-key", default="")
    asked.add_argument("--receipt-mode", default="good", choices=sorted(RECEIPTS))
    told = asked.parse_args()
    server = SmsServer(
        key=told.key, dedupes=not told.no_dedupes, log=told.log, port=told.port,
        otherwise=told.otherwise, status=told.status, seed=told.seed, delay=told.delay,
        hang=told.hang, receipts=told.receipt_mode if told.receipts else "none",
        receipt_url=told.receipts, receipt_key=told.receipt_key,
    )  # fmt: skip
    print(server.url, flush=True)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()


if __name__ == "__main__":
    sys.exit(main())
