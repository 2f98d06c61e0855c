"""A storm closes several halls: one look, one press, and a word for each hall. # C6"""

import re
from datetime import timedelta

import pytest
from django.test import Client

from appointments import closing_views
from appointments.models import Booking, Displaced
from appointments.sending import send_due
from tests.conftest import DAY, NOON, make_session, make_staff, slot_at
from tests.pages.reading import text_of, words_of
from windows.models import Hall, HallClosure, HallSession, StaffRole, Window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

CLOSE, CLOSURES = "/supervise/close/", "/supervise/closures/"
STORM = {
    "hall": "H01", "look": "1", "closes_at": "2027-03-04T13:00", "opens_at": "2027-03-04T18:00",
    "reason": "weather", "note_zh": "台风红色预警", "note_en": "Red typhoon warning",
    "in_halls": ["H01", "H02"],
}  # fmt: skip


@pytest.fixture
def boss(client: Client, hall, other_hall) -> Client:
    """Runs both halls, and not the third."""
    staff = make_staff("boss", hall, "supervisor")
    StaffRole.objects.create(staff=staff, hall=other_hall, role="supervisor")
    client.cookies["django_language"] = "en"
    client.force_login(staff)
    return client


def staffed(hall: Hall, renewal, numbers=(1, 2, 3)) -> list[Window]:
    made = [Window.objects.create(hall=hall, number=n) for n in numbers]
    for window in made:
        window.matters.add(renewal)
    return made


@pytest.fixture
def there(other_hall, renewal) -> HallSession:
    """Today in the other hall; its people find nothing near but what is far away."""
    return make_session(other_hall, staffed(other_hall, renewal))


@pytest.fixture
def third(renewal) -> HallSession:
    """Today in a hall that stays open."""
    hall = Hall.objects.create(code="H03", name_zh="三", name_en="Third Hall", is_simulated=True)
    return make_session(hall, staffed(hall, renewal))


@pytest.fixture
def people(session, there, third, book) -> list[Booking]:
    """Four in the first hall, two in the other."""
    places = [slot_at(session, 15)] * 4 + [slot_at(there, 15)] * 2
    return [book(slot, person=n) for n, slot in enumerate(places, start=1)]


def hidden(answer) -> dict[str, str]:
    return dict(re.findall(r'name="(key|expect[-\w]*)" value="(\w+)"', text_of(answer)))


def close(client: Client, asked=STORM, **choices):
    looked = client.get(CLOSE, asked)
    return client.post(CLOSE, asked | hidden(looked) | choices)


