"""Proof of work (ALTCHA): what an address gives when it asks for more than its free share.

Nobody reads a picture: the device derives keys until it finds the right one, shown as
progress. The library makes, signs and checks the challenge; ours are the rules around it.
A challenge is for one action, for minutes, and used once (challenge_used_once). When it
ends is signed in `data`, not in the library's `expiresAt`, which is compared with a
clock of its own.

The cost. The right counter is drawn evenly from 0 to TRIES - 1, so that the work has an
end (the usual leading zeros have none: one in twenty would take three times the average)
and the bar on the page is true. One try is 2,000 rounds of PBKDF2/SHA-256: 0.7 ms here
natively (one core of an AMD EPYC), 1.2 ms in a worker of Chromium. At p95, 190 tries,
that is 0.24 s; a phone ten times slower needs 2.4 s, below three seconds. Making a
challenge costs us one try, checking it none. A thousand codes cost a program minutes of
processor time, on top of the bound per address; it is a price, not a wall.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha import Payload, create_challenge, verify_solution
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from appointments.limiting import Purpose, seconds_until, take, too_many
from appointments.models import UsedChallenge
from config import civil
from config.refusals import Refusal, TooMany, refusing

ALGORITHM, COST, TRIES = "PBKDF2/SHA-256", 2000, 200
VALID = timedelta(minutes=5)
LONGEST = 4000  # characters of a `work`


@dataclass(frozen=True)
class Puzzle:
    """What the page needs: the challenge, and from when on none is asked for."""

    challenge: str
    free_from: str


class WorkNeeded(TooMany):
    """Asked beyond the free share; the body has the challenge to solve."""

    code = "work_needed"
    message = _(
        "Very many people ask from your network at this moment. Your device first does a few"
        " seconds of work; then please press again."
    )

    def __init__(self, *, action: str, free_from: datetime, now: datetime) -> None:
        super().__init__(retry_after=seconds_until(free_from, now))
        self.challenge = challenge_for(action, now=now)
        self.free_from = free_from

    def body(self) -> dict[str, Any]:
        return {**super().body(), "challenge": self.challenge}

    def puzzle(self) -> Puzzle:
        clock = f"{civil.city_time(self.free_from):%H:%M}"
        return Puzzle(challenge=json.dumps(self.challenge), free_from=clock)


class WorkNotValid(WorkNeeded):
    code = "work_not_valid"
    message = _("The work of your device came too late or was used already. Please press again.")


def puzzle_of(refusal: TooMany) -> Puzzle | None:
    """The puzzle that a form shows after this refusal, if work helps at all."""
    return refusal.puzzle() if isinstance(refusal, WorkNeeded) else None


class _Unfit(Refusal):
    """The work does not count; whoever asked hears WorkNotValid with a new challenge."""


def ask(*, purpose: Purpose, action: str, address: str, work: str, now: datetime) -> None:
    """One more for this address: free at first, then with work, then no more.

    Call it in the transaction of what is asked for: with that it is undone.
    Refuses: WorkNeeded, WorkNotValid, TooManyAsked, CannotCount.
    """
    free, most = purpose.bounds(now)
    if work:
        try:
            spend(work, action=action, now=now)
        except _Unfit:
            free_from = purpose.ends_at(now)
            raise WorkNotValid(action=action, free_from=free_from, now=now) from None
    counted = take(purpose, address, most=most if work else min(free, most), now=now)
    if counted > 0:
        return
    if -counted >= most:
        raise too_many(purpose, now)
    raise WorkNeeded(action=action, free_from=purpose.ends_at(now), now=now)


def challenge_for(action: str, *, now: datetime) -> dict[str, Any]:
    """A signed challenge for that action, as ALTCHA's second version writes it."""
    until = int((now + VALID).timestamp())
    challenge = create_challenge(
        ALGORITHM,
        COST,
        counter=secrets.randbelow(TRIES),
        data={"action": action, "tries": TRIES, "until": until},
        hmac_secret=_secret("challenge"),
        hmac_key_secret=_secret("answer"),
    )
    return challenge.to_dict()


def spend(work: str, *, action: str, now: datetime) -> None:
    """The work counts once, for this action, in its time. Refuses: _Unfit."""
    payload = _solved(work)
    about = payload.challenge.parameters.data or {}
    if about.get("action") != action or about.get("until", 0) <= now.timestamp():
        raise _Unfit
    with refusing({"challenge_used_once": _Unfit}):
        UsedChallenge.objects.create(
            digest=bytes.fromhex(payload.challenge.signature or ""),
            expires_at=datetime.fromtimestamp(about["until"], UTC),
        )


def _solved(work: str) -> Payload:
    """What was sent, when we signed its challenge and the answer is right."""
    try:
        payload = Payload.from_base64(work if len(work) <= LONGEST else "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _Unfit from None
    found = verify_solution(payload, _secret("challenge"), hmac_key_secret=_secret("answer"))
    if not found.verified:
        raise _Unfit
    return payload


def _secret(part: str) -> bytes:
    return salted_hmac("appointments.puzzling", part, algorithm="sha256").digest()
