"""E-mail over SMTP: one conversation for each letter, and each step knows what a no means.

Until the text is handed over nothing can have left, so every failure is a clear no. Once
it is handed over only the server's answer tells; without one there is doubt, and a mail
server cannot be asked later. Answers are kept as numbers: their words may name people.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError

from appointments.emails import clean_email
from appointments.providing import (
    CANNOT_RECEIVE,
    Accepted,
    BrokenOff,
    Fate,
    Letter,
    NonsenseAnswer,
    NotDelivered,
    refuse_controls,
)

WRONG_ADDRESS = {550, 551, 553}  # at RCPT, when the server says nothing more exact
DETAIL = re.compile(rb"5\.(\d{1,3})\.(\d{1,3})\b")
QUEUED = re.compile(rb"queued as ([A-Za-z0-9_-]{1,60})")


@dataclass(frozen=True)
class Server:
    """Where the mail goes, from an address such as smtps://user:password@host:465."""

    host: str
    port: int
    security: str  # "tls", "starttls" or "none"
    user: str = ""
    password: str = ""

    @classmethod
    def at(cls, url: str) -> "Server":
        """Raises ValueError for what is no such address, and for a password in the open."""
        parts = urlsplit(url)
        security = {"smtps": "tls", "smtp+starttls": "starttls", "smtp": "none"}.get(parts.scheme)
        if security is None or not parts.hostname:
            raise ValueError("smtps://, smtp+starttls:// or smtp:// and a host are needed")
        if security == "none" and parts.password:
            raise ValueError("a password needs smtps:// or smtp+starttls://")
        port = parts.port or {"tls": 465, "starttls": 587}.get(security, 25)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, security, user, password)


class Smtp:
    """Hands letters to a mail server, which cannot tell twins apart nor be asked."""

    dedupes = False
    at_once = 1

    def __init__(
        self, *, name: str, url: str, sender: str, seconds: float = 15.0,
        context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self._server = Server.at(url)
        shown, self._from = parseaddr(sender)
        if "@" not in self._from:
            raise ValueError("the sender needs an address")
        self._sender = str(Address(shown, addr_spec=self._from))
        self._seconds = seconds
        self._context = context or ssl.create_default_context()

    def send(self, letter: Letter) -> Accepted:
        refuse_controls(letter)
        to = _plain_address(letter.to)
        text = self._written(letter, to)
        with self._conversation() as smtp:
            _agreed(smtp.mail(self._from), "MAIL")
            _agreed_to_recipient(smtp.rcpt(to))
            _agreed(smtp.docmd("DATA"), "DATA", 354)
            return _handed_over(smtp, text)

    def status(self, reference: UUID) -> Fate:
        return Fate.UNTOLD

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """Whatever breaks in it means that nothing left, except doubt, which says so."""
        try:
            smtp = self._connected()
        except (OSError, smtplib.SMTPException):
            raise NotDelivered("no connection") from None
        try:
            yield smtp
        except (OSError, smtplib.SMTPException):
            raise NotDelivered("broken off before the text") from None
        finally:
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        server, domain = self._server, self._from.rpartition("@")[2]
        smtp: smtplib.SMTP
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(
                server.host, server.port, domain, timeout=self._seconds, context=self._context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, domain, timeout=self._seconds)
        try:
            if server.security == "starttls":
                smtp.starttls(context=self._context)
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _written(self, letter: Letter, to: str) -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._sender
        mail["To"] = to
        mail["Subject"] = letter.title or letter.text.strip().partition("\n")[0][:60]
        mail["Date"] = format_datetime(letter.at)
        mail["Message-ID"] = f"<{letter.reference}@{self._from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        if letter.leave:
            mail["List-Unsubscribe"] = f"<{letter.leave}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(letter.text, charset="utf-8", cte="base64")
        return mail.as_bytes()


def _plain_address(to: str) -> str:
    try:
        return clean_email(to)
    except ValidationError:
        raise NotDelivered(CANNOT_RECEIVE, bounced=True) from None


def _agreed(answer: tuple[int, bytes], step: str, wanted: int = 250) -> None:
    if answer[0] != wanted:
        raise NotDelivered(f"answered {answer[0]} at {step}")


def _agreed_to_recipient(answer: tuple[int, bytes]) -> None:
    """A permanent no about the address means that it does not work; about us it does not."""
    code, words = answer
    if code in (250, 251):
        return
    detail = DETAIL.match(words)
    about_address = code in WRONG_ADDRESS
    if detail:
        about_address = detail[1] == b"1" or (detail[1], detail[2]) == (b"2", b"1")
    if 500 <= code < 600 and about_address:
        raise NotDelivered(CANNOT_RECEIVE, bounced=True)
    raise NotDelivered(f"answered {code} at RCPT", for_good=500 <= code < 600)


def _handed_over(smtp: smtplib.SMTP, text: bytes) -> Accepted:
    """From the first byte of the text on only the answer to its end tells what became of it."""
    quoted = re.sub(rb"(?m)^\.", b"..", text)
    try:
        smtp.send(quoted + b".\r\n")
        code, words = smtp.getreply()
    except (OSError, smtplib.SMTPException):
        raise BrokenOff from None
    if 400 <= code < 600:
        raise NotDelivered(f"answered {code} to the text", for_good=code >= 500)
    if code != 250:
        raise NonsenseAnswer
    queued = QUEUED.search(words)
    return Accepted(number=queued[1].decode() if queued else "")
