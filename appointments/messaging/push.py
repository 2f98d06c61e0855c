"""Web push: a notice in a browser that asked for it, by the push service of its maker.

The text is sealed for that browser alone (RFC 8291), the city shows who it is by its key
(VAPID, RFC 8292). A push service cannot be asked later what became of a notice; our
reference is its topic, so that a twin replaces one that was not shown yet. The endpoint is
a secret of the browser: it is in no error and no log.
"""

import base64
import json
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

import requests
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from py_vapid import Vapid02, VapidException
from pywebpush import WebPusher

from appointments.messaging.sms_http import never_connected, wait_of
from appointments.messaging.subscribing import NoSubscription, Subscription, read
from appointments.models import PushBrowser
from appointments.providing import (
    BROWSER_GONE,
    Accepted,
    BrokenOff,
    Fate,
    Letter,
    NonsenseAnswer,
    NotDelivered,
    ServerTrouble,
    TimedOut,
    refuse_controls,
)
from appointments.sealing import blind_index
from config import civil

KEPT_SECONDS = 600  # by the push service, for a browser that is not there
SHOWN_FOR = 3600  # seconds that our proof of who we are is good for
TAKEN = {200, 201, 202, 204}
GONE = {404, 410}
NEVER = {400, 413}


@cache
def vapid(key: str, subject: str) -> Vapid02:
    """The city's key. Raises ImproperlyConfigured, without telling the key."""
    try:
        found = Vapid02.from_string(key)
        if not isinstance(found.private_key.curve, SECP256R1):
            raise ValueError("not P-256")
        found.sign({"sub": subject, "aud": "https://example.org", "exp": 1})
    except (ValueError, TypeError, AttributeError, VapidException):
        raise ImproperlyConfigured(
            "DENGTA_VAPID_PRIVATE_KEY is no key of P-256, or DENGTA_VAPID_SUBJECT no mailto:"
        ) from None
    return found


def public_key() -> str:
    """The key that browsers are given; empty where browsers are not told here."""
    if not settings.VAPID_PRIVATE_KEY:
        return ""
    try:
        mine = vapid(settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT)
    except ImproperlyConfigured:
        return ""  # the sender says it
    point = mine.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


class WebPush:
    """All push services that we know (settings.PUSH_HOSTS). `trusted`: another file of
    certificates than the usual one."""

    name, dedupes, at_once = "push", False, 1

    def __init__(
        self, *, key: str, subject: str, trusted: str = "",
        connect_seconds: float = 3.0, read_seconds: float = 10.0,
    ) -> None:  # fmt: skip
        self._vapid, self._subject = vapid(key, subject), subject
        self._timeouts = (connect_seconds, read_seconds)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = trusted or True

    def send(self, letter: Letter) -> Accepted:
        refuse_controls(letter)
        browser = _browser(letter)
        said = {"title": letter.title, "body": letter.text, "page": browser.page}
        sealed = WebPusher(json.loads(browser.as_json())).encode(
            json.dumps(said, ensure_ascii=False).encode(), "aes128gcm"
        )["body"]
        code, wait = self._ask(browser.endpoint, sealed, self._headers(letter, browser))
        if code in TAKEN:
            return Accepted()
        if code in GONE:
            _ended(browser, letter)
            raise NotDelivered(BROWSER_GONE, for_good=True)
        if code == 429:
            raise NotDelivered("too many at once", wait=wait_of(wait))
        if 400 <= code < 500:
            raise NotDelivered(f"answered {code}", for_good=code in NEVER)
        raise ServerTrouble if code >= 500 else NonsenseAnswer

    def status(self, reference: UUID) -> Fate:
        return Fate.UNTOLD

    def _headers(self, letter: Letter, browser: Subscription) -> dict[str, str]:
        claims = {
            "sub": self._subject,
            "aud": f"https://{urlsplit(browser.endpoint).netloc}",
            "exp": int(civil.now().timestamp()) + SHOWN_FOR,
        }
        return self._vapid.sign(claims) | {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_SECONDS),
            "Urgency": "high",
            "Topic": topic_of(letter.reference),
        }

    def _ask(self, endpoint: str, sealed: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Code and Retry-After of the answer; the rest of it is not read."""
        try:
            with self._session.post(
                endpoint, data=sealed, headers=headers, timeout=self._timeouts,
                allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                return answer.status_code, answer.headers.get("Retry-After", "")
        except requests.ConnectionError as error:
            if never_connected(error):
                raise NotDelivered("no connection") from None
            raise BrokenOff from None
        except requests.Timeout:
            raise TimedOut from None
        except requests.RequestException:
            raise BrokenOff from None


def topic_of(reference: UUID) -> str:
    """Up to 32 characters that say nothing of the reference's message."""
    digest = blind_index(str(reference), purpose="push topic")[:24]
    return base64.urlsafe_b64encode(digest).decode()


def _browser(letter: Letter) -> Subscription:
    """Looked at again: a host that is known no more is not asked."""
    try:
        return read(letter.to)
    except NoSubscription:
        raise NotDelivered("no subscription", for_good=True) from None


def _ended(browser: Subscription, letter: Letter) -> None:
    """No ticket tells this browser any more."""
    same = PushBrowser.objects.filter(endpoint_index=browser.index, ended_at=None)
    same.update(ended_at=letter.at)
