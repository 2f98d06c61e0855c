"""What the SMS provider of the tests and the product agree on: signatures, receipts, behaviours."""

import hashlib
import hmac
import json
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

# What a message may meet: is it taken (a phone rings), and what is answered.
TAKEN = {
    "accept", "accept_and_hang", "accept_and_500", "drop", "not_json", "wrong_reference", "huge",
}  # fmt: skip
NOT_TAKEN = {"refuse", "refuse_key", "500", "503_not_taken", "429", "time_out", "reset", "lose"}
STATUS = {"true", "absent", "500", "time_out", "not_json", "wrong_reference", "huge", "delivered"}
RECEIPTS = {"none", "good", "failed", "late", "twice", "forged", "stale", "unknown_reference"}


def signature(key: str, timestamp: str, nonce: str, question: str, body: bytes) -> str:
    """`question` is the method and the path: "POST /messages"."""
    told = f"{timestamp}\n{nonce}\n{question}\n".encode() + body
    return hmac.new(key.encode(), told, hashlib.sha256).hexdigest()


def signed(key: str, question: str, body: bytes, *, at: float | None = None) -> dict[str, str]:
    """The headers that sign a question, as of now or of another second."""
    timestamp, nonce = str(int(time.time() if at is None else at)), uuid.uuid4().hex
    return {
        "Content-Type": "application/json",
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": signature(key, timestamp, nonce, question, body),
    }


def receipt_body(
    reference: str, *, status: str = "delivered", number: str = "", reason: str = "", at: str = ""
) -> bytes:
    """A receipt as this provider writes it."""
    receipt = {
        "number": number or f"r-{reference}-{status}", "reference": reference, "status": status,
        "reason": reason, "at": at or datetime.fromtimestamp(time.time(), UTC).isoformat(),
    }  # fmt: skip
    return json.dumps(receipt).encode()


def arrived_in(log: Path | str) -> Counter[str]:
    """How often each reference rang at a phone, by the log of a server."""
    try:
        lines = Path(log).read_text().splitlines()
    except FileNotFoundError:
        return Counter()
    return Counter(json.loads(line)["reference"] for line in lines)


def mix(told: str) -> dict[str, float]:
    """ "accept=8,drop=2" or just "accept": behaviours and their weights."""
    found = {}
    for part in told.split(","):
        name, _, weight = part.strip().partition("=")
        assert name in TAKEN | NOT_TAKEN, name
        found[name] = float(weight or 1)
    return found
