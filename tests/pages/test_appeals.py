"""Appeals in the browser: the person's page and the supervisors' pages. # C30"""

import re
from datetime import time, timedelta

import pytest
from django.test import Client
from django.utils import translation

from appointments import appealing, missing
from appointments.models import Appeal, Booking, MissedVisit
from appointments.sealing import booking_secret
from config import civil
from tests.conftest import DAY, make_staff, slot_at
from tests.pages.reading import key_of, text_of

pytestmark = pytest.mark.django_db
EVENING = civil.city_instant(DAY, time(21, 1))
MORNING = EVENING + timedelta(hours=12)


@pytest.fixture(autouse=True)
def next_morning(clock):
    clock.now = MORNING
    return clock


@pytest.fixture
def missed(book, session) -> Booking:
    booking = book(slot_at(session, 15))
    Booking.objects.filter(pk=booking.pk).update(state="no_show", ended_at=EVENING)
    booking.refresh_from_db()
    MissedVisit.objects.create(
        booking=booking, id_index=bytes(booking.id_index), missed_at=EVENING,
        counts_until=EVENING + timedelta(days=180), most=3, closed_days=30,
    )  # fmt: skip
    return booking


@pytest.fixture
def as_supervisor(supervisor) -> Client:
    client = Client()
    client.force_login(supervisor)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def written(missed) -> Appeal:
    return appealing.appeal(booking=missed, reason="there", text="我等到五点", now=MORNING)


def page_of(booking: Booking) -> str:
    return f"/b/{booking.reference}/appeal/?k={booking_secret(booking.reference)}"


class TestThePersonsPage:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_it_answers_in_both_languages(self, client, missed, language):
        client.cookies["django_language"] = language

        assert client.get(page_of(missed)).status_code == 200

    def test_it_says_the_rule_and_the_last_day(self, citizen, missed):
        page = text_of(citizen.get(page_of(missed)))

        assert "this counts as 1 of 3" in page
        assert "tell us by Thursday 18 March" in page
        assert "Coming without a booking is always possible." in page

    def test_writing_is_done_once_and_then_shown(self, citizen, missed):
        key = key_of(citizen.get(page_of(missed)))
        answers = {"key": key, "reason": "ill", "text": "发烧 <b>"}

        first = citizen.post(page_of(missed), answers)
        citizen.post(page_of(missed), answers)
        page = text_of(citizen.get(first.url))

        assert Appeal.objects.count() == 1
        assert "A supervisor of the hall reads it" in page
        assert "发烧 &lt;b&gt;" in page
        assert "<textarea" not in page

    @pytest.mark.parametrize(
        ("answers", "status"),
        [({}, 400), ({"reason": "x"}, 400), ({"reason": "ill", "text": "x" * 1001}, 400),
         ({"reason": "other"}, 409)],
    )  # fmt: skip
    def test_what_is_missing_is_said_and_nothing_is_lost(self, citizen, missed, answers, status):
        answer = citizen.post(page_of(missed), {"key": "k" * 32, **answers})

        assert answer.status_code == status
        assert answers.get("text", "") in text_of(answer)
        assert not Appeal.objects.exists()

    def test_after_the_last_day_the_page_says_so(self, citizen, missed, next_morning):
        next_morning.now += timedelta(days=15)

        page = text_of(citizen.get(page_of(missed)))

        assert "Objecting was possible until Thursday 18 March" in page
        assert "<textarea" not in page

    def test_without_a_missed_visit_there_is_nothing(self, citizen, book, session):
        assert citizen.get(page_of(book(slot_at(session, 15)))).status_code == 409

    @pytest.mark.parametrize("secret", ["", "?k=", "?k=wrong"])
    def test_without_its_secret_it_is_not_found(self, citizen, missed, secret):
        address = f"/b/{missed.reference}/appeal/{secret}"

        assert citizen.get(address).status_code == 404
        assert citizen.post(address, {"key": "k", "reason": "ill"}).status_code == 404

    def test_the_answer_is_read_there(self, citizen, written, missed, supervisor):
        appealing.decide(
            appeal=written, accept=False, answer="柜台一直有人", by=supervisor, now=MORNING
        )

        page = text_of(citizen.get(page_of(missed)))

        assert "This visit still counts." in page
        assert "柜台一直有人" in page
        assert "supervisor</" not in page

    def test_an_excused_visit_says_so(self, citizen, missed, supervisor):
        visit = appealing.missed_visit(missed)
        missing.excuse(visit=visit, why="storm", by=supervisor, now=MORNING)

        assert "This visit is excused" in text_of(citizen.get(page_of(missed)))


