"""Pairing a machine with a hall: it keeps a token, the database the token's hash.

A supervisor either signs in on the machine itself, or types the short code that it shows.
The code is not kept anywhere: it names hall and kind by its last letters, and what was
typed is a right that only the machine with that code in its signed cookie can claim, once,
within minutes. So nobody who is not let in can make us write a row.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from queues.printing import address
from windows.access import COOKIES, device_for, token_hash
from windows.models import DeviceToken, Hall, Staff

TEN_YEARS = 10 * 365 * 24 * 60 * 60
CODE_LASTS = timedelta(minutes=10)
LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"  # none that looks like another
RANDOM, CHECK = 6, 2
HOST = re.compile(r"[A-Za-z0-9.-]+")
PAIRING_COOKIE = "pairing"
Kind = DeviceToken.Kind


class NoSuchScreen(Refusal):
    code = "no_such_screen"
    message = _(
        "No screen of %(hall)s shows this code. Please compare it with the screen; it changes"
        " every ten minutes."
    )
    field = "code"


class PairedAlready(Refusal):
    code = "paired_already"
    message = _("This code was used. The screen shows a new one if it still needs it.")
    field = "code"


class NoPrinterThere(Refusal):
    code = "no_printer_there"
    message = _("Write the printer as host:port, such as 192.168.1.50:9100.")
    field = "printer"


@dataclass(frozen=True)
class Unpaired:
    """A machine that shows its code and waits."""

    hall_id: int
    kind: str
    code: str
    token: str
    until: datetime

    @property
    def shown(self) -> str:
        return f"{self.code[:4]} {self.code[4:]}"


def kiosk_of(request: HttpRequest, hall: Hall) -> DeviceToken | None:
    """The kiosk that asks, when it is paired with the hall."""
    return device_for(request, hall, Kind.KIOSK)


def pair(
    hall: Hall,
    *,
    name: str,
    kind: str = Kind.KIOSK,
    by: Staff | None = None,
    now: datetime | None = None,
    token: str = "",
) -> str:
    """A machine of the hall has this right; returns the token, which is kept nowhere else."""
    token = token or secrets.token_urlsafe(32)
    DeviceToken.objects.get_or_create(
        token_hash=token_hash(token),
        defaults={
            "hall": hall, "kind": kind, "name": name[:60], "paired_at": now, "paired_by": by,
        },
    )  # fmt: skip
    return token


def pair_for_demo(hall: Hall, now: datetime) -> tuple[DeviceToken | None, str]:
    """In the demo every browser may be the kiosk of any hall, until that is revoked."""
    token = pair(hall, name="Demo", token=f"demo kiosk {hall.code}", now=now)
    device = DeviceToken.objects.get(token_hash=token_hash(token))
    return (None if device.revoked_at else device), token


def unpaired(hall: Hall, kind: str, now: datetime) -> Unpaired:
    """A new code for a machine that wants to be of that kind in the hall."""
    drawn = "".join(secrets.choice(LETTERS) for _letter in range(RANDOM))
    code = drawn + _check(drawn, hall.pk, kind)
    return Unpaired(hall.pk, kind, code, secrets.token_urlsafe(32), now + CODE_LASTS)


def permit(
    *, hall: Hall, code: str, name: str, printer: str = "", by: Staff, now: datetime
) -> DeviceToken:
    """The machine in the hall that shows the code may claim its right, once, soon.

    Refuses: NoSuchScreen, PairedAlready, NoPrinterThere.
    """
    typed = "".join(normalize("NFKC", code).upper().split()).replace("-", "")
    kind = next((one for one in Kind.values if _fits(typed, hall.pk, one)), None)
    if kind is None:
        raise NoSuchScreen(hall=hall.name)
    device, made = DeviceToken.objects.get_or_create(
        token_hash=_promise(hall.pk, kind, typed),
        defaults={
            "hall": hall, "kind": kind, "name": name[:60], "printer": clean_printer(printer),
            "paired_at": now, "paired_by": by,
        },
    )  # fmt: skip
    if not made:
        raise PairedAlready
    return device


def claim(machine: Unpaired, now: datetime) -> bool:
    """The machine takes the right that was typed for its code; true for it alone, once."""
    promised = DeviceToken.objects.filter(
        token_hash=_promise(machine.hall_id, machine.kind, machine.code),
        paired_at__gt=now - CODE_LASTS,
        revoked_at=None,
    )
    return bool(promised.update(token_hash=token_hash(machine.token)))


def revoke(*, device: DeviceToken, now: datetime) -> None:
    """The machine is no machine of ours from its next question on."""
    DeviceToken.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now)


def name_it(*, device: DeviceToken, name: str, printer: str) -> None:
    """What it is called and where its tickets come out. Refuses: NoPrinterThere."""
    device.name, device.printer = name[:60], clean_printer(printer)
    device.save(update_fields=["name", "printer"])


def clean_printer(printer: str) -> str:
    """`host:port` as it is kept, or nothing. Refuses: NoPrinterThere."""
    printer = printer.strip()
    if not printer:
        return ""
    try:
        host, port = address(printer)
    except ValueError:
        raise NoPrinterThere from None
    if len(printer) > 70 or not HOST.fullmatch(host):
        raise NoPrinterThere
    return f"{host}:{port}"


def remember(response: HttpResponse, token: str, kind: str = Kind.KIOSK) -> HttpResponse:
    """The machine keeps its token in a signed cookie that no script can read."""
    _set(response, COOKIES[Kind(kind)], signing.dumps(token, salt="device"), TEN_YEARS)
    response.delete_cookie(PAIRING_COOKIE)
    return response


def remember_code(response: HttpResponse, machine: Unpaired) -> HttpResponse:
    """The machine keeps what it shows until it is paired."""
    until = int(machine.until.timestamp())
    kept = [machine.hall_id, machine.kind, machine.code, machine.token, until]
    _set(response, PAIRING_COOKIE, signing.dumps(kept, salt="pairing"), CODE_LASTS.seconds)
    return response


def remembered(request: HttpRequest, hall: Hall, kind: str, now: datetime) -> Unpaired | None:
    """The code that this machine shows already, while it is good."""
    try:
        kept = signing.loads(request.COOKIES.get(PAIRING_COOKIE, ""), salt="pairing")
    except signing.BadSignature:
        return None
    hall_id, of_kind, code, token, until = kept
    found = Unpaired(hall_id, of_kind, code, token, datetime.fromtimestamp(until, now.tzinfo))
    return found if (hall_id, of_kind) == (hall.pk, kind) and now < found.until else None


def _set(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _check(drawn: str, hall_id: int, kind: str) -> str:
    """The last letters: whether a code was mistyped, or belongs to another hall or kind."""
    digest = salted_hmac("pairing check", f"{hall_id} {kind} {drawn}", algorithm="sha256")
    return "".join(LETTERS[byte % len(LETTERS)] for byte in digest.digest()[:CHECK])


def _fits(code: str, hall_id: int, kind: str) -> bool:
    drawn, last = code[:RANDOM], code[RANDOM:]
    return len(code) == RANDOM + CHECK and constant_time_compare(last, _check(drawn, hall_id, kind))


def _promise(hall_id: int, kind: str, code: str) -> bytes:
    """What stands for the token until it is claimed: keyed, so that no machine can ask
    with the code itself."""
    name = f"{hall_id} {kind} {code}"
    return salted_hmac("pairing promise", name, algorithm="sha256").digest()
