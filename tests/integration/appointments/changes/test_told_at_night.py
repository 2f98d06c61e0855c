"""At night people hear of nothing but of a visit of the next morning. C6 C18

Mutant: without `- BEFORE_A_VISIT` (`Plan.due`) the early one is told at seven, on the way.
"""

from datetime import time, timedelta

import pytest

from appointments.changes.asking import Ask, apply_change
from appointments.models import Message
from config import civil
from tests.conftest import DAY, make_session, slot_at

pytestmark = pytest.mark.django_db
NEXT_DAY = DAY + timedelta(days=1)


def test_who_comes_early_is_told_at_night_and_others_in_the_morning(
    hall, windows, book, supervisor
):
    tomorrow = make_session(hall, windows, day=NEXT_DAY, opens=time(8), online=60)
    early, later = book(slot_at(tomorrow, 8), 1), book(slot_at(tomorrow, 15), 2)
    night = civil.city_instant(DAY, time(23))

    apply_change(Ask.cancel(tomorrow), by=supervisor, now=night, default="withdraw")

    told = Message.objects.filter(kind="withdrawn", state="ready")
    due = dict(told.values_list("booking", "due_at"))
    assert due[early.pk] == night + timedelta(minutes=5)  # until then it can be taken back
    assert due[later.pk] == civil.city_instant(NEXT_DAY, time(7))
