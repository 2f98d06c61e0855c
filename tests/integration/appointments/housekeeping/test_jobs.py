"""What runs each minute, quarter and hour, with or without Celery. C18."""

import sys
from datetime import time, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django_q.models import Schedule

from appointments import housekeeping, jobs
from appointments.housekeeping import forget
from appointments.models import (
    InboxItem,
    Message,
    PhoneProof,
)
from appointments.providing import NoProvider
from appointments.proving import send_code
from config import civil
from tests.conftest import DAY, NOON, PHONE, slot_at
from tests.integration.appointments.housekeeping.conftest import EXPIRED, State, state_of
from windows.models import PeriodicRun, RequestKey
from windows.once import once


def test_messages_leave_without_celery_after_twenty_seconds(book, session):
    """C18: Redis may be gone; nothing here speaks to it."""
    book(slot_at(session, 16))

    assert housekeeping.sweep_messages(now=NOON + timedelta(seconds=19)).sent == 0
    assert housekeeping.sweep_messages(now=NOON + timedelta(seconds=20)).sent == 1


def test_the_sweep_goes_on_through_the_minute(book, session):
    ticks = [NOON + timedelta(seconds=s) for s in (0, 10, 25, 51)]
    clock, naps = iter(ticks), []
    book(slot_at(session, 16))

    jobs.sweep_until(NOON + jobs.SWEEPING, clock=lambda: next(clock), sleep=naps.append)

    assert naps == [5.0] * 3
    assert InboxItem.objects.count() == 1


def test_the_sweep_gives_up_where_there_is_no_provider(db, settings):
    settings.DEMO = settings.TESTING = False
    with pytest.raises(NoProvider):
        housekeeping.sweep_messages(now=NOON)

    jobs.sweep_until(NOON + jobs.SWEEPING, clock=lambda: NOON, sleep=pytest.fail)


# Jobs and periods


def test_a_minute_is_taken_once_and_does_its_work(held, monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: EXPIRED)
    swept = []
    monkeypatch.setattr(jobs, "sweep_until", swept.append)

    jobs.each_minute()
    jobs.each_minute()

    assert swept == [EXPIRED + jobs.SWEEPING]
    assert {state_of(booking) for booking in held} == {State.EXPIRED}


def test_what_breaks_keeps_nothing_else_from_being_done(held, monkeypatch):
    """Mutant: one after the other, a broken offer would stop draws, places and messages."""
    monkeypatch.setattr(civil, "now", lambda: EXPIRED)
    monkeypatch.setattr(jobs.answering_offers, "settle", lambda now: 1 / 0)
    monkeypatch.setattr(jobs, "return_due", lambda now: 1 / 0)
    done = []
    monkeypatch.setattr(jobs, "draw_due", lambda now: done.append("drawn"))
    monkeypatch.setattr(housekeeping, "sweep_messages", lambda now: done.append("swept"))
    monkeypatch.setattr(jobs, "SWEEPING", timedelta(seconds=1))
    monkeypatch.setattr(jobs.sweep_until, "__kwdefaults__", sweep_once(EXPIRED))

    jobs.each_minute()

    assert done == ["drawn", "swept"]


def sweep_once(now) -> dict:
    ticks = iter([now, now + timedelta(minutes=1)])
    return {"clock": lambda: next(ticks), "sleep": lambda seconds: None}


def test_every_job_runs_from_its_schedule(db, monkeypatch):
    monkeypatch.setattr(jobs, "sweep_until", lambda end: None)
    monkeypatch.setattr(housekeeping, "rebalance_yesterday", lambda now: True)

    for func, _minutes in jobs.SCHEDULES.values():
        getattr(jobs, func.rpartition(".")[2])()

    assert PeriodicRun.objects.filter(job__startswith="appointments.jobs.").count() == 3


def rebalancing_is(monkeypatch, rebalance) -> None:
    """The night's command is another one: only its being run is looked at here."""
    module = SimpleNamespace(rebalance=rebalance)
    monkeypatch.setitem(sys.modules, "appointments.rebalancing", module)


@pytest.mark.parametrize(("hour", "caught_up"), [(2, False), (3, True)])
def test_a_missed_rebalancing_is_made_up_for_after_three(db, monkeypatch, hour, caught_up):
    days = []
    monkeypatch.setattr(civil, "now", lambda: civil.city_instant(DAY, time(hour)))
    rebalancing_is(monkeypatch, lambda **told: days.append(told["demand_day"]))

    jobs.each_hour()

    assert days == ([DAY - timedelta(days=1)] if caught_up else [])


def test_a_rebalancing_that_breaks_leaves_its_night_free(db, monkeypatch):
    def breaks(**told):
        raise RuntimeError

    rebalancing_is(monkeypatch, breaks)
    with pytest.raises(RuntimeError):
        housekeeping.rebalance_yesterday(now=NOON)
    rebalancing_is(monkeypatch, lambda **told: None)

    assert housekeeping.rebalance_yesterday(now=NOON)
    assert not housekeeping.rebalance_yesterday(now=NOON)


def test_the_schedules_are_created_once_and_keep_their_next_run(db):
    call_command("schedule_housekeeping")
    before = list(Schedule.objects.order_by("pk").values())
    Schedule.objects.create(name="old", func="appointments.jobs.gone", schedule_type="I")

    call_command("schedule_housekeeping")

    assert list(Schedule.objects.order_by("pk").values()) == before
    assert {schedule["name"] for schedule in before} == set(jobs.SCHEDULES)


# Forgetting


def test_what_is_not_needed_is_deleted_and_what_is_young_stays(db):
    send_code(phone=PHONE, language="en", now=NOON)
    ask = {"actor": "a", "route": "r", "body": b"", "run": lambda: (200, {})}
    once(key="old", now=NOON, **ask)
    day_after = NOON + timedelta(days=1, seconds=1)
    send_code(phone=PHONE, language="en", now=day_after)
    once(key="young", now=day_after, **ask)

    assert forget(now=day_after) == 2  # the first proof and its code's message
    assert forget(now=NOON + timedelta(hours=48, seconds=1)) == 1

    assert RequestKey.objects.get().key == "young"
    assert PhoneProof.objects.count() == Message.objects.count() == 1
