"""What may not move: places that somebody may be looking at; more than a day allows. C8"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from appointments.booking import hold
from appointments.models import (
    Booking,
    Draw,
    QuotaMove,
    ReturningPlace,
    WaitEntry,
    WaitOffer,
)
from appointments.rebalancing import make_plan, moving, rebalance, step
from config import civil
from tests.conftest import DAY, PHONE, a_person, slot_at
from tests.integration.rebalancing.conftest import NIGHT, quotas_of
from windows.models import HallSession, Rule, Slot

pytestmark = pytest.mark.django_db
BY_DAY = NIGHT + timedelta(hours=7)


def moved_slots():
    return set(QuotaMove.objects.values_list("slot", flat=True))


class TestLookedAt:
    """Mutant: without looked_at in standing() and move_within_limits these slots move."""

    def test_a_held_place(self, ten_came, tomorrow, renewal):
        slot = slot_at(tomorrow, 12)
        hold(slot_id=slot.pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NIGHT)

        rebalance(demand_day=DAY, now=NIGHT)

        assert moved_slots() == {slot_at(tomorrow, 12, 30).pk}

    def test_a_place_that_comes_back(self, ten_came, tomorrow, book):
        slot = slot_at(tomorrow, 12)
        booking = book(slot, 1)
        ReturningPlace.objects.create(
            slot=slot, booking=booking, channel=Booking.Channel.ONLINE, minutes=6,
            left_at=NIGHT, returns_at=NIGHT + timedelta(minutes=5),
        )  # fmt: skip

        rebalance(demand_day=DAY, now=NIGHT)

        assert slot.pk not in moved_slots()

    def test_a_place_that_the_waiting_list_has_offered(self, ten_came, tomorrow, renewal, book):
        slot = slot_at(tomorrow, 12)
        entry = WaitEntry.objects.create(
            first_day=DAY, last_day=DAY, made_at=NIGHT, phone_sealed=b"", phone_index=b"",
            matter=renewal, minutes=6,
        )  # fmt: skip
        WaitOffer.objects.create(
            entry=entry, group=book(slot, 1).group, made_at=NIGHT,
            expires_at=NIGHT + timedelta(hours=1),
        )  # fmt: skip

        rebalance(demand_day=DAY, now=NIGHT)

        assert moved_slots() == {slot_at(tomorrow, 12, 30).pk}

    def test_a_session_that_is_drawn(self, ten_came, tomorrow):
        Draw.objects.create(
            session=tomorrow, registers_from=NIGHT, registers_until=NIGHT + timedelta(hours=2),
            hold_until=NIGHT + timedelta(hours=4), commitment="0" * 64, seed_sealed=b"",
            made_at=NIGHT,
        )  # fmt: skip

        rebalance(demand_day=DAY, now=NIGHT)

        assert moved_slots() == set()

    def test_a_release_behind_a_waiting_room(self, ten_came, tomorrow):
        HallSession.objects.filter(pk=tomorrow.pk).update(release=HallSession.Release.ROOM)
        tomorrow.slots.update(booking_opens_at=NIGHT + timedelta(minutes=5))

        rebalance(demand_day=DAY, now=NIGHT)

        assert moved_slots() == set()

    def test_a_hold_that_came_after_the_plan(self, ten_came, tomorrow, renewal):
        plan = make_plan(demand_day=DAY, now=NIGHT, kind="night")
        slot = slot_at(tomorrow, 12)
        hold(slot_id=slot.pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NIGHT)

        moving.carry_out(plan, demand_day=DAY, now=NIGHT)

        assert moved_slots() == {slot_at(tomorrow, 12, 30).pk}


def test_a_halls_day_moves_no_more_than_its_bound(ten_came, tomorrow, hall):
    # 16 slots of 90 minutes: 1 % are 14 minutes, two slots want 9 each
    Rule.objects.create(name="rebalance_hall_percent", value=1, effective_on=DAY)

    run = rebalance(demand_day=DAY, now=NIGHT)

    assert 9 <= sum(run.moves.values_list("minutes", flat=True)) <= 14


def test_two_plans_made_at_once_move_no_more_than_one(ten_came, tomorrow):
    """Mutant: without the look at `of_slots` in move_within_limits the second moves again."""
    plans = [make_plan(demand_day=DAY, now=NIGHT, kind="night") for _twice in range(2)]

    runs = [moving.carry_out(plan, demand_day=DAY, now=NIGHT) for plan in plans]

    assert [run.moves.count() for run in runs] == [2, 0]
    assert slot_at(tomorrow, 12).walkin_quota == 39


def test_assisted_and_reserved_minutes_stay(ten_came, tomorrow):
    tomorrow.slots.update(online_quota=40, assisted_quota=12, reserved_quota=8)
    before = [row[2:4] for row in quotas_of(tomorrow)]

    run = rebalance(demand_day=DAY, now=NIGHT)

    assert run.moves.exists()
    assert [row[2:4] for row in quotas_of(tomorrow)] == before


def test_the_guard_is_what_keeps_booked_minutes(ten_came, tomorrow, monkeypatch):
    """The mutant: MOVE without its look at what is taken meets the database's own guard."""
    guard = "AND s.online_quota - s.online_taken >= m.minutes"
    assert guard in moving.MOVE
    plan = make_plan(demand_day=DAY, now=NIGHT, kind="night")
    tomorrow.slots.update(online_taken=60)
    monkeypatch.setattr(moving, "MOVE", moving.MOVE.replace(guard, ""))

    with pytest.raises(IntegrityError, match="slot_online_within_quota"), transaction.atomic():
        moving.carry_out(plan, demand_day=DAY, now=NIGHT)


class TestStep:
    def test_is_smaller_than_a_night(self, ten_came, tomorrow):
        run = step(now=BY_DAY)

        assert run.kind == "step"
        assert set(run.moves.values_list("minutes", flat=True)) == {4}  # 5 % of 90
        assert slot_at(tomorrow, 12).walkin_quota == 34

    def test_the_steps_of_a_day_add_up_to_their_bound(self, ten_came, tomorrow):
        step(now=BY_DAY)

        assert step(now=BY_DAY + timedelta(hours=1)) is None
        assert slot_at(tomorrow, 12).walkin_quota == 34

    def test_comes_besides_the_night(self, ten_came, tomorrow):
        rebalance(demand_day=DAY, now=NIGHT)

        step(now=BY_DAY)

        assert slot_at(tomorrow, 12).walkin_quota == 43

    def test_takes_no_step_where_somebody_approves(self, ten_came, by_approval, tomorrow):
        assert step(now=BY_DAY) is None
        assert not QuotaMove.objects.exists()

    def test_asks_nobody_where_other_halls_step_by_themselves(self, ten_came, by_approval):
        """Mutant: without `asked = []` in carry_out the step is proposed."""
        plan = make_plan(demand_day=DAY, now=BY_DAY, kind="step")
        assert plan.moves

        run = moving.carry_out(plan, demand_day=DAY, now=BY_DAY)

        assert run.state == "applied"
        assert not QuotaMove.objects.exists()

    def test_leaves_later_days_to_the_night(self, ten_came, tomorrow):
        Slot.objects.filter(session=tomorrow).update(
            service_day=civil.city_date(BY_DAY) + timedelta(days=4)
        )

        assert step(now=BY_DAY) is None
