"""How the SMS provider of the tests answers over HTTP, well or badly."""

import contextlib
import hmac
import json
import socket
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.faking.sms_wire import TAKEN, signature

if TYPE_CHECKING:
    from tests.faking.sms_server import SmsServer

HUGE = b'{"number": "' + b"9" * 3_000_000 + b'"}'


class SmsListener(ThreadingHTTPServer):
    """Answers each caller in a thread of its own."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no news."""


class SmsHandler(BaseHTTPRequestHandler):
    """One caller: checks the signature, then does what the script says."""

    fake: "SmsServer"
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def log_message(self, *args: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        if self.path == "/fake/arrived":
            return self.answer(200, self.fake.arrived())
        if not self.is_signed(b""):
            return self.answer(401, {"code": "signature"})
        return self.tell_status(self.path.rpartition("/")[2])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/fake/script":
            return self.follow_script(json.loads(body))
        if not self.is_signed(body):
            return self.answer(401, {"code": "signature"})
        return self.meet(str(json.loads(body)["reference"]), self.fake.behaviour())

    def follow_script(self, told: dict[str, Any]) -> None:
        self.fake.next(*told.get("next", []))
        if "otherwise" in told:
            self.fake.otherwise(told["otherwise"])
        if "status" in told:
            self.fake.status(told["status"])
        self.fake.receipts = told.get("receipts", self.fake.receipts)
        self.answer(200, {})

    def is_signed(self, body: bytes) -> bool:
        timestamp, nonce = self.headers.get("X-Timestamp", ""), self.headers.get("X-Nonce", "")
        question = f"{self.command} {self.path}"
        expected = signature(self.fake.key, timestamp, nonce, question, body)
        if not hmac.compare_digest(expected, self.headers.get("X-Signature", "")):
            return False
        is_fresh = timestamp.isdecimal() and abs(time.time() - int(timestamp)) < 300
        return is_fresh and self.fake.noted(question, nonce, body)

    def meet(self, reference: str, behaviour: str) -> None:
        self.fake.closing.wait(self.fake.delay)
        number = ""
        if behaviour in TAKEN or behaviour == "lose":
            number = self.fake.take(reference, behaviour)
        good = {"reference": reference, "number": number, "parts": 2}
        if behaviour in ("accept", "lose"):
            return self.answer(202, good)
        if behaviour in ("accept_and_hang", "time_out"):
            self.fake.closing.wait(self.fake.hang)
            return self.hang_up()
        return self.answer_badly(behaviour, good)

    def answer_badly(self, behaviour: str, good: dict[str, Any]) -> None:
        if behaviour in ("drop", "reset"):
            return self.hang_up()
        if behaviour == "not_json":
            return self.answer_raw(200, b"<html>\xff\xfe 138</html>")
        if behaviour == "wrong_reference":
            return self.answer(202, good | {"reference": str(uuid.uuid4())})
        if behaviour == "huge":
            return self.answer_raw(200, HUGE)
        if behaviour == "429":
            return self.answer(429, {"code": "too_many"}, {"Retry-After": "7"})
        code, told = {
            "refuse": (400, {"reference": good["reference"], "code": "number_cannot_receive"}),
            "refuse_key": (403, {"code": "account"}),
            "503_not_taken": (503, {"reference": good["reference"], "code": "not_taken"}),
        }.get(behaviour, (500, {}))
        return self.answer(code, told)

    def tell_status(self, reference: str) -> None:
        mode, number = self.fake.status_mode, self.fake.knows(reference)
        if mode == "time_out":
            self.fake.closing.wait(self.fake.hang)
            return self.hang_up()
        if mode == "500":
            return self.answer(500, {})
        if mode in ("not_json", "wrong_reference", "huge"):
            return self.answer_badly(mode, {"state": "accepted"})
        if number is None or mode == "absent":
            return self.answer(404, {"reference": reference, "state": "absent"})
        state = "delivered" if mode == "delivered" else "accepted"
        return self.answer(200, {"reference": reference, "number": number, "state": state})

    def answer(self, code: int, told: Any, headers: dict[str, str] | None = None) -> None:
        self.answer_raw(code, json.dumps(told).encode(), headers)

    def answer_raw(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        with contextlib.suppress(OSError):
            self.send_response(code)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
