"""Rosters: the week, one place, suggestions, people, absences, swaps. # C3 C26"""

import re
from datetime import time, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config import civil
from tests.conftest import DAY, NOON, make_session, make_staff
from tests.pages.reading import key_of
from windows import swapping
from windows.absences import note
from windows.models import Absence, PlannedBreak, RosterEntry, StaffSkill, Swap
from windows.rostering import assign, roster_of

pytestmark = pytest.mark.django_db
MONDAY = DAY - timedelta(days=3)
PAGE = "/supervise/roster/?hall=H01"


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def at(hour: int, minute: int = 0, *, days: int = 0):
    return civil.city_instant(DAY + timedelta(days=days), time(hour, minute))


def plan(staff, session, window, **more):
    return assign(staff=staff, session=session, window=window, by=None, now=NOON, **more)


@pytest.fixture(autouse=True)
def at_noon(clock):
    return clock


@pytest.fixture
def boss(citizen, supervisor, session):
    citizen.force_login(supervisor)
    return citizen


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=DAY + timedelta(days=1))


def place(session, number: int) -> str:
    return f"/supervise/roster/sessions/{session.pk}/{number}/"


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


class TestPlace:
    def test_somebody_is_chosen_for_a_window(self, boss, session, windows, clerks):
        page = boss.get(place(session, 1))
        assert "Free 09:00 to 17:00, the fairest choice first." in words_of(page)

        answer = boss.post(
            place(session, 1),
            {"staff": clerks[1].pk, "begins": "09:00", "ends": "17:00", "key": key_of(page)},
        )

        assert answer.status_code == 302
        assert answer["Location"].endswith("?hall=H01&week=2027-03-04")
        assert [one.staff for one in roster_of(session)] == [clerks[1]]

    def test_the_gap_is_offered_and_pressed_twice_is_once(self, boss, session, windows, clerks):
        plan(clerks[0], session, windows[0], period=DateTimeTZRange(at(9), at(13)))
        page = boss.get(place(session, 1))
        assert 'value="13:00"' in page.content.decode()
        said = {"staff": clerks[1].pk, "begins": "13:00", "ends": "17:00", "key": key_of(page)}

        for _press in range(2):
            assert boss.post(place(session, 1), said).status_code == 302

        assert len(roster_of(session)) == 2

    def test_a_session_over_midnight(self, boss, hall, windows, clerks):
        night = make_session(
            hall, windows[:1], opens=time(18, 30), closes=time(0, 30), kind="night"
        )

        boss.post(place(night, 1), {"staff": clerks[0].pk, "begins": "23:00", "ends": "00:30",
                                    "key": "k"})  # fmt: skip

        (entry,) = roster_of(night)
        assert (entry.period.lower, entry.period.upper) == (at(23), at(0, 30, days=1))

    def test_who_is_elsewhere_is_refused_with_a_link_there(
        self, boss, hall, session, windows, clerks
    ):
        plan(clerks[0], session, windows[1])

        answer = boss.post(place(session, 1), {"staff": clerks[0].pk, "begins": "09:00",
                                               "ends": "17:00", "key": "k"})  # fmt: skip

        page = answer.content.decode()
        assert answer.status_code == 409
        assert "window 2 in Hetang Hall, 2027-03-04 09:00–17:00" in page
        assert f'href="{place(session, 2)}"' in page

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"staff": ""}, "Choose a person."),
            ({"staff": "9" * 30}, "Choose a person."),
            ({"begins": "x"}, "Enter the hour like 18:30."),
            ({"begins": "08:00"}, "The session is from 09:00–17:00."),
            ({"ends": "18:00"}, "The session is from 09:00–17:00."),
            ({"begins": "12:00", "ends": "12:00"}, "The end is before the beginning."),
        ],
    )
    def test_what_cannot_be_is_said_beside_the_field(self, boss, session, clerks, said, words):
        answers = {"staff": clerks[0].pk, "begins": "09:00", "ends": "17:00", "key": "k", **said}

        answer = boss.post(place(session, 1), answers)

        assert answer.status_code in (400, 409)
        assert words in words_of(answer)
        assert not RosterEntry.objects.exists()

    def test_the_others_are_told_with_why(self, boss, session, windows, clerks, pickup):
        plan(clerks[0], session, windows[1])
        note(staff=clerks[1], begins=at(9), ends=at(12), reason="sick", by=None, now=NOON)
        StaffSkill.objects.create(staff=clerks[2], matter=pickup)

        page = words_of(boss.get(place(session, 1)))

        assert "clerk-1 is planned elsewhere" in page
        assert "clerk-2 is absent" in page
        assert "1 more person is free, with something against it" in page
        assert "clerk-3 cannot serve here" in page

    def test_moved_and_taken_out(self, boss, session, windows, clerks):
        entry = plan(clerks[0], session, windows[0])
        boss.post(f"/supervise/roster/entries/{entry.pk}/move/", {"to": "3", "key": "a"})
        (moved,) = roster_of(session)
        assert moved.window == windows[2]

        boss.post(f"/supervise/roster/entries/{moved.pk}/move/", {"to": "0", "key": "b"})
        (floor,) = roster_of(session)
        assert floor.window is None
        boss.post(f"/supervise/roster/entries/{floor.pk}/remove/", {"key": "c"})
        assert roster_of(session) == []

    def test_a_place_that_is_not(self, boss, session, other_hall):
        assert boss.get(place(session, 99)).status_code == 404
        assert boss.get(f"/supervise/roster/sessions/{10**30}/1/").status_code == 404
        entry = 10**30
        assert boss.post(f"/supervise/roster/entries/{entry}/remove/").status_code == 404

    def test_the_entry_of_another_hall_cannot_be_touched(self, boss, other_hall):
        far = make_session(other_hall, [other_hall.windows.create(number=1)])
        staff = make_staff("far", other_hall, "clerk")
        entry = plan(staff, far, other_hall.windows.get())

        for act in ("remove", "move"):
            answer = boss.post(f"/supervise/roster/entries/{entry.pk}/{act}/", {"to": "1"})
            assert answer.status_code == 404
        assert roster_of(far) == [entry]

    def test_a_break_is_planned_for_another_day(self, boss, tomorrow, windows):
        answer = boss.post(place(tomorrow, 1) + "break/",
                           {"at": "12:30", "minutes": "30", "key": "k"})  # fmt: skip

        planned = PlannedBreak.objects.get()
        assert answer.status_code == 302
        assert planned.period.lower == at(12, 30, days=1)
        assert "12:30–13:00" in words_of(boss.get(place(tomorrow, 1)))
        boss.post(place(tomorrow, 1) + "break/", {"drop": planned.pk})
        assert not PlannedBreak.objects.exists()

    @pytest.mark.parametrize(
        ("said", "words"),
        [({"at": "10:00"}, "10:00 has passed"), ({"minutes": "1"}, "at least 5 minutes")],
    )
    def test_a_break_that_cannot_be(self, boss, session, said, words):
        answer = boss.post(place(session, 1) + "break/",
                           {"at": "15:00", "minutes": "15", "key": "k", **said})  # fmt: skip

        assert words in words_of(answer)
        assert not PlannedBreak.objects.exists()


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


