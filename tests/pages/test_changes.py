"""Supervisors change a session: look first, choose for each person, take it back. # C5 C6"""

import re
from datetime import time, timedelta

import pytest
from django.test import Client

from appointments.changes.asking import Ask, apply_change
from appointments.models import Booking, Displaced, Message
from appointments.sending import send_due
from config import civil
from tests.conftest import DAY, NOON, make_session, make_staff, slot_at
from tests.pages.reading import text_of
from windows.models import HallSession, SessionChange

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TOMORROW = DAY + timedelta(days=1)
TWELVE = 12


@pytest.fixture
def boss(client: Client, supervisor) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.fixture
def viewer(hall) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_staff("viewer", hall, "viewer"))
    return client


@pytest.fixture
def stranger(other_hall) -> Client:
    client = Client()
    client.force_login(make_staff("other boss", other_hall, "supervisor"))
    return client


@pytest.fixture
def evening(hall, windows) -> HallSession:
    """Tomorrow 18:30 to 21:30 at three windows: fifteen places each half hour."""
    return make_session(
        hall, windows, day=TOMORROW, opens=time(18, 30), closes=time(21, 30), kind="night"
    )


@pytest.fixture
def twelve(evening, book) -> list[Booking]:
    """All of them come at 21:00."""
    return [book(slot_at(evening, 21), person=n) for n in range(1, TWELVE + 1)]


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text_of(response)).split())


def way(session: HallSession, part: str = "") -> str:
    return f"/supervise/sessions/{session.pk}/change/{part}"


def cut(staffed, **more) -> dict:
    """Ends at 20:30 instead of 21:30."""
    asked = {"kind": "cut", "look": "1", "opens": "18:30", "closes": "20:30"}
    return asked | {"windows": [window.pk for window in staffed]} | more


def seen(answer) -> dict:
    """The hidden answers of the form below the preview."""
    pairs = re.findall(r'name="(key|expect)" value="(\w+)"', text_of(answer))
    return dict(pairs)


def do(client: Client, session: HallSession, asked: dict, **choices):
    """Looks, then presses the button with these choices."""
    looked = client.get(way(session), asked)
    return client.post(way(session), asked | seen(looked) | choices)


class TestLooking:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize("kind", ["extend", "cut", "move", "cancel"])
    def test_each_way_answers_in_both_languages(self, boss, twelve, evening, language, kind):
        boss.cookies["django_language"] = language

        answer = boss.get(way(evening), {"kind": kind})

        assert answer.status_code == 200
        assert ('value="18:30"' in text_of(answer)) == (kind != "cancel")

    def test_tells_who_loses_a_place_and_which_is_proposed(self, boss, windows, evening, twelve):
        page = words_of(boss.get(way(evening), cut(windows)))

        assert "12 people lose their places" in page
        assert page.count("陈小宁") >= TWELVE
        assert "same hall" in page
        assert "18:30 to 21:30" in page
        assert "18:30 to 20:30" in page
        assert "Cut the session and tell 12 people" in page
        assert "Messages leave 5 minutes later" in page

    def test_writes_nothing(self, boss, windows, evening, twelve):
        messages = Message.objects.count()

        for part in ("", "preview/"):
            assert boss.get(way(evening, part), cut(windows)).status_code == 200

        evening.refresh_from_db()
        assert evening.ends_at == slot_at(evening, 21).ends_at
        assert not SessionChange.objects.exists()
        assert Message.objects.count() == messages

    def test_the_fragment_is_the_preview_alone(self, boss, windows, evening):
        page = text_of(boss.get(way(evening, "preview/"), cut(windows)))

        assert "<html" not in page
        assert "Nobody loses a place" in page

    def test_a_link_may_ask_for_one_thing_alone(self, boss, evening):
        asked = {"kind": "extend", "closes": "22:30", "look": "1"}

        page = words_of(boss.get(way(evening), asked))

        assert "18:30 to 22:30" in page
        assert "3 h" in page  # three windows, one hour more each

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"closes": ""}, "Enter the hour."),
            ({"closes": "late"}, "Enter the hour like"),
            ({"windows": []}, "Choose at least one window"),
            ({"windows": ["999999"]}, "does not belong"),
            ({"closes": "21:30"}, "Nothing would change"),
            ({"closes": "23:00"}, "A cut has fewer hours"),
            ({"kind": "extend", "closes": "20:30"}, "can be extended to a later hour only"),
        ],
    )
    def test_what_is_wrong_is_said(self, boss, windows, evening, wrong, said):
        answer = boss.get(way(evening), cut(windows, **wrong))

        assert answer.status_code == 409
        assert said in text_of(answer)
        assert 'name="expect"' not in text_of(answer)

    @pytest.mark.parametrize("kind", ["close", "places", "", "\x00"])
    def test_no_other_way_is_known(self, boss, evening, kind):
        assert boss.get(way(evening), {"kind": kind}).status_code == 404


