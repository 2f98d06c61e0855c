"""A browser's subscription to a push service: what is taken from a page, and what is not.

Its endpoint is an address that we shall ask, told by a stranger. So it is taken only at the
push services that we know (settings.PUSH_HOSTS), by https, and looked at again before use.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from appointments.sealing import blind_index
from config.refusals import Refusal

MOST_ENDPOINT = 1500
LABELS = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
KEY_BYTES, SECRET_BYTES = 65, 16  # an uncompressed point of P-256; RFC 8291


class NoSubscription(Refusal):
    code = "no_subscription"
    message = _("This browser's push service cannot be used here.")


@dataclass(frozen=True)
class Subscription:
    """Where a browser is reached, with the keys that only it can read with."""

    endpoint: str
    p256dh: str
    auth: str
    page: str = ""  # opened when the notice is pressed

    @property
    def index(self) -> bytes:
        return index_of(self.endpoint)

    def as_json(self) -> str:
        keys = {"p256dh": self.p256dh, "auth": self.auth}
        return json.dumps({"endpoint": self.endpoint, "keys": keys, "page": self.page})


def index_of(endpoint: str) -> bytes:
    return blind_index(endpoint, purpose="push")


def read(sealed: str) -> Subscription:
    """What `as_json` wrote. Refuses: NoSubscription."""
    try:
        told = json.loads(sealed)
    except ValueError:
        raise NoSubscription from None
    page = told.get("page") if isinstance(told, dict) else None
    return subscription_of(told, page=page if isinstance(page, str) else "")


def subscription_of(told: Any, *, page: str = "") -> Subscription:
    """What a browser tells. Refuses: NoSubscription."""
    keys = told.get("keys") if isinstance(told, dict) else None
    if not isinstance(keys, dict):
        raise NoSubscription
    endpoint = endpoint_of(told)
    p256dh, auth = _decoded(keys.get("p256dh"), KEY_BYTES), _decoded(keys.get("auth"), SECRET_BYTES)
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), p256dh)
    except ValueError:
        raise NoSubscription from None
    return Subscription(endpoint, _encoded(p256dh), _encoded(auth), page)


def endpoint_of(told: Any) -> str:
    """The endpoint, when it is at a push service that we know. Refuses: NoSubscription."""
    endpoint = told.get("endpoint") if isinstance(told, dict) else None
    if not isinstance(endpoint, str) or not is_known(endpoint):
        raise NoSubscription
    return endpoint


def is_known(endpoint: str) -> bool:
    """By https, at exactly a known host or below one that is listed with a dot in front."""
    if len(endpoint) > MOST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        return False
    if " " in endpoint or "\\" in endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return False
    host = parts.netloc.lower()  # with a port or a name before "@" it is no known host
    return parts.scheme == "https" and any(
        _is_below(host, known) if known.startswith(".") else host == known
        for known in settings.PUSH_HOSTS
    )


def _is_below(host: str, known: str) -> bool:
    return host.endswith(known) and bool(LABELS.fullmatch(host.removesuffix(known)))


def _decoded(told: Any, length: int) -> bytes:
    if not isinstance(told, str) or not told.isascii() or len(told) > 2 * length:
        raise NoSubscription
    try:
        found = base64.b64decode(told.rstrip("=") + "=" * (-len(told.rstrip("=")) % 4), b"-_", True)
    except (binascii.Error, ValueError):
        raise NoSubscription from None
    if len(found) != length:
        raise NoSubscription
    return found


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
