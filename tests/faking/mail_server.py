"""A mail server on 127.0.0.1 (aiosmtpd) that does what a test tells it.

with MailServer() as server:
    provider = Smtp(name="mail", url=server.url, sender="Hall <hall@example.org>")
    server.next("greylist", "drop_after_text")   # what the next letters meet
    server.mails                                  # what it took, as messages
    server.arrived()                              # {reference: how often}
"""

import asyncio
import email
import email.policy
import ssl
from collections import Counter, deque
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from config.running import free_port

# At which step something happens, and the answer; None drops the line.
AT_RCPT = {
    "greylist": "450 4.2.0 try later", "no_such_person": "550 5.1.1 no such person",
    "unknown_bare": "550 no such person", "full": "552 5.2.2 mailbox full",
    "policy": "550 5.7.1 we do not like you", "nonsense_at_rcpt": "hello", "drop_at_rcpt": None,
}  # fmt: skip
AT_TEXT = {
    "later": "451 4.3.0 try later", "spam": "554 5.7.1 looks like spam",
    "nonsense": "hello", "drop_after_text": None, "hang": "", "take_and_hang": "",
    "take_and_drop": None,
}  # fmt: skip
TAKES = {"take_and_hang", "take_and_drop"}


class MailServer:
    """`login`: user and password that it asks for; `tls`: a context for STARTTLS."""

    def __init__(
        self, *, login: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self._script: deque[str] = deque()
        self._meets = "accept"
        self._login = login
        more: dict[str, Any] = {"tls_context": tls, "require_starttls": bool(tls)} if tls else {}
        if login:
            more |= {"authenticator": self._knows, "auth_required": True}
        port = free_port()
        self.url = f"smtp://127.0.0.1:{port}"
        self._controller = Controller(self, hostname="127.0.0.1", port=port, **more)

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._controller.stop()

    def next(self, *behaviours: str) -> None:
        assert set(behaviours) <= {"accept"} | AT_RCPT.keys() | AT_TEXT.keys(), behaviours
        self._script.extend(behaviours)

    def arrived(self) -> Counter[str]:
        """How often each reference (the first half of the Message-ID) was taken."""
        return Counter(mail["Message-ID"].strip("<>").partition("@")[0] for mail in self.mails)

    # --- called by aiosmtpd -------------------------------------------------------------
    def _knows(self, server: Any, session: Any, envelope: Any, how: str, told: Any) -> AuthResult:
        is_right = isinstance(told, LoginPassword) and self._login == (
            told.login.decode(),
            told.password.decode(),
        )
        return AuthResult(success=is_right, handled=is_right)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self._meets = self._script.popleft() if self._script else "accept"
        if self._meets in AT_RCPT:
            return await self._answer(server, AT_RCPT[self._meets])
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self._meets in TAKES | {"accept"}:
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.mails.append(mail)
            self.recipients += envelope.rcpt_tos
        if self._meets in AT_TEXT:
            return await self._answer(server, AT_TEXT[self._meets])
        return "250 2.0.0 Ok: queued as ABC123"

    async def _answer(self, server: Any, answer: str | None) -> str:
        if answer is None:
            server.transport.abort()
            return "421 gone"
        if not answer:
            await asyncio.sleep(30)
        return answer
