"""Drawing: whole groups, published and recomputed, once; winners and what is left. C30."""

import json
from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction

from appointments import draw_rule, drawing
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.drawing import (
    announce,
    draw_due,
)
from appointments.housekeeping import expire_holds, forget
from appointments.invariants import holds
from appointments.models import Booking, BookingGroup, Draw, DrawEntry, Message
from appointments.registering import (
    Registration,
    RegistrationClosed,
    register,
)
from appointments.returning import return_due
from appointments.sealing import booking_secret, unseal
from appointments.withdrawing import undo_opening, withdraw_session
from config import civil
from config.refusals import constraint_of
from tests.conftest import NOON, PHONE, a_person, make_session, slot_at
from tests.integration.appointments.draws.conftest import (
    DRAWN,
    ENDS,
    EVENING,
    drawn,
    messages_of,
    phone_of,
)
from windows.models import Slot
from windows.sessions import HasBookings

pytestmark = pytest.mark.django_db


def test_the_draw_gives_whole_groups_their_places_and_tells_everybody(enter, draw, night):
    entries = [enter(n, people=2) for n in range(0, 12, 2)]

    result = drawn(draw).result

    won = [one for one in entries if DrawEntry.objects.get(pk=one.pk).state == "won"]
    assert len(won) == 4  # two people in each of four half hours
    for entry in entries:
        entry.refresh_from_db()
        [text] = messages_of(entry, "drawn")
        if entry.state == "won":
            bookings = Booking.objects.filter(group=entry.group)
            assert {one.hold_expires_at for one in bookings} == {draw.hold_until}
            assert bookings.count() == 2
            assert any(f"/b/{one.reference}/?k=" in text for one in bookings)
        else:
            assert entry.state == "lost"
            assert f"/w/join/?matter=RENEW&hall=H01&day={EVENING}" in text
    assert Slot.objects.filter(session=night, online_taken=12).count() == 4
    assert sorted(one.rank for one in entries) == [1, 2, 3, 4, 5, 6]
    assert {one["id"]: one["rank"] for one in result["outcome"]} == {
        one.public_id: one.rank for one in entries
    }
    assert holds(DRAWN) == []


def test_what_is_published_can_be_recomputed_and_says_nothing_personal(enter, draw):
    enter(1, people=2)
    for n in range(3, 9):
        enter(n)

    found = drawn(draw)

    assert draw_rule.differences(found.result) == []
    assert found.seed == found.result["seed"]
    assert found.commitment == found.result["commitment"]
    published = json.dumps(found.result, ensure_ascii=False)
    for secret in ("陈小宁", "440604", "138"):
        assert secret not in published.replace(found.seed, "")
    assert set(found.result["entries"][0]) == {"id", "people", "minutes", "wishes"}


def test_wishes_come_first_and_other_times_only_when_they_suit(enter, draw, night):
    late = slot_at(night, 20)
    entries = [enter(n, people=2, wishes=(late.pk,), any_other=n == 4) for n in (0, 2, 4)]

    drawn(draw)

    found = [DrawEntry.objects.get(pk=one.pk) for one in entries]
    first = min(found, key=lambda one: one.rank)
    flexible = found[2]
    assert {one.group_id for one in Booking.objects.filter(slot=late)} == {first.group_id}
    assert {one.pk for one in found if one.state == "won"} == {first.pk, flexible.pk}


def test_who_booked_meanwhile_is_passed_over_and_the_place_goes_on(
    enter, draw, night, session, book
):
    Slot.objects.filter(session=night).exclude(pk=slot_at(night, 18, 30).pk).update(is_open=False)
    entries = [enter(n, people=2, phone=phone_of(n)) for n in range(0, 6, 2)]
    seed = unseal(draw.seed_sealed, purpose="draw seed")
    order = draw_rule.order_of(
        draw_rule.final_seed_of(seed, [e.public_id for e in entries]),
        [e.public_id for e in entries],
    )
    first = next(e for e in entries if e.public_id == order[0])
    number = next(n for n, e in zip(range(0, 6, 2), entries, strict=True) if e == first)
    book(slot_at(session, 14), person=number)

    result = drawn(draw).result

    assert [one["outcome"] for one in result["outcome"]] == ["not_possible", "won", "no_room"]
    first.refresh_from_db()
    assert first.state == "lost"
    assert draw_rule.differences(result) == []


def test_a_draw_never_takes_what_is_held_already(enter, draw, night, hall, windows, renewal):
    """Mutant: with the draw ending the phone's own holds, the first win is gone unasked."""
    second = announce(
        session=make_session(
            hall, windows, day=EVENING + timedelta(days=1), opens=time(18, 30), online=12
        ),
        registers_from=NOON, registers_until=ENDS + timedelta(hours=1), now=NOON,
    )  # fmt: skip
    asked = Registration(renewal, [a_person(1)])
    entries = [register(draw=one, asked=asked, phone=PHONE, now=NOON) for one in (draw, second)]
    draw_due(now=DRAWN)

    draw_due(now=DRAWN + timedelta(hours=1))

    assert Booking.objects.get().state == "held"
    states = [DrawEntry.objects.get(pk=entry.pk).state for entry in entries]
    assert states == [DrawEntry.State.WON, DrawEntry.State.LOST]


