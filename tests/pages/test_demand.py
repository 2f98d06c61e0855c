"""Demand of a hall on pages: its days, down to the searches, and corrections. # C8, C9, C35"""

import csv
from datetime import timedelta

import pytest

from appointments.demanded.collecting import write_day
from appointments.models import Booking, DemandFact, UnmetDemand, VainSearch
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_staff, slot_at
from tests.pages.reading import files_of, key_of, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db
DEMAND = "/supervise/demand/"
OF_DAY = f"{DEMAND}H01/{DAY}/"
YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def on_the_morning_after(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON + timedelta(days=1))


@pytest.fixture
def boss(supervisor):
    return signed_in(supervisor)


@pytest.fixture
def asked(hall, session, renewal, book):
    """One booked at 14, one came at 12, three looked in vain the day before."""
    book(slot_at(session, 14))
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    here = {"hall": hall, "matter": renewal, "service_day": DAY}
    UnmetDemand.objects.create(**here, asked_on=YESTERDAY, count=3)
    return session


@pytest.fixture
def written(hall, asked):
    write_day(hall=hall, day=DAY, now=NOON + timedelta(days=1))
    return DemandFact.objects.get(what="booked")


class TestDays:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_answers_in_both_languages(self, supervisor, written, language):
        assert signed_in(supervisor, language).get(DEMAND).status_code == 200

    def test_who_asked_by_hour_and_day(self, boss, written):
        page = words_of(boss.get(DEMAND))

        assert "14:00 1 0" in page
        assert "Thu 4 Mar 1 1 2 0 4" in page  # three searched, three in ten come anyway
        assert "Thu 4 Mar 1 1 2 Written" in page

    def test_days_that_are_closed_or_not_written_are_not_zero(self, boss, hall, asked):
        write_day(hall=hall, day=YESTERDAY, now=NOON)

        page = words_of(boss.get(DEMAND))

        assert "Wed 3 Mar – – – Closed: nothing is known of what was wanted" in page
        assert "Thu 4 Mar – – – Not written yet" in page

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("first=x&last=2027-03-04", "Write the day like this"),
            ("first=2027-03-04&last=2027-03-01", "lies before the first"),
            ("first=2026-01-01&last=2027-03-01", "at most 92 days"),
            ("first=0001-01-01&last=0001-01-02", "not so far away"),
            ("first=9999-12-30&last=9999-12-31", "not so far away"),
        ],
    )
    def test_strange_days_are_told_beside_their_field(self, boss, hall, query, words):
        answer = boss.get(f"{DEMAND}?{query}")

        assert answer.status_code == 400
        assert words in words_of(answer)
        assert query.split("&")[0].split("=")[1] in text_of(answer)

    def test_a_chart_as_a_table_to_take_along(self, boss, written):
        answer = boss.get(f"{DEMAND}?first={DAY}&last={DAY}&format=csv&chart=demand_by_hour")

        lines = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
        assert [line[1:3] for line in lines if line[0] == "14:00"] == [["1", "0"]]
        assert boss.get(f"{DEMAND}?format=csv&chart=none").status_code == 404
        files = files_of(boss, f"{DEMAND}?first={DAY}&last={DAY}")
        assert lines == files[f"demand_by_hour-H01-{DAY}-{DAY}"]


