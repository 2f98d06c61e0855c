"""Two runners draw at once; people register while it is drawn. # C30"""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, connection

from appointments import registering
from appointments.booking import hold
from appointments.drawing import announce, draw_due
from appointments.models import Booking, Draw, DrawEntry, Message
from appointments.registering import (
    AlreadyRegistered,
    Registration,
    RegistrationClosed,
    register,
)
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.interleaving import after
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, race, slot_at

pytestmark = pytest.mark.django_db(transaction=True)
ENDS = NOON + timedelta(hours=8)
DRAWN = ENDS + timedelta(seconds=1)


@pytest.fixture
def night(hall, windows):
    return make_session(hall, windows, day=DAY + timedelta(days=3), online=12, kind="night")


@pytest.fixture
def draw(night):
    return announce(session=night, registers_from=NOON, registers_until=ENDS, now=NOON)


def enter(draw, renewal, n, now=NOON, phone=None):
    asked = Registration(matter=renewal, people=[a_person(n)])
    return register(draw=draw, asked=asked, phone=phone or f"+86138{n:08d}", now=now)


def test_two_runners_draw_once(draw, renewal):
    for n in range(40):
        enter(draw, renewal, n)

    outcomes = race(*[partial(draw_due, now=DRAWN)] * 4)

    assert sum(outcomes) == 1
    assert Booking.objects.count() == 32  # 16 half hours with two places each
    assert Message.objects.filter(kind="drawn").count() == 40
    nothing_is_broken()


def test_without_the_lock_the_trigger_stops_the_second_runner(draw, renewal, monkeypatch):
    """Mutant: the draw's row is not locked; draw_is_final is the second line."""
    monkeypatch.setattr(type(Draw.objects), "select_for_update", lambda self, **_how: self.all())
    for n in range(40):
        enter(draw, renewal, n)

    told, _waited = after(partial(draw_due, now=DRAWN), partial(_or_error, draw_due, now=DRAWN))

    assert isinstance(told, IntegrityError)
    nothing_is_broken()


def test_nobody_registers_into_a_draw_that_is_made(draw, renewal):
    """Whoever was told that they are registered is in the result."""
    enter(draw, renewal, 0)
    late = [partial(enter, draw, renewal, n, now=ENDS - timedelta(seconds=1)) for n in range(1, 9)]

    outcomes = race(*late, partial(draw_due, now=DRAWN))

    told = {one.public_id for one in outcomes[:-1] if isinstance(one, DrawEntry)}
    drawn = Draw.objects.get()
    if drawn.drawn_at is None:
        draw_due(now=DRAWN)
        drawn.refresh_from_db()
    assert told <= {one["id"] for one in drawn.result["entries"]}
    assert set(outcomes[:-1]) - set(told) <= {RegistrationClosed} | {
        one for one in outcomes if isinstance(one, DrawEntry)
    }
    assert not DrawEntry.objects.filter(state="registered").exists()
    nothing_is_broken()


def test_one_person_registers_in_two_tabs(draw, renewal):
    outcomes = race(*[partial(enter, draw, renewal, 1, phone=PHONE)] * 4)

    assert sum(isinstance(one, DrawEntry) for one in outcomes) == 1
    assert outcomes.count(AlreadyRegistered) == 3


def test_without_the_look_the_constraint_refuses(draw, renewal, monkeypatch):
    """Mutant: nobody looks whether the person is registered; the constraint still does."""
    monkeypatch.setattr(registering, "_check_standing", lambda *_given: None)

    outcomes = race(*[partial(enter, draw, renewal, 1, phone=PHONE)] * 4)

    assert sum(isinstance(one, DrawEntry) for one in outcomes) == 1
    assert outcomes.count(AlreadyRegistered) == 3


def test_staff_book_in_the_same_session_while_it_is_drawn(draw, night, renewal):
    """Assisted places have their own share; nobody waits for ever."""
    night.slots.update(assisted_quota=12, walkin_quota=66)
    for n in range(20):
        enter(draw, renewal, n)
    desk = [
        partial(
            hold, slot_id=slot_at(night, 14).pk, matter=renewal, people=[a_person(n)],
            phone=None, now=NOON, channel="assisted", early=True, limited=False,
        )
        for n in (18, 19, 30)
    ]  # fmt: skip

    race(partial(draw_due, now=DRAWN), *[partial(_or_error, one) for one in desk])
    if Draw.objects.filter(drawn_at=None).exists():  # PostgreSQL ended it for the desk's sake
        assert draw_due(now=DRAWN + timedelta(minutes=1)) == 1

    result = Draw.objects.get().result
    won = [one["id"] for one in result["outcome"] if one["outcome"] == "won"]
    assert Booking.objects.filter(channel="online").count() == len(won)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
    nothing_is_broken()


def _or_error(command, **given):
    try:
        return command(**given)
    except (IntegrityError, OperationalError) as error:
        return error
