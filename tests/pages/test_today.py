"""The hall today as it moves: alerts by thresholds, windows against the roster, help. # C3 C26"""

import re
from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import Booking
from config import civil
from queues.calling import call_next, start
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session, make_staff, slot_at
from tests.pages.test_desk import text_of
from windows import helping, rostering
from windows.models import HelpRequest, RosterEntry, Rule, Shift
from windows.shifts import pause, sign_in

pytestmark = pytest.mark.django_db
PAGE, LIVE = "/supervise/?hall=H01", "/supervise/live/?hall=H01"


class Clock:
    now = NOON


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    Clock.now = NOON
    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def boss(client, supervisor, session):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def neighbour(client_of, other_hall):
    return client_of(make_staff("neighbour", other_hall, "supervisor"))


@pytest.fixture
def client_of():
    from django.test import Client

    def made(staff):
        client = Client()
        client.cookies["django_language"] = "en"
        client.force_login(staff)
        return client

    return made


def wait(hall, matter, count, at=NOON):
    return [issue_walk_in(hall=hall, matter=matter, now=at) for _ in range(count)]


def minutes(n):
    return NOON + timedelta(minutes=n)


class TestAlerts:
    def test_nobody_at_a_window(self, boss, hall, renewal):
        wait(hall, renewal, 1)

        page = text_of(boss.get(PAGE))

        assert "People are waiting and no window is staffed." in page
        assert "Open a window" in page

    @pytest.mark.parametrize(("people", "said"), [(4, False), (5, True)])
    def test_as_many_as_the_halls_own_rule_says(self, boss, hall, renewal, people, said):
        Rule.objects.create(name="alert_waiting", value=5, hall=hall, effective_on=DAY)
        wait(hall, renewal, people)

        assert (f"{people} people are waiting." in text_of(boss.get(PAGE))) is said

    def test_a_long_wait(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 1)
        assert "has been waiting" not in text_of(boss.get(PAGE))

        clock.now = minutes(61)

        assert "Somebody has been waiting for 61 minutes." in text_of(boss.get(PAGE))

    def test_a_matter_that_no_open_window_serves(self, boss, hall, pickup, clerk, windows):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, pickup, 2)

        page = boss.get(PAGE).content.decode()

        assert "2 people wait for “Pickup”, and no open window serves it." in page
        assert "matter=PICKUP" in page

    def test_a_window_that_calls_nobody_while_people_wait_for_it(
        self, boss, hall, renewal, clerk, windows, clock
    ):
        sign_in(staff=clerk, window=windows[1], now=NOON)
        clock.now = minutes(25)
        assert "called nobody" not in text_of(boss.get(PAGE))
        wait(hall, renewal, 3, clock.now)

        said = "Window 2: clerk called nobody for 25 minutes. Waiting for what it serves: 3 people."
        assert said in text_of(boss.get(PAGE))

    def test_a_window_that_works_is_not_silent(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[1], now=NOON)
        wait(hall, renewal, 3)
        clock.now = minutes(30)
        call_next(window=windows[1], staff=clerk, now=minutes(15))

        assert "called nobody" not in text_of(boss.get(PAGE))

    def test_a_pause_that_lasts(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        pause(staff=clerk, now=NOON)
        wait(hall, renewal, 1)
        clock.now = minutes(22)

        assert "Window 1: clerk has paused for 22 minutes." in text_of(boss.get(PAGE))

    def test_one_person_very_long(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 1)
        start(ticket=call_next(window=windows[0], staff=clerk, now=NOON), staff=clerk, now=NOON)
        clock.now = minutes(46)

        assert "clerk has been with A001 for 46 minutes." in text_of(boss.get(PAGE))

    def test_somebody_planned_who_is_not_there(self, boss, session, windows, clerk, supervisor):
        entry = rostering.assign(
            staff=clerk, session=session, window=windows[0], by=supervisor, now=NOON,
            period=DateTimeTZRange(minutes(-12), session.ends_at),
        )  # fmt: skip

        said = "Window 1: clerk has been planned for 12 minutes and is not there."
        assert said in text_of(boss.get(PAGE))
        RosterEntry.objects.filter(pk=entry.pk).update(is_cancelled=True)
        assert "is not there" not in text_of(boss.get(PAGE))

    def test_booked_people_who_do_not_come(self, boss, hall, session, book, clock):
        for name, value in {"alert_no_shows_least": 3, "alert_no_shows_percent": 60}.items():
            Rule.objects.create(name=name, value=value, hall=hall, effective_on=DAY)
        for person in range(3):
            book(slot_at(session, 13), person=person)
        clock.now = minutes(80)
        Booking.objects.filter(pk=Booking.objects.first().pk).update(state="no_show")

        assert "3 of 3 booked people who were due did not come (100 %)" in text_of(boss.get(PAGE))

    def test_who_is_not_called_before_closing(self, boss, hall, renewal, clerk, windows, clock):
        Rule.objects.create(name="alert_after_closing", value=3, hall=hall, effective_on=DAY)
        clock.now = minutes(4 * 60 + 45)
        sign_in(staff=clerk, window=windows[0], now=clock.now)
        wait(hall, renewal, 12, clock.now)

        page = text_of(boss.get(PAGE))

        assert re.search(r"About \d+ of those waiting will not be called before closing", page)
        assert "Extend the session" in page

    def test_no_alarm_on_a_calm_day(self, boss, hall, renewal, clerk, windows):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 1)

        assert 'class="notice alert' not in boss.get(PAGE).content.decode()