class TestLooking:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_the_pages_answer_in_both_languages(self, boss, people, language):
        boss.cookies["django_language"] = language
        assert boss.get(CLOSE, STORM).status_code == 200
        done = close(boss)["Location"]

        for address in (done, CLOSE, CLOSURES):
            assert boss.get(address).status_code == 200

    def test_sums_up_and_lists_each_hall(self, boss, people):
        page = words_of(boss.get(CLOSE, STORM))

        assert "Thursday 4 March, 13:00 to 18:00" in page
        # sessions, online places lost, people, with another place, first in line
        assert "Hetang Hall 1 120 4 4 0 Guilan Hall 1 120 2 2 0 2 halls 2 240 6 6 0" in page
        assert "Close 2 halls and tell 6 people" in page
        assert "Messages leave 5 minutes later" in page
        assert "陈小宁" not in page
        assert not HallClosure.objects.exists()

    def test_nobody_is_sent_from_one_to_another(self, boss, people, third):
        close(boss, all="move")

        halls = set(Booking.objects.values_list("hall__code", flat=True))
        assert halls == {"H03"}
        assert Displaced.objects.filter(state="moved").count() == 6

    def test_who_comes_later_finds_the_places_taken(self, boss, session, there, renewal, book):
        """Mutant: each hall by itself would promise the same three places."""
        few = Hall.objects.create(code="H03", name_zh="三", name_en="Third", is_simulated=True)
        day = DAY + timedelta(days=1)
        made = make_session(few, staffed(few, renewal, (1,)), day=day)
        made.slots.exclude(pk=slot_at(made, 10).pk).update(is_open=False)
        fits = slot_at(made, 10).online_quota // 6
        for n in range(1, fits + 2):
            book(slot_at(session, 15), person=n)
            book(slot_at(there, 15), person=n + 20)

        page = words_of(boss.get(CLOSE, STORM))
        close(boss, all="move")

        assert f"Hetang Hall 1 120 {fits + 1} {fits} 1" in page
        assert f"Guilan Hall 1 120 {fits + 1} 0 {fits + 1}" in page
        states = list(Displaced.objects.values_list("state", flat=True))
        assert (states.count("moved"), states.count("withdrawn")) == (fits, fits + 2)

    def test_a_hall_that_is_closed_already_is_named_and_left_out(self, boss, people):
        close(boss, STORM | {"in_halls": ["H02"]}, all="withdraw")
        assert HallClosure.objects.get().hall.code == "H02"

        page = words_of(boss.get(CLOSE, STORM))

        assert "Guilan Hall Left out: This hall is closed already" in page
        assert "Close 1 hall and tell 4 people" in page

    @pytest.mark.parametrize("every", ["all", "桂澜区"])
    def test_all_of_them_or_a_district_is_one_button(self, boss, people, every):
        page = text_of(boss.get(CLOSE, STORM | {"in_halls": ["H01"], "every": every}))

        ticked = re.findall(r'value="(H0\d)"[^>]*checked', page)
        assert set(ticked) == ({"H01", "H02"} if every == "all" else {"H02"})

    def test_what_is_wrong_is_said_once(self, boss, people):
        answer = boss.get(CLOSE, STORM | {"opens_at": "2027-03-04T12:30"})

        assert answer.status_code == 409
        assert text_of(answer).count("opens again after it closes") >= 1
        assert "expect-H01" not in text_of(answer)


class TestPressing:
    def test_all_close_and_each_is_told_of(self, boss, people, clock):
        done = close(boss, all="offer")["Location"]

        page = words_of(boss.get(done))
        assert "2 of 2 halls are closed" in page
        assert "4 people lost their places. 4 new times are kept." in page
        assert "2 people lost their places. 2 new times are kept." in page
        assert HallClosure.objects.count() == 2
        clock.now = NOON + timedelta(minutes=6)
        send_due(now=clock.now)
        page = words_of(boss.get(done))
        assert "4 messages sent" in page
        assert "2 messages sent" in page

    def test_two_presses_are_one(self, boss, people):
        looked = boss.get(CLOSE, STORM)
        asked = STORM | hidden(looked)

        answers = [boss.post(CLOSE, asked) for _press in range(2)]

        assert answers[0]["Location"] == answers[1]["Location"]
        assert HallClosure.objects.count() == 2
        assert "2 of 2 halls are closed" in words_of(boss.get(answers[1]["Location"]))

    def test_who_booked_after_the_look_keeps_that_hall_open_in_words(
        self, boss, people, there, book
    ):
        looked = boss.get(CLOSE, STORM)
        book(slot_at(there, 16), person=30)

        done = boss.post(CLOSE, STORM | hidden(looked))["Location"]

        page = words_of(boss.get(done))
        assert "1 of 2 halls is closed" in page or "1 of 2 halls are closed" in page
        assert "Guilan Hall" in page
        assert "Please look again" in page
        assert [one.hall.code for one in HallClosure.objects.all()] == ["H01"]

    def test_who_booked_elsewhere_after_the_look_keeps_nothing_open(
        self, boss, people, third, book
    ):
        """Which of the other places each gets was not shown, so it may change."""
        looked = boss.get(CLOSE, STORM)
        for n in range(30, 34):
            book(slot_at(third, 15), person=n)

        boss.post(CLOSE, STORM | hidden(looked))

        assert HallClosure.objects.count() == 2

    def test_a_hall_that_breaks_leaves_the_others_closed(self, boss, people, monkeypatch, caplog):
        real = closing_views.apply_change

        def broken(ask, **rest):
            if ask.hall.code == "H01":
                raise RuntimeError("out of order")
            return real(ask, **rest)

        looked = boss.get(CLOSE, STORM)
        monkeypatch.setattr(closing_views, "apply_change", broken)
        done = boss.post(CLOSE, STORM | hidden(looked))["Location"]

        page = words_of(boss.get(done))
        assert "Not closed: something came in between" in page
        assert [one.hall.code for one in HallClosure.objects.all()] == ["H02"]
        monkeypatch.setattr(closing_views, "apply_change", real)
        again = boss.post(CLOSE, STORM | hidden(looked))["Location"]
        assert again == done
        assert "2 of 2 halls are closed" in words_of(boss.get(done))

    def test_a_form_without_a_key_is_malformed(self, boss, people):
        assert boss.post(CLOSE, STORM).status_code == 400
        assert not HallClosure.objects.exists()


