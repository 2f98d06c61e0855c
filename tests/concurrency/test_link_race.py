"""Races for the places that a link keeps, by every way to a place. C29"""

from datetime import time, timedelta
from functools import partial

import pytest

from appointments import claiming as module
from appointments.booking import SlotFull
from appointments.gathering import line
from appointments.models import Booking, BookingGroup
from config.refusals import Refusal
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.test_booking_race import crowd, is_held, phone_of
from tests.concurrency.ways import WAYS, by_command, way_of
from tests.conftest import NOON, a_person, make_session, race, slot_at
from windows.links import ShareKeptAlready, make_link, release_due, revoke_link
from windows.models import SessionLink

pytestmark = pytest.mark.django_db(transaction=True)
SOON = NOON + timedelta(minutes=30)


@pytest.fixture(params=WAYS)
def take(request, settings, monkeypatch):
    """Each of the ways to a place: the same guarantees for all of them."""
    yield way_of(request.param, settings, monkeypatch)
    line.rest()


@pytest.fixture
def session(hall, windows):
    return make_session(hall, windows, opens=time(13), closes=time(17), online=60)


@pytest.fixture
def link(session):
    """Of ten places in each slot, five are kept."""
    return make_link(
        session=session, name_zh="南海电器厂", percent=50, releases_at=SOON, by=None, now=NOON
    )


def test_the_kept_places_are_for_the_link_alone_and_nothing_is_oversold(
    session, link, renewal, take
):
    slot = slot_at(session, 14)

    outcomes = crowd(60, lambda n: take(slot, renewal, [a_person(n)], phone_of(n)))
    assert sum(map(is_held, outcomes)) == 5
    invited = crowd(
        60, lambda n: take(slot, renewal, [a_person(100 + n)], phone_of(100 + n), link.token)
    )

    assert sum(map(is_held, invited)) == 5
    assert invited.count(SlotFull) == 55
    slot.refresh_from_db()
    assert (slot.online_taken, slot.reserved_taken) == (30, 30)
    assert BookingGroup.objects.filter(link=link).count() == 5
    nothing_is_broken()


def test_invited_people_go_on_among_the_others(session, link, renewal, take):
    slot = slot_at(session, 14)

    outcomes = crowd(
        40, lambda n: take(slot, renewal, [a_person(n)], phone_of(n), link.token if n % 2 else "")
    )

    assert sum(map(is_held, outcomes)) == 10
    assert outcomes.count(SlotFull) == 30
    channels = Booking.objects.filter(channel="reserved")
    assert channels.count() == 5
    assert not channels.exclude(group__link=link).exists()
    nothing_is_broken()


def test_a_family_by_the_link_stands_in_two_neighbouring_slots(session, link, renewal, take):
    slot = slot_at(session, 14)
    for n in range(4):
        by_command(slot, renewal, [a_person(n)], phone_of(n), link.token)

    take(slot, renewal, [a_person(50), a_person(51)], phone_of(50), link.token)

    places = Booking.objects.order_by("-pk")[:2]
    assert {one.channel for one in places} == {"reserved"}
    assert {one.slot_id for one in places} == {slot.pk, slot_at(session, 14, 30).pk}
    nothing_is_broken()


def test_a_family_that_does_not_fit_the_share_goes_among_the_others(session, link, renewal, take):
    session.slots.update(online_quota=54, reserved_quota=6)

    take(slot_at(session, 16, 30), renewal, [a_person(50), a_person(51)], phone_of(50), link.token)

    assert set(Booking.objects.values_list("channel", "group__link")) == {("online", link.pk)}
    nothing_is_broken()


def test_a_link_opens_no_share_of_another_session(session, link, renewal, take, hall, windows):
    other = make_session(hall, windows, day=session.service_day + timedelta(days=1), online=60)
    make_link(
        session=other, name_zh="学校", percent=100, releases_at=other.starts_at, by=None, now=NOON
    )

    with pytest.raises(SlotFull):
        take(slot_at(other, 14), renewal, [a_person(1)], phone_of(1), link.token)
    assert not Booking.objects.exists()


def test_a_link_that_was_taken_back_books_nothing(session, link, renewal, take):
    revoke_link(link=link, now=NOON)

    with pytest.raises(Refusal) as no:
        take(slot_at(session, 14), renewal, [a_person(1)], phone_of(1), link.token)
    assert no.value.code == "link_over"


def test_the_release_meets_a_crowd_and_every_place_is_given_once(session, link, renewal, take):
    slot = slot_at(session, 14)

    def one(n):
        if n == 20:
            return release_due(now=SOON)
        return take(slot, renewal, [a_person(n)], phone_of(n), link.token if n % 2 else "")

    outcomes = crowd(60, one)
    late = crowd(20, lambda n: take(slot, renewal, [a_person(100 + n)], phone_of(100 + n)))

    assert sum(map(is_held, outcomes + late)) == 10
    slot.refresh_from_db()
    assert slot.online_taken + slot.reserved_taken == 60
    assert slot.reserved_quota == slot.reserved_taken
    nothing_is_broken()


def test_a_share_is_taken_while_people_book_and_none_loses_a_place(session, renewal, take):
    slot = slot_at(session, 14)

    def one(n):
        if n == 5:
            return make_link(
                session=session, name_zh="厂", percent=50, releases_at=SOON, by=None, now=NOON
            )
        return take(slot, renewal, [a_person(n)], phone_of(n))

    outcomes = crowd(40, one)

    slot.refresh_from_db()
    assert sum(map(is_held, outcomes)) * 6 == slot.online_taken <= slot.online_quota
    assert slot.online_quota + slot.reserved_quota == 60
    nothing_is_broken()


def test_two_supervisors_keep_one_share(session):
    keep = partial(
        make_link, session=session, name_zh="厂", percent=50, releases_at=SOON, by=None, now=NOON
    )

    outcomes = race(keep, keep, keep)

    assert outcomes.count(ShareKeptAlready) == 2
    assert SessionLink.objects.count() == 1
    assert set(session.slots.values_list("reserved_quota", flat=True)) == {30}


def test_without_the_guard_the_share_is_still_not_oversold(session, link, renewal, monkeypatch):
    """Mutant: the claim forgets to look at the share; the CHECK is the second line."""
    guard = "AND s.reserved_taken + asked.need <= s.reserved_quota"
    assert guard in module.CLAIM["reserved"]
    monkeypatch.setitem(module.CLAIM, "reserved", module.CLAIM["reserved"].replace(guard, ""))
    slot = slot_at(session, 14)

    outcomes = crowd(
        20, lambda n: by_command(slot, renewal, [a_person(n)], phone_of(n), link.token)
    )

    assert sum(map(is_held, outcomes)) == 5
    assert sum("slot_reserved_within_quota" in str(one) for one in outcomes) == 15
