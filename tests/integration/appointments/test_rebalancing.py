"""Rebalancing: bounds, conservation, reasons, undoing. C4 C5 C8"""

from datetime import time, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import translation

from appointments.models import QuotaMove, RebalanceRun, UnmetDemand
from appointments.rebalancing import (
    DayNotOver,
    MoveCannotBeUndone,
    MoveTooLate,
    make_plan,
    plan_moves,
    rebalance,
    undo_move,
    why,
)
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session, slot_at
from windows.models import Rule, Slot

pytestmark = pytest.mark.django_db

NIGHT = civil.city_instant(DAY + timedelta(days=1), time(1, 40))
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def tomorrow(hall, windows, session):
    """A session of the next day: 90 minutes a slot, 60 online and 30 for walk-ins."""
    return make_session(hall, windows, day=TOMORROW, online=60)


def walk_ins(hall, matter, number, at=NOON):
    for _person in range(number):
        issue_walk_in(hall=hall, matter=matter, now=at)


def searched(hall, matter, times):
    UnmetDemand.objects.create(hall=hall, matter=matter, service_day=DAY, asked_on=DAY, count=times)


def quotas(slot):
    slot.refresh_from_db()
    return slot.online_quota, slot.walkin_quota


def test_minutes_follow_those_who_came_without_booking(hall, renewal, tomorrow):
    walk_ins(hall, renewal, 10)

    rebalance(demand_day=DAY, now=NIGHT)

    assert quotas(slot_at(tomorrow, 12)) == (51, 39)  # 10 % of 90 minutes in one night
    assert quotas(slot_at(tomorrow, 12, 30)) == (51, 39)
    assert quotas(slot_at(tomorrow, 11)) == (60, 30)  # nobody came at eleven


def test_searches_in_vain_bring_minutes_online(hall, renewal, tomorrow):
    searched(hall, renewal, 80)  # ten in each of the eight hours

    run = rebalance(demand_day=DAY, now=NIGHT)

    assert quotas(slot_at(tomorrow, 9)) == (69, 21)
    move = run.moves.get(slot=slot_at(tomorrow, 9))
    assert (move.from_channel, move.to_channel, move.minutes) == ("walkin", "online", 9)
    assert move.facts["unmet"] == 10
    assert move.facts["bound"] == "night"


def test_walk_ins_keep_their_least_share(hall, renewal, tomorrow):
    Rule.objects.create(name="rebalance_max_percent", value=100, effective_on=DAY)
    searched(hall, renewal, 80)

    run = rebalance(demand_day=DAY, now=NIGHT)

    assert quotas(slot_at(tomorrow, 9)) == (72, 18)  # 20 % of 90 minutes
    assert {move.facts["bound"] for move in run.moves.all()} == {"least"}


def test_sold_minutes_stay_sold(hall, renewal, tomorrow, book):
    slot = slot_at(tomorrow, 12)
    for person in range(9):
        book(slot, person)
    walk_ins(hall, renewal, 10)
    Slot.objects.filter(pk=slot.pk).update(online_taken=54)

    run = rebalance(demand_day=DAY, now=NIGHT)

    assert quotas(slot) == (54, 36)
    assert run.moves.get(slot=slot).facts["bound"] == "sold"


def test_what_is_booked_between_plan_and_move_is_not_moved(hall, renewal, tomorrow, monkeypatch):
    # C8: the mutant without the guard in MOVE breaks slot_online_within_quota
    from appointments.rebalancing import moving

    walk_ins(hall, renewal, 10)
    slot = slot_at(tomorrow, 12)
    planned = make_plan(demand_day=DAY, now=NIGHT, kind="night")
    Slot.objects.filter(pk=slot.pk).update(online_taken=60)
    monkeypatch.setattr(moving, "make_plan", lambda **told: planned)

    run = rebalance(demand_day=DAY, now=NIGHT)

    assert quotas(slot) == (60, 30)
    assert not run.moves.filter(slot=slot).exists()
    assert run.moves.exists()


def test_totals_are_conserved(hall, renewal, tomorrow):
    walk_ins(hall, renewal, 10)

    rebalance(demand_day=DAY, now=NIGHT)

    for slot in tomorrow.slots.all():
        assert slot.minutes == slot.online_quota + slot.assisted_quota + slot.walkin_quota == 90


def test_the_same_day_moves_a_slot_once(hall, renewal, tomorrow):
    walk_ins(hall, renewal, 10)
    rebalance(demand_day=DAY, now=NIGHT)

    again = rebalance(demand_day=DAY, now=NIGHT)

    assert not again.moves.exists()
    assert quotas(slot_at(tomorrow, 12)) == (51, 39)


