"""Signed questions between us and a provider: HMAC-SHA-256 with a key that both have.

What is signed: the second, a word used once, method and path, and the body. So nobody can
change a question, turn it to another path, or ask it again much later.
"""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=5)  # how far the clocks of the two may be apart


def sign(key: str, question: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """The headers for a question ("POST /messages") asked now."""
    timestamp, nonce = str(int(now.timestamp())), uuid.uuid4().hex
    return {
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": _signature(key, timestamp, nonce, question, body),
    }


def is_signed(
    key: str, question: str, body: bytes, headers: Mapping[str, str], *, now: datetime
) -> bool:
    """Whether who has the key asked this, within WINDOW of now."""
    timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
    told = headers.get("X-Signature", "")
    expected = _signature(key, timestamp, nonce, question, body)
    return _is_fresh(timestamp, now) and hmac.compare_digest(
        expected.encode(), told.encode("utf-8", "replace")
    )


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 11):
        return False
    return abs(now - datetime.fromtimestamp(int(timestamp), UTC)) <= WINDOW


def _signature(key: str, timestamp: str, nonce: str, question: str, body: bytes) -> str:
    told = f"{timestamp}\n{nonce}\n{question}\n".encode("utf-8", "replace") + body
    return hmac.new(key.encode(), told, hashlib.sha256).hexdigest()
