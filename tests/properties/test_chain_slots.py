"""A visit of several matters stands in one slot, or in two that touch. # C27"""

from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from appointments.attending import Attendee
from appointments.booking import hold
from appointments.models import Booking
from appointments.offering import slots_of
from appointments.rescheduling import reschedule
from config.refusals import Refusal
from tests.conftest import DAY, NOON, PHONE, an_id, make_matter, make_session

pytestmark = pytest.mark.django_db
QUIETLY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)


class Undo(Exception):
    """Rolls an example back."""


@pytest.fixture
def matters(windows):
    """Three matters of different length; the third window serves them all."""
    made = [make_matter(f"M{minutes}", "M", minutes) for minutes in (4, 7, 11)]
    windows[2].matters.add(*made)
    return made


def touching(bookings: list[Booking]) -> bool:
    """In order of the visit: the same slot, or the one that follows it; two slots at most."""
    slots = [one.slot for one in sorted(bookings, key=lambda one: one.position)]
    steps = [a == b or (a.ends_at == b.starts_at) for a, b in pairwise(slots)]
    one_session = len({slot.session_id for slot in slots}) == 1
    return all(steps) and len(set(slots)) <= 2 and one_session


@given(data=st.data())
@QUIETLY
def test_a_chain_never_splits_over_slots_that_do_not_touch(data, hall, windows, matters):
    try:
        with transaction.atomic():
            visits = list(_visits_of(data, hall, windows, matters))
            raise Undo
    except Undo:
        assert all(touching(one) for one in visits)


def _visits_of(data, hall, windows, matters):
    """A visit as it was held and as it was moved; what is offered is held, and nothing else."""
    session = make_session(hall, windows)
    slots = list(session.slots.order_by("starts_at"))[6:12]
    for slot in slots:
        room = data.draw(st.integers(0, 30))
        closed = data.draw(st.integers(0, 5)) == 0
        type(slot).objects.filter(pk=slot.pk).update(online_taken=90 - room, is_open=not closed)
    chain = tuple(
        data.draw(st.lists(st.sampled_from(matters), min_size=1, max_size=3, unique=True))
    )
    people = data.draw(st.integers(1, 3))
    party = [Attendee("陈小宁", an_id(n), matters=chain) for n in range(people)]
    asked = {"matter": chain[0], "matters": chain, "people": people, "now": NOON}
    offered = {one.id for one in slots_of(hall=hall, day=DAY, **asked) if one.places > 0}
    slot = data.draw(st.sampled_from(slots))

    try:
        with transaction.atomic():
            hold(slot_id=slot.pk, matter=chain[0], people=party, phone=PHONE, now=NOON)
    except Refusal:
        assert slot.pk not in offered  # what is shown free can be held
        return
    assert slot.pk in offered  # what can be held is shown
    bookings = list(Booking.objects.select_related("slot").order_by("position"))
    yield bookings
    yield _moved(data, slots, bookings[0])


def _moved(data, slots, booking):
    to = data.draw(st.sampled_from(slots))
    try:
        with transaction.atomic():
            reschedule(booking=booking, slot_id=to.pk, now=NOON)
    except Refusal:
        pass
    mine = Booking.objects.filter(id_index=booking.id_index).select_related("slot")
    return list(mine)