class TestEnding:
    def test_all_of_it_is_taken_back_while_nobody_was_told(self, boss, people, session, there):
        done = close(boss)["Location"]
        page = text_of(boss.get(done))
        pks = re.findall(r'name="closure" value="(\d+)"', page)
        assert len(pks) == 2

        undone = boss.post(CLOSURES, {"key": "u1", "closure": pks, "do": "undo"})["Location"]

        assert "2 of 2 closings are taken back" in words_of(boss.get(undone))
        assert {one.slot_id for one in Booking.objects.all()} == {
            slot_at(session, 15).pk, slot_at(there, 15).pk
        }  # fmt: skip
        assert 'name="closure"' not in text_of(boss.get(done))

    def test_the_chosen_halls_open_again_with_one_press(self, boss, people, session, clock):
        close(boss)
        clock.now = NOON + timedelta(hours=2)
        send_due(now=clock.now)
        seen = boss.get(CLOSURES)
        first = HallClosure.objects.get(hall__code="H01")
        assert text_of(seen).count('name="closure"') == 2

        asked = {"key": "o1", "closure": [first.pk], "do": "open"}
        answers = [boss.post(CLOSURES, asked) for _press in range(2)]

        assert answers[0]["Location"] == answers[1]["Location"]
        page = words_of(boss.get(answers[0]["Location"]))
        assert "1 of 1 hall is open again" in page
        assert slot_at(session, 16).is_open
        assert HallClosure.objects.get(hall__code="H02").reopened_at is None

    def test_what_is_over_is_refused_in_words(self, boss, people, clock):
        close(boss)
        pks = list(HallClosure.objects.values_list("pk", flat=True))
        clock.now = NOON + timedelta(hours=7)

        done = boss.post(CLOSURES, {"key": "o2", "closure": pks, "do": "open"})["Location"]

        assert words_of(boss.get(done)).count("This hall is open again already.") == 2

    def test_without_a_choice_nothing_happens(self, boss, people):
        close(boss)

        answer = boss.post(CLOSURES, {"key": "o3", "do": "open", "closure": ["x", "9" * 30]})

        assert answer.status_code == 400
        assert "Choose at least one hall." in words_of(answer)
        assert not HallClosure.objects.filter(reopened_at__isnull=False).exists()


class TestRights:
    def test_only_ones_own_halls_close(self, boss, people, third):
        answer = boss.post(CLOSE, STORM | {"in_halls": ["H01", "H03"], "key": "k"})

        assert answer.status_code == 400
        assert not HallClosure.objects.exists()

    def test_a_viewer_of_one_hall_looks_and_closes_nothing(self, people, hall, other_hall):
        viewer = Client()
        staff = make_staff("viewer", hall, "viewer")
        StaffRole.objects.create(staff=staff, hall=other_hall, role="supervisor")
        viewer.cookies["django_language"] = "en"
        viewer.force_login(staff)

        page = viewer.get(CLOSE, STORM)
        answer = viewer.post(CLOSE, STORM | {"hall": "H02", "key": "k"})

        assert "You may look at this, but not change it." in words_of(page)
        assert answer.status_code == 400
        assert not HallClosure.objects.exists()

    def test_anothers_press_is_not_shown(self, boss, people, other_hall):
        done = close(boss)["Location"]
        other = Client()
        other.force_login(make_staff("neighbour", other_hall, "supervisor"))

        assert other.get(done).status_code == 404
        mine = list(HallClosure.objects.filter(hall__code="H01").values_list("pk", flat=True))
        other.post(CLOSURES, {"key": "o4", "closure": mine, "do": "open"})
        assert not HallClosure.objects.filter(reopened_at__isnull=False).exists()
