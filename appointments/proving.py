"""Proving a phone by a one-time code."""

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.claiming import lock_people
from appointments.limiting import CODES
from appointments.messaging import contacts
from appointments.models import PhoneProof
from appointments.puzzling import ask
from appointments.sealing import blind_index, seal, unseal
from config import civil
from config.refusals import NotFound, Refusal, TooMany
from windows.rules import rules

MAX_TRIES = 5


class TooManyCodes(TooMany):
    code = "too_many_codes"
    message = _("Several codes were sent to this phone already. Please wait a little.")
    field = "phone"


class WrongCode(Refusal):
    code = "wrong_code"
    message = _("This code is not right. Look at the latest message and try again.")
    field = "code"
    keeps_work = True


class CodeExpired(Refusal):
    code = "code_expired"
    message = _("This code is no longer valid. Ask for a new one.")
    field = "code"


class PhoneNotProven(Refusal):
    code = "phone_not_proven"
    message = _("Prove your phone with a one-time code first.")
    field = "proof"


@transaction.atomic
def ask_for_code(
    *, phone: str, language: str, address: str, work: str, now: datetime
) -> PhoneProof:
    """A stranger asks for a code: counted for the address they ask from, then sent.

    Refuses: WorkNeeded, WorkNotValid, TooManyAsked, CannotCount, TooManyCodes.
    """
    ask(purpose=CODES, action="code", address=address, work=work, now=now)
    return send_code(phone=phone, language=language, now=now)


@transaction.atomic
def send_code(*, phone: str, language: str, now: datetime) -> PhoneProof:
    """A six-digit code is owed to the phone (E.164); asking again makes a new one.

    Refuses: TooManyCodes.
    """
    numbers = rules(["code_minutes", "codes_per_hour"], hall=None, day=civil.city_date(now))
    index = blind_index(phone, purpose="phone")
    lock_people([], index)  # whoever else asks for this phone waits, so that the count is true
    recent = PhoneProof.objects.filter(phone_index=index, made_at__gt=now - timedelta(hours=1))
    made = list(recent.order_by("made_at").values_list("made_at", flat=True))
    if len(made) >= numbers["codes_per_hour"]:
        wait = made[0] + timedelta(hours=1) - now
        raise TooManyCodes(retry_after=int(wait.total_seconds()) + 1)
    code = f"{secrets.randbelow(1_000_000):06d}"
    proof = PhoneProof.objects.create(
        phone_sealed=seal(phone, purpose="phone"),
        phone_index=index,
        code_hash=blind_index(code, purpose="code"),
        made_at=now,
        expires_at=now + timedelta(minutes=numbers["code_minutes"]),
    )
    reminding.promise_code(proof=proof, phone=phone, code=code, language=language, now=now)
    return proof


def prove(*, proof_id: UUID, code: str, now: datetime) -> str:
    """The phone is proven; returns a signed token that says so for a while.

    A try is counted before the code is compared, and stays counted. What comes to the phone
    arrives, so it is not marked as out of reach any more.
    Refuses: WrongCode, CodeExpired. Raises NotFound.
    """
    proof = PhoneProof.objects.filter(pk=proof_id).first()
    if proof is None:
        raise NotFound
    counted = PhoneProof.objects.filter(pk=proof_id, tries__lt=MAX_TRIES, expires_at__gt=now)
    if not counted.update(tries=F("tries") + 1):
        raise CodeExpired
    given = blind_index(code.strip(), purpose="code")
    if not hmac.compare_digest(given, bytes(proof.code_hash)):
        raise WrongCode
    PhoneProof.objects.filter(pk=proof_id, proven_at__isnull=True).update(proven_at=now)
    contacts.proved(proof.phone_index)
    minutes = rules(["proof_minutes"], hall=None, day=civil.city_date(now))["proof_minutes"]
    phone = unseal(proof.phone_sealed, purpose="phone")
    return token_for(phone, until=now + timedelta(minutes=minutes))


def token_for(phone: str, *, until: datetime) -> str:
    """The signed token that says, until then, that the phone (E.164) is proven."""
    sealed = seal(phone, purpose="proof").hex()
    return signing.Signer(salt="phone proof").sign(f"{sealed}.{int(until.timestamp())}")


def require_phone(token: str, phone: str, *, now: datetime) -> None:
    """The token proves that very phone (E.164). Refuses: PhoneNotProven."""
    if phone_of_token(token, now=now) != phone:
        raise PhoneNotProven


def phone_of_token(token: str, *, now: datetime) -> str:
    """The phone (E.164) that the token proves. Refuses: PhoneNotProven."""
    try:
        sealed, until = signing.Signer(salt="phone proof").unsign(token).rsplit(".", 1)
    except signing.BadSignature:
        raise PhoneNotProven from None
    if int(until) <= now.timestamp():
        raise PhoneNotProven
    return unseal(bytes.fromhex(sealed), purpose="proof")