class TestPastMidnight:
    """A session can begin after midnight and still belong to the evening before. C1"""

    @pytest.fixture
    def small_hours(self, hall, windows) -> HallSession:
        """Of tomorrow's service day, from 00:30 to 04:00 of the day after it."""
        night = make_session(
            hall, windows, day=TOMORROW, opens=time(22), closes=time(4), kind="night"
        )
        apply_change(Ask.cut(night, starts_at=slot_at(night, 0, 30).starts_at), by=None, now=NOON)
        night.refresh_from_db()
        return night

    def test_nothing_changes_as_it_is(self, boss, windows, small_hours):
        asked = cut(windows, opens="00:30", closes="04:00")

        answer = boss.get(way(small_hours), asked)

        assert 'value="00:30"' in text_of(boss.get(way(small_hours), {"kind": "cut"}))
        assert "Nothing would change" in text_of(answer)

    @pytest.mark.parametrize(
        ("kind", "opens", "closes", "starts", "ends"),
        [
            ("cut", "00:30", "03:00", "06 00:30", "06 03:00"),
            ("cut", "01:30", "04:00", "06 01:30", "06 04:00"),
            ("extend", "00:00", "04:00", "06 00:00", "06 04:00"),
            ("extend", "23:00", "04:30", "05 23:00", "06 04:30"),
        ],
    )
    def test_its_hours_are_those_of_the_night(
        self, boss, windows, small_hours, kind, opens, closes, starts, ends
    ):
        done = do(boss, small_hours, cut(windows, kind=kind, opens=opens, closes=closes))

        assert done.status_code == 302
        small_hours.refresh_from_db()
        at = [civil.city_time(one) for one in (small_hours.starts_at, small_hours.ends_at)]
        assert [f"{one:%d %H:%M}" for one in at] == [starts, ends]
        assert small_hours.service_day == TOMORROW

    @pytest.mark.parametrize(
        ("opens", "starts"), [("00:30", "09 00:30"), ("22:30", "08 22:30"), ("09:00", "08 09:00")]
    )
    def test_it_moves_to_another_night(self, boss, windows, small_hours, opens, starts):
        there, closes = DAY + timedelta(days=4), "17:00" if opens == "09:00" else "04:00"
        asked = cut(windows, kind="move", day=str(there), opens=opens, closes=closes)

        do(boss, small_hours, asked)

        moved = HallSession.objects.get(service_day=there)
        assert f"{civil.city_time(moved.starts_at):%d %H:%M}" == starts
        assert set(moved.slots.values_list("service_day", flat=True)) == {there}

    def test_a_night_is_cut_to_begin_after_midnight(self, boss, hall, windows):
        night = make_session(
            hall, windows, day=TOMORROW, opens=time(22), closes=time(4), kind="night"
        )

        do(boss, night, cut(windows, opens="00:30", closes="04:00"))

        night.refresh_from_db()
        assert f"{civil.city_time(night.starts_at):%d %H:%M}" == "06 00:30"


