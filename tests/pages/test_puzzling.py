"""The puzzle on the pages: only when needed, and what else works without it. C30, C34."""

import html
import json
import re

import pytest

from appointments.models import PhoneProof
from tests.conftest import NOON, slot_at
from tests.integration.appointments.test_puzzling import solved
from tests.pages.filling_in import answers, who_address
from tests.pages.reading import key_of, text_of
from windows.models import Rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def slot(session):
    return slot_at(session, 14)


@pytest.fixture
def nothing_free(db):
    Rule.objects.create(name="codes_free_an_hour", value=0, effective_on=NOON.date())


def challenge_in(page) -> dict:
    return json.loads(html.unescape(re.search(r'data-challenge="([^"]*)"', text_of(page))[1]))


def test_nobody_sees_a_puzzle_in_ordinary_hours(citizen, renewal, slot):  # noqa: F811
    page = citizen.get(who_address(renewal, slot))
    sent = citizen.post(who_address(renewal, slot), answers())

    assert "data-puzzle" not in text_of(page)
    assert sent.status_code == 302
    assert "data-puzzle" not in text_of(citizen.get("/book/phone/"))


def test_the_form_comes_back_with_the_puzzle_and_all_that_was_typed(
    citizen,  # noqa: F811
    renewal,
    slot,
    nothing_free,
):
    page = citizen.post(who_address(renewal, slot), answers(name_1="欧阳安宁"))

    assert page.status_code == 429
    assert page["Retry-After"] == "3601"
    said = text_of(page)
    assert 'value="欧阳安宁"' in said
    assert "come back here at 13:00" in said
    assert "call a hall" in said
    assert "come without a booking" in said
    assert 'name="work"' in said

    work = solved(challenge_in(page))
    sent = citizen.post(who_address(renewal, slot), answers(key=key_of(page), work=work))
    assert sent.status_code == 302
    assert PhoneProof.objects.count() == 1


def test_another_code_asks_for_work_too(citizen, renewal, slot):  # noqa: F811
    citizen.post(who_address(renewal, slot), answers())
    Rule.objects.create(name="codes_free_an_hour", value=1, effective_on=NOON.date())
    page = citizen.get("/book/phone/")
    refused = citizen.post("/book/phone/", {"key": key_of(page), "action": "resend"})

    assert refused.status_code == 429
    again = {"key": key_of(refused), "action": "resend", "work": solved(challenge_in(refused))}
    assert citizen.post("/book/phone/", again).status_code == 302
    assert PhoneProof.objects.count() == 2


def test_at_the_upper_bound_there_is_no_puzzle(citizen, renewal, slot):  # noqa: F811
    Rule.objects.create(name="codes_most_an_hour", value=0, effective_on=NOON.date())
    page = citizen.post(who_address(renewal, slot), answers())

    assert page.status_code == 429
    assert "data-puzzle" not in text_of(page)
    assert "13:00" in text_of(page)


def test_the_policy_lets_the_worker_run(citizen):  # noqa: F811
    assert "worker-src 'self'" in citizen.get("/")["Content-Security-Policy"]
