"""The plain request for places, answered in front of the house: the same answers. C7"""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import lately
from appointments.api import hot_path
from appointments.models import Booking
from tests.conftest import PHONE, an_id, slot_at
from windows.models import Matter, RequestKey, Rule

PLAIN, LONG = "application/json", "application/json; charset=utf-8"  # the long way round


@pytest.fixture
def body(session, proof) -> dict:
    return {
        "slot": slot_at(session, 14).pk,
        "matter": "RENEW",
        "people": [{"name": "陈小宁", "id_number": an_id(1).number}],
        "phone": PHONE,
        "proof": proof,
    }


@pytest.fixture
def served(monkeypatch):
    """The asks that were answered in front."""
    seen, serve = [], hot_path.served

    def watched(ask):
        seen.append(ask)
        return serve(ask)

    monkeypatch.setattr(hot_path, "served", watched)
    return seen


def headers_of(answer) -> dict:
    return {name: value for name, value in answer.items() if name != "Content-Length"}


def test_both_ways_answer_alike(anybody, body, served):
    short = anybody.post("bookings/", body, content_type=PLAIN)
    Booking.objects.update(state="expired", made_at="2020-01-01T00:00Z")
    long = anybody.post("bookings/", body, content_type=LONG)

    assert len(served) == 1
    assert (short.status_code, headers_of(short)) == (long.status_code, headers_of(long))
    assert set(short.json()) == set(long.json()) == {"group", "bookings"}
    mine, other = short.json()["bookings"][0], long.json()["bookings"][0]
    assert list(mine) == ["reference", "state", "hold_expires_at", "starts_at", "secret"]
    assert set(mine) == set(other)
    same = ("state", "hold_expires_at", "starts_at")
    assert [mine[name] for name in same] == [other[name] for name in same]


@pytest.mark.parametrize(("first", "second"), [(PLAIN, LONG), (LONG, PLAIN)])
def test_a_key_is_known_on_both_ways(anybody, body, first, second):
    answers = [
        anybody.post("bookings/", body, key="mine", content_type=kind) for kind in (first, second)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"


def test_a_refusal_says_the_same_on_both_ways(anybody, body, session):
    slot = slot_at(session, 14)
    type(slot).objects.filter(pk=slot.pk).update(online_taken=slot.online_quota)

    for language in ("en", "zh-CN"):
        spoken = {"Accept-Language": language}
        short = anybody.post("bookings/", body, content_type=PLAIN, **spoken)
        long = anybody.post("bookings/", body, content_type=LONG, **spoken)

        assert short.content == long.content
        assert (short.status_code, headers_of(short)) == (long.status_code, headers_of(long))


@pytest.mark.parametrize(
    "change",
    [
        {"slot": "12"},
        {"slot": True},
        {"matter": "NOPE"},
        {"people": []},
        {"people": "nobody"},
        {"people": [{"name": "陈", "id_number": "1"}]},
        {"phone": "12"},
        {"phone": "138 0013 8001"},
        {"proof": "nothing"},
    ],
)
def test_the_unusual_goes_the_other_way(anybody, body, served, change):
    short = anybody.post("bookings/", {**body, **change}, content_type=PLAIN)
    long = anybody.post("bookings/", {**body, **change}, content_type=LONG)

    assert not served
    assert (short.status_code, short.content) == (long.status_code, long.content)


def test_needs_and_children_keep_their_rules(anybody, body, served):
    person = body["people"][0]
    helped = anybody.post("bookings/", {**body, "people": [{**person, "needs": ["time"]}]})
    child = {"name": "李安", "id_number": an_id(2, born="20200307").number}
    alone = anybody.post("bookings/", {**body, "people": [child]})

    assert (helped.status_code, alone.status_code) == (201, 409)
    assert alone.json()["code"] == "guardian_missing"
    assert Booking.objects.get().minutes == 9
    assert not served


def test_somebody_with_a_past_meets_the_rules(anybody, body, served):
    first = anybody.post("bookings/", body).json()
    again = anybody.post("bookings/", body)

    assert len(served) == 2
    assert again.status_code == 201  # the same phone chooses again, its first hold ends
    states = Booking.objects.order_by("pk").values_list("reference", "state")
    assert list(states)[0] == (first["bookings"][0]["reference"], "expired")


@pytest.mark.parametrize("name", ["phone_people_most", "group_max"])
def test_a_rule_that_lets_nobody_book_is_left_to_the_command(anybody, body, served, name):
    Rule.objects.create(name=name, value=0, effective_on="2020-01-01")

    assert anybody.post("bookings/", body).status_code == 409
    assert not served


def test_the_hot_path_takes_two_round_trips(anybody, body, settings):
    """Rules, matters and rooms are remembered outside of tests; the rest is counted here."""
    anybody.post("bookings/", {**body, "slot": 1})
    with CaptureQueriesContext(connection) as captured:
        answer = anybody.post("bookings/", body)

    frame = ("SAVEPOINT", "RELEASE", "PREPARE", "SET ", "SELECT ")
    asked = [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(frame)]
    assert answer.status_code == 201
    assert len(asked) == 2, asked


def test_a_full_line_says_when_to_come_back(anybody, body, monkeypatch):
    monkeypatch.setattr(hot_path, "served", lambda ask: hot_path.sharing.BUSY)

    answer = anybody.post("bookings/", body)

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.json()["field"] is None
    assert 1 <= int(answer["Retry-After"]) <= 12
    assert not RequestKey.objects.filter(route="POST bookings/").exists()


@pytest.mark.django_db(transaction=True)
def test_rules_and_matters_are_asked_once_in_a_while(settings, renewal):
    settings.MEMORY_SECONDS = 60.0
    lately._kept.clear()
    known = [set(lately.offered_matters()) for _ in range(2)]
    Matter.objects.filter(pk=renewal.pk).update(is_offered=False)
    still = set(lately.offered_matters())
    settings.MEMORY_SECONDS = 1e-6

    assert known == [still, still] == [{"RENEW"}] * 2
    assert set(lately.offered_matters()) == set()
    lately._asking.submit(lambda: connection.close()).result()  # the thread's own
    lately._kept.clear()


def test_what_is_sent_is_json(anybody, body):
    answer = anybody.post("bookings/", body)

    assert answer["Content-Length"] == str(len(answer.content))
    assert json.loads(answer.content)["group"]
