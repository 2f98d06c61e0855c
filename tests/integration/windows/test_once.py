"""A pressed request runs once and keeps its answer."""

import pytest
from django.db import IntegrityError

from config.refusals import Refusal, TooMany
from tests.conftest import NOON
from windows.models import Hall, RequestKey
from windows.once import KeyReused, MissingKey, once, takes_period

pytestmark = pytest.mark.django_db


def press(run, key="k1", body="{}", actor="clerk"):
    return once(actor=actor, route="call-next", key=key, body=body, now=NOON, run=run)


def test_the_second_press_gets_the_first_answer():
    answers = iter(["A001", "A002"])

    def run():
        return 200, {"ticket": next(answers)}

    assert press(run) == (200, {"ticket": "A001"}, False)
    assert press(run) == (200, {"ticket": "A001"}, True)
    assert press(run, actor="another") == (200, {"ticket": "A002"}, False)


def test_the_same_key_with_another_body_is_refused():
    press(lambda: (200, 1))

    with pytest.raises(KeyReused):
        press(lambda: (200, 2), body='{"a": 1}')


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00"])
def test_a_key_is_asked_for(key):
    with pytest.raises(MissingKey):
        press(lambda: (200, 1), key=key)


def test_a_refusal_is_an_answer_and_leaves_nothing_behind():
    def run():
        Hall.objects.create(code="X")
        raise Refusal

    assert press(run)[0] == 409
    assert press(lambda: (200, 1)) == (409, press(run)[1], True)
    assert not Hall.objects.exists()


@pytest.mark.parametrize("error", [ZeroDivisionError(), TooMany(retry_after=3)])
def test_an_error_leaves_the_key_free(error):
    def run():
        raise error

    with pytest.raises(type(error)):
        press(run)

    assert press(lambda: (200, 1)) == (200, 1, False)


def test_request_runs_once_is_held_by_the_database():
    row = {"actor": "a", "route": "r", "key": "k", "body_hash": b"", "made_at": NOON}
    RequestKey.objects.create(**row)

    with pytest.raises(IntegrityError, match="request_runs_once"):
        RequestKey.objects.create(**row)


def test_a_period_is_taken_by_one_runner():  # period_runs_once
    takes = [takes_period(job="rebalance", period_start=NOON, now=NOON) for _ in range(3)]

    assert takes == [True, False, False]
