"""Codes over the API: free at first, then with work, then not at all. C30."""

from datetime import timedelta

import pytest

from appointments import limiting
from appointments.models import Message, PhoneProof
from tests.concurrency.test_booking_race import crowd
from tests.conftest import NOON, PHONE
from tests.integration.appointments.test_puzzling import solved
from windows.models import Rule


@pytest.fixture
def bounds(db):
    """Two codes are free, four at most."""
    for name, value in (("codes_free_an_hour", 2), ("codes_most_an_hour", 4)):
        Rule.objects.create(name=name, value=value, effective_on=NOON.date())


def phone(n):
    return f"+86138{n:08d}"


def test_the_first_codes_need_nothing(db, anybody):
    answers = [anybody.post("phone-proofs/", {"phone": phone(n)}) for n in range(20)]

    assert {answer.status_code for answer in answers} == {201}


def test_then_the_answer_has_a_challenge(bounds, anybody, clock):
    for n in range(2):
        anybody.post("phone-proofs/", {"phone": phone(n)})
    refused = anybody.post("phone-proofs/", {"phone": phone(3)}, key="one")

    assert refused.status_code == 429
    assert refused["Retry-After"] == "3601"
    assert refused.json()["code"] == "work_needed"

    body = {"phone": phone(3), "work": solved(refused.json()["challenge"])}
    assert anybody.post("phone-proofs/", body, key="one").status_code == 201
    assert anybody.post("phone-proofs/", body, key="one")["Idempotency-Replayed"] == "true"
    replayed = anybody.post("phone-proofs/", body)
    assert replayed.status_code == 429
    assert replayed.json()["code"] == "work_not_valid"

    clock.forward(hours=1)
    assert anybody.post("phone-proofs/", {"phone": phone(4)}).status_code == 201


def test_with_work_there_is_an_end_too(bounds, anybody):
    challenge = None
    for n in range(4):
        body = {"phone": phone(n)} | ({"work": solved(challenge)} if challenge else {})
        answer = anybody.post("phone-proofs/", body)
        if answer.status_code == 429:
            challenge = answer.json()["challenge"]
            anybody.post("phone-proofs/", {"phone": phone(n), "work": solved(challenge)})
            challenge = None
    refused = anybody.post("phone-proofs/", {"phone": phone(9)})

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_asked"
    assert "challenge" not in refused.json()
    assert PhoneProof.objects.count() == 4


def test_a_client_cannot_choose_its_address(bounds, anybody):
    answers = [
        anybody.post("phone-proofs/", {"phone": phone(n)}, **{"X-Forwarded-For": f"6.6.6.{n}"})
        for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 429]


def test_when_nothing_can_count_no_code_is_sent(db, anybody, monkeypatch):
    monkeypatch.setattr(limiting, "_take_in_redis", lambda *_: None)
    monkeypatch.setattr(limiting, "TALLY_ONE", "SELECT 1 FROM nowhere WHERE %s %s %s %s")
    answer = anybody.post("phone-proofs/", {"phone": PHONE})

    assert answer.status_code == 429
    assert answer.json()["code"] == "cannot_count"
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("redis_is_there", [True, False])
def test_two_hundred_requests_never_get_more_codes(anybody, redis_is_there, monkeypatch):
    """One address, many phones. Mutants: see tests/integration/appointments/test_limiting.py."""
    monkeypatch.setattr(limiting, "PATIENCE", 30)
    limiting._redis.cache_clear()
    if not redis_is_there:
        monkeypatch.setattr(limiting, "_take_in_redis", lambda *_: None)
    Rule.objects.create(name="codes_free_an_hour", value=15, effective_on=NOON.date())

    answers = crowd(200, lambda n: anybody.post("phone-proofs/", {"phone": phone(n)}), at_once=20)
    limiting._redis.cache_clear()

    assert [answer.status_code for answer in answers].count(201) == 15
    assert PhoneProof.objects.count() == 15


@pytest.mark.django_db(transaction=True)
def test_one_phone_gets_its_codes_an_hour_in_a_race_too(anybody):
    """Mutant: without the lock on the phone in `send_code`, all see the same few codes."""
    answers = crowd(20, lambda n: anybody.post("phone-proofs/", {"phone": PHONE}), at_once=20)

    assert [answer.status_code for answer in answers].count(201) == 6
    later = NOON + timedelta(hours=1)
    assert PhoneProof.objects.filter(made_at__lt=later).count() == 6