class TestDay:
    def test_from_the_number_back_to_the_searches(self, boss, hall, renewal, written):
        VainSearch.objects.create(
            matter=renewal, halls="H01,H02", first_day=DAY, last_day=DAY, asked_on=YESTERDAY,
            count=2,
        )  # fmt: skip

        page = words_of(boss.get(OF_DAY))

        assert "Wed 3 Mar Renew Looked at this day in this hall: full Online 3 3" in page
        assert "Searched 2 halls from Thu 4 Mar to Thu 4 Mar Online 2 2" in page
        assert "no hour was said: shared out over the day" in page

    def test_one_hour(self, boss, written):
        page = words_of(boss.get(f"{OF_DAY}?hour=14"))

        assert "Thursday 4 March, 14:00" in page
        assert "Renew Regular Booked Online 1 6" in page
        assert "Came without a booking" not in page

    def test_before_it_is_written_the_searches_are_there(self, boss, asked):
        page = words_of(boss.get(OF_DAY))

        assert "not written yet" in page
        assert "Looked at this day in this hall: full Online 3 3" in page

    @pytest.mark.parametrize("hour", ["x", "-1", "42", "99999", "１"])
    def test_a_strange_hour_shows_the_whole_day(self, boss, written, hour):
        answer = boss.get(OF_DAY, {"hour": hour})

        assert answer.status_code == 400
        assert "There is no such hour" in words_of(answer)

    @pytest.mark.parametrize(
        "path", ["H01/x", "H01/2027-02-30", "H02/2027-03-04", "H99/2027-03-04"]
    )
    def test_what_is_not_there_or_not_ones_own_is_absent(self, boss, written, other_hall, path):
        assert boss.get(f"{DEMAND}{path}/").status_code == 404

    def test_who_looks_on_finds_no_form(self, hall, written):
        Booking.objects.update(state="no_show")
        page = text_of(signed_in(make_staff("looks", hall, "viewer")).get(OF_DAY))

        assert "Differs from the journal" in page
        assert "Write the correction" not in page
        assert "/supervise/demand/facts/" not in page


class TestCorrecting:
    def correct(self, boss, fact, **changes):
        path = f"{DEMAND}facts/{fact.pk}/"
        said = {"people": "4", "minutes": "24", "reason": "Counted by hand"}
        return boss.post(path, {**said, "key": key_of(boss.get(path)), **changes})

    def test_a_number_with_a_reason(self, boss, written):
        answer = self.correct(boss, written)

        assert answer.headers["Location"] == f"{OF_DAY}?hour=14"
        page = words_of(boss.get(OF_DAY))
        assert "4 was 1" in page
        assert "Corrected by supervisor" in page
        assert "Counted by hand" in page

    def test_pressed_twice_is_one_correction(self, boss, written):
        key = key_of(boss.get(f"{DEMAND}facts/{written.pk}/"))

        answers = [self.correct_again(boss, written, key) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [302, 302]
        assert DemandFact.objects.filter(corrects=written).count() == 1

    def correct_again(self, boss, fact, key):
        said = {"people": "4", "minutes": "24", "reason": "r", "key": key}
        return boss.post(f"{DEMAND}facts/{fact.pk}/", said)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"people": "-1"}, "Enter a whole number from 0 to 100000."),
            ({"people": "many"}, "Enter a whole number from 0 to 100000."),
            ({"minutes": "9999999"}, "Enter a whole number from 0 to 5000000."),
            ({"reason": " "}, "Say why"),
            ({"reason": "x" * 201}, "Say why"),
        ],
    )
    def test_bad_input_keeps_what_was_typed(self, boss, written, changes, words):
        answer = self.correct(boss, written, **changes)

        assert answer.status_code == 400
        assert words in words_of(answer)
        assert 'value="24"' in text_of(answer) or "minutes" in changes
        assert not DemandFact.objects.filter(corrects=written).exists()

    def test_a_number_that_is_so_already_is_told_beside_it(self, boss, written):
        answer = self.correct(boss, written, people="1", minutes="6")

        assert answer.status_code == 409
        assert "The number is already so" in words_of(answer)

    def test_who_was_faster_is_shown(self, boss, written):
        self.correct(boss, written)

        assert "corrected already" in words_of(boss.get(f"{DEMAND}facts/{written.pk}/"))

    def test_late_changes_are_written_on_a_press(self, boss, written):
        Booking.objects.update(state="no_show")
        page = boss.get(OF_DAY)
        assert "Did not come · Online 0 1" in words_of(page)

        said = {"key": key_of(page), "reason": ""}
        refused = boss.post(f"{OF_DAY}journal/", said)
        done = boss.post(f"{OF_DAY}journal/", {**said, "reason": "Late mark"})

        assert (refused.status_code, done.status_code) == (400, 302)
        assert "1 number was corrected." in words_of(boss.get(OF_DAY))
        assert "Differs from the journal" not in words_of(boss.get(OF_DAY))

    def test_anothers_number_is_absent(self, written, other_hall):
        theirs = signed_in(make_staff("theirs", other_hall, "supervisor"))

        assert theirs.get(f"{DEMAND}facts/{written.pk}/").status_code == 404
        assert theirs.post(f"{OF_DAY}journal/", {"reason": "r"}).status_code == 404
