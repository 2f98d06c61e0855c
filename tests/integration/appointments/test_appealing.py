"""Appeals: once per missed visit, decided once by a supervisor of the hall. # C30"""

from datetime import time, timedelta
from functools import partial

import pytest

from appointments import appealing, missing
from appointments.appealing import appeal, appeals_for, decide, missed_visit, said_in
from appointments.models import Appeal, Booking, Closure, Message, MissedVisit
from appointments.sealing import unseal
from config import civil
from config.refusals import NotFound
from tests.conftest import DAY, NOON, make_staff, race, slot_at
from windows.models import Rule

pytestmark = pytest.mark.django_db
EVENING = civil.city_instant(DAY, time(21, 1))
MORNING = EVENING + timedelta(hours=12)


@pytest.fixture
def make_missed(book, session):
    """A visit that was missed, and what it counts as."""

    def made(person: int = 1, **changes: int) -> Booking:
        booking = book(slot_at(session, 15), person=person, language="en")
        Booking.objects.filter(pk=booking.pk).update(state="no_show", ended_at=EVENING)
        booking.refresh_from_db()
        numbers = {"most": 3, "closed_days": 30, **changes}
        MissedVisit.objects.create(
            booking=booking, id_index=bytes(booking.id_index), missed_at=EVENING,
            counts_until=EVENING + timedelta(days=180), **numbers,
        )  # fmt: skip
        return booking

    return made


@pytest.fixture
def missed(make_missed) -> Booking:
    return make_missed()


@pytest.fixture
def open_appeal(missed) -> Appeal:
    return appeal(booking=missed, reason="ill", text="发烧了，去了医院", now=MORNING)


def closure_for(booking: Booking) -> Closure:
    visit = missed_visit(booking)
    return Closure.objects.create(
        id_index=visit.id_index, missed=visit, begins_at=EVENING,
        ends_at=EVENING + timedelta(days=30),
    )  # fmt: skip


class TestAppealing:
    def test_the_words_are_kept_sealed(self, open_appeal):
        row = Appeal.objects.get()

        assert "发烧".encode() not in bytes(row.text_sealed)
        assert b"ill" not in bytes(row.text_sealed)
        assert (said_in(row).reason, said_in(row).text) == ("ill", "发烧了，去了医院")

    def test_it_is_journaled(self, open_appeal, missed):
        assert missed.events.order_by("pk").last().kind == "appealed"

    def test_once_per_missed_visit(self, open_appeal, missed):
        with pytest.raises(appealing.AlreadyAppealed):
            appeal(booking=missed, reason="there", text="x", now=MORNING)

    def test_nothing_missed(self, book, session):
        with pytest.raises(appealing.NothingMissed):
            appeal(booking=book(slot_at(session, 15)), reason="ill", text="", now=MORNING)

    def test_until_the_end_of_the_fourteenth_day(self, missed):
        until = civil.city_instant(DAY + timedelta(days=15), time.min)
        assert missing.appeal_until(missed_visit(missed)) == until

        with pytest.raises(appealing.AppealTooLate) as refused:
            appeal(booking=missed, reason="ill", text="", now=until)
        assert "Thursday 18 March" in str(refused.value)

        assert appeal(booking=missed, reason="ill", text="", now=until - timedelta(seconds=1))

    def test_a_shorter_time_from_tomorrow_leaves_this_promise(self, missed):
        Rule.objects.create(name="appeal_days", value=1, effective_on=DAY + timedelta(days=1))

        assert appeal(booking=missed, reason="ill", text="", now=MORNING + timedelta(days=9))

    def test_something_else_needs_words(self, missed):
        with pytest.raises(appealing.TextMissing):
            appeal(booking=missed, reason="other", text="  ", now=MORNING)

    def test_what_is_excused_already(self, missed, supervisor):
        missing.excuse(visit=missed_visit(missed), why="storm", by=supervisor, now=MORNING)

        with pytest.raises(appealing.AlreadyExcused):
            appeal(booking=missed, reason="ill", text="", now=MORNING)

    @pytest.mark.django_db(transaction=True)
    def test_two_tabs_write_one_appeal(self, missed):
        send = partial(appeal, booking=missed, reason="ill", text="", now=MORNING)

        outcomes = race(send, send, send)

        assert outcomes.count(appealing.AlreadyAppealed) == 2
        assert Appeal.objects.count() == 1


