"""The hall's people: what they can serve, when they are absent, who stands in. # C26"""

import pytest

from tests.conftest import NOON
from tests.pages.reading import words_of
from tests.pages.roster.conftest import at, plan
from windows.absences import note
from windows.models import Absence
from windows.rostering import roster_of

pytestmark = pytest.mark.django_db


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
