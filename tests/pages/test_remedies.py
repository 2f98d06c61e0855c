"""Remedies of a full hall: seen first, done by one press, taken back. # C3 C6 C7"""

from datetime import timedelta

import pytest

from appointments.invariants import holds
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import NOON, make_session, make_staff, slot_at
from tests.pages.test_desk import text_of
from windows.models import HallSession, RosterEntry, SessionChange
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
TODAY, WAY = "/supervise/?hall=H01", "/supervise/remedies/"


class Clock:
    now = NOON


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    Clock.now = NOON
    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def today(hall, windows) -> HallSession:
    """Windows 1 and 2 until 17:00; window 3 is not part of it."""
    return make_session(hall, windows[:2], online=40)


@pytest.fixture
def boss(client, supervisor, today):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


def press(client, remedy, key="k", **said):
    return client.post(f"{WAY}{remedy}/", {"hall": "H01", "key": key, **said})


class TestWindow:
    def test_shows_who_is_free_and_how_much_shorter_it_gets(
        self, boss, hall, renewal, clerks, windows
    ):
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        for _person in range(12):
            issue_walk_in(hall=hall, matter=renewal, now=NOON)

        page = text_of(boss.get(f"{WAY}window/?hall=H01&window=2"))

        assert "What window 2 would do" in page
        assert "clerk-2" in page
        assert "clerk-1" not in page
        assert not RosterEntry.objects.exists()

    def test_one_press_plans_the_person_there_once(self, boss, clerks, windows, today):
        for _twice in range(2):
            answer = press(boss, "window", window="2", staff=clerks[1].pk)

        entry = RosterEntry.objects.get()
        assert answer.status_code == 302
        assert (entry.staff, entry.window) == (clerks[1], windows[1])
        assert (entry.period.lower, entry.period.upper) == (NOON, today.ends_at)
        assert "clerk-2 was called to window 2." in text_of(boss.get(TODAY))

    def test_a_window_beyond_the_session_joins_it_with_its_minutes(
        self, boss, clerks, windows, today
    ):
        before = slot_at(today, 14).minutes

        press(boss, "window", window="3", staff=clerks[1].pk)

        assert today.staffed.filter(window=windows[2], is_cancelled=False).exists()
        assert slot_at(today, 14).minutes == before + 30
        assert holds(NOON) == []

    def test_it_is_taken_back(self, boss, clerks, windows, today):
        before = slot_at(today, 14).minutes
        press(boss, "window", window="3", staff=clerks[1].pk)
        entry = RosterEntry.objects.get()

        boss.post(f"{WAY}{entry.pk}/call-off/", {"key": "u"})

        entry.refresh_from_db()
        assert entry.is_cancelled
        assert slot_at(today, 14).minutes == before
        assert not today.staffed.filter(window=windows[2], is_cancelled=False).exists()

    def test_who_came_meanwhile_is_not_pushed_away(self, boss, clerks, windows):
        boss.get(f"{WAY}window/?hall=H01&window=2")
        sign_in(staff=clerks[0], window=windows[1], now=NOON)

        answer = press(boss, "window", window="2", staff=clerks[1].pk)

        assert answer.status_code == 409
        assert "signed in at this window meanwhile" in text_of(answer)
        assert not RosterEntry.objects.exists()

    @pytest.mark.parametrize("staff", ["", "999999", "x"])
    def test_nobody_is_no_answer(self, boss, clerks, staff):
        answer = press(boss, "window", window="2", staff=staff)

        assert answer.status_code == 400
        assert not RosterEntry.objects.exists()

    def test_the_matter_nobody_serves_chooses_the_window(self, boss, clerks, pickup):
        page = text_of(boss.get(f"{WAY}window/?hall=H01&matter=PICKUP"))

        assert "What window 3 would do" in page


