"""A clerk's own roster: when and where, swaps, and the desk's word. # C3 C26"""

import pytest

from tests.conftest import NOON
from tests.pages.reading import words_of
from tests.pages.roster.conftest import PAGE, plan
from windows import swapping
from windows.models import RosterEntry, Swap
from windows.rostering import roster_of

pytestmark = pytest.mark.django_db


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
