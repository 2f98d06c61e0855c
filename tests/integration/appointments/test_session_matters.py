"""A session with a list of its own matters: nothing else can be booked in it, by any way."""

from datetime import timedelta

import pytest

from appointments.booking import SlotFull, SlotGone
from appointments.gathering import line
from appointments.models import Booking, Draw
from appointments.offering import availability, next_releases
from appointments.offering_back import offer_free
from appointments.registering import NotInSession, Registration, register
from appointments.rescheduling import reschedule
from appointments.waitlist import join
from queues.issuing import issue_walk_in
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.ways import WAYS, way_of
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from windows.served import served

pytestmark = pytest.mark.django_db(transaction=True)
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def only_pickup(session, pickup):
    """Its windows renew too, and the session does not."""
    session.matter_ids = [pickup.pk]
    session.save(update_fields=["matter_ids"])
    return session


def test_only_its_matters_are_on_offer(only_pickup, renewal, pickup):
    asked = {"first": DAY, "days": 3, "now": NOON}

    assert availability(matter=renewal, **asked) == []
    assert [day.places > 0 for day in availability(matter=pickup, **asked)] == [True]
    assert availability(matter=renewal, matters=[renewal, pickup], **asked) == []
    assert served(only_pickup) == [pickup]
    only_pickup.slots.update(booking_opens_at=NOON + timedelta(hours=1))
    wanted = {"halls": [], "bookable": TOMORROW, "now": NOON}
    assert next_releases(matters=[renewal], **wanted) == []
    assert len(next_releases(matters=[pickup], **wanted)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_only_its_matters_are_booked(only_pickup, renewal, pickup, way, settings, monkeypatch):
    take = way_of(way, settings, monkeypatch)
    slot = slot_at(only_pickup, 14)

    with pytest.raises((SlotFull, SlotGone)):
        take(slot, renewal, [a_person(1)], PHONE)
    take(slot, pickup, [a_person(2)], "+8613900139000")
    line.rest()

    assert list(Booking.objects.values_list("matter__code", flat=True)) == ["PICKUP"]
    nothing_is_broken()


def test_nobody_moves_into_it_with_another_matter(only_pickup, book, hall, windows):
    booking = book(slot_at(make_session(hall, windows, day=TOMORROW), 10))

    with pytest.raises(SlotGone):
        reschedule(booking=booking, slot_id=slot_at(only_pickup, 14).pk, now=NOON)


@pytest.mark.parametrize(("code", "offers"), [("RENEW", 0), ("PICKUP", 1)])
def test_the_waiting_list_is_asked_for_its_matters_only(
    only_pickup, renewal, pickup, hall, code, offers
):
    matter = {"RENEW": renewal, "PICKUP": pickup}[code]
    join(matter=matter, halls=[hall], first=DAY, last=DAY, people=[a_person(1)], phone=PHONE,
         now=NOON)  # fmt: skip

    assert offer_free(now=NOON) == offers


def test_its_draw_takes_its_matters_only(only_pickup, renewal, pickup):
    draw = Draw.objects.create(
        session=only_pickup, registers_from=NOON, registers_until=NOON + timedelta(hours=1),
        hold_until=NOON + timedelta(hours=2), commitment="c", seed_sealed=b"s", made_at=NOON,
    )  # fmt: skip

    with pytest.raises(NotInSession):
        register(draw=draw, asked=Registration(renewal, [a_person(1)]), phone=PHONE, now=NOON)
    entry = register(draw=draw, asked=Registration(pickup, [a_person(1)]), phone=PHONE, now=NOON)
    assert entry.matter == pickup


def test_who_comes_without_a_booking_is_never_refused_for_it(only_pickup, hall, renewal):  # C7
    assert issue_walk_in(hall=hall, matter=renewal, now=NOON).number
