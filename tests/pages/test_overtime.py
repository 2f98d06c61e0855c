"""The supervisor's page of overtime. Rows C3, C26."""

import re
from datetime import time, timedelta

import pytest

from config import civil
from queues.calling import sign_out
from tests.conftest import DAY, NOON, make_session, make_staff
from tests.pages.reading import files_of
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
PATH = "/supervise/overtime/"


@pytest.fixture(autouse=True)
def at_noon_of_the_next_day(monkeypatch, client):
    monkeypatch.setattr(civil, "now", lambda: NOON + timedelta(days=1))
    client.cookies["django_language"] = "en"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def stayed(session, windows, clerks):
    """Two people stayed after 17:00; one of them has a name that looks like a formula."""
    clerks[1].display_name = "=1+1"
    clerks[1].save(update_fields=["display_name"])
    for n, minutes in ((0, 25), (1, 40)):
        sign_in(staff=clerks[n], window=windows[n], now=NOON)
        until = civil.city_instant(DAY, time(17)) + timedelta(minutes=minutes)
        sign_out(staff=clerks[n], now=until)


@pytest.fixture
def at_work(client, supervisor):
    client.force_login(supervisor)
    return client


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_answers_in_both_languages(at_work, stayed, language):
    at_work.cookies["django_language"] = language

    assert at_work.get(PATH).status_code == 200


def test_by_person_and_day(at_work, stayed):
    page = text_of(at_work.get(PATH))

    assert "65 minutes in all" in page
    assert re.search(r"clerk-1 Thu 4 Mar 1 25 In all 25", page)


def test_another_month_is_asked_for_by_name(at_work, stayed):
    assert "Nobody stayed longer" in text_of(at_work.get(PATH + "?month=2027-02"))


@pytest.mark.parametrize(
    "month", ["x", "2027-13", "2027", "0000-01", "9999-12", "2027-03-04", "😀"]
)
def test_a_month_that_cannot_be_read_shows_the_present_one_and_says_so(at_work, stayed, month):
    page = at_work.get(PATH, {"month": month})

    assert page.status_code == 200
    assert "could not be read" in text_of(page)
    assert "65 minutes in all" in text_of(page)


def test_as_csv(at_work, stayed):
    response = at_work.get(PATH + "?format=csv&month=2027-03")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "overtime-H01-2027-03.csv" in response["Content-Disposition"]
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines[1] == "clerk-1,clerk-1,2027-03-04,1,25"
    assert lines[2].startswith("'=1+1,clerk-2")
    assert len(files_of(at_work, PATH + "?month=2027-03")["overtime-H01-2027-03"]) == len(lines)


def test_of_the_own_hall_only(client, stayed, other_hall):
    client.force_login(make_staff("elsewhere", other_hall, "supervisor"))

    assert client.get(PATH + "?hall=H01").status_code == 404
    assert "Nobody stayed longer" in text_of(client.get(PATH))


@pytest.mark.parametrize("role", ["clerk", "guide", "auditor"])
def test_for_supervisors_only(client, hall, role):
    client.force_login(make_staff("somebody", hall, role))

    assert client.get(PATH).status_code == 403


def test_nobody_sees_it_without_signing_in(client, hall):
    assert client.get(PATH).status_code == 302


def test_overtime_of_a_hall_takes_few_queries(at_work, stayed, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        at_work.get(PATH)


def test_a_leap_of_the_year(at_work, session, hall, windows):
    make_session(hall, windows, day=DAY + timedelta(days=1))

    assert at_work.get(PATH + "?month=2026-12").status_code == 200
