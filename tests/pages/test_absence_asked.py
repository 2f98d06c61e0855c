"""The pages on which an absence is asked for, answered, and withdrawn. # C26"""

from datetime import timedelta

import pytest
from django.test import Client

from tests.conftest import DAY, NOON, make_session, make_staff
from tests.pages.reading import words_of
from windows.models import Absence, AbsenceRequest
from windows.rostering import assign

pytestmark = pytest.mark.django_db
TOMORROW = DAY + timedelta(days=1)
ASK, MINE = "/desk/roster/absence/", "/desk/roster/"
ROSTER = "/supervise/roster/?hall=H01"


@pytest.fixture(autouse=True)
def noon(clock):
    clock.now = NOON
    return clock


def browser_of(staff) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(staff)
    return client


@pytest.fixture
def mine(hall, windows, clerks):
    """Clerk 1, planned at window 1 tomorrow; clerks 2 and 3 have nothing to do."""
    tomorrow = make_session(hall, windows, day=TOMORROW)
    assign(staff=clerks[0], session=tomorrow, window=windows[0], by=None, now=NOON)
    return browser_of(clerks[0])


@pytest.fixture
def boss(supervisor):
    return browser_of(supervisor)


def ask(client, key="k", **said):
    answers = {"reason": "leave", "first": TOMORROW.isoformat(), "key": key, **said}
    return client.post(ASK, answers)


def answer(client, asked, **said):
    return client.post(f"/supervise/people/asked/{asked.pk}/", {"hall": "H01", "key": "k", **said})


@pytest.fixture
def asked(mine):
    ask(mine, note="Moving house")
    return AbsenceRequest.objects.get()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", [ASK, MINE])
def test_own_pages_answer_in_both_languages(mine, asked, path, language):
    mine.cookies["django_language"] = language

    assert mine.get(path).status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_supervisors_pages_answer_in_both_languages(boss, asked, language):
    boss.cookies["django_language"] = language

    for path in (ROSTER, f"/supervise/people/asked/{asked.pk}/?hall=H01", "/supervise/?hall=H01"):
        assert boss.get(path).status_code == 200


def test_asked_once_however_often_it_is_pressed_and_seen_on_ones_page(mine):
    for _press in range(2):
        assert ask(mine, note="Moving house").status_code == 302

    page = words_of(mine.get(MINE))
    assert AbsenceRequest.objects.count() == 1
    assert "Fri 5 Mar Asked Leave · Moving house" in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"reason": ""}, "Choose a reason."),
        ({"first": "2027-03-03"}, "This time is over. Choose today or a later day."),
        ({"begins_at": "12:00", "ends_at": "09:00"}, "The end is before the beginning."),
        ({"reason": "in_lieu"}, "has 0 minutes of time off left"),
        ({"reason": "in_lieu", "minutes": "x"}, "Enter the minutes as a number."),
        ({"note": "x" * 201}, "Use 200 characters at most."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(mine, said, words):
    response = ask(mine, **said)

    assert response.status_code in (400, 409)
    assert words in words_of(response)
    assert not AbsenceRequest.objects.exists()


def test_the_same_time_again_is_refused(mine, asked):
    response = ask(mine, key="another", begins_at="10:00", ends_at="11:00")

    assert response.status_code == 409
    assert "You have asked for a part of this time already." in words_of(response)


def test_the_supervisor_sees_who_could_stand_in(boss, asked):
    page = words_of(boss.get(ROSTER))

    assert "clerk-1 · Fri 5 Mar · Leave Moving house" in page
    assert "09:00 to 17:00 · Window 1 · clerk-2 could stand in and 1 other" in page
    assert "An absence is asked for. See it" in words_of(boss.get("/supervise/?hall=H01"))


def test_who_looks_on_sees_no_questions(asked, hall):
    looker = browser_of(make_staff("looker", hall, "viewer"))

    assert "Moving house" not in words_of(looker.get(ROSTER))
    assert "absence is asked for" not in words_of(looker.get("/supervise/?hall=H01"))


def test_agreed_it_goes_on_to_who_stands_in_and_the_person_is_told_once(boss, mine, asked):
    assert "answered" not in words_of(mine.get("/desk/"))

    response = answer(boss, asked, answer_is="yes")

    absence = Absence.objects.get()
    assert response["location"] == f"/supervise/people/absences/{absence.pk}/?hall=H01"
    assert "An absence is asked for." not in words_of(boss.get("/supervise/?hall=H01"))
    assert "Your absence is answered. See it" in words_of(mine.get("/desk/"))
    assert "Fri 5 Mar Agreed Leave · Moving house supervisor agreed." in words_of(mine.get(MINE))
    assert "answered" not in words_of(mine.get("/desk/"))


def test_refused_with_a_reason_that_the_person_reads(boss, mine, asked):
    without = answer(boss, asked, answer_is="no", answer="")
    assert (without.status_code, "so that your colleague can plan" in words_of(without)) == (
        400, True,
    )  # fmt: skip

    assert answer(boss, asked, answer_is="no", answer="Exam week").status_code == 302

    assert "Refused Leave · Moving house supervisor: Exam week" in words_of(mine.get(MINE))
    again = answer(boss, asked, answer_is="yes", key="later")
    assert again.status_code == 409
    assert "This question is closed already: Refused." in words_of(again)


def test_withdrawn_by_oneself_and_by_nobody_else(mine, clerks, asked):
    path = f"/desk/roster/absences/{asked.pk}/withdraw/"
    assert browser_of(clerks[1]).post(path, {"key": "k"}).status_code == 404

    mine.post(path, {"key": "k"})

    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    assert "Moving house" not in words_of(mine.get(MINE))


def test_another_halls_question_is_none(asked, other_hall):
    elsewhere = browser_of(make_staff("elsewhere", other_hall, "supervisor"))
    path = f"/supervise/people/asked/{asked.pk}/"

    assert elsewhere.get(path).status_code == 404
    assert elsewhere.post(path, {"answer_is": "yes", "key": "k"}).status_code == 404
    assert browser_of(make_staff("c", other_hall, "clerk")).get(path).status_code == 403


def test_ones_own_question_is_for_somebody_else(boss, supervisor):
    ask(boss)
    own = AbsenceRequest.objects.get()

    assert "Somebody else decides" in words_of(boss.get(ROSTER))
    assert answer(boss, own, answer_is="yes").status_code == 409
    assert not Absence.objects.exists()
