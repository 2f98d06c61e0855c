"""Proof of work: signed, for one action, for minutes, once. C30."""

import base64
import hashlib
import json
from datetime import timedelta
from functools import partial

import pytest
from altcha import Challenge, Payload, solve_challenge

from appointments.housekeeping import forget
from appointments.limiting import CODES, TooManyAsked
from appointments.models import UsedChallenge
from appointments.puzzling import (
    COST,
    TRIES,
    VALID,
    WorkNeeded,
    WorkNotValid,
    ask,
    challenge_for,
    puzzle_of,
)
from tests.conftest import NOON, race
from windows.models import Rule

ADDRESS = "192.0.2.7"


def solved(challenge: dict) -> str:
    """What a client sends: the challenge with its solution."""
    asked = Challenge.from_dict(challenge)
    return Payload(asked, solve_challenge(asked)).to_base64()


def changed(work: str, **parameters) -> str:
    """The same work with other parameters under the old signature."""
    payload = json.loads(base64.b64decode(work))
    payload["challenge"]["parameters"].update(parameters)
    return base64.b64encode(json.dumps(payload).encode()).decode()


@pytest.fixture
def bounds(db):
    """Two free, five at most."""
    for name, value in (("codes_free_an_hour", 2), ("codes_most_an_hour", 5)):
        Rule.objects.create(name=name, value=value, effective_on=NOON.date())


def code(work="", now=NOON, address=ADDRESS):
    ask(purpose=CODES, action="code", address=address, work=work, now=now)


@pytest.fixture
def challenge(bounds):
    """What the address is asked to solve after its free share."""
    code()
    code()
    with pytest.raises(WorkNeeded) as refusal:
        code()
    return refusal.value.challenge


def test_beyond_the_free_share_work_is_needed(challenge):
    code(solved(challenge))

    assert UsedChallenge.objects.count() == 1
    code(address="192.0.2.8")  # others are not asked


def test_the_refusal_says_when_it_goes_on_without(bounds):
    code()
    code()
    with pytest.raises(WorkNeeded) as refusal:
        code(now=NOON + timedelta(minutes=20))

    assert refusal.value.retry_after == 40 * 60 + 1
    assert refusal.value.puzzle().free_from == "13:00"
    assert refusal.value.body()["code"] == "work_needed"
    assert refusal.value.body()["challenge"] == json.loads(puzzle_of(refusal.value).challenge)
    code(now=NOON + timedelta(hours=1))


def test_work_does_not_lift_the_upper_bound(challenge):
    for _ in range(3):
        code(solved(challenge_for("code", now=NOON)))

    with pytest.raises(TooManyAsked, match=r"13:00"):
        code(solved(challenge_for("code", now=NOON)))
    with pytest.raises(TooManyAsked):  # nor is anybody sent to work in vain
        code()
    assert puzzle_of(TooManyAsked(retry_after=1)) is None


def test_work_counts_once(challenge):
    """Replay (CVE-2025-68113 and its like)."""
    work = solved(challenge)
    code(work)

    with pytest.raises(WorkNotValid) as refusal:
        code(work)
    code(solved(refusal.value.challenge))  # the refusal has a new challenge


@pytest.mark.django_db(transaction=True)
def test_work_counts_once_in_a_race(challenge):
    """Mutant: without challenge_used_once all eight count, as long as the bound allows."""
    Rule.objects.filter(name="codes_most_an_hour").update(value=100)
    work = solved(challenge)

    outcomes = race(*[partial(code, work)] * 8)

    assert outcomes.count(None) == 1
    assert outcomes.count(WorkNotValid) == 7


def test_work_for_something_else_does_not_count(challenge):
    with pytest.raises(WorkNotValid):
        code(solved(challenge_for("room", now=NOON)))


def test_work_does_not_count_when_it_is_late(challenge):
    work = solved(challenge)
    code(work, now=NOON + VALID - timedelta(seconds=1))

    late = solved(challenge_for("code", now=NOON))
    with pytest.raises(WorkNotValid):
        code(late, now=NOON + VALID)


SPLICES = {
    "cheaper": {"cost": 1, "keyPrefix": "00"},
    "longer": {"data": {"action": "code", "tries": TRIES, "until": 2**31}},
    "for another action": {"data": {"action": "code", "until": 2**31}},
    "shorter prefix": {"keyPrefix": "0"},
    "own key": {"keySignature": "00" * 32},
    "another salt": {"salt": "00" * 16},
    "no algorithm": {"algorithm": "SHA-256"},
}


@pytest.mark.parametrize("splice", SPLICES)
def test_changed_parameters_do_not_count(challenge, splice):
    with pytest.raises(WorkNotValid):
        code(changed(solved(challenge), **SPLICES[splice]))
    assert not UsedChallenge.objects.exists()


def test_a_challenge_signed_by_somebody_else_does_not_count(challenge, settings):
    settings.SECRET_KEY = "another"
    theirs = solved(challenge_for("code", now=NOON))
    settings.SECRET_KEY = "ours"

    with pytest.raises(WorkNotValid):
        code(theirs)


NONSENSE = [
    "x", "=", "e30=", "bnVsbA==", "W10=", "灯塔", "\x00", "A" * 10_000,
    *(
        base64.b64encode(json.dumps(one).encode()).decode()
        for one in (
            {"challenge": {"parameters": []}, "solution": {}},
            {"challenge": {"parameters": "abc"}, "solution": {"counter": 1, "derivedKey": ""}},
            {"challenge": 7, "solution": 8},
            {"challenge": {"parameters": {}, "signature": None}, "solution": None},
            [[[[[[]]]]]],
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("work", NONSENSE)
def test_nonsense_does_not_count(challenge, work):
    with pytest.raises(WorkNotValid):
        code(work)


def test_a_wrong_answer_does_not_count(challenge):
    payload = json.loads(base64.b64decode(solved(challenge)))
    payload["solution"]["derivedKey"] = challenge["parameters"]["keyPrefix"] + "00" * 16

    with pytest.raises(WorkNotValid):
        code(base64.b64encode(json.dumps(payload).encode()).decode())


def test_the_work_is_bounded_and_stays_small():
    """The argument of the docstring: an even draw below TRIES, so that p95 is 190 tries."""
    counters = [solve_counter(challenge_for("code", now=NOON)) for _ in range(12)]

    assert max(counters) < TRIES
    assert len(set(counters)) > 6
    assert COST * TRIES <= 500_000  # rounds of PBKDF2 on a slow phone: about two seconds


def solve_counter(challenge: dict) -> int:
    return solve_challenge(Challenge.from_dict(challenge)).counter


def test_used_work_is_forgotten_when_it_is_worthless(challenge):
    code(solved(challenge))

    forget(now=NOON)
    assert UsedChallenge.objects.count() == 1
    forget(now=NOON + timedelta(minutes=6))
    assert not UsedChallenge.objects.exists()


def test_the_key_itself_is_not_in_the_challenge(challenge):
    """Only half of it, and a signature: the other half costs the work."""
    told = json.dumps(challenge)
    key = json.loads(base64.b64decode(solved(challenge)))["solution"]["derivedKey"]

    assert key not in told
    assert hashlib.sha256(bytes.fromhex(key)).hexdigest() not in told
