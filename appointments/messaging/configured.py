"""Which providers this place has: read from the environment, checked before anything leaves.

Addresses and keys are there and nowhere else. Rank, price, caps and whether a provider is
in use are rows (MessageProvider), made when a provider is first used.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from appointments.messaging.push import WebPush
from appointments.messaging.sms_http import SmsOverHttp
from appointments.messaging.smtp import Smtp
from appointments.models import Message
from appointments.providing import Provider

Channel = Message.Channel
NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
LEAST_KEY = 16
SMS_FIELDS = {"name", "url", "key", "receipt_key", "dedupes"}


@dataclass(frozen=True)
class Carrier:
    """A provider that is set up, its channel, and the key of its receipts (empty: none)."""

    provider: Provider
    channel: str
    receipt_key: str = ""


def carriers() -> list[Carrier]:
    """All providers of this place, the first of a channel asked first unless rows say else.

    Raises ImproperlyConfigured, without telling keys.
    """
    found = [_sms(told) for told in _list(settings.SMS_PROVIDERS)]
    if settings.SMTP_URL:
        found.append(_mail(settings.SMTP_URL, settings.MAIL_FROM))
    if settings.VAPID_PRIVATE_KEY:
        found.append(_push(settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT))
    names = [one.provider.name for one in found]
    if len(names) != len(set(names)):
        raise ImproperlyConfigured("DENGTA_SMS_PROVIDERS: a name stands twice")
    return found


def receipt_key(name: str) -> str:
    """The key with which that provider signs receipts; empty when it sends none."""
    keys = {one.provider.name: one.receipt_key for one in carriers()}
    return keys.get(name, "")


def _list(told: str) -> Sequence[Any]:
    if not told:
        return []
    try:
        found = json.loads(told)
    except ValueError:
        raise ImproperlyConfigured("DENGTA_SMS_PROVIDERS is no JSON") from None
    if not isinstance(found, list):
        raise ImproperlyConfigured("DENGTA_SMS_PROVIDERS is no list")
    return found


def _sms(told: Any) -> Carrier:
    if not isinstance(told, dict) or not {"name", "url", "key"} <= set(told) <= SMS_FIELDS:
        raise ImproperlyConfigured(f"DENGTA_SMS_PROVIDERS: one has other fields than {SMS_FIELDS}")
    name, key, for_receipts = told["name"], told["key"], told.get("receipt_key", "")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ImproperlyConfigured("DENGTA_SMS_PROVIDERS: a name is up to 20 of a-z, 0-9 and -")
    for secret in filter(None, [key, for_receipts]):
        if not isinstance(secret, str) or len(secret) < LEAST_KEY:
            raise ImproperlyConfigured(f"{name}: a key has at least {LEAST_KEY} characters")
    if not key or not isinstance(told.get("dedupes", False), bool):
        raise ImproperlyConfigured(f"{name}: key is missing, or dedupes is neither true nor false")
    provider = SmsOverHttp(
        name=name, url=_safe_url(name, told["url"]), key=key, dedupes=told.get("dedupes", False)
    )
    return Carrier(provider, Channel.SMS, for_receipts)


def _safe_url(name: str, url: Any) -> str:
    """Numbers and texts leave the house through https alone, unless it is this machine."""
    parts = urlsplit(url) if isinstance(url, str) else None
    is_here = parts is not None and parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts is None or not parts.hostname or not (parts.scheme == "https" or is_here):
        raise ImproperlyConfigured(f"{name}: its url needs https://")
    return str(url)


def _push(key: str, subject: str) -> Carrier:
    return Carrier(WebPush(key=key, subject=subject), Channel.PUSH)


def _mail(url: str, sender: str) -> Carrier:
    try:
        return Carrier(Smtp(name="smtp", url=url, sender=sender), Channel.EMAIL)
    except ValueError as error:
        raise ImproperlyConfigured(f"DENGTA_SMTP_URL or DENGTA_MAIL_FROM: {error}") from None
