"""Sealing personal data: AES-256-GCM for keeping, a keyed blind index for finding.

A sealed value is `<key id> 0x00 <12-byte nonce> <ciphertext and tag>`; its purpose is
authenticated with it, so that a value cannot be moved to another column. The first key
of `DATA_KEYS` seals, all of them open. ID numbers are few enough to be tried one by one,
so the index is HMAC-SHA-256 under a key outside the database, never a plain hash.
"""

import base64
import hashlib
import hmac
import os
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


@cache
def _keys() -> dict[bytes, AESGCM]:
    keys = {}
    for part in settings.DATA_KEYS.split(","):
        key_id, _, secret = part.strip().partition(":")
        keys[key_id.encode()] = AESGCM(base64.b64decode(secret))
    return keys


@cache
def _subkey(purpose: str) -> bytes:
    """One key per purpose, derived from the index key."""
    master = base64.b64decode(settings.INDEX_KEY)
    return hmac.new(master, b"dengta/" + purpose.encode(), hashlib.sha256).digest()


def seal(text: str, *, purpose: str) -> bytes:
    """The text, unreadable without the keys; a different value each time."""
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(12)
    return key_id + b"\x00" + nonce + key.encrypt(nonce, text.encode(), purpose.encode())


def unseal(blob: bytes | memoryview, *, purpose: str) -> str:
    """The text that was sealed for that purpose. Raises InvalidTag for any other."""
    key_id, _, rest = bytes(blob).partition(b"\x00")
    return _keys()[key_id].decrypt(rest[:12], rest[12:], purpose.encode()).decode()


def blind_index(text: str, *, purpose: str) -> bytes:
    """32 bytes that are equal for equal texts and tell nothing without the key."""
    return hmac.new(_subkey("index " + purpose), text.encode(), hashlib.sha256).digest()


def link_secret(of: str, name: str) -> str:
    """The secret of a link: derived, so that it need not be stored (144 bits)."""
    digest = hmac.new(_subkey(f"{of} secret"), name.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def is_secret_of(of: str, name: str, secret: str) -> bool:
    expected = link_secret(of, name)
    return hmac.compare_digest(expected.encode(), secret.encode("utf-8", "replace"))


def booking_secret(reference: str) -> str:
    """The secret of a booking's link."""
    return link_secret("booking", reference)


def secret_matches(reference: str, secret: str) -> bool:
    return is_secret_of("booking", reference, secret)