def test_a_slot_that_has_started_is_not_moved(hall, renewal, tomorrow):
    walk_ins(hall, renewal, 10)

    rebalance(demand_day=DAY, now=slot_at(tomorrow, 12).starts_at)

    assert quotas(slot_at(tomorrow, 12)) == (60, 30)
    assert quotas(slot_at(tomorrow, 12, 30)) == (51, 39)


def test_demand_of_a_night_session_moves_nights_past_midnight_too(hall, windows, renewal):
    # C1: half past midnight belongs to the evening's service day and hour 0
    hours = {"opens": time(18, 30), "closes": time(1), "kind": "night"}
    make_session(hall, windows, **hours)
    following = make_session(hall, windows, day=TOMORROW, online=60, **hours)
    walk_ins(hall, renewal, 10, at=civil.city_instant(TOMORROW, time(0, 10)))

    rebalance(demand_day=DAY, now=NIGHT)

    assert quotas(slot_at(following, 0)) == (51, 39)
    assert quotas(slot_at(following, 23)) == (60, 30)


def test_student_sessions_and_other_kinds_are_left_alone(hall, windows, renewal, session):
    students = make_session(hall, windows, day=TOMORROW, online=0, kind="student")
    walk_ins(hall, renewal, 10)

    assert plan_moves(demand_day=DAY, now=NIGHT) == []
    assert quotas(slot_at(students, 12)) == (0, 90)


def test_two_people_say_nothing_about_an_hour(hall, renewal, tomorrow):
    walk_ins(hall, renewal, 2)

    assert plan_moves(demand_day=DAY, now=NIGHT) == []


def test_a_day_that_runs_is_refused(hall, session):
    with pytest.raises(DayNotOver):
        rebalance(demand_day=DAY, now=NOON)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "10 came without a booking"), ("zh-hans", "10")],
)
def test_a_move_says_why(hall, renewal, tomorrow, language, words):
    walk_ins(hall, renewal, 10)
    run = rebalance(demand_day=DAY, now=NIGHT)

    with translation.override(language):
        reason = why(run.moves.select_related("slot", "run").first())

    assert words in reason
    assert "2027-03-04" in reason
    assert "%(" not in reason


class TestUndo:
    @pytest.fixture
    def move(self, hall, renewal, tomorrow):
        searched(hall, renewal, 80)
        run = rebalance(demand_day=DAY, now=NIGHT)
        return run.moves.get(slot=slot_at(tomorrow, 12))

    def test_gives_the_minutes_back_once(self, move, supervisor):
        undo_move(move=move, by=supervisor, now=NIGHT)
        undo_move(move=move, by=supervisor, now=NIGHT)

        assert quotas(move.slot) == (60, 30)
        move.refresh_from_db()
        assert (move.undone_at, move.undone_by) == (NIGHT, supervisor)

    def test_is_refused_when_the_minutes_are_taken(self, move, supervisor):
        Slot.objects.filter(pk=move.slot_id).update(online_taken=61)

        with pytest.raises(MoveCannotBeUndone):
            undo_move(move=move, by=supervisor, now=NIGHT)

        assert quotas(move.slot) == (69, 21)

    def test_is_refused_when_the_time_has_begun(self, move):
        with pytest.raises(MoveTooLate):
            undo_move(move=move, by=None, now=move.slot.starts_at)

    def test_a_move_that_was_undone_is_not_repeated(self, move, supervisor):
        undo_move(move=move, by=supervisor, now=NIGHT)

        rebalance(demand_day=DAY, now=NIGHT)

        assert quotas(move.slot) == (60, 30)


def test_the_command_shows_the_plan_and_writes_nothing(hall, renewal, tomorrow, monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NIGHT)
    walk_ins(hall, renewal, 10)
    shown, done = StringIO(), StringIO()

    call_command("rebalance", "--day", f"{DAY}", "--dry-run", stdout=shown)

    assert "2 slots would move" in shown.getvalue()
    assert not RebalanceRun.objects.exists()
    assert quotas(slot_at(tomorrow, 12)) == (60, 30)

    call_command("rebalance", stdout=done)

    went, would_go = (
        [line.split("  ")[0] for line in told.getvalue().splitlines()[:-1]]
        for told in (done, shown)
    )
    assert went == would_go
    assert QuotaMove.objects.count() == 2
