"""Asks that are served together: order, parties, own answers, the same rows. C7, C11"""

from datetime import timedelta

import pytest
from django.db import connection

from appointments import sharing
from appointments.booking import SlotFull
from appointments.confirming import find
from appointments.models import Booking, BookingEvent, BookingGroup
from appointments.sealing import booking_secret
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.ways import by_command
from tests.conftest import NOON, a_person, slot_at
from tests.integration.appointments.gathering.conftest import ask_of, held, phone_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_came_first_has_the_place(five_places, renewal):
    asks = [ask_of(five_places, renewal, n) for n in range(12)]

    sharing.serve(asks)

    assert held(asks) == [0, 1, 2, 3, 4]
    assert {type(ask.outcome) for ask in asks[5:]} == {SlotFull}
    nothing_is_broken()


def test_a_party_gets_all_places_or_none_and_a_smaller_one_after_it_may_fit(five_places, renewal):
    last = slot_at(five_places.session, 16, 30)  # nothing follows it
    parties = [(1, 2, 3), (4, 5, 6), (7, 8), (9,)]
    asks = [ask_of(last, renewal, *people) for people in parties]

    sharing.serve(asks)

    assert held(asks) == [0, 2]
    last.refresh_from_db()
    assert last.online_taken == 30
    nothing_is_broken()


def test_a_party_takes_the_rest_in_the_next_slot(five_places, renewal):
    asks = [ask_of(five_places, renewal, 1, 2, 3), ask_of(five_places, renewal, 4, 5, 6, 7)]

    sharing.serve(asks)

    assert held(asks) == [0, 1]
    starts = Booking.objects.order_by("position").values_list("group", "starts_at")
    of_second = [at for group, at in starts if group == asks[1].outcome.answer["group"]]
    first, following = five_places.starts_at, five_places.ends_at
    assert of_second == [first, first, following, following]
    nothing_is_broken()


def test_what_is_written_is_what_the_command_writes(session, renewal):
    slot = slot_at(session, 14)
    by_command(slot, renewal, [a_person(1), a_person(2)], phone_of(1))
    ask = ask_of(slot, renewal, 3, 4)
    ask.phone_index, ask.language = BookingGroup.objects.get().phone_index, "zh-hans"
    BookingGroup.objects.update(made_at=NOON - timedelta(days=40))

    sharing.serve([ask])

    own = {"id", "group", "reference", "name_sealed", "id_sealed", "id_index", "booking"}
    own |= {"phone_sealed", "made_at"}
    for model in (Booking, BookingEvent, BookingGroup):
        rows = model.objects.order_by("pk").values()
        kept = [{k: v for k, v in row.items() if k.removesuffix("_id") not in own} for row in rows]
        half = len(kept) // 2
        assert half
        assert sorted(kept[:half], key=str) == sorted(kept[half:], key=str)


def test_each_caller_gets_an_answer_of_its_own(session, renewal, book):
    slot = slot_at(session, 14)
    book(slot, person=1)
    asks = [ask_of(slot, renewal, 1), ask_of(slot, renewal, 2), ask_of(slot, renewal, 3)]
    asks.append(ask_of(slot, renewal, 2, phone=phone_of(9), key="the other tab"))

    sharing.serve(asks)

    assert held(asks) == [1, 2]
    assert asks[0].outcome == asks[3].outcome == sharing.ALONE
    shown = asks[1].outcome.answer["bookings"][0]
    assert find(shown["reference"], booking_secret(shown["reference"])).group.language == "en"


def blind(ask, rooms, channel):
    return [rooms[ask.slot_id]] * len(ask.visits) if ask.slot_id in rooms else []


def test_a_gatherer_that_ignores_the_quota_is_stopped_by_the_constraint(
    five_places, renewal, monkeypatch
):
    """Mutant: minutes are shared out blindly. The batch breaks, and one by one it holds."""
    monkeypatch.setattr(sharing, "_places", blind)
    asks = [ask_of(five_places, renewal, n) for n in range(8)]

    sharing.serve(asks)

    assert held(asks) == [0, 1, 2, 3, 4]
    nothing_is_broken()


def test_without_the_constraint_it_oversells(five_places, renewal, monkeypatch):
    """Mutant: both lines gone. This is what the two of them prevent."""
    monkeypatch.setattr(sharing, "_places", blind)
    check = "CHECK (online_taken >= 0 AND online_taken <= online_quota)"
    name = "slot_online_within_quota"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE windows_slot DROP CONSTRAINT {name}")
    asks = [ask_of(five_places, renewal, n) for n in range(8)]
    try:
        sharing.serve(asks)
    finally:
        type(five_places).objects.update(online_taken=0)
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE windows_slot ADD CONSTRAINT {name} {check}")

    assert len(held(asks)) == 8
