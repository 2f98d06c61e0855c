"""Pages of time off in lieu and of the month. # C3 C26"""

from datetime import time, timedelta

import pytest

from config import civil
from queues.calling import sign_out
from tests.conftest import DAY, NOON, make_staff
from tests.pages.reading import files_of, words_of
from windows import time_off
from windows.absences import note
from windows.models import TimeOffEntry
from windows.rostering import assign
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
SHEET = "/supervise/roster/month/?hall=H01&month=2027-03"


@pytest.fixture(autouse=True)
def the_next_day(clock):
    clock.now = NOON + timedelta(days=1)
    return clock


@pytest.fixture
def stayed(session, windows, clerks):
    """Planned from nine, there from noon, ninety minutes longer; granted in the night."""
    clerks[1].display_name = "=1+1"
    clerks[1].save(update_fields=["display_name"])
    assign(staff=clerks[0], session=session, window=windows[0], by=None, now=NOON)
    sign_in(staff=clerks[0], window=windows[0], now=NOON)
    sign_out(staff=clerks[0], now=civil.city_instant(DAY, time(18, 30)))
    time_off.keep(now=NOON + timedelta(days=1))
    return clerks[0]


@pytest.fixture
def boss(citizen, supervisor):
    citizen.force_login(supervisor)
    return citizen


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "path", ["/supervise/timeoff/", "/supervise/people/", "/supervise/roster/month/"]
)
def test_answers_in_both_languages(boss, stayed, path, language):
    boss.cookies["django_language"] = language

    assert boss.get(path).status_code == 200


def test_who_has_how_much_and_until_when(boss, stayed):
    page = words_of(boss.get("/supervise/timeoff/?hall=H01"))

    assert "1 h 30 min in all" in page
    assert "clerk-1 1 h 30 min 1 h 30 min until 2027-09-01" in page
    assert "It can be used for 180 days" in page


def test_the_ledger_says_where_each_minute_came_from(boss, stayed):
    note(
        staff=stayed, begins=NOON + timedelta(days=2), ends=NOON + timedelta(days=2, hours=1),
        reason="in_lieu", minutes=60, by=None, now=NOON + timedelta(days=1),
    )  # fmt: skip

    page = words_of(boss.get(f"/supervise/timeoff/{stayed.pk}/?hall=H01"))

    assert "Earned 1 h 30 min Overtime in Hetang Hall; can be used until 2027-09-01" in page
    assert "Sat 6 Mar Used −1 h" in page
    assert "Time off left: 30 min" in page


def put_right(client, staff, **said):
    answers = {"minutes": "-30", "note": "Counted twice", "hall": "H01", "key": "k", **said}
    return client.post(f"/supervise/timeoff/{staff.pk}/", answers)


def test_it_is_put_right_with_a_reason_and_pressed_twice_is_once(boss, stayed):
    for _press in range(2):
        assert put_right(boss, stayed).status_code == 302

    assert time_off.balances([stayed.pk])[stayed.pk] == 60
    page = words_of(boss.get(f"/supervise/timeoff/{stayed.pk}/?hall=H01"))
    assert "Put right −30 min Counted twice supervisor" in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"minutes": "0"}, "at least one"),
        ({"minutes": ""}, "Enter the minutes as a number."),
        ({"minutes": "1e9"}, "Enter the minutes as a number."),
        ({"minutes": "-91"}, "clerk-1 has 90 minutes of time off left"),
        ({"minutes": "-999999999999999999999"}, "Enter fewer minutes."),
        ({"note": " "}, "Say why, in a few words"),
        ({"note": "x" * 300}, "Use 200 characters at most."),
    ],
)
def test_what_cannot_be_is_said(boss, stayed, said, words):
    answer = put_right(boss, stayed, **said)

    assert answer.status_code in (400, 409)
    assert words in words_of(answer)
    assert TimeOffEntry.objects.count() == 1


class TestMonth:
    def test_planned_present_overtime_and_time_off(self, boss, stayed):
        page = words_of(boss.get(SHEET))

        assert "Monthly sheet · March 2027" in page
        assert "clerk-1 8 h 6.5 h – 1 h 30 min – 1 h 30 min – – – 1 h 30 min" in page

    def test_as_csv_without_formulas(self, boss, stayed):
        response = boss.get(SHEET + "&format=csv")

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert "month-H01-2027-03.csv" in response["Content-Disposition"]
        lines = response.content.decode("utf-8-sig").splitlines()
        assert "clerk-1,clerk-1,480,390,0,90,0,90,0,0,0,90" in lines
        assert [one for one in lines if one.startswith("'=1+1,clerk-2,")]
        assert len(files_of(boss, SHEET)["month-H01-2027-03"]) == len(lines)

    def test_days_of_absence(self, boss, stayed):
        begins = civil.city_day(DAY + timedelta(days=26))[0]
        note(staff=stayed, begins=begins, ends=begins + timedelta(days=10), reason="leave",
             by=None, now=NOON)  # fmt: skip

        assert "1 h 30 min 2 1 h 30 min" in words_of(boss.get(SHEET))

    def test_another_month_and_one_that_is_none(self, boss, stayed):
        assert "February 2027" in words_of(boss.get("/supervise/roster/month/?month=2027-02"))
        assert "could not be read" in words_of(boss.get("/supervise/roster/month/?month=x"))

    def test_takes_few_queries(self, boss, stayed, django_assert_max_num_queries):
        with django_assert_max_num_queries(22):
            boss.get(SHEET)


@pytest.mark.parametrize("path", ["/supervise/timeoff/", "/supervise/people/"])
@pytest.mark.parametrize("role", ["clerk", "guide", "viewer", "auditor"])
def test_for_supervisors_only(client, hall, path, role):
    client.force_login(make_staff("somebody", hall, role))

    assert client.get(path).status_code == 403


def test_other_halls_ledgers_are_none(client, stayed, other_hall):
    client.force_login(make_staff("elsewhere", other_hall, "supervisor"))

    assert client.get(f"/supervise/timeoff/{stayed.pk}/").status_code == 404
    assert client.get(SHEET).status_code == 404
