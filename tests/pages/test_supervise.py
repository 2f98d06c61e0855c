"""Supervisors' pages: the hall today, opening a session, the city, the quotas. C1 C4 C5 C7"""

import re
from datetime import time, timedelta

import pytest
from django.test import Client

from appointments.models import Booking, QuotaMove, RebalanceRun, UnmetDemand
from appointments.rebalancing import rebalance
from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session, make_staff, slot_at
from tests.pages.reading import words_of
from windows.models import HallSession, Rule

pytestmark = pytest.mark.django_db

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    class Clock:
        now = NOON

    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def boss(client: Client, supervisor, clerk) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


def text_of(response) -> str:
    return response.content.decode()


def evening(staffed, **changes) -> dict:
    return {
        "hall": "H01", "kind": "night", "day": "2027-03-04", "opens": "18:30",
        "closes": "00:30", "next_day": "on", "windows": [w.pk for w in staffed], "key": "first",
        **changes,
    }  # fmt: skip


class TestToday:
    def test_tells_who_waits_and_who_serves(self, boss, at_window_3, clerk, hall, renewal):
        for _person in range(3):
            issue_walk_in(hall=hall, matter=renewal, now=NOON)
        call_next(window=at_window_3, staff=clerk, now=NOON)

        page = words_of(boss.get("/supervise/"))

        assert "Waiting now 2" in page
        assert "Called A001" in page
        assert "1 window staffed" in page

    def test_is_alarmed_when_many_wait(self, boss, session, hall, renewal):
        Rule.objects.create(name="alert_waiting", value=3, effective_on=DAY)
        for _person in range(3):
            issue_walk_in(hall=hall, matter=renewal, now=NOON)

        page = words_of(boss.get("/supervise/"))

        assert "3 people are waiting." in page
        assert "no window is staffed" in page

    def test_lists_the_sessions_of_the_next_days(self, boss, hall, windows, session):
        make_session(hall, windows, day=TOMORROW, opens=time(18, 30), closes=time(0, 30),
                     kind="night")  # fmt: skip

        page = words_of(boss.get("/supervise/"))

        assert "Fri 5 Mar 18:30 to 00:30 the next day Night session" in page

    def test_asks_the_database_few_times(self, boss, session, django_assert_max_num_queries):
        with django_assert_max_num_queries(31):
            boss.get("/supervise/")

    @pytest.mark.parametrize("code", ["H02", "%00", "nothing"])
    def test_shows_no_hall_of_others(self, boss, other_hall, code):
        assert boss.get(f"/supervise/?hall={code}").status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("way", ["", "open/", "city/", "rebalancing/", "sessions/{pk}/"])
def test_the_pages_answer_in_both_languages(boss, session, language, way):
    boss.cookies["django_language"] = language

    assert boss.get("/supervise/" + way.format(pk=session.pk)).status_code == 200


@pytest.mark.parametrize(
    ("role", "way", "status"),
    [
        ("clerk", "", 403), ("clerk", "city/", 403), ("guide", "open/", 403),
        ("auditor", "", 403), ("auditor", "city/", 200), ("auditor", "rebalancing/", 200),
        ("admin", "", 200), ("admin", "open/?hall=H02", 200),
    ],
)  # fmt: skip
def test_each_role_sees_its_pages(client, hall, other_hall, role, way, status):
    everywhere = None if role in ("admin", "auditor") else hall
    client.force_login(make_staff(role, everywhere, role))

    assert client.get(f"/supervise/{way}").status_code == status


