"""Several matters of one visit at two kiosks at once. # C27"""

from functools import partial

import pytest

from appointments import arriving
from appointments.arriving import check_in
from appointments.attending import Attendee
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.models import Booking
from queues.models import Ticket
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.interleaving import after
from tests.conftest import NOON, PHONE, an_id, race, slot_at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visit(session, renewal, pickup, first_minor) -> list[str]:
    """The references of one child's visit for three matters."""
    child = Attendee(
        "陈小贝", an_id(1, born="20150601"), guardian="陈大宁",
        matters=(renewal, pickup, first_minor),
    )  # fmt: skip
    slot = slot_at(session, 12, 30)
    held = hold(slot_id=slot.pk, matter=renewal, people=[child], phone=PHONE, now=NOON)
    confirm(booking=find(held.bookings[0].reference, held.bookings[0].secret), now=NOON)
    return [one.reference for one in held.bookings]


def all_at_once(hall, references):
    """Each of the references twice, and the ID number, at seven kiosks."""
    presses = [partial(check_in, hall=hall, reference=one, now=NOON) for one in references * 2]
    by_number = partial(check_in, hall=hall, id_number=an_id(1, born="20150601"), now=NOON)
    return race(*presses, by_number)


def test_any_of_the_references_at_any_kiosk_is_one_ticket(hall, visit):
    outcomes = all_at_once(hall, visit)

    assert {ticket.pk for ticket in outcomes} == {Ticket.objects.get().pk}
    assert Booking.objects.filter(state="arrived").count() == 3
    nothing_is_broken()


def test_without_the_lock_on_the_whole_visit_there_are_several_tickets(hall, visit, monkeypatch):
    """Mutant: each press locks only the booking that it was shown."""

    def alone(booking):
        return list(
            Booking.objects.filter(pk=booking.pk)
            .select_related("matter", "hall", "group", "slot__session")
            .select_for_update(of=("self",))
        )

    monkeypatch.setattr(arriving, "visit_with", alone)
    first, second, _third = (partial(check_in, hall=hall, reference=one, now=NOON) for one in visit)

    after(first, second)

    assert Ticket.objects.count() == 2
