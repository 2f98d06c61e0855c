"""A figure of a closed day is put right on its page. # C35

Tried with each guard taken away: `MoreThanItsWhole` never raised, `seen` not compared, the
hall's roles not asked (`hall_for` with the readers) each turn a test red.
"""

from datetime import timedelta

import pytest

from appointments.models import DayFigure
from appointments.reports.gathering import write_figures
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_staff
from tests.pages.reading import key_of, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db
NEXT_DAY = NOON + timedelta(days=1)
PAGE = f"/supervise/reports/H01/{DAY}/"
CORRECT = f"{PAGE}correct/"
REASON = "The paper list says so"


@pytest.fixture(autouse=True)
def tomorrow(clock):
    clock.now = NEXT_DAY


@pytest.fixture
def boss(supervisor):
    return signed_in(supervisor)


@pytest.fixture
def a_day(hall, session, renewal, at_window_3, clerk, book):
    """One person waited 60 minutes and was served 10 at window 3."""
    issue_walk_in(hall=hall, matter=renewal, now=NOON - timedelta(minutes=60))
    ticket = call_next(window=at_window_3, staff=clerk, now=NOON)
    finish(ticket=ticket, staff=clerk, now=NOON + timedelta(minutes=10))
    write_figures(hall=hall, day=DAY, now=NEXT_DAY)


def served() -> DayFigure:
    """The row that counts now."""
    rows = DayFigure.objects.filter(name="served", matter=None, window=None, hour=None)
    return rows.get(corrected_by=None)


def press(client, way=f"{CORRECT}?name=served", *, page=None, **told):
    page = page or client.get(way)
    seen = {"key": key_of(page), "seen": page.context["seen"]}
    return client.post(way, {**seen, "reason": REASON, **told})


class TestDay:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_shows_each_number_with_a_way_to_correct_it(self, supervisor, a_day, language):
        answer = signed_in(supervisor, language).get(PAGE)

        assert answer.status_code == 200
        assert f"{CORRECT}?name=served" in text_of(answer)
        assert "None" not in words_of(answer)

    def test_of_one_hour(self, boss, a_day):
        words = words_of(boss.get(PAGE, {"of": "hour-12"}))

        assert "Served 1" in words
        assert "Waits" not in words.split("What is written")[1].split("numbers that are zero")[0]

    def test_of_one_matter_and_one_window(self, boss, a_day, renewal, at_window_3):
        assert "Waits · 60–75 min 1 60" in words_of(boss.get(PAGE, {"of": f"matter-{renewal.pk}"}))
        assert "Served 1" in words_of(boss.get(PAGE, {"of": f"window-{at_window_3.pk}"}))

    @pytest.mark.parametrize(
        "of", ["hour-99", "hour-", "matter-0", "window-0", "x-1", "-", "hour-１", "\x00",
               "hour-" + "9" * 30]
    )  # fmt: skip
    def test_of_what_there_is_not(self, boss, a_day, of):
        assert boss.get(PAGE, {"of": of}).status_code == 404

    def test_a_day_that_is_not_written_says_so(self, boss, hall):
        answer = boss.get(PAGE)

        assert "not written yet" in words_of(answer)
        assert "correct/" not in text_of(answer)

    @pytest.mark.parametrize("day", ["2027-02-30", "yesterday", "0"])
    def test_what_is_no_day(self, boss, hall, day):
        assert boss.get(f"/supervise/reports/H01/{day}/").status_code == 404

    def test_who_only_reads_gets_no_way_to_correct(self, hall, a_day):
        viewer = signed_in(make_staff("viewer", hall, "viewer"))

        assert "correct/" not in text_of(viewer.get(PAGE))
        assert viewer.get(f"{CORRECT}?name=served").status_code == 403

    def test_the_report_leads_to_it(self, boss, a_day):
        assert PAGE in text_of(boss.get("/supervise/reports/", {"by": "day"}))


