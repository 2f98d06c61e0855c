"""One place of the roster: who may stand there, moves and breaks. # C3 C26"""

from datetime import time

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from tests.conftest import NOON, make_session, make_staff
from tests.pages.reading import key_of, words_of
from tests.pages.roster.conftest import at, place, plan
from windows.absences import note
from windows.models import PlannedBreak, RosterEntry, StaffSkill
from windows.rostering import roster_of

pytestmark = pytest.mark.django_db


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
