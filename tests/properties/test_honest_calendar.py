"""What is offered can be held, and what is not offered is refused. C11 C27 C30

Mutants that this test finds: the rest of a party counted without the first slot's room
(`total` instead of `total - sums[...]` in offering.IN_TWO); a release compared with the
session's start; `places` divided by the matter's minutes for a chain; returning places
subtracted from what is taken.
"""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.attending import Attendee
from appointments.booking import SlotFull, SlotGone, hold
from appointments.cancelling import cancel
from appointments.confirming import confirm, find
from appointments.models import ReturningPlace
from appointments.offering import availability, minutes_of, slots_of
from config.refusals import Refusal
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session
from windows.models import HallSession

pytestmark = pytest.mark.django_db

SLOT = st.fixed_dictionaries(
    {
        "quota": st.integers(0, 40),
        "taken": st.integers(0, 40),
        "opens": st.sampled_from([-60, -1, 0, 1, 60]),  # minutes from now
        "is_open": st.booleans() | st.just(True),
    }
)
PARTY = st.fixed_dictionaries(
    {
        "people": st.integers(1, 4),
        "chain": st.sampled_from([("RENEW",), ("RENEW", "PICKUP"), ("PICKUP", "RENEW")]),
        "more_time": st.booleans(),
    }
)


class Undone(Exception):
    """Rolls a trial back."""


def refusal_of(slot_id: int, matters: list, party: dict, now: datetime) -> Refusal | None:
    """What holding says; nothing stays."""
    needs = ("time",) if party["more_time"] else ()
    people = [
        Attendee("陈小宁", an_id(n), needs=needs, matters=tuple(matters))
        for n in range(party["people"])
    ]
    try:
        with transaction.atomic():
            hold(slot_id=slot_id, matter=matters[0], people=people, phone=PHONE, now=now)
            raise Undone
    except Undone:
        return None
    except Refusal as refusal:
        return refusal


def shape(session: HallSession, slots: list[dict], now: datetime) -> None:
    """The session's slots from 13:00 get these quotas."""
    for slot, asked in zip(session.slots.order_by("starts_at")[8:], slots, strict=False):
        slot.online_quota = asked["quota"]
        slot.online_taken = min(asked["taken"], asked["quota"])
        slot.walkin_quota = slot.minutes - slot.online_quota
        slot.booking_opens_at = now + timedelta(minutes=asked["opens"])
        slot.is_open = asked["is_open"]
        slot.save()


@pytest.fixture
def cast(hall, windows, renewal, pickup):
    session = make_session(hall, windows, online=0)
    return {"hall": hall, "session": session, "RENEW": renewal, "PICKUP": pickup}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(slots=st.lists(SLOT, min_size=2, max_size=4), party=PARTY)
def test_everything_offered_can_be_held_and_nothing_else(cast, slots, party):
    shape(cast["session"], slots, NOON)
    matters = [cast[code] for code in party["chain"]]
    minutes = minutes_of(matters, people=party["people"], more_time=party["more_time"], now=NOON)
    asked = {
        "matter": matters[0], "matters": matters, "minutes": minutes, "people": party["people"],
        "now": NOON,
    }  # fmt: skip

    offered = {one.id: one for one in slots_of(hall=cast["hall"], day=DAY, **asked)}
    days = availability(first=DAY, days=1, **asked)

    for slot in cast["session"].slots.order_by("starts_at")[8 : 8 + len(slots)]:
        said_no = refusal_of(slot.pk, matters, party, NOON)
        is_offered = slot.pk in offered and offered[slot.pk].places > 0
        assert is_offered == (said_no is None), (slot.starts_at, said_no)
    free = [one for one in offered.values() if one.places]
    assert sum(day.places for day in days) == sum(one.places for one in free)
    assert [day.first_slot_id for day in days if day.places] == [one.id for one in free[:1]]


def test_a_place_that_was_given_up_is_not_on_offer_until_it_returns(cast):  # C30
    slot = cast["session"].slots.order_by("starts_at")[10]
    cast["session"].slots.filter(pk=slot.pk).update(online_quota=6, walkin_quota=84)
    asked = {"hall": cast["hall"], "matter": cast["RENEW"], "now": NOON}
    held = hold(
        slot_id=slot.pk, matter=cast["RENEW"], people=[a_person(1)], phone=PHONE, now=NOON
    ).bookings[0]  # fmt: skip
    booking = find(held.reference, held.secret)
    confirm(booking=booking, now=NOON)

    cancel(booking=booking, now=NOON)

    assert ReturningPlace.objects.get().ended_at is None
    assert availability(first=DAY, days=1, **asked)[0].places == 0
    assert not any(one.places for one in slots_of(day=DAY, **asked))
    assert isinstance(
        refusal_of(slot.pk, [cast["RENEW"]], {"people": 2, "more_time": False}, NOON),
        SlotFull | SlotGone,
    )
