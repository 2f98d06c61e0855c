"""Being in the hall: a code on the hall's own screen that is another one every minute.

Whoever checks in with the own phone types or scans it. It is derived from the hall and the
stretch of time, so nothing is kept and every process knows it. The code of the stretch
before is good as well: people need a moment to type. It opens nothing else, and guesses
are counted where it is asked for (appointments/being_here.py).

Six digits: typed on the phone's number pad, the same in every language, and digits alone
have no lookalikes among them.
"""

from datetime import UTC, datetime
from unicodedata import normalize

from django.utils.crypto import constant_time_compare, salted_hmac

from config import civil
from windows.models import Hall
from windows.rules import rule

DIGITS = 6


def presence_code(hall: Hall, now: datetime) -> str:
    """What the paired screens of the hall show now."""
    return _code(hall, _stretch(now, _seconds(hall, now)))


def presence_ends(hall: Hall, now: datetime) -> datetime:
    """When the screens show the next one."""
    seconds = _seconds(hall, now)
    return datetime.fromtimestamp((_stretch(now, seconds) + 1) * seconds, UTC)


def is_present(hall: Hall, code: str, now: datetime) -> bool:
    """Whether the code stands on the hall's screens now, or stood there just before.

    Every known code is compared, whole, whatever was typed.
    """
    stretch = _stretch(now, _seconds(hall, now))
    typed = "".join(normalize("NFKC", code).split()).replace("-", "")
    found = [constant_time_compare(typed, _code(hall, one)) for one in (stretch, stretch - 1)]
    return any(found)


def _seconds(hall: Hall, now: datetime) -> int:
    return max(rule("presence_seconds", hall=hall, day=civil.city_date(now)), 1)


def _stretch(now: datetime, seconds: int) -> int:
    return int(now.timestamp()) // seconds


def _code(hall: Hall, stretch: int) -> str:
    digest = salted_hmac("windows.presence", f"{hall.pk} {stretch}", algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}d}"
