"""The calendar over the API: chains, longer visits, releases, searches in vain. C27 C30"""

import time
from datetime import timedelta

import pytest

from appointments.answering import Answers
from appointments.api import offers
from appointments.api.offers import HallDayOutput
from appointments.models import VainSearch
from appointments.offering import availability
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at

pytestmark = pytest.mark.django_db
ASK = "availability/?matter=RENEW&from=2027-03-04&days=7"


@pytest.fixture
def keeping(monkeypatch):
    """Answers are kept for half a second, as outside of tests."""
    monkeypatch.setattr(offers, "ANSWERS", Answers(seconds=0.5))


def places(answer) -> list[int]:
    return [day["places"] for day in answer.json()]


def test_the_answer_is_what_the_description_says(anybody, hall, windows, renewal):
    session = make_session(hall, windows, online=6)
    make_session(hall, windows, day=DAY + timedelta(days=1), online=6)
    session.slots.update(booking_opens_at=NOON + timedelta(hours=1))

    told = anybody.get(ASK).json()

    days = availability(matter=renewal, first=DAY, days=7, now=NOON)
    assert told == HallDayOutput(days, many=True).data
    assert told[0]["opens_at"] == "2027-03-04T13:00:00+08:00"


def test_a_chain_and_more_time_take_their_minutes(anybody, hall, windows, pickup):  # C27
    make_session(hall, windows[2:], opens=_at(14), closes=_at(15), online=18)

    assert places(anybody.get(ASK)) == [6]
    assert places(anybody.get(f"{ASK}&also=PICKUP")) == [4]
    assert places(anybody.get(f"{ASK}&more_time=true")) == [4]
    assert places(anybody.get(f"{ASK}&also=PICKUP&more_time=true")) == [2]
    assert anybody.get(f"{ASK}&also=NOTHING").status_code == 400


def test_a_session_that_cannot_serve_the_whole_chain_is_not_offered(
    anybody, hall, windows, pickup
):  # C27
    make_session(hall, windows[:2], online=18)

    assert places(anybody.get(ASK)) != []
    assert anybody.get(f"{ASK}&also=PICKUP").json() == []


def test_what_was_booked_a_second_ago_is_seen(anybody, hall, windows, renewal, keeping):
    from appointments.booking import hold

    session = make_session(hall, windows, opens=_at(14), closes=_at(15), online=12)
    before = places(anybody.get(ASK))
    hold(
        slot_id=slot_at(session, 14).pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON
    )

    at_once = places(anybody.get(ASK))
    time.sleep(0.55)
    later = places(anybody.get(ASK))

    assert (before, at_once, later) == ([4], [4], [3])


def test_a_kept_answer_asks_the_database_nothing(
    anybody, session, keeping, django_assert_num_queries
):
    first = anybody.get(ASK)

    with django_assert_num_queries(0):
        second = anybody.get(ASK)

    assert second.content == first.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"]


def test_a_malformed_question_is_never_kept(anybody, session, keeping):
    answers = [anybody.get("availability/?matter=RENEW&from=x") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [400, 400]


def test_a_search_in_vain_is_counted_without_a_person(anybody, hall, windows):
    make_session(hall, windows, online=0)

    anybody.get(ASK)
    anybody.get(f"{ASK}&hall=H01")
    anybody.get(f"{ASK}&hall=H01")

    found = VainSearch.objects.order_by("halls").values_list("halls", "count", "channel")
    assert list(found) == [("", 1, "online"), ("H01", 2, "online")]
    assert (found[0], VainSearch.objects.first().first_day) == (("", 1, "online"), DAY)


def test_a_search_that_finds_something_is_not_counted(anybody, session):
    anybody.get(ASK)

    assert not VainSearch.objects.exists()


def _at(hour: int):
    from datetime import time as clock

    return clock(hour)
