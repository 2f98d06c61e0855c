"""The roster's week: seen, suggested, copied from the week before. # C3 C26"""

import re
from datetime import time, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from tests.conftest import DAY, NOON, make_session, make_staff
from tests.pages.reading import key_of, words_of
from tests.pages.roster.conftest import PAGE, at, place, plan
from windows.absences import note
from windows.models import RosterEntry, StaffSkill

pytestmark = pytest.mark.django_db
MONDAY = DAY - timedelta(days=3)


class TestWeek:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_answers_in_both_languages(self, boss, clerks, language):
        boss.cookies["django_language"] = language

        assert boss.get(PAGE).status_code == 200

    def test_shows_who_stands_where_and_what_is_open(self, boss, session, windows, clerks):
        plan(clerks[0], session, windows[0])
        plan(clerks[1], session, windows[1],
             period=DateTimeTZRange(at(9), at(13)))  # fmt: skip

        page = words_of(boss.get(PAGE))

        assert "Roster · Mon 1 Mar to Sun 7 Mar" in page
        assert "2 places are open" in page
        assert "Window 1 clerk-1" in page
        assert "Window 2 clerk-2 09:00 to 13:00 Open : choose somebody 13:00 to 17:00" in page
        assert "clerk-1 – – – 8 h – – – 8 h 0 0 min" in page

    def test_marks_what_is_to_be_looked_at(self, boss, hall, session, windows, clerks, pickup):
        night = make_session(
            hall, windows[:1], opens=time(18, 30), closes=time(0, 30), kind="night"
        )
        morning = make_session(hall, windows, day=DAY + timedelta(days=1))
        plan(clerks[0], night, windows[0])
        plan(clerks[0], morning, windows[0])
        StaffSkill.objects.create(staff=clerks[1], matter=pickup)
        plan(clerks[1], session, windows[0])
        plan(clerks[2], session, windows[1])
        note(staff=clerks[2], begins=at(14), ends=at(15), reason="sick", by=None, now=NOON)

        page = words_of(boss.get(PAGE))

        assert "only 8 h of rest" in page
        assert "clerk-2 cannot serve here" in page
        assert "clerk-3 absent" in page
        assert "4 things to look at" in page

    def test_another_week_is_asked_for_by_any_of_its_days(self, boss, session):
        assert "Mon 8 Mar to Sun 14 Mar" in words_of(boss.get(PAGE + "&week=2027-03-11"))

    @pytest.mark.parametrize("week", ["x", "2027-13-01", "0001-01-01", "9999-12-31", "😀"])
    def test_a_week_that_cannot_be_read_is_told(self, boss, week):
        page = boss.get("/supervise/roster/", {"hall": "H01", "week": week})

        assert page.status_code == 200
        assert "could not be read" in words_of(page)

    def test_the_halls_pages_lead_there(self, boss):
        assert f'href="{PAGE}"' in boss.get("/supervise/load/?hall=H01").content.decode()

    def test_of_the_own_hall_only(self, client, other_hall, session):
        client.force_login(make_staff("elsewhere", other_hall, "supervisor"))

        assert client.get(PAGE).status_code == 404
        assert client.get(place(session, 1)).status_code == 404

    @pytest.mark.parametrize("role", ["clerk", "guide"])
    def test_not_for_clerks_and_guides(self, client, hall, role):
        client.force_login(make_staff("somebody", hall, role))

        assert client.get(PAGE).status_code == 403

    def test_a_viewer_looks_and_changes_nothing(
        self, citizen, hall, session, windows, clerks, tomorrow
    ):
        plan(clerks[0], session, windows[0])
        citizen.force_login(make_staff("viewer", hall, "viewer"))

        page = citizen.get(PAGE)

        assert "clerk-1" in words_of(page)
        assert "Suggest who stands where" not in words_of(page)
        assert "Time off" not in words_of(page).replace("Time off in lieu", "")
        assert citizen.get(place(session, 2)).status_code == 403
        assert citizen.get("/supervise/people/?hall=H01").status_code == 403
        assert citizen.post("/supervise/roster/week/suggest/", {"hall": "H01"}).status_code == 403

    def test_takes_few_queries(self, boss, hall, windows, clerks, django_assert_max_num_queries):
        for n in range(2, 8):
            make_session(hall, windows, day=MONDAY + timedelta(days=7 + n))
        with django_assert_max_num_queries(24):
            boss.get(PAGE + "&week=2027-03-10")


class TestWholeWeek:
    def test_a_suggestion_is_looked_at_and_planned_in_one_press(
        self, boss, session, tomorrow, clerks
    ):
        url = "/supervise/roster/week/suggest/?hall=H01&week=2027-03-04"
        page = boss.get(url)
        assert "Would be planned 6" in words_of(page)
        assert not RosterEntry.objects.exists()
        expect = re.search(r'name="expect" value="(\w+)"', page.content.decode())[1]
        said = {"hall": "H01", "week": "2027-03-01", "expect": expect, "key": key_of(page)}

        first = boss.post("/supervise/roster/week/suggest/", said, follow=True)
        again = boss.post("/supervise/roster/week/suggest/", said, follow=True)

        assert "6 places are planned." in words_of(first)
        assert again.status_code == 200
        assert RosterEntry.objects.count() == 6

    def test_what_changed_meanwhile_is_looked_at_again(self, boss, tomorrow, windows, clerks):
        page = boss.get("/supervise/roster/week/suggest/?hall=H01")
        expect = re.search(r'name="expect" value="(\w+)"', page.content.decode())[1]
        plan(clerks[0], tomorrow, windows[2])

        answer = boss.post("/supervise/roster/week/suggest/",
                           {"hall": "H01", "expect": expect, "key": "k"})  # fmt: skip

        assert answer.status_code == 409
        assert "The roster has changed since you looked." in words_of(answer)
        assert RosterEntry.objects.count() == 1

    def test_the_week_before_is_copied(self, boss, hall, session, windows, clerks):
        plan(clerks[0], session, windows[0])
        make_session(hall, windows, day=DAY + timedelta(days=7))
        url = "/supervise/roster/week/copy/?hall=H01&week=2027-03-11"

        page = words_of(boss.get(url))

        assert "Would be planned 1" in page
        assert "Nobody was there in the week before." in page

    def test_no_other_way(self, boss):
        assert boss.get("/supervise/roster/week/guess/?hall=H01").status_code == 404
