"""Being in the hall with one's own phone: the code on the screen, typed or scanned.

Whoever typed it has a pass for a few minutes, so that a long ID number can be typed in
peace. Wrong codes are counted per address and answered in one way, whatever else was typed:
the answer tells nothing about a booking. Right codes are not counted; a hall shares its
address with everybody on its network.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.utils.translation import gettext_lazy as _

from appointments.limiting import Purpose, count_so_far, take, too_many
from config import civil
from config.refusals import Refusal
from windows.models import Hall
from windows.presence import is_present
from windows.rules import rule

GUESSES = Purpose("presence", "", "presence_guesses_an_hour")
NUMBERS = Purpose("here", "", "group_max")
PASS_LASTS = timedelta(minutes=5)
SALT = "presence"


class CodeNotShown(Refusal):
    code = "code_not_shown"
    message = _(
        "This is not the code that the screen in %(hall)s shows now. It changes every minute:"
        " please type the six digits that stand there."
    )
    field = "code"
    keeps_work = True  # the wrong guess stays counted


@dataclass(frozen=True)
class Pass:
    """Somebody stood before the screen of the hall some minutes ago."""

    hall_id: int
    name: str
    until: datetime


def require_presence(*, hall: Hall, code: str, address: str, now: datetime) -> None:
    """Whoever asks from the address reads the hall's screen now.

    Refuses: CodeNotShown, TooManyAsked, CannotCount.
    """
    most = rule(GUESSES.most, hall=hall, day=civil.city_date(now))
    if count_so_far(GUESSES, address, now=now) >= most:
        raise too_many(GUESSES, now)
    if is_present(hall, code, now):
        return
    if take(GUESSES, address, most=most, now=now) < 1:
        raise too_many(GUESSES, now)
    raise CodeNotShown(hall=hall.name)


def count_number(found: Pass, hall: Hall, now: datetime) -> None:
    """One more number without a booking for a phone; a family, not a crowd.

    Refuses: TooManyAsked, CannotCount.
    """
    most = rule(NUMBERS.most, hall=hall, day=civil.city_date(now))
    if take(NUMBERS, found.name, most=most, now=now) < 1:
        raise too_many(NUMBERS, now)


def give_pass(hall: Hall, now: datetime) -> str:
    """The pass as its browser keeps it: signed, good for this hall and some minutes."""
    until = int((now + PASS_LASTS).timestamp())
    return signing.dumps([hall.pk, secrets.token_urlsafe(12), until], salt=SALT)


def read_pass(kept: str, hall: Hall, now: datetime) -> Pass | None:
    """The pass, while it is good for this hall."""
    try:
        hall_id, name, until = signing.loads(kept, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = Pass(hall_id, name, datetime.fromtimestamp(until, now.tzinfo))
    return found if found.hall_id == hall.pk and now < found.until else None