class TestTheSupervisorsPages:
    def test_the_list_shows_who_waits_masked(self, as_supervisor, written):
        page = text_of(as_supervisor.get("/supervise/appeals/"))

        assert "1 person waits for an answer" in page
        assert "陈*宁" in page
        assert "陈小宁" not in page
        assert "I was there" in page

    def test_one_shows_words_journal_and_hall(self, as_supervisor, written):
        page = text_of(as_supervisor.get(f"/supervise/appeals/{written.pk}/"))

        for words in ("我等到五点", "The booking was confirmed", "Numbers called", "1 of 3"):
            assert words in page
        assert "陈小宁" not in page
        assert not re.search(r"\d{17}[\dX]", page)

    @pytest.mark.parametrize(
        ("decision", "state"), [("accept", "accepted"), ("decline", "declined")]
    )
    def test_deciding(self, as_supervisor, written, decision, state):
        address = f"/supervise/appeals/{written.pk}/"
        key = key_of(as_supervisor.get(address))

        answer = as_supervisor.post(address, {"key": key, "decision": decision, "answer": "why"})

        written.refresh_from_db()
        assert (answer.status_code, written.state) == (302, state)
        page = text_of(as_supervisor.get("/supervise/appeals/"))
        assert "The person gets a message." in page
        assert "Nobody waits for an answer." in page
        assert text_of(as_supervisor.get(address)).count("<textarea") == 0

    def test_declining_without_an_answer_is_asked_for(self, as_supervisor, written):
        address = f"/supervise/appeals/{written.pk}/"

        answer = as_supervisor.post(address, {"key": "k" * 32, "decision": "decline"})

        assert answer.status_code == 409
        assert "write an answer" in text_of(answer)

    def test_a_colleague_was_faster(self, as_supervisor, written, hall):
        other = make_staff("周组长", hall, "supervisor")
        appealing.decide(appeal=written, accept=True, answer="", by=other, now=MORNING)

        answer = as_supervisor.post(
            f"/supervise/appeals/{written.pk}/", {"key": "k" * 32, "decision": "accept"}
        )

        assert answer.status_code == 409
        assert "周组长 has decided this already." in text_of(answer)

    def test_another_halls_supervisor_finds_nothing(self, written, other_hall):
        client = Client()
        client.force_login(make_staff("stranger", other_hall, "supervisor"))

        assert "陈" not in text_of(client.get("/supervise/appeals/"))
        assert client.get(f"/supervise/appeals/{written.pk}/").status_code == 404

    @pytest.mark.parametrize("role", ["clerk", "guide", "auditor"])
    def test_others_are_sent_away(self, written, hall, role):
        client = Client()
        client.force_login(make_staff(role, hall, role))

        assert client.get("/supervise/appeals/").status_code == 403
        assert client.get(f"/supervise/appeals/{written.pk}/").status_code == 403

    def test_both_languages(self, as_supervisor, written):
        with translation.override("zh-hans"):
            as_supervisor.cookies["django_language"] = "zh-hans"
            for address in ("/supervise/appeals/", f"/supervise/appeals/{written.pk}/"):
                assert as_supervisor.get(address).status_code == 200