class TestLive:
    def test_windows_stand_against_the_roster(self, boss, session, windows, clerks, supervisor):
        for window, clerk in zip(windows, clerks, strict=True):
            rostering.assign(staff=clerk, session=session, window=window, by=supervisor, now=NOON)
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        sign_in(staff=clerks[2], window=windows[1], now=NOON)

        page = boss.get(LIVE).content.decode()

        assert "1 clerk-1 clerk-1 09:00–17:00 Free" in text_of(boss.get(LIVE))
        assert "2 clerk-3 clerk-2 09:00–17:00 Free" in text_of(boss.get(LIVE))
        assert page.count('class="warn"') == 2  # another one at 2, nobody at 3

    def test_the_part_that_moves_is_no_whole_page_and_says_walk_ins_left(self, boss):
        page = boss.get(LIVE).content.decode()

        assert "<html" not in page
        assert "Walk-in numbers left" in page

    def test_the_same_alerts_are_sent_once(self, boss, hall, renewal, clock):
        wait(hall, renewal, 1)
        first = boss.get(LIVE).content.decode()
        heard = re.search(r'name="heard" value="([^"]*)"', first)[1]
        assert 'id="alerts" hx-swap-oob' in first

        clock.now = minutes(3)
        again = boss.get(LIVE + f"&heard={heard}").content.decode()
        assert 'id="alerts"' not in again

        wait(hall, renewal, 25, clock.now)
        assert "26 people are waiting." in boss.get(LIVE + f"&heard={heard}").content.decode()

    def test_asks_the_database_few_times(
        self, boss, hall, renewal, windows, clerk, django_assert_max_num_queries
    ):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 3)
        with django_assert_max_num_queries(24):
            boss.get(LIVE)

    def test_a_viewer_sees_it_and_can_press_nothing(self, client_of, hall, session, renewal):
        viewer = client_of(make_staff("viewer", hall, "viewer"))
        wait(hall, renewal, 1)

        page = viewer.get(PAGE).content.decode()

        assert "no window is staffed" in page
        assert "/supervise/remedies/" not in page
        assert viewer.post("/supervise/remedies/quota/", {"hall": "H01"}).status_code == 403

    def test_others_see_nothing_of_it(self, neighbour, session):
        assert neighbour.get(LIVE).status_code == 404


def ask_for(client, of="H02", key="a", **more):
    said = {"hall": "H01", "of_hall": of, "people": "2", "begins": "14:00", "ends": "16:00"}
    return client.post("/supervise/help/ask/", {**said, "key": key, **more})