class TestExtend:
    def test_the_preview_is_the_engines(self, boss):
        page = text_of(boss.get(f"{WAY}extend/?hall=H01&more=60"))

        assert "Working hours" in page
        assert not SessionChange.objects.exists()

    def test_an_hour_more_by_one_press_and_back(self, boss, today):
        ends = today.ends_at
        for _twice in range(2):
            press(boss, "extend", base=ends.isoformat(), more="60")

        today.refresh_from_db()
        change = SessionChange.objects.get()
        assert (today.ends_at, change.kind) == (ends + timedelta(hours=1), "extend")
        assert "The session was extended." in text_of(boss.get(TODAY))

        boss.post(f"{WAY}{change.pk}/undo/", {"key": "u"})
        today.refresh_from_db()
        assert today.ends_at == ends
        assert holds(NOON) == []

    def test_what_has_changed_since_is_looked_at_again(self, boss, today):
        shown = today.ends_at.isoformat()
        press(boss, "extend", base=shown, more="30")

        answer = press(boss, "extend", key="another page", base=shown, more="30")

        assert answer.status_code == 409
        assert "look again" in text_of(answer)
        assert SessionChange.objects.count() == 1

    @pytest.mark.parametrize("more", ["", "45", "-30", "100000"])
    def test_other_minutes_are_refused(self, boss, today, more):
        base = today.ends_at.isoformat()
        assert press(boss, "extend", base=base, more=more).status_code == 400
        assert not SessionChange.objects.exists()

    def test_a_window_that_is_needed_afterwards_is_named(self, boss, hall, windows, today):
        from datetime import time

        make_session(hall, windows[:1], opens=time(17), closes=time(20), kind="late")

        answer = press(boss, "extend", base=today.ends_at.isoformat(), more="60")

        assert answer.status_code == 409
        assert "Window 1 is in the session" in text_of(answer)


class TestQuota:
    def test_shows_each_time_and_moves_nothing(self, boss, today, book):
        book(slot_at(today, 14))

        page = text_of(boss.get(f"{WAY}quota/?hall=H01"))

        assert "14:00 6 40 6 20 54" in page
        assert slot_at(today, 14).online_quota == 40

    def test_what_is_booked_stays_and_the_rest_goes_to_walk_ins(self, boss, today, book):
        book(slot_at(today, 14))

        for _twice in range(2):
            press(boss, "quota", percent="100", until="end")

        slot = slot_at(today, 14)
        assert (slot.online_quota, slot.walkin_quota, slot.minutes) == (6, 54, 60)
        assert slot_at(today, 11).online_quota == 40  # over
        assert SessionChange.objects.get().kind == "places"
        assert holds(NOON) == []

    def test_half_of_the_next_hour(self, boss, today):
        press(boss, "quota", percent="50", until="60")

        assert slot_at(today, 12, 30).online_quota == 20
        assert slot_at(today, 13).online_quota == 40

    def test_it_is_taken_back(self, boss, today):
        press(boss, "quota", percent="100", until="end")
        change = SessionChange.objects.get()
        assert "Minutes went to another channel." in text_of(boss.get(TODAY))

        boss.post(f"{WAY}{change.pk}/undo/", {"key": "u"})

        assert slot_at(today, 14).online_quota == 40
        assert "Minutes went to another channel." not in text_of(boss.get(TODAY))

    def test_nothing_left_is_said(self, boss, today):
        press(boss, "quota", percent="100", until="end")

        answer = press(boss, "quota", key="b", percent="100", until="end")

        assert answer.status_code == 409
        assert "No online minutes are left" in text_of(answer)

    @pytest.mark.parametrize(
        "wrong", [{"percent": "30"}, {"percent": ""}, {"until": "later"}, {"until": ""}]
    )
    def test_other_answers_are_refused(self, boss, today, wrong):
        said = {"percent": "100", "until": "end", **wrong}

        assert press(boss, "quota", **said).status_code == 400
        assert not SessionChange.objects.exists()


@pytest.mark.parametrize("remedy", ["window", "extend", "quota"])
class TestEach:
    def test_needs_a_session(self, client, supervisor, hall, windows, remedy):
        client.cookies["django_language"] = "en"
        client.force_login(supervisor)

        assert "No session runs in this hall now." in text_of(
            client.get(f"{WAY}{remedy}/?hall=H01")
        )
        assert press(client, remedy).status_code == 200

    def test_belongs_to_those_who_run_the_hall(self, client, today, other_hall, clerk, remedy):
        client.force_login(make_staff("far", other_hall, "supervisor"))
        assert client.get(f"{WAY}{remedy}/?hall=H01").status_code == 404
        assert press(client, remedy).status_code == 404
        client.force_login(clerk)
        assert client.get(f"{WAY}{remedy}/?hall=H01").status_code == 403

    def test_speaks_chinese(self, boss, remedy):
        boss.cookies["django_language"] = "zh-hans"

        assert boss.get(f"{WAY}{remedy}/?hall=H01").status_code == 200


def test_another_remedy_is_not_found(boss):
    assert boss.get(f"{WAY}magic/?hall=H01").status_code == 404


def test_others_take_nothing_back(boss, client, today, other_hall):
    press(boss, "quota", percent="100", until="end")
    change = SessionChange.objects.get()
    client.force_login(make_staff("far", other_hall, "supervisor"))

    assert client.post(f"{WAY}{change.pk}/undo/", {"key": "u"}).status_code == 404
    change.refresh_from_db()
    assert change.undone_at is None
