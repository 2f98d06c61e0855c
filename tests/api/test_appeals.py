"""Appeals and links over the API. # C30 C33"""

from datetime import time, timedelta

import pytest

from appointments import appealing, limiting
from appointments.models import Appeal, Booking, Message, MissedVisit
from appointments.sealing import booking_secret
from config import civil
from tests.api.conftest import Caller
from tests.conftest import DAY, PHONE, make_staff, slot_at

EVENING = civil.city_instant(DAY, time(21, 1))
SAID = {"reason": "hall", "text": "门口贴着停办通知"}


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


class TestAppeals:
    @pytest.fixture
    def missed(self, book, session, clock) -> Booking:
        booking = book(slot_at(session, 15))
        Booking.objects.filter(pk=booking.pk).update(state="no_show", ended_at=EVENING)
        MissedVisit.objects.create(
            booking=booking, id_index=bytes(booking.id_index), missed_at=EVENING,
            counts_until=EVENING + timedelta(days=180), most=3, closed_days=30,
        )  # fmt: skip
        clock.now = EVENING + timedelta(hours=12)
        return booking

    @pytest.fixture
    def mine(self, missed) -> Caller:
        return Caller(**{"X-Booking-Secret": booking_secret(missed.reference)})

    @pytest.fixture
    def path(self, missed) -> str:
        return f"bookings/{missed.reference}/appeal/"

    def test_what_a_missed_visit_counts_as(self, mine, path):
        answer = mine.get(path).json()

        assert (answer["counts"], answer["most"], answer["appeal"]) == (True, 3, "none")
        assert answer["appeal_until"] == "2027-03-19T00:00:00+08:00"
        assert answer["closed_until"] is None

    def test_objecting_once(self, mine, path):
        first = mine.post(path, SAID, key="one")
        again = mine.post(path, SAID, key="one")
        second = mine.post(path, SAID)

        assert (first.status_code, first.json()["appeal"]) == (201, "open")
        assert again.json() == first.json()
        assert told(second) == (409, "already_appealed")
        assert Appeal.objects.count() == 1

    @pytest.mark.parametrize(
        "body", [{}, {"reason": "x"}, {"reason": "ill", "text": "x" * 1001}, {"reason": 5}, []]
    )
    def test_malformed(self, mine, path, body):
        assert told(mine.post(path, body)) == (400, "malformed")

    def test_refusals(self, mine, path, clock):
        assert told(mine.post(path, {"reason": "other"})) == (409, "text_missing")
        clock.forward(days=20)
        assert told(mine.post(path, SAID)) == (409, "appeal_too_late")

    def test_nothing_missed(self, anybody, book, session):
        booking = book(slot_at(session, 15))
        secret = {"X-Booking-Secret": booking_secret(booking.reference)}
        path = f"bookings/{booking.reference}/appeal/"

        assert anybody.get(path, **secret).status_code == 404
        assert told(anybody.post(path, SAID, **secret)) == (409, "nothing_missed")

    def test_without_the_secret_there_is_no_booking(self, anybody, path):
        absent = anybody.get("bookings/AAAAAAAA/appeal/", **{"X-Booking-Secret": "x"})
        answers = [anybody.get(path), anybody.post(path, SAID, **{"X-Booking-Secret": "x"})]

        assert {answer.status_code for answer in answers} == {404}
        assert {answer.content for answer in answers} == {absent.content}

    @pytest.fixture
    def written(self, mine, path) -> Appeal:
        mine.post(path, SAID)
        return Appeal.objects.get()

    def test_a_supervisor_sees_and_decides(self, as_supervisor, written, mine, path):
        (row,) = as_supervisor.get("appeals/").json()
        assert (row["id"], row["name"], row["text"]) == (written.pk, "陈*宁", SAID["text"])

        body = {"decision": "accept", "answer": "当天确实停办"}
        done = as_supervisor.post(f"appeals/{written.pk}/decide/", body)

        assert (done.status_code, done.json()["state"]) == (200, "accepted")
        assert done.json()["decided_by"] == "supervisor"
        assert as_supervisor.get("appeals/").json() == []
        assert len(as_supervisor.get("appeals/?state=accepted").json()) == 1
        seen = mine.get(path).json()
        assert (seen["appeal"], seen["counts"], seen["answer"]) == (
            "accepted", False, body["answer"],
        )  # fmt: skip

    def test_a_decision_stands(self, as_supervisor, written):
        path = f"appeals/{written.pk}/decide/"
        as_supervisor.post(path, {"decision": "accept"})

        again = as_supervisor.post(path, {"decision": "decline", "answer": "no"})

        assert told(again) == (409, "already_decided")

    def test_declining_says_why(self, as_supervisor, written):
        answer = as_supervisor.post(f"appeals/{written.pk}/decide/", {"decision": "decline"})

        assert told(answer) == (409, "answer_missing")

    def test_others_are_kept_out(self, anybody, as_clerk, as_auditor, written, other_hall):
        stranger = Caller(make_staff("other", other_hall, "supervisor"))
        path, body = f"appeals/{written.pk}/decide/", {"decision": "accept"}

        closed = [caller.get("appeals/") for caller in (anybody, as_clerk, as_auditor)]
        closed += [caller.post(path, body) for caller in (anybody, as_clerk, as_auditor)]

        assert {answer.status_code for answer in closed} == {403}
        assert stranger.get("appeals/").json() == []
        assert stranger.post(path, body).status_code == 404
        assert appealing.appeal_of(MissedVisit.objects.get()).state == "open"


class TestLinks:
    @pytest.fixture(autouse=True)
    def fresh_counts(self, db, monkeypatch):
        monkeypatch.setattr(limiting, "_take_in_redis", lambda *of: None)

    def test_the_answer_is_the_same_for_every_phone(self, anybody, book, session):
        book(slot_at(session, 15))

        answers = [anybody.post("booking-links/", {"phone": n}) for n in (PHONE, "13900139000")]

        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].content == answers[1].content
        assert Message.objects.filter(kind="links", useless_after=None).count() == 1

    def test_also_when_it_was_asked_often(self, anybody, book, session):
        book(slot_at(session, 15))

        answers = [anybody.post("booking-links/", {"phone": PHONE}) for _ in range(6)]

        assert {answer.status_code for answer in answers} == {202}
        assert {answer.content for answer in answers} == {answers[0].content}
        assert Message.objects.filter(kind="links").count() == 3

    @pytest.mark.parametrize("phone", ["", "12", None, "x" * 50, 5])
    def test_malformed(self, anybody, phone):
        assert told(anybody.post("booking-links/", {"phone": phone})) == (400, "malformed")