class TestOpening:
    def test_the_page_opens_with_a_preview_of_tonight(self, boss, windows):
        page = words_of(boss.get("/supervise/open/"))

        assert "Thursday 4 March, 18:30 to 21:30" in page
        assert "9 h, 9 h of it overtime" in page
        assert not HallSession.objects.exists()

    def test_the_page_opens_with_tomorrow_when_no_window_is_free_tonight(self, boss, hall, windows):
        make_session(hall, windows, opens=time(9), closes=time(19))

        page = words_of(boss.get("/supervise/open/"))

        assert "Friday 5 March, 18:30 to 21:30" in page
        assert "9 h, 9 h of it overtime" in page

    def test_where_no_window_is_free_on_the_day_asked_all_stay_ticked_for_another_day(
        self, boss, hall, windows
    ):
        make_session(hall, windows, opens=time(9), closes=time(19))

        answer = boss.get("/supervise/open/?day=2027-03-04")

        assert "No window is free at that time." in words_of(answer)
        ticked = re.findall(r'name="windows" value="(\d+)"[^>]* checked', text_of(answer))
        assert ticked == [str(window.pk) for window in windows]

    @pytest.mark.parametrize(
        "asked", ["day=2027-03-06&kind=weekend", "day=%00", "opens=x&closes=%F0%9F%98%80", "kind=y"]
    )
    def test_the_page_takes_a_day_from_its_address(self, boss, windows, asked):
        answer = boss.get(f"/supervise/open/?{asked}")

        assert answer.status_code == 200
        assert ("Saturday 6 March" in words_of(answer)) == ("03-06" in asked)

    def test_a_preview_writes_nothing_and_keeps_what_was_typed(self, boss, windows):
        answer = boss.post("/supervise/open/", evening(windows, look="1"))

        assert answer.status_code == 200
        assert 'value="00:30"' in text_of(answer)
        assert "It ends after midnight" in words_of(answer)
        assert not HallSession.objects.exists()

    def test_the_fragment_is_the_preview_alone(self, boss, windows, hall, renewal):
        UnmetDemand.objects.create(
            hall=hall, matter=renewal, service_day=DAY, asked_on=DAY, count=7
        )
        page = text_of(boss.post("/supervise/open/preview/", evening(windows)))

        assert "<html" not in page
        assert "7 searches" in page
        assert "there is room for all" in page

    @pytest.mark.parametrize(
        "wrong",
        [{"day": ""}, {"opens": "25:99"}, {"closes": "18:30"}, {"windows": []}, {"day": "１"}],
    )
    def test_the_fragment_says_what_is_missing(self, boss, windows, wrong):
        answer = boss.post("/supervise/open/preview/", evening(windows, **wrong))

        assert answer.status_code == 200
        assert "notice" in text_of(answer)

    def test_an_evening_is_opened_once_and_can_be_booked_at_once(self, boss, windows, supervisor):
        # C1, C4: one service day past midnight; a doubled press opens one session
        answers = [boss.post("/supervise/open/", evening(windows)) for _ in range(2)]

        session = HallSession.objects.get()
        assert {answer["Location"] for answer in answers} == {f"/supervise/sessions/{session.pk}/"}
        assert (session.service_day, session.opened_by) == (DAY, supervisor)
        assert set(session.slots.values_list("service_day", flat=True)) == {DAY}
        page = text_of(boss.get(answers[0]["Location"]))
        bookable = re.search(r'href="(/book/[^"]+)"', page)[1].replace("&amp;", "&")
        assert "18:30" in text_of(Client().get(bookable))

    @pytest.mark.parametrize(
        ("wrong", "status", "said"),
        [
            ({"day": ""}, 400, "Enter the day."),
            ({"day": "2027-02-30"}, 400, "Enter the day like"),
            ({"day": "0001-01-01"}, 400, "Enter the day like"),
            ({"opens": "late"}, 400, "Enter the hour like"),
            ({"kind": "party"}, 400, "party"),
            ({"windows": []}, 400, "Choose at least one window"),
            ({"windows": ["999999"]}, 400, "does not belong"),
            ({"closes": "18:45", "next_day": ""}, 409, "at least 30 minutes"),
            ({"next_day": ""}, 400, "tick “closes the next morning”"),
            ({"closes": "21:30"}, 400, "27 hours"),
            ({"closes": "18:30"}, 409, "at most 14 hours"),
            ({"day": "2027-03-01"}, 409, "over already"),
            ({"day": "2028-03-01"}, 409, "180 days"),
        ],
    )
    def test_what_is_wrong_is_said_beside_it(self, boss, windows, wrong, status, said):
        answer = boss.post("/supervise/open/", evening(windows, **wrong))

        assert answer.status_code == status
        assert said in text_of(answer)
        assert 'value="18:30"' in text_of(answer) or "opens" in wrong
        assert "govuk-error-message" in text_of(answer)
        assert not HallSession.objects.exists()

    def test_a_busy_window_is_named_with_its_session(self, boss, windows, session):
        asked = evening(windows, opens="16:00", closes="20:00", next_day="")
        answer = boss.post("/supervise/open/", asked)

        assert answer.status_code == 409
        assert "Window 1 is in the session 09:00–17:00" in text_of(answer)

    def test_nobody_opens_in_another_hall(self, stranger, windows):
        answer = stranger.post("/supervise/open/", evening(windows))

        assert answer.status_code == 404
        assert not HallSession.objects.exists()

    def test_a_form_without_a_key_is_malformed(self, boss, windows):
        assert boss.post("/supervise/open/", evening(windows, key="")).status_code == 400


