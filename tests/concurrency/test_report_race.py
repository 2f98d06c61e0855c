"""A figure that two correct at once: one correction stands, the other person is told. # C35

Mutant: without `refusing` around the new row the second one hears an IntegrityError; without
the unique link of a correction to its row (`corrects`) both stand.
"""

from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError

from appointments.models import DayFigure
from appointments.reports.correcting import AlreadyCorrected, correct_number
from appointments.reports.gathering import write_figures
from appointments.reports.names import Key
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, race

pytestmark = pytest.mark.django_db(transaction=True)
NEXT_DAY = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("key", "people"), [(Key("came", bucket="walk_in"), 1), (Key("missed"), 0)]
)
def test_the_first_of_two_wins(hall, session, renewal, supervisor, key, people):
    """A number that was written, and one that was zero and has no row yet."""
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    write_figures(hall=hall, day=DAY, now=NEXT_DAY)
    seen = DayFigure.objects.filter(**key._asdict()).first()

    def correct(count):
        try:
            return correct_number(
                hall=hall, day=DAY, key=key, seen=seen and seen.pk, count=count, minutes=None,
                reason="r", by=supervisor, now=NEXT_DAY,
            ).count  # fmt: skip
        except DatabaseError as error:
            return type(error)

    answers = race(*(partial(correct, count) for count in (5, 6, 7)))

    assert answers.count(AlreadyCorrected) == 2
    made = DayFigure.objects.get(corrects__isnull=False)
    assert made.count in answers
    assert made.corrects.count == people