class TestHelp:
    def test_the_page_shows_the_neighbours_and_the_effect(self, boss, hall, other_hall, renewal):
        make_staff("wang", other_hall, "clerk")
        wait(hall, renewal, 4)

        page = text_of(boss.get("/supervise/help/ask/?hall=H01"))

        assert "Guilan Hall 0 0 1" in page
        assert "Renew 4 nobody serves it" in page

    def test_a_preview_asks_nobody(self, boss, other_hall):
        answer = ask_for(boss, look="1")

        assert answer.status_code == 200
        assert not HelpRequest.objects.exists()

    def test_it_is_asked_granted_and_seen_on_both_pages(
        self, boss, neighbour, other_hall, windows, client_of
    ):
        wang = make_staff("wang", other_hall, "clerk")
        for _twice in range(2):
            assert ask_for(boss).status_code == 302
        asked = HelpRequest.objects.get()
        assert "Hetang Hall asks you for 2 people: Thu 4 Mar, 14:00 to 16:00." in text_of(
            neighbour.get("/supervise/")
        )

        page = neighbour.get(f"/supervise/help/{asked.pk}/").content.decode()
        assert "wang" in page
        way = f"/supervise/help/{asked.pk}/grant/"
        assert neighbour.post(way, {"staff": [wang.pk], "key": "g"}).status_code == 302

        assert "They send wang." in text_of(boss.get(PAGE))
        Clock.now = minutes(120)
        desk = client_of(wang)
        assert "Hetang Hall" in text_of(desk.get("/desk/"))
        desk.post("/desk/do/sign-in/", {"window": windows[0].pk, "key": "s"})
        assert Shift.objects.get().staff == wang

    def test_it_is_refused_in_words(self, boss, neighbour, other_hall):
        ask_for(boss)
        asked = HelpRequest.objects.get()
        way = f"/supervise/help/{asked.pk}/refuse/"
        silent = neighbour.post(way, {"answer": "", "key": "r"})
        assert silent.status_code == 400
        assert "Say in a few words why" in text_of(silent)

        neighbour.post(way, {"answer": "Full ourselves", "key": "r"})

        assert "They cannot: “Full ourselves”" in text_of(boss.get(PAGE))

    def test_it_is_taken_back(self, boss, other_hall):
        ask_for(boss)
        asked = HelpRequest.objects.get()

        boss.post(f"/supervise/help/{asked.pk}/withdraw/", {"key": "w"})

        asked.refresh_from_db()
        assert asked.state == "withdrawn"

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"of_hall": ""}, "Choose a hall."),
            ({"of_hall": "H01"}, "H01 is not one of the available choices"),
            ({"people": "0"}, "Ask for at least one person."),
            ({"people": "many"}, "Enter the number of people as a number."),
            ({"begins": ""}, "Enter the hour."),
            ({"begins": "25:00"}, "Enter the hour like 18:30."),
            ({"ends": "19:00"}, "The session is from 09:00–17:00."),
            ({"note": "x" * 201}, "At most 200 characters."),
        ],
    )
    def test_what_is_wrong_is_said_beside_it(self, boss, other_hall, wrong, said):
        answer = ask_for(boss, **wrong)

        assert answer.status_code in (400, 409)
        assert said in text_of(answer)
        assert not HelpRequest.objects.exists()

    def test_a_second_question_leads_to_the_first(self, boss, other_hall):
        ask_for(boss)

        answer = ask_for(boss, key="b", people="1")

        assert answer.status_code == 409
        assert f"/supervise/help/{HelpRequest.objects.get().pk}/" in answer.content.decode()

    @pytest.mark.parametrize("act", ["grant", "refuse", "withdraw"])
    def test_only_the_two_halls_see_and_answer_it(self, boss, other_hall, act, client_of, hall):
        ask_for(boss)
        asked = HelpRequest.objects.get()
        far = type(hall).objects.create(
            code="H03", name_zh="远", name_en="Far", district_zh="远", district_en="Far",
            address_zh="远",
        )  # fmt: skip
        stranger = client_of(make_staff("far", far, "supervisor"))
        way = f"/supervise/help/{asked.pk}/"

        assert stranger.get(way).status_code == 404
        assert stranger.post(way + act + "/", {"key": "x"}).status_code == 404
        if act != "withdraw":
            mine = boss.post(way + act + "/", {"key": "x", "answer": "no", "staff": ["1"]})
            assert mine.status_code == 403
        asked.refresh_from_db()
        assert asked.state == "asked"

    def test_without_a_session_there_is_nothing_to_ask_for(self, client_of, supervisor, other_hall):
        page = client_of(supervisor).get("/supervise/help/ask/?hall=H01")

        assert "nothing to ask for" in text_of(page)

    def test_one_can_ask_for_a_coming_night(self, boss, hall, windows, other_hall):
        from datetime import time

        night = make_session(
            hall, windows, day=DAY + timedelta(days=1), opens=time(18, 30), closes=time(0, 30)
        )

        ask_for(boss, session=night.pk, begins="23:00", ends="00:30")

        asked = HelpRequest.objects.get()
        assert (asked.session, asked.period.upper) == (night, night.ends_at)
        assert helping.requests_of(hall, now=NOON)[0] == [asked]