class TestSession:
    @pytest.fixture
    def night(self, boss, windows) -> HallSession:
        boss.post("/supervise/open/", evening(windows))
        return HallSession.objects.get()

    def test_is_undone_until_the_first_booking(self, boss, night):
        boss.post(f"/supervise/sessions/{night.pk}/undo/", {"key": "u"})

        night.refresh_from_db()
        assert night.state == "cancelled"
        assert "Nobody had booked it" in text_of(boss.get(f"/supervise/sessions/{night.pk}/"))

    def test_says_how_many_lose_their_place_before_it_is_cancelled(self, boss, night, book):
        booking = book(slot_at(night, 19))
        page = text_of(boss.get(f"/supervise/sessions/{night.pk}/"))
        assert "1 person loses the place" in page
        assert "/undo/" not in page

        refused = boss.post(f"/supervise/sessions/{night.pk}/undo/", {"key": "u"})
        assert refused.status_code == 409
        assert "Somebody has booked already" in text_of(refused)

        way = f"/supervise/sessions/{night.pk}/change/"
        expect = re.search(r'name="expect" value="(\w+)"', text_of(boss.get(f"{way}?kind=cancel")))
        asked = {"kind": "cancel", "key": "c", "expect": expect[1], "all": "withdraw"}
        done = boss.post(way, asked)
        booking.refresh_from_db()
        assert booking.state == Booking.State.WITHDRAWN
        assert "The session is cancelled" in text_of(boss.get(done["Location"]))

    @pytest.mark.parametrize("act", ["", "undo/", "change/"])
    def test_belongs_to_its_hall(self, stranger, session, act):
        way = f"/supervise/sessions/{session.pk}/{act}"
        answer = stranger.post(way, {"key": "x"}) if act else stranger.get(way)

        assert answer.status_code == 404
        session.refresh_from_db()
        assert session.state == "open"

    def test_a_number_beyond_all_is_not_found(self, boss):
        assert boss.get(f"/supervise/sessions/{10**30}/").status_code == 404


class TestQuotas:
    @pytest.fixture
    def move(self, hall, windows, session, renewal) -> QuotaMove:
        make_session(hall, windows, day=TOMORROW, online=60)
        for _person in range(10):
            issue_walk_in(hall=hall, matter=renewal, now=NOON)
        night = civil.city_instant(TOMORROW, time(1, 40))
        return rebalance(demand_day=DAY, now=night).moves.order_by("pk").first()

    def test_each_move_says_why_and_is_undone(self, boss, move):
        page = text_of(boss.get(f"/supervise/rebalancing/{move.run_id}/"))
        assert "10 came without a booking" in page
        assert "Online → Walk-in: 9 minutes" in page

        for _press in range(2):
            boss.post(f"/supervise/quotas/{move.pk}/undo/", {"key": "u"})

        move.slot.refresh_from_db()
        assert (move.slot.online_quota, move.slot.walkin_quota) == (60, 30)

    def test_a_move_whose_minutes_are_gone_stays(self, boss, move, at_noon):
        at_noon.now = move.slot.starts_at

        answer = boss.post(f"/supervise/quotas/{move.pk}/undo/", {"key": "u"})

        assert answer.status_code == 409

    def test_a_move_belongs_to_its_hall(self, stranger, move):
        assert stranger.post(f"/supervise/quotas/{move.pk}/undo/", {"key": "u"}).status_code == 404
        assert "10 came" not in text_of(stranger.get("/supervise/quotas/", follow=True))

    @pytest.mark.parametrize("run", ["", "0", "x", "%00"])
    def test_a_strange_night_shows_the_last_one(self, boss, move, run):
        assert RebalanceRun.objects.count() == 1
        assert "10 came" in text_of(boss.get(f"/supervise/quotas/?run={run}", follow=True))
