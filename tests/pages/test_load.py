"""How the day is shared among a hall's windows, and their planned breaks. # C26"""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config import civil
from queues.calling import call_next, finish, start
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON
from tests.pages.test_desk import text_of
from windows.models import OvertimeEntry, PlannedBreak, Shift
from windows.shifts import pause, resume, sign_in

pytestmark = pytest.mark.django_db
PAGE = "/supervise/load/?hall=H01"


@pytest.fixture(autouse=True)
def at_one(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON + timedelta(hours=1))


@pytest.fixture
def boss(client, supervisor, session):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def worked(hall, session, renewal, windows, clerk):
    """An hour at window 1: one person for six minutes, ten minutes of rest."""
    sign_in(staff=clerk, window=windows[0], now=NOON)
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    ticket = call_next(window=windows[0], staff=clerk, now=NOON)
    start(ticket=ticket, staff=clerk, now=NOON)
    finish(ticket=ticket, staff=clerk, now=NOON + timedelta(minutes=6))
    pause(staff=clerk, now=NOON + timedelta(minutes=20))
    resume(staff=clerk, now=NOON + timedelta(minutes=30))


def plan(client, key="k", **answers):
    said = {"hall": "H01", "at": "14:10", "minutes": "20", "key": key, **answers}
    return client.post("/supervise/load/break/", said)


def test_the_table_says_what_each_window_carried(boss, worked, clerk, session):
    shift = Shift.objects.get()
    OvertimeEntry.objects.create(
        staff=clerk, shift=shift, session=session, service_day=DAY, minutes=7, made_at=NOON
    )

    page = text_of(boss.get(PAGE))

    assert "1 clerk 1 50 6 1 · 10 min 7 min" in page
    assert "2 Nobody yet 0 0 0 – –" in page
    assert "All windows 1 50 6 1 · 10 min 7 min" in page
    assert "it ranks nobody" in page


def test_the_halls_page_leads_there(boss):
    assert f'href="{PAGE}"' in boss.get("/supervise/?hall=H01").content.decode()


def test_the_table_takes_few_queries(boss, worked, django_assert_max_num_queries):
    with django_assert_max_num_queries(22):
        boss.get(PAGE)


def test_only_those_who_run_the_hall_see_it(client, clerk, other_hall, boss):
    assert boss.get("/supervise/load/?hall=H02").status_code == 404
    client.force_login(clerk)
    assert client.get(PAGE).status_code == 403


class TestPlanning:
    def test_a_break_is_planned_in_two_fields_and_dropped(self, boss, windows):
        assert plan(boss, window=windows[1].pk).status_code == 302

        planned = PlannedBreak.objects.get()
        begins = civil.city_time(planned.period.lower)
        assert (planned.window, f"{begins:%H:%M}") == (windows[1], "14:10")
        assert "Window 2 14:10–14:30" in text_of(boss.get(PAGE))
        boss.post(f"/supervise/load/break/{planned.pk}/drop/", {"hall": "H01", "key": "d"})
        assert not PlannedBreak.objects.exists()

    def test_an_overlapping_one_is_refused_beside_the_field_and_nothing_is_lost(
        self, boss, windows
    ):
        plan(boss, key="a", window=windows[1].pk)

        answer = plan(boss, key="b", window=windows[1].pk, at="14:25")

        assert answer.status_code == 409
        assert "break planned at that time already" in answer.content.decode()
        assert 'value="14:25"' in answer.content.decode()
        assert 'id="id_at_error"' in answer.content.decode()
        assert PlannedBreak.objects.count() == 1

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({"at": ""}, "Enter the time, for example 15:10."),
            ({"at": "25:99"}, "Enter the time like 15:10."),
            ({"at": "12:30"}, "12:30 has passed"),
            ({"minutes": "2"}, "at least 5 minutes"),
            ({"minutes": "many"}, "Enter the minutes as a number."),
            ({"window": ""}, "Choose a window."),
            ({"window": "999999"}, "is not one of the available choices"),
        ],
    )
    def test_what_cannot_be_is_said_in_words(self, boss, windows, answers, said):
        answer = plan(boss, **{"window": windows[0].pk, **answers})

        assert answer.status_code in (400, 409)
        assert said in answer.content.decode()
        assert not PlannedBreak.objects.exists()

    def test_full_width_digits_are_understood(self, boss, windows):
        assert plan(boss, window=windows[0].pk, at="１４：１０", minutes="２０").status_code == 302

    def test_another_halls_break_cannot_be_dropped(self, boss, other_hall):
        far = PlannedBreak.objects.create(
            window=other_hall.windows.create(number=1),
            period=DateTimeTZRange(NOON, NOON + timedelta(minutes=5)),
        )

        answer = boss.post(f"/supervise/load/break/{far.pk}/drop/", {"hall": "H01", "key": "d"})

        assert answer.status_code == 404
        assert PlannedBreak.objects.exists()
