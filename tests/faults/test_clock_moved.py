"""The clock of the web server and of the housekeeping is an hour off, in both directions.

The database's clock is right, and it is the one that counts (config/clock.py): no hold
ends early, no place is lost or comes back twice, no message leaves early or twice. # C7
"""

import subprocess
from datetime import timedelta

import pytest
from django.db import connections

from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.confirming import confirm, find
from appointments.models import Booking, InboxItem, Message, ReturningPlace
from config import civil
from tests.conftest import PHONE, a_person
from tests.faults.conftest import untrue
from tests.faults.crowd import Crowd, Line, Press
from tests.faults.shifted import on_a_wrong_machine
from tests.faults.web import PROJECT, environment
from windows.models import PeriodicRun, Slot

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR = 3600
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(params=[AN_HOUR, -AN_HOUR], ids=["ahead", "behind"])
def shift(request) -> int:
    return request.param


@pytest.fixture
def held(hot_slots, renewal):
    """Holds of several people, made while all clocks were right."""

    def holds(person: int):
        made = hold(
            slot_id=hot_slots[2], matter=renewal, people=[a_person(person)],
            phone=PHONE[:-1] + str(person), now=civil.now(),
        )  # fmt: skip
        return made.bookings[0]

    return holds


def wrong_web(serve, shift: int, **more: str):
    return serve(begin=on_a_wrong_machine(shift), **more)


def keep_house(shift: int, **more: str) -> None:
    """A minute of housekeeping on a wrong machine."""
    PeriodicRun.objects.all().delete()
    connections.close_all()
    command = [*on_a_wrong_machine(shift), "tests.faults.housekeeping"]
    subprocess.run(command, cwd=PROJECT, env=environment(**more), check=True, timeout=120)


def confirm_over(web, booking) -> tuple[int, dict]:
    path = f"bookings/{booking.reference}/confirm/"
    return Line(web.port).send(Press("somebody", path, secret=booking.secret))


def test_no_hold_ends_early(serve, hot_slots, held, shift):
    before = held(1)
    web = wrong_web(serve, shift)
    crowd = Crowd(web, hot_slots)
    number, phone, _chance = crowd.next_person()

    there = crowd.press(Line(web.port), crowd.hold_of(number, phone, hot_slots[3]))
    keep_house(shift)

    made = Booking.objects.get(reference=there["bookings"][0]["reference"])
    promised = made.hold_expires_at - civil.now()
    assert 11 * A_MINUTE < promised <= 15 * A_MINUTE
    assert made.state == "held"
    assert confirm_over(web, before)[0] == 200
    assert untrue_of(crowd, before) == []


def untrue_of(crowd: Crowd, *others) -> list[str]:
    """Without those that were not made over HTTP."""
    names = [booking.reference for booking in others]
    return [lie for lie in untrue(crowd) if not any(name in lie for name in names)]


def test_places_and_messages_keep_their_time(hot_slots, held, shift):
    left, kept = (find(one.reference, one.secret) for one in (held(1), held(2)))
    for booking in (left, kept):
        confirm(booking=booking, now=civil.now())
    cancel(booking=left, now=civil.now())
    now = civil.now()
    due = Message.objects.filter(booking=kept)
    due.filter(kind="confirmed").update(due_at=now - A_MINUTE)
    Message.objects.filter(booking=left).delete()
    later = Message.objects.create(
        subject="later", kind="reminder_hours", version=kept.version, booking=kept,
        to_sealed=due[0].to_sealed, text_sealed=due[0].text_sealed, made_at=now,
        due_at=now + 30 * A_MINUTE,
    )  # fmt: skip
    ReturningPlace.objects.update(returns_at=now + 5 * A_MINUTE)

    keep_house(shift)

    assert ReturningPlace.objects.get().ended_at is None
    assert [item.kind for item in InboxItem.objects.all()] == ["confirmed"]
    later.refresh_from_db()
    assert later.state == "ready"

    ReturningPlace.objects.update(left_at=now - A_MINUTE, returns_at=now)
    keep_house(shift)
    keep_house(0)

    assert ReturningPlace.objects.get().end == "returned"
    assert Slot.objects.get(pk=hot_slots[2]).online_taken == kept.minutes
    assert InboxItem.objects.count() == 1


def test_with_clocks_of_their_own_holds_end_early(serve, hot_slots, held):
    """Mutant: the database's clock is not asked. A clock that is ahead ends the hold."""
    before = held(1)
    web = wrong_web(serve, AN_HOUR, DENGTA_CLOCK_SECONDS="0")

    status, answer = confirm_over(web, before)
    keep_house(AN_HOUR, DENGTA_CLOCK_SECONDS="0")

    assert (status, answer["code"]) == (409, "hold_expired")
    assert Booking.objects.get(reference=before.reference).state == "expired"