class TestPeople:
    def test_skills_are_listed_and_shown(self, boss, clerks, renewal, pickup):
        url = f"/supervise/people/{clerks[0].pk}/?hall=H01"

        boss.post(url, {"what": "skills", "hall": "H01", "matters": [renewal.pk], "key": "k"})

        page = words_of(boss.get("/supervise/people/?hall=H01"))
        assert "clerk-1 Renew" in page
        assert "clerk-2 everything" in page

    def test_a_matter_that_is_none(self, boss, clerks):
        url = f"/supervise/people/{clerks[0].pk}/"

        answer = boss.post(url, {"hall": "H01", "matters": ["999999"], "key": "k"})

        assert answer.status_code == 400
        assert "not offered any more" in words_of(answer)

    def absent(self, client, staff, **said):
        answers = {
            "what": "absence", "hall": "H01", "reason": "sick", "first": "2027-03-05", "last": "",
            "begins_at": "", "ends_at": "", "minutes": "", "key": "k", **said,
        }  # fmt: skip
        return client.post(f"/supervise/people/{staff.pk}/", answers)

    def test_an_absence_leads_to_who_stands_in(self, boss, tomorrow, windows, clerks):
        entry = plan(clerks[0], tomorrow, windows[0])

        answer = self.absent(boss, clerks[0])

        absence = Absence.objects.get()
        assert answer["Location"] == f"/supervise/people/absences/{absence.pk}/?hall=H01"
        page = words_of(boss.get(answer["Location"]))
        assert "Who stands in? The fairest choice first. clerk-2" in page
        answer = boss.post(answer["Location"], {"entry": entry.pk, "staff": clerks[1].pk,
                                                "hall": "H01", "key": "k"})  # fmt: skip
        assert answer.status_code == 302
        assert [one.staff for one in roster_of(tomorrow)] == [clerks[1]]
        assert "nobody has to stand in" in words_of(boss.get(answer["Location"]))

    def test_it_is_withdrawn(self, boss, clerks):
        self.absent(boss, clerks[0])
        absence = Absence.objects.get()

        boss.post(f"/supervise/people/absences/{absence.pk}/withdraw/", {"hall": "H01", "key": "w"})

        absence.refresh_from_db()
        assert absence.is_cancelled

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"first": ""}, "Enter the day."),
            ({"first": "0001-01-01"}, "Enter the day like 2027-03-04."),
            ({"last": "2027-03-04"}, "The end is before the beginning."),
            ({"last": "2029-03-04"}, "An absence lasts 400 days at most."),
            ({"begins_at": "9"}, "Enter the hour like 18:30."),
            ({"reason": "tired"}, "tired is not one of the available choices"),
            ({"reason": "in_lieu"}, "Enter how many minutes: at least one."),
            ({"reason": "in_lieu", "minutes": "60"}, "has 0 minutes of time off left"),
            ({"minutes": "-5"}, "at least one"),
        ],
    )
    def test_what_cannot_be_is_said(self, boss, clerks, said, words):
        answer = self.absent(boss, clerks[0], **said)

        assert answer.status_code in (400, 409)
        assert words in words_of(answer)
        assert not Absence.objects.exists()

    def test_other_halls_people_are_nobody(self, boss, stranger_clerk):
        absence = note(
            staff=stranger_clerk, begins=at(9), ends=at(10), reason="sick", by=None, now=NOON
        )

        assert boss.get(f"/supervise/people/{stranger_clerk.pk}/?hall=H01").status_code == 404
        assert boss.get(f"/supervise/people/absences/{absence.pk}/?hall=H01").status_code == 404
        assert boss.get(f"/supervise/people/{10**30}/?hall=H01").status_code == 404


