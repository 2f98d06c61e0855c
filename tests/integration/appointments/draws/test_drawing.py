"""Announcing, registering and drawing. # C30"""

from datetime import timedelta

import pytest

from appointments import draw_rule
from appointments.booking import (
    AlreadyBooked,
    NotReleased,
    PersonNotOnline,
    TooManyForPhone,
    hold,
)
from appointments.draw_words import entry_link
from appointments.drawing import (
    AlreadyAnnounced,
    DrawEndsEarly,
    DrawEndsLate,
    DrawTooFar,
    NothingToDraw,
    announce,
)
from appointments.registering import (
    AlreadyRegistered,
    NoRoomTogether,
    NotInSession,
    RegistrationClosed,
    WishElsewhere,
    find_entry,
    withdraw_registration,
)
from appointments.sealing import unseal
from config import civil
from config.refusals import NotFound
from tests.conftest import DAY, NOON, PHONE, a_person, make_matter, make_session, slot_at
from tests.integration.appointments.draws.conftest import (
    DRAWN,
    ENDS,
    OTHER_PHONE,
    drawn,
    messages_of,
    phone_of,
)
from windows.models import HallSession, Slot
from windows.sessions import HasBookings

pytestmark = pytest.mark.django_db


def test_an_announced_session_cannot_be_booked_before_the_winners_time_is_over(
    draw, night, renewal
):
    night.refresh_from_db()
    assert night.release == HallSession.Release.DRAW
    assert night.booking_opens_at == draw.hold_until == ENDS + timedelta(hours=24)
    assert set(night.slots.values_list("booking_opens_at", flat=True)) == {draw.hold_until}
    assert len(draw.commitment) == 64
    assert draw.seed == ""

    with pytest.raises(NotReleased):
        hold(
            slot_id=slot_at(night, 18, 30).pk, matter=renewal, people=[a_person(1)], phone=PHONE,
            now=DRAWN,
        )  # fmt: skip


def test_the_seed_is_not_readable_before_it_is_drawn(draw):
    assert draw.commitment.encode() not in bytes(draw.seed_sealed)
    seed = unseal(draw.seed_sealed, purpose="draw seed")
    assert seed.encode() not in bytes(draw.seed_sealed)
    assert draw_rule.commitment_of(seed) == draw.commitment


@pytest.mark.parametrize(
    ("until", "refusal"),
    [
        (NOON + timedelta(minutes=5), DrawEndsEarly),
        (NOON - timedelta(days=1), DrawEndsEarly),
        (NOON + timedelta(days=2, hours=12), DrawEndsLate),
    ],
)
def test_times_that_do_not_fit_are_refused(night, until, refusal):
    with pytest.raises(refusal):
        announce(session=night, registers_from=NOON, registers_until=until, now=NOON)


def test_a_draw_that_ends_before_the_day_can_be_booked_is_refused(hall, windows):
    far = make_session(hall, windows, day=DAY + timedelta(days=30))

    with pytest.raises(DrawTooFar):
        announce(session=far, registers_from=NOON, registers_until=ENDS, now=NOON)


def test_winners_time_never_ends_at_night(night):
    late = NOON + timedelta(hours=11)  # 23:00 on the wall

    announced = announce(session=night, registers_from=NOON, registers_until=late, now=NOON)

    assert civil.city_time(announced.hold_until).hour == 7
    assert announced.hold_until > late + timedelta(hours=24)


def test_a_session_is_announced_once_and_only_before_the_first_booking(draw, night, session, book):
    with pytest.raises(AlreadyAnnounced):
        announce(session=night, registers_from=NOON, registers_until=ENDS, now=NOON)
    tomorrow = make_session(session.hall, [], day=DAY + timedelta(days=2))
    Slot.objects.filter(session=tomorrow).update(online_quota=6, online_taken=6, minutes=6)
    with pytest.raises(HasBookings):
        announce(session=tomorrow, registers_from=NOON, registers_until=ENDS, now=NOON)
    Slot.objects.filter(session=tomorrow).update(online_quota=0, online_taken=0, walkin_quota=6)
    with pytest.raises(NothingToDraw):
        announce(session=tomorrow, registers_from=NOON, registers_until=ENDS, now=NOON)


def test_registering_owes_a_message_with_the_entrys_page(enter):
    entry = enter(1, people=2)

    assert entry.people.count() == 2
    assert entry.minutes == 12
    [text] = messages_of(entry, "registered")
    assert entry_link(entry) in text
    assert find_entry(entry.public_id, entry_link(entry).split("k=")[1]) == entry
    with pytest.raises(NotFound):
        find_entry(entry.public_id, "wrong")


def test_a_person_takes_part_once(enter):
    enter(1, people=2)

    with pytest.raises(AlreadyRegistered):
        enter(2, phone=phone_of(1))
    with pytest.raises(PersonNotOnline):  # a stranger learns nothing
        enter(2, phone=OTHER_PHONE)


def test_who_withdrew_can_register_anew_and_is_not_drawn(enter, draw):
    entry = enter(1)

    withdraw_registration(entry=entry, now=NOON)
    withdraw_registration(entry=entry, now=NOON)
    again = enter(1)

    result = drawn(draw).result
    assert [one["id"] for one in result["entries"]] == [again.public_id]


def test_registration_closes(enter, draw):
    entry = enter(1)
    for now in (ENDS, NOON - timedelta(seconds=1)):
        with pytest.raises(RegistrationClosed):
            enter(2, now=now)
    with pytest.raises(RegistrationClosed):
        withdraw_registration(entry=entry, now=ENDS)


def test_what_the_session_cannot_give_is_refused(enter, night, session, pickup):
    with pytest.raises(NotInSession):
        enter(1, matter=make_matter("OTHER", "X", 5))
    with pytest.raises(WishElsewhere):
        enter(1, wishes=(slot_at(session, 14).pk,))
    with pytest.raises(NoRoomTogether):
        enter(1, people=3)


def test_who_has_a_booking_is_not_registered_and_strangers_are_not_told(enter, session, book):
    book(slot_at(session, 14), person=1)

    with pytest.raises(AlreadyBooked):
        enter(1, phone=PHONE)
    with pytest.raises(PersonNotOnline):
        enter(1, phone=OTHER_PHONE)


def test_a_phone_registers_for_a_dozen_people(enter):
    for first in range(0, 12, 2):
        enter(first, people=2, phone=PHONE)

    with pytest.raises(TooManyForPhone):
        enter(20, phone=PHONE)
