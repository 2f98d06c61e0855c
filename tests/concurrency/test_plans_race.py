"""Plans are made anew while people book: whoever has a place keeps it. C1 C8"""

from datetime import time, timedelta

import pytest

from appointments.booking import SlotGone, hold
from appointments.models import Booking
from config.refusals import Refusal
from tests.conftest import DAY, NOON, a_person, race
from windows.models import HallSession, Slot, WeeklyPlan
from windows.plans import Generated, generate
from windows.weekly import add_plan

pytestmark = pytest.mark.django_db(transaction=True)

FRIDAY = DAY + timedelta(days=1)


def planned(hall, windows) -> HallSession:
    """Friday's session of a plan that has changed since."""
    add_plan(
        hall=hall, kind="regular", weekdays=[1, 2, 3, 4, 5], on="workdays", opens=time(9),
        closes=time(12), windows=windows, valid_from=DAY, by=None, now=NOON,
    )  # fmt: skip
    make_again()
    WeeklyPlan.objects.update(closes=time(13), slot_minutes=60)
    return HallSession.objects.get()


def make_again() -> Generated:
    return generate(first=DAY, last=FRIDAY, now=NOON)


def test_who_books_while_plans_are_made_keeps_the_place_or_is_told(hall, windows, renewal):
    session = planned(hall, windows)
    slots = list(session.slots.order_by("starts_at").values_list("pk", flat=True))

    def book(number: int):
        return lambda: hold(
            slot_id=slots[number % len(slots)], matter=renewal, people=[a_person(number)],
            phone=f"+86138001380{number:02d}", now=NOON,
        )  # fmt: skip

    said = race(make_again, *[book(number) for number in range(1, 9)])

    held = [one for one in said[1:] if not isinstance(one, type)]
    refused = [one for one in said[1:] if isinstance(one, type)]
    assert all(issubclass(one, Refusal) for one in refused)
    assert Booking.objects.filter(slot__session=session).count() == len(held)
    done = said[0]
    if done.replaced:  # the plan came first: the old times were gone
        assert held == []
        assert set(refused) == {SlotGone}
        assert Slot.objects.filter(session=session).count() == 4
    else:
        assert held
        assert [one.session for one in done.left_alone] == [session]
        assert Slot.objects.filter(session=session).count() == 6


def test_plans_made_twice_at_once_make_each_session_once(hall, windows):
    planned(hall, windows)
    HallSession.objects.all().delete()

    done = race(make_again, make_again, make_again)

    assert sorted(one.made for one in done) == [0, 0, 1]
    assert HallSession.objects.count() == 1