class TestOwnRoster:
    @pytest.fixture
    def me(self, citizen, clerks, tomorrow, windows):
        plan(clerks[0], tomorrow, windows[0])
        citizen.force_login(clerks[0])
        return citizen

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_answers_in_both_languages(self, me, language):
        me.cookies["django_language"] = language

        assert me.get("/desk/roster/").status_code == 200

    def test_shows_when_and_where(self, me):
        page = words_of(me.get("/desk/roster/"))

        assert "Friday 5 March 09:00 to 17:00 · Window 1 · Hetang Hall" in page
        assert "8 h in this week" in page
        assert "Nothing was earned or used yet." in page

    def test_a_swap_from_the_question_to_the_roster(self, me, client, clerks, supervisor, tomorrow):
        entry = RosterEntry.objects.get()
        page = me.get(f"/desk/roster/{entry.pk}/ask/")
        assert "clerk-2 takes it over" in words_of(page)
        me.post(f"/desk/roster/{entry.pk}/ask/", {"to": f"to-{clerks[1].pk}", "key": "a"})
        swap = Swap.objects.get()

        client.force_login(clerks[1])
        assert "You are asked clerk-1 · Fri 5 Mar, 09:00 to 17:00, window 1" in words_of(
            client.get("/desk/roster/")
        )
        client.post(f"/desk/roster/swaps/{swap.pk}/", {"answer": "yes", "key": "b"})
        client.force_login(supervisor)
        assert "clerk-1 → clerk-2 · Fri 5 Mar, 09:00 to 17:00, window 1" in words_of(
            client.get(PAGE)
        )
        client.post(f"/supervise/roster/swaps/{swap.pk}/", {"answer": "yes", "key": "c"})

        assert [one.staff for one in roster_of(tomorrow)] == [clerks[1]]

    def test_an_exchange_is_offered(self, me, clerks, tomorrow, windows):
        other = plan(clerks[1], tomorrow, windows[1])
        entry = RosterEntry.objects.get(staff=clerks[0])

        page = words_of(me.get(f"/desk/roster/{entry.pk}/ask/"))
        assert "exchange with clerk-2: Fri 5 Mar, 09:00 to 17:00, window 2" in page
        me.post(f"/desk/roster/{entry.pk}/ask/", {"to": f"for-{other.pk}", "key": "a"})

        assert Swap.objects.get().for_entry == other

    def test_it_is_withdrawn(self, me, clerks):
        swap = swapping.ask(entry=RosterEntry.objects.get(), to=clerks[1], by=clerks[0], now=NOON)

        me.post(f"/desk/roster/swaps/{swap.pk}/", {"answer": "withdraw", "key": "a"})

        swap.refresh_from_db()
        assert swap.state == "withdrawn"

    @pytest.mark.parametrize("to", ["", "to-x", "for-999999", "to-" + "9" * 40])
    def test_a_colleague_who_is_none(self, me, to):
        entry = RosterEntry.objects.get()

        answer = me.post(f"/desk/roster/{entry.pk}/ask/", {"to": to, "key": "a"})

        assert answer.status_code == 400
        assert "Choose a colleague." in words_of(answer)

    def test_other_peoples_times_and_questions(self, me, client, clerks, supervisor):
        entry = RosterEntry.objects.get()
        swap = swapping.ask(entry=entry, to=clerks[1], by=clerks[0], now=NOON)
        client.force_login(clerks[2])

        assert client.get(f"/desk/roster/{entry.pk}/ask/").status_code == 404
        answer = client.post(f"/desk/roster/swaps/{swap.pk}/", {"answer": "yes", "key": "a"})
        assert answer.status_code == 404

    def test_at_the_desk_the_roster_warns_and_never_blocks(self, client, clerks, session, windows):
        plan(clerks[0], session, windows[0])
        client.force_login(clerks[1])
        client.cookies["django_language"] = "en"
        assert "Planned: clerk-1" in words_of(client.get("/desk/"))

        answer = client.post("/desk/do/sign-in/", {"window": windows[0].pk, "key": "s"},
                             follow=True)  # fmt: skip

        assert "By the roster clerk-1 stands at window 1." in words_of(answer)
        assert clerks[1].shifts.filter(window=windows[0]).exists()

    def test_whoever_stands_elsewhere_is_told_where(self, client, clerks, session, windows):
        plan(clerks[0], session, windows[0])
        client.force_login(clerks[0])
        client.cookies["django_language"] = "en"

        answer = client.post("/desk/do/sign-in/", {"window": windows[1].pk, "key": "s"},
                             follow=True)  # fmt: skip

        assert "By the roster you stand at window 1, Hetang Hall." in words_of(answer)
