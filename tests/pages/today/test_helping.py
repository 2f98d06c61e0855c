"""A hall asks another one for people, and is answered. # C3 C26"""

from datetime import time, timedelta

import pytest

from tests.conftest import DAY, NOON, make_session, make_staff
from tests.pages.test_desk import text_of
from tests.pages.today.conftest import PAGE, minutes, wait
from windows import helping
from windows.models import HelpRequest, Shift

pytestmark = pytest.mark.django_db


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
        self, boss, neighbour, other_hall, windows, client_of, clock
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
        clock.now = minutes(120)
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
        night = make_session(
            hall, windows, day=DAY + timedelta(days=1), opens=time(18, 30), closes=time(0, 30)
        )

        ask_for(boss, session=night.pk, begins="23:00", ends="00:30")

        asked = HelpRequest.objects.get()
        assert (asked.session, asked.period.upper) == (night, night.ends_at)
        assert helping.requests_of(hall, now=NOON)[0] == [asked]
