"""Supervisors change a session, choose for each person, take it back. # C5 C6"""

import re
from datetime import timedelta

import pytest

from appointments.models import Booking, Displaced
from appointments.sending import send_due
from tests.conftest import NOON, slot_at
from tests.pages.changes.conftest import TOMORROW, TWELVE, cut, do, seen, way
from tests.pages.reading import text_of, words_of
from windows.models import SessionChange

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


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