class TestDoing:
    def test_all_twelve_get_an_offer_and_a_message(self, boss, windows, evening, twelve, clock):
        # C6: a session with 12 bookings is cut, and none is lost
        done = do(boss, evening, cut(windows), all="offer")

        assert done.status_code == 302
        page = words_of(boss.get(done["Location"]))
        assert "12 people lost their places. 12 new times are kept." in page
        assert set(Displaced.objects.values_list("state", flat=True)) == {"offered"}
        clock.now = NOON + timedelta(minutes=6)
        send_due(now=clock.now)
        page = words_of(boss.get(done["Location"]))
        assert "12 messages sent" in page
        assert page.count("Message sent") == TWELVE

    def test_two_presses_are_one_change(self, boss, windows, evening, twelve):
        looked = boss.get(way(evening), cut(windows))
        asked = cut(windows) | seen(looked) | {"all": "move"}

        answers = [boss.post(way(evening), asked) for _press in range(2)]

        assert answers[0]["Location"] == answers[1]["Location"]
        assert SessionChange.objects.count() == 1
        assert Displaced.objects.filter(state="moved").count() == TWELVE

    def test_a_choice_for_one_goes_before_that_for_all(self, boss, windows, evening, twelve):
        one = {f"party-{twelve[3].group_id}": "withdraw"}

        do(boss, evening, cut(windows), all="move", **one)

        states = dict(Displaced.objects.values_list("booking", "state"))
        assert states.pop(twelve[3].pk) == "withdrawn"
        assert set(states.values()) == {"moved"}

    @pytest.mark.parametrize("expect", ["", "0" * 64])
    def test_what_was_not_seen_is_not_done(self, boss, windows, evening, twelve, expect):
        asked = cut(windows) | seen(boss.get(way(evening), cut(windows)))

        answer = boss.post(way(evening), asked | {"expect": expect, "all": "withdraw"})

        assert answer.status_code == 409
        assert "Please look again" in words_of(answer)
        assert re.search(r'value="withdraw" checked', text_of(answer))
        assert not SessionChange.objects.exists()

    def test_who_booked_after_the_look_is_looked_at(self, boss, windows, evening, book):
        book(slot_at(evening, 21), person=1)
        asked = cut(windows) | seen(boss.get(way(evening), cut(windows)))
        book(slot_at(evening, 20, 30), person=2)

        answer = boss.post(way(evening), asked)

        assert answer.status_code == 409
        assert "2 people lose their places" in words_of(answer)
        again = boss.post(way(evening), cut(windows) | seen(answer))
        assert again.status_code == 302
        assert Displaced.objects.count() == 2

    def test_a_form_without_a_key_is_malformed(self, boss, windows, evening):
        assert boss.post(way(evening), cut(windows)).status_code == 400

    def test_wrong_answers_change_nothing(self, boss, windows, evening):
        answer = boss.post(way(evening), cut(windows, closes="") | {"key": "k"})

        assert answer.status_code == 400
        assert not SessionChange.objects.exists()

    @pytest.mark.parametrize(
        ("kind", "more", "heading"),
        [
            ("extend", {"closes": "22:30"}, "The session is extended"),
            ("move", {"day": str(TOMORROW + timedelta(days=1))}, "The session is moved"),
            ("cancel", {}, "The session is cancelled"),
        ],
    )
    def test_the_other_ways_work_too(self, boss, windows, evening, twelve, kind, more, heading):
        asked = cut(windows, kind=kind, closes="21:30") | more
        done = do(boss, evening, asked, all="offer")

        assert done.status_code == 302
        assert heading in words_of(boss.get(done["Location"]))
        assert heading in words_of(boss.get(f"/supervise/sessions/{evening.pk}/"))


class TestUndoing:
    @pytest.fixture
    def done(self, boss, windows, evening, twelve) -> str:
        return do(boss, evening, cut(windows), all="offer")["Location"]

    def test_is_possible_until_a_message_leaves(self, boss, done, evening, twelve):
        assert "You can take it back until 12:05." in words_of(boss.get(done))

        boss.post(f"{done}undo/", {"key": "u"})

        evening.refresh_from_db()
        assert evening.ends_at == slot_at(evening, 21).ends_at
        assert {one.slot_id for one in Booking.objects.all()} == {slot_at(evening, 21).pk}
        page = words_of(boss.get(done))
        assert "Taken back by supervisor" in page
        assert page.count("The old time stands") == TWELVE

    def test_is_refused_in_words_afterwards(self, boss, done, clock):
        clock.now = NOON + timedelta(minutes=6)
        send_due(now=clock.now)

        page = boss.get(done)
        answer = boss.post(f"{done}undo/", {"key": "u"})

        assert "You can take it back" not in words_of(page)
        assert answer.status_code == 409
        assert SessionChange.objects.get().undone_at is None


class TestRights:
    def test_a_viewer_sees_counts_and_no_name(self, boss, viewer, windows, evening, twelve):
        page = words_of(viewer.get(way(evening), cut(windows)))
        done = do(boss, evening, cut(windows))["Location"]
        told = words_of(viewer.get(done)) + words_of(viewer.get(f"{done}people/"))

        assert "12 people lose their places" in page
        assert "12 people lost their places" in told
        assert "陈小宁" not in page + told
        assert "You may look at this, but not change it." in page
        assert "Undo" not in told

    def test_a_viewer_changes_nothing(self, boss, viewer, windows, evening):
        looked = boss.get(way(evening), cut(windows))
        assert viewer.post(way(evening), cut(windows) | seen(looked)).status_code in (403, 404)
        done = do(boss, evening, cut(windows))["Location"]

        assert viewer.post(f"{done}undo/", {"key": "u"}).status_code in (403, 404)
        assert SessionChange.objects.get().undone_at is None

    def test_another_halls_supervisor_finds_nothing(self, boss, stranger, windows, evening):
        done = do(boss, evening, cut(windows))["Location"]

        for address in (way(evening), way(evening, "preview/"), done, f"{done}people/"):
            assert stranger.get(address, cut(windows)).status_code == 404
        for address in (way(evening), f"{done}undo/"):
            assert stranger.post(address, cut(windows) | {"key": "k"}).status_code == 404
        assert SessionChange.objects.get().undone_at is None
