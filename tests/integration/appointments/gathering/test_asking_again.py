"""The same key asked again: one booking, one answer. C7, C11"""

import pytest

from appointments import sharing
from appointments.claiming_together import TAKE
from appointments.models import Booking, BookingGroup
from tests.concurrency.ways import body_of, press
from tests.conftest import PHONE, a_person, slot_at
from tests.integration.appointments.gathering.conftest import ask_of, held
from windows.prepared import Prepared

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("again_gathered", [True, False])
def test_a_key_gets_its_first_answer_whichever_way_it_comes(
    session, renewal, settings, again_gathered
):
    body = body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE)
    first = press(body, key="mine")
    settings.GATHER_BOOKINGS = again_gathered

    again, other = press(body, key="mine"), press({**body, "slot": 1}, key="mine")

    assert (first.status_code, first.json()) == (201, again.json())
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Booking.objects.count() == 1


def test_the_same_key_twice_in_one_batch_is_one_booking(session, renewal):
    slot = slot_at(session, 14)
    asks = [ask_of(slot, renewal, 1, key="mine") for _ in range(2)]

    sharing.serve(asks)

    assert held(asks) == [0]
    assert asks[1].outcome == sharing.ALONE


def test_a_gatherer_that_forgets_the_key_books_twice(session, renewal, monkeypatch):
    """Mutant: the key is not written; the person who asks again gets another answer."""
    tail = TAKE.sql[TAKE.sql.index("INSERT INTO windows_requestkey") :]
    forgetful = Prepared("forgetful", TAKE.sql.replace(tail, "SELECT id FROM party"))
    monkeypatch.setattr(sharing, "TAKE", forgetful)
    body = body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE)

    answers = [press(body, key="mine").json() for _ in range(2)]

    assert answers[0] != answers[1]
    assert BookingGroup.objects.count() == 2
