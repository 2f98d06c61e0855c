"""A hall closes while somebody opens something in it: nothing can be booked there. C5 C6

Each guard is taken away once."""

from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction

from appointments.changes import applying
from appointments.changes.asking import Ask, apply_change
from appointments.changes.undoing import UndoShut, undo_change
from config import civil
from config.refusals import Refusal
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, make_session, slot_at
from windows import plans, sessions
from windows.models import HallSession, Slot, WeeklyPlan
from windows.plans import generate
from windows.series import Asked, digest, foresee_many, open_many
from windows.sessions import open_session

pytestmark = pytest.mark.django_db(transaction=True)
THEN = DAY + timedelta(days=7)
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def storm(hall) -> Ask:
    """All of that day."""
    closes, opens = civil.city_day(THEN)
    return Ask.close(hall, closes_at=closes, opens_at=opens, reason="weather")


class Aside(Thread):
    """A command beside another one, with its own connection; tells its result or refusal."""

    def __init__(self, command: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.command, self.result = command, object()

    def run(self) -> None:
        try:
            self.result = self.command()
        except Refusal as refusal:
            self.result = type(refusal)
        finally:
            connection.close()


def until_it_waits_or_ends(aside: Aside) -> None:
    """The command begins, and goes as far as it may."""
    aside.start()
    for _look in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            waits = cursor.fetchone()[0]
        aside.join(0.02)
        if waits or not aside.is_alive():
            return


@pytest.fixture
def meanwhile(monkeypatch):
    """The command begins after the closing has looked, before it writes."""

    def arrange(command: Callable[[], object]) -> Aside:
        aside, write_down = Aside(command), applying.write_down

        def later(made, **rest):
            if made.ask.kind == "close":
                until_it_waits_or_ends(aside)
            return write_down(made, **rest)

        monkeypatch.setattr(applying, "write_down", later)
        return aside

    return arrange


def open_one(hall, windows) -> HallSession:
    return open_session(
        hall=hall, kind="regular", day=THEN, opens=time(9), closes=time(12), windows=windows,
        by=None, now=NOON,
    )  # fmt: skip


def open_series(hall, windows) -> list[HallSession]:
    asked = [Asked(hall, THEN, "regular", time(9), time(12))]
    seen = digest(foresee_many(asked, now=NOON))
    return open_many(asked, expect=seen, series=uuid4(), by=None, now=NOON)


def plan_made(hall, windows) -> object:
    plan = WeeklyPlan.objects.create(
        hall=hall, kind="regular", weekdays=[THEN.isoweekday()], opens=time(9), closes=time(12),
        valid_from=DAY, made_at=NOON, walkin_percent=30, assisted_percent=10,
    )  # fmt: skip
    plan.windows.set(windows)
    return generate(first=THEN, last=THEN, halls=[hall], now=NOON)


def moved_there(hall, windows) -> object:
    other = make_session(hall, windows, day=DAY + timedelta(days=2))
    starts = other.starts_at + (THEN - other.service_day)
    ask = Ask.move(other, starts_at=starts, ends_at=starts + timedelta(hours=8))
    return apply_change(ask, by=None, now=NOON)


def for_sale(hall, day: date = THEN) -> bool:
    return Slot.objects.filter(hall=hall, service_day=day, is_open=True).exists()


WAYS = [open_one, open_series, plan_made, moved_there]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_opened_while_the_hall_closes_sells_nothing(way, hall, windows, storm, meanwhile):
    aside = meanwhile(partial(way, hall, windows))

    apply_change(storm, by=None, now=NOON)
    aside.join()

    if way is not plan_made:  # that one leaves the day out
        assert isinstance(aside.result, type)
        assert issubclass(aside.result, Refusal)
    assert not for_sale(hall)
    nothing_is_broken()


@pytest.mark.parametrize("way", WAYS)
def test_without_the_closings_lock_it_would_be_for_sale(
    way, hall, windows, storm, meanwhile, monkeypatch
):
    """Mutant: who closes lets others in."""
    monkeypatch.setattr(applying, "keep_shut", lambda hall: None)
    aside = meanwhile(partial(way, hall, windows))

    apply_change(storm, by=None, now=NOON)
    aside.join()

    assert for_sale(hall)


def opened_slowly(hall, windows, closing: Aside) -> None:
    with transaction.atomic():
        open_one(hall, windows)
        until_it_waits_or_ends(closing)


@pytest.mark.parametrize("guarded", [True, False])
def test_what_was_opened_just_before_closes_too(hall, windows, storm, guarded, monkeypatch):
    """Mutant: who opens does not say so, and the closing does not see it yet."""
    if not guarded:
        monkeypatch.setattr(sessions, "keep_open", lambda halls: None)
    closing = Aside(partial(apply_change, storm, by=None, now=NOON))

    opened_slowly(hall, windows, closing)
    closing.join()

    assert for_sale(hall) == (not guarded)


def test_a_plan_waits_for_the_closing_as_well(hall, windows, storm, meanwhile, monkeypatch):
    """Mutant: the plans' own lock alone does not hold them up."""
    monkeypatch.setattr(plans, "keep_open", lambda halls: None)
    aside = meanwhile(partial(plan_made, hall, windows))

    apply_change(storm, by=None, now=NOON)
    aside.join()

    assert for_sale(hall)


def test_a_cut_that_is_taken_back_meanwhile_opens_nothing(
    hall, windows, storm, meanwhile, supervisor
):
    there = make_session(hall, windows, day=THEN)
    ends = slot_at(there, 12).starts_at
    cut = apply_change(Ask.cut(there, ends_at=ends), by=supervisor, now=NOON)
    afternoon = Ask.close(storm.hall, closes_at=ends, opens_at=storm.opens_at)
    aside = meanwhile(partial(undo_change, cut.change, by=supervisor, now=NOON))

    apply_change(afternoon, by=None, now=NOON)
    aside.join()

    assert aside.result is UndoShut
    assert not Slot.objects.filter(session=there, starts_at__gte=ends, is_open=True).exists()
    nothing_is_broken()