class TestCorrecting:
    def test_a_new_row_stands_beside_the_old_one(self, boss, supervisor, a_day):
        answer = press(boss, count="4")

        assert answer.status_code == 302
        made = served()
        assert (made.count, made.by, made.reason, made.corrects.count) == (
            4, supervisor, REASON, 1
        )  # fmt: skip
        told = words_of(boss.get(PAGE))
        assert f"Was 1. Corrected by {supervisor}," in told
        assert REASON in told

    def test_the_report_says_what_was_corrected(self, boss, supervisor, a_day):
        press(boss, count="4")

        told = words_of(boss.get("/supervise/reports/", {"by": "day"}))

        assert f"Served 1 4 {supervisor}" in told
        assert "4 Mar corrected" in told

    def test_what_was_zero_is_written_and_corrected(self, boss, a_day):
        answer = press(boss, f"{CORRECT}?name=missed", count="2")

        assert answer.status_code == 302
        made = DayFigure.objects.get(name="missed", corrects__isnull=False)
        assert (made.count, made.corrects.count) == (2, 0)

    def test_minutes_that_stay_leave_the_seconds_alone(self, boss, a_day):
        way = f"{CORRECT}?name=staffed"
        assert press(boss, way, count="2", minutes="1440").status_code == 302

        made = DayFigure.objects.get(name="staffed", window=None, corrected_by=None)
        assert (made.count, made.seconds) == (2, made.corrects.seconds)

    def test_twice_pressed_is_done_once(self, boss, a_day):
        page = boss.get(f"{CORRECT}?name=served")

        for _press in range(2):
            assert press(boss, page=page, count="4").status_code == 302
        assert DayFigure.objects.filter(corrects__isnull=False).count() == 1

    def test_who_looked_at_an_older_number_is_told(self, boss, supervisor, a_day):
        page = boss.get(f"{CORRECT}?name=served")
        press(boss, count="4")

        answer = press(boss, page=page, count="5")

        assert answer.status_code == 409
        assert "Somebody has corrected this number meanwhile" in words_of(answer)
        assert f"From 1 to 4 by {supervisor}" in words_of(answer)
        assert 'value="5"' in text_of(answer)
        assert served().count == 4

    def test_of_a_day_that_is_not_written(self, boss, hall, session):
        answer = boss.post(
            f"{CORRECT}?name=served", {"key": "k", "seen": "", "count": "3", "reason": REASON}
        )

        assert answer.status_code == 409
        assert "not written yet" in words_of(answer)
        assert not DayFigure.objects.exists()


@pytest.mark.usefixtures("a_day")
class TestRefused:
    @pytest.mark.parametrize(
        ("told", "status", "said"),
        [
            ({"count": "1"}, 409, "The number is already so"),
            ({"count": "4", "reason": " "}, 400, "Say why"),
            ({"count": "4", "reason": "x" * 201}, 400, "Say why"),
            ({"count": "-1"}, 400, "Enter a whole number from 0 to 100000"),
            ({"count": "100001"}, 400, "Enter a whole number from 0 to 100000"),
            ({"count": "1.5"}, 400, "Enter a whole number"),
            ({"count": "many"}, 400, "Enter a whole number"),
            ({"count": ""}, 400, "Enter a whole number"),
            ({"count": "9" * 400}, 400, "Enter a whole number"),
            ({"count": "4", "reason": "a\x00b"}, 400, "Null characters"),
        ],
    )
    def test_in_words_beside_its_field(self, boss, told, status, said):
        answer = press(boss, **told)

        assert answer.status_code == status
        assert said in words_of(answer)
        assert served().count == 1

    def test_more_away_than_were_booked(self, boss):
        answer = press(boss, f"{CORRECT}?name=no_show&bucket=0", count="3")

        assert answer.status_code == 409
        assert "here 3 of 0" in words_of(answer)

    def test_less_on_offer_than_was_taken(self, boss):
        way = f"{CORRECT}?name=taken&bucket=online"
        assert press(boss, way, count="60").status_code == 302

        answer = press(boss, f"{CORRECT}?name=offered&bucket=online", count="59")

        assert "here 60 of 59" in words_of(answer)

    @pytest.mark.parametrize(("count", "minutes"), [("1", "90"), ("2", "60"), ("0", "60")])
    def test_a_time_that_is_not_of_its_class(self, boss, count, minutes):
        answer = press(boss, f"{CORRECT}?name=wait&bucket=0060", count=count, minutes=minutes)

        assert answer.status_code == 409
        assert "minutes together" in words_of(answer)

    @pytest.mark.parametrize(
        "asked",
        ["", "name=day", "name=served&bucket=x", "name=staffed&of=hour-9", "name=wait",
         "name=came&bucket=walk_in&of=window-0", "name=%00"],
    )  # fmt: skip
    def test_a_number_that_there_is_not(self, boss, asked):
        assert boss.get(f"{CORRECT}?{asked}").status_code == 404

    def test_of_another_hall(self, other_hall):
        there = signed_in(make_staff("there", other_hall, "supervisor"))

        told = {"key": "k", "seen": "", "count": "3", "reason": REASON}
        assert there.get(PAGE).status_code == 404
        assert there.post(f"{CORRECT}?name=served", told).status_code == 404
        assert served().count == 1

    def test_a_reader_with_a_hall_elsewhere(self, hall, other_hall):
        """Who supervises one hall and looks on at another corrects in the first only."""
        person = make_staff("both", other_hall, "supervisor")
        person.roles.create(role="viewer", hall=hall)
        both = signed_in(person)

        assert both.get(PAGE).status_code == 200
        assert both.get(f"{CORRECT}?name=served").status_code == 404