def test_a_draw_is_drawn_once_and_never_changes(enter, draw):
    enter(1)
    found = drawn(draw)

    assert draw_due(now=DRAWN + timedelta(minutes=1)) == 0
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Draw.objects.filter(pk=found.pk).update(result={})
    assert constraint_of(error.value) == "draw_is_final"


def test_nothing_is_left_of_a_draw_that_broke_and_it_is_drawn_anew(enter, draw, monkeypatch):
    entries = [enter(n) for n in range(5)]

    def broken(*_given):
        raise RuntimeError("the power went off")

    with monkeypatch.context() as patch:
        patch.setattr(drawing, "_tell_all", broken)
        with pytest.raises(RuntimeError), transaction.atomic():
            draw_due(now=DRAWN)
    assert not BookingGroup.objects.exists()
    assert not Message.objects.filter(kind="drawn").exists()

    seed = unseal(draw.seed_sealed, purpose="draw seed")
    found = drawn(draw)
    ids = [entry.public_id for entry in entries]
    assert found.seed == seed
    assert found.result["order"] == draw_rule.order_of(draw_rule.final_seed_of(seed, ids), ids)


def test_a_winner_confirms_and_what_is_not_confirmed_opens_to_everyone(enter, draw, night, renewal):
    first, second = enter(1), enter(2)
    drawn(draw)
    booking = Booking.objects.get(group=DrawEntry.objects.get(pk=first.pk).group)
    mine = find(booking.reference, booking_secret(booking.reference))
    confirm(booking=mine, now=draw.hold_until - timedelta(seconds=1))

    expire_holds(now=draw.hold_until)

    kept = Booking.objects.get(group=DrawEntry.objects.get(pk=second.pk).group)
    assert kept.state == "expired"
    later = draw.hold_until + timedelta(minutes=11)
    return_due(now=later)
    for person, slot in enumerate(night.slots.order_by("pk"), start=50):
        hold(
            slot_id=slot.pk, matter=renewal, people=[a_person(person)], phone=phone_of(person),
            now=later,
        )  # fmt: skip


def test_a_draw_that_comes_late_gives_winners_their_hours_anew(enter, draw, night):
    entry = enter(1)
    late = ENDS + timedelta(hours=20)

    found = drawn(draw, now=late)

    night.refresh_from_db()
    assert found.hold_until == late + timedelta(hours=24) == night.booking_opens_at
    entry.refresh_from_db()
    assert entry.group.bookings.get().hold_expires_at == found.hold_until
    assert set(night.slots.values_list("booking_opens_at", flat=True)) == {found.hold_until}


def test_winners_are_told_when_the_hall_cancels_later(enter, draw, night):
    entry = enter(1)
    drawn(draw)

    withdraw_session(session=night, by=None, now=DRAWN)

    booking = Booking.objects.get(group=DrawEntry.objects.get(pk=entry.pk).group)
    assert booking.state == "withdrawn"
    assert Message.objects.filter(booking=booking, kind="withdrawn").exists()


def test_registrations_are_forgotten_a_month_after_the_session(enter, draw, night):
    enter(1)
    drawn(draw)

    forget(now=night.ends_at + timedelta(days=29))
    assert DrawEntry.objects.exists()
    forget(now=night.ends_at + timedelta(days=31))

    assert not DrawEntry.objects.exists()
    draw.refresh_from_db()
    assert draw.result["outcome"]
    assert [one.name for one in holds(DRAWN) if "draw" in one.name] == []


def test_a_session_that_people_registered_for_is_not_undone_but_cancelled(enter, draw, night):
    entry = enter(1, language="en")

    with pytest.raises(HasBookings):
        undo_opening(session=night, by=None, now=NOON)
    withdraw_session(session=night, by=None, now=NOON)

    assert draw_due(now=NOON + timedelta(minutes=1)) == 1
    [text] = messages_of(entry, "drawn")
    assert "the hall cancelled" in text
    with pytest.raises(RegistrationClosed):
        enter(2)


def test_news_of_a_draw_at_night_waits_for_the_morning(night, renewal):
    late = NOON + timedelta(hours=11)
    announced = announce(session=night, registers_from=NOON, registers_until=late, now=NOON)
    asked = Registration(matter=renewal, people=[a_person(1)])
    entry = register(draw=announced, asked=asked, phone=PHONE, now=NOON)

    draw_due(now=late)

    owed = Message.objects.get(subject=f"draw:{entry.pk}", kind="drawn")
    assert civil.city_time(owed.due_at).hour == 7
    assert owed.useless_after == announced.hold_until