class TestDeciding:
    @pytest.fixture
    def accepted(self, open_appeal, supervisor) -> Appeal:
        return decide(appeal=open_appeal, accept=True, answer="", by=supervisor, now=MORNING)

    def test_accepted_the_visit_is_excused(self, accepted, supervisor):
        visit = MissedVisit.objects.get()
        assert (visit.excused_by, visit.excused_at) == (supervisor, MORNING)
        assert (accepted.state, accepted.decided_by) == ("accepted", supervisor)

    def test_it_is_journaled_with_who_and_when(self, accepted, missed, supervisor):
        event = missed.events.order_by("pk").last()
        assert (event.kind, event.by, event.at) == ("appeal_accepted", supervisor, MORNING)

    def test_the_person_is_told(self, accepted):
        message = Message.objects.get(kind="answered")
        text = unseal(message.text_sealed, purpose="message")
        assert "is excused and no longer counts" in text
        assert "/appeal/?k=" in text

    def test_declined_it_stays_with_the_reason_why(self, open_appeal, supervisor):
        answer = "柜台整天有人，当天没有取号记录"
        done = decide(appeal=open_appeal, accept=False, answer=answer, by=supervisor, now=MORNING)

        assert MissedVisit.objects.get().excused_at is None
        assert appealing.answer_of(done) == answer
        assert answer.encode() not in bytes(done.answer_sealed)
        assert "leaves it as it is noted" in unseal(
            Message.objects.get(kind="answered").text_sealed, purpose="message"
        )

    def test_declining_needs_an_answer(self, open_appeal, supervisor):
        with pytest.raises(appealing.AnswerMissing):
            decide(appeal=open_appeal, accept=False, answer=" ", by=supervisor, now=MORNING)

    def test_the_first_decision_stands(self, accepted, open_appeal, hall):
        other = make_staff("other", hall, "supervisor")

        with pytest.raises(appealing.AlreadyDecided) as refused:
            decide(appeal=open_appeal, accept=False, answer="no", by=other, now=MORNING)

        assert "supervisor has decided this" in str(refused.value)

    @pytest.mark.parametrize("role", ["clerk", "guide", "auditor", "agent"])
    def test_only_supervisors_of_the_hall_decide(self, open_appeal, hall, role):
        with pytest.raises(NotFound):
            decide(
                appeal=open_appeal, accept=True, answer="", by=make_staff(role, hall, role),
                now=MORNING,
            )  # fmt: skip

    def test_another_halls_supervisor_does_not(self, open_appeal, other_hall):
        stranger = make_staff("stranger", other_hall, "supervisor")

        with pytest.raises(NotFound):
            decide(appeal=open_appeal, accept=True, answer="", by=stranger, now=MORNING)
        assert not appeals_for(stranger).exists()

    def test_the_oldest_comes_first(self, open_appeal, make_missed, supervisor):
        newer = appeal(booking=make_missed(2), reason="ill", text="", now=MORNING + timedelta(1))

        assert list(appeals_for(supervisor)) == [open_appeal, newer]

    @pytest.mark.django_db(transaction=True)
    def test_two_supervisors_decide_at_once(self, open_appeal, hall):
        """Mutant: without the lock on the appeal both decide."""
        by = [make_staff(f"supervisor-{n}", hall, "supervisor") for n in (1, 2)]

        outcomes = race(
            partial(decide, appeal=open_appeal, accept=True, answer="", by=by[0], now=MORNING),
            partial(decide, appeal=open_appeal, accept=False, answer="no", by=by[1], now=MORNING),
        )

        assert outcomes.count(appealing.AlreadyDecided) == 1
        assert Message.objects.filter(kind="answered").count() == 1
        decided = Appeal.objects.get()
        assert (decided.state == "accepted") == (MissedVisit.objects.get().excused_at is not None)


class TestClosures:
    def test_one_that_is_not_earned_any_more_is_lifted(self, make_missed, supervisor):
        booking = make_missed(most=1)
        closure = closure_for(booking)
        made = appeal(booking=booking, reason="hall", text="", now=MORNING)

        decide(appeal=made, accept=True, answer="", by=supervisor, now=MORNING)

        closure.refresh_from_db()
        assert (closure.lifted_at, closure.lifted_by) == (MORNING, supervisor)
        text = unseal(Message.objects.get(kind="answered").text_sealed, purpose="message")
        assert "You can book online again." in text

    def test_one_with_enough_others_stands(self, make_missed, supervisor):
        first, last = make_missed(1, most=1), make_missed(2, most=1)
        MissedVisit.objects.update(id_index=bytes(first.id_index))
        closure_for(last)
        made = appeal(booking=first, reason="hall", text="", now=MORNING)

        decide(appeal=made, accept=True, answer="", by=supervisor, now=MORNING)

        assert Closure.objects.get().lifted_at is None

    def test_declining_lifts_nothing(self, make_missed, supervisor):
        booking = make_missed(most=1)
        closure_for(booking)
        made = appeal(booking=booking, reason="hall", text="", now=MORNING)

        decide(appeal=made, accept=False, answer="no", by=supervisor, now=MORNING)

        assert Closure.objects.get().lifted_at is None

    def test_booking_online_works_again(self, make_missed, supervisor, book, session):
        booking = make_missed(most=1)
        closure_for(booking)
        Closure.objects.update(begins_at=NOON - timedelta(days=1))
        made = appeal(booking=booking, reason="hall", text="", now=MORNING)
        decide(appeal=made, accept=True, answer="", by=supervisor, now=MORNING)

        assert book(slot_at(session, 16)).state == "confirmed"
