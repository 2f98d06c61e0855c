"""A number of a closed day is corrected by a new row with its author and reason. # C8, C35

Tried with mutants, each red: a correction of what was corrected let through, corrected
numbers read beside their corrections.
"""

from datetime import timedelta

import pytest

from appointments.demanded.collecting import write_day
from appointments.demanded.correcting import (
    CorrectedAlready,
    NothingToCorrect,
    NumberNotSensible,
    ReasonMissing,
    correct_day,
    correct_fact,
    differences,
)
from appointments.demanded.facts import facts_now
from appointments.demanded.reading import daily
from appointments.models import Booking, DemandFact
from config.refusals import NotFound
from tests.conftest import DAY, NOON, slot_at
from tests.integration.appointments.demanded.conftest import MORNING_AFTER

pytestmark = pytest.mark.django_db
LATER = MORNING_AFTER + timedelta(hours=3)


@pytest.fixture
def fact(hall, session, book) -> DemandFact:
    book(slot_at(session, 14))
    write_day(hall=hall, day=DAY, now=MORNING_AFTER)
    return DemandFact.objects.get()


@pytest.fixture
def correct(fact, supervisor):
    def corrected(**changes) -> DemandFact:
        facts = {"fact": fact, "people": 5, "minutes": 30, "reason": "Counted by hand"}
        return correct_fact(**{**facts, "by": supervisor, "now": LATER, **changes})

    return corrected


class TestCorrectFact:
    def test_is_a_new_row_that_names_its_author(self, fact, correct, supervisor):
        new = correct()

        fact.refresh_from_db()
        assert (fact.people, fact.corrected_by) == (1, new)
        assert (new.people, new.minutes, new.by, new.reason) == (
            5,
            30,
            supervisor,
            "Counted by hand",
        )
        assert (new.hour, new.channel, new.what) == (14, "online", "booked")

    def test_is_what_is_read_from_then_on(self, hall, correct):
        correct()

        assert [(row.people, row.minutes) for row in daily([hall.pk], DAY, DAY)] == [(5, 30)]

    def test_zero_is_read_as_nobody(self, hall, correct):
        correct(people=0, minutes=0)

        assert daily(None, DAY, DAY) == []

    def test_a_correction_can_be_corrected(self, hall, correct):
        correct(fact=correct(), people=6)

        assert [one.people for one in facts_now([hall.pk], DAY, DAY)] == [6]

    def test_the_same_number_twice_is_refused(self, correct):
        correct()

        with pytest.raises(CorrectedAlready):
            correct(people=7)

    @pytest.mark.parametrize(
        ("changes", "refusal", "field"),
        [
            ({"people": -1}, NumberNotSensible, "people"),
            ({"people": 100_001}, NumberNotSensible, "people"),
            ({"minutes": -1}, NumberNotSensible, "minutes"),
            ({"minutes": 5_000_001}, NumberNotSensible, "minutes"),
            ({"reason": "  "}, ReasonMissing, "reason"),
            ({"reason": "x" * 201}, ReasonMissing, "reason"),
            ({"people": 1, "minutes": 6}, NothingToCorrect, "people"),
        ],
    )
    def test_nonsense_is_refused_beside_its_field(self, correct, changes, refusal, field):
        with pytest.raises(refusal) as no:
            correct(**changes)

        assert no.value.field == field
        assert DemandFact.objects.count() == 1


class TestLateChanges:
    def test_are_told_and_nothing_moves_by_itself(self, hall, fact):
        Booking.objects.update(state="no_show")

        told = differences(hall, DAY)

        assert [(one.key.what, one.written, one.people) for one in told] == [("no_show", None, 1)]
        assert DemandFact.objects.count() == 1

    def test_are_written_when_somebody_says_so(self, hall, fact, supervisor):
        Booking.objects.update(state="no_show")

        wrote = correct_day(hall=hall, day=DAY, reason="Late mark", by=supervisor, now=LATER)

        new = DemandFact.objects.get(corrects__isnull=False)
        assert (wrote, new.what, new.people, new.by) == (1, "no_show", 1, supervisor)
        assert new.corrects.people == 0
        assert differences(hall, DAY) == []

    def test_what_somebody_has_corrected_is_left_as_they_said(self, hall, correct):
        correct()

        assert differences(hall, DAY) == []

    def test_what_is_no_longer_so_becomes_zero(self, hall, fact, supervisor):
        Booking.objects.update(channel="assisted")

        correct_day(hall=hall, day=DAY, reason="Wrong channel", by=supervisor, now=LATER)

        counts = {one.channel: one.people for one in facts_now([hall.pk], DAY, DAY)}
        assert counts == {"online": 0, "assisted": 1}

    def test_a_day_on_which_the_hall_was_closed_has_nothing_to_differ(self, hall, session, book):
        book(slot_at(session, 14))
        session.state = "cancelled"
        session.save()

        assert write_day(hall=hall, day=DAY, now=MORNING_AFTER) == 0
        assert differences(hall, DAY) == []

    def test_a_day_that_is_not_written_has_nothing_to_correct(self, hall, supervisor):
        assert differences(hall, DAY) == []
        with pytest.raises(NotFound):
            correct_day(hall=hall, day=DAY, reason="x", by=supervisor, now=NOON)
