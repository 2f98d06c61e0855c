"""A day's report is its journal, counted. # C35 C3"""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from appointments.arriving import check_in
from queues.calling import call_next, finish, give_back, no_show, park, recall, start
from queues.issuing import issue_walk_in
from queues.missing import come_again
from queues.models import Ticket, TicketEvent
from queues.reporting import report_of
from tests.conftest import DAY, NOON, slot_at
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


def minutes(n: float):
    return timedelta(minutes=n)


@pytest.fixture
def day(hall, session, renewal, book, windows, clerks):
    """One booked and three walk-ins: two served, one missed, one still waiting."""
    window, clerk = windows[0], clerks[0]
    sign_in(staff=clerk, window=window, now=NOON)
    arrived = book(slot_at(session, 12, 30), person=1)
    check_in(hall=hall, reference=arrived.reference, now=NOON + minutes(5))
    for n in (10, 11, 12):
        issue_walk_in(hall=hall, matter=renewal, now=NOON + minutes(n))
    booked = call_next(window=window, staff=clerk, now=NOON + minutes(20))
    start(ticket=booked, staff=clerk, now=NOON + minutes(21))
    finish(ticket=booked, staff=clerk, now=NOON + minutes(27))
    missed = call_next(window=window, staff=clerk, now=NOON + minutes(28))
    recall(ticket=missed, staff=clerk, now=NOON + minutes(29))
    recall(ticket=missed, staff=clerk, now=NOON + minutes(30))
    no_show(ticket=missed, staff=clerk, now=NOON + minutes(31))
    parked = call_next(window=window, staff=clerk, now=NOON + minutes(32))
    start(ticket=parked, staff=clerk, now=NOON + minutes(33))
    park(ticket=parked, staff=clerk, now=NOON + minutes(35))
    give_back(ticket=parked, staff=clerk, now=NOON + minutes(36))
    again = call_next(window=window, staff=clerk, now=NOON + minutes(37))
    assert again == parked
    finish(ticket=again, staff=clerk, now=NOON + minutes(40))
    return report_of(hall, DAY, now=NOON + minutes(60))


def test_everybody_who_came_is_accounted_for(day):
    assert (day.issued, day.booked, day.walk_ins) == (4, 1, 3)
    assert (day.finished, day.void, day.still_here, day.missed) == (2, 0, 2, 1)
    assert day.adds_up
    assert (day.calls, day.recalls, day.jumped) == (6, 2, 0)


def test_a_report_that_lost_somebody_does_not_add_up(day):
    assert not replace(day, finished=1).adds_up
    assert not replace(day, walk_ins=2).adds_up


def test_waits_and_windows_are_in_minutes(day):
    window = day.windows[0]

    assert day.wait.people == 3
    assert (day.wait.half, day.wait.longest) == (18, 21)
    assert (window.number, window.calls, window.served) == (1, 6, 2)
    assert window.minutes_serving == 6 + 2 + 3
    assert window.minutes_staffed == 60
    assert sum(one.served for one in day.windows) == day.finished


def test_hours_and_matters_add_up_to_the_day(day):
    assert [line.hour for line in day.hours] == [12]
    assert sum(line.issued for line in day.hours) == day.issued
    assert sum(line.called for line in day.hours) == day.wait.people
    assert sum(line.finished for line in day.matters) == day.finished
    assert sum(line.issued for line in day.matters) == day.issued


def test_it_is_the_journal_that_is_counted(day, hall):
    """Mutant: a finished visit without its line in the journal is seen."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ticket_event_append_only ON queues_ticketevent")
    TicketEvent.objects.filter(to_state="finished").order_by("pk").last().delete()

    assert not report_of(hall, DAY, now=NOON + minutes(60)).adds_up


def test_a_day_without_anybody_is_empty_and_adds_up(hall, session):
    empty = report_of(hall, DAY, now=NOON)

    assert empty.adds_up
    assert empty.issued == empty.wait.people == 0
    assert (empty.wait.half, empty.stars) == (None, None)


def test_only_who_came_from_another_hall_came_over(hall, day, clerks, windows):
    """A new number for somebody who was missed three times is of the same hall."""
    old = Ticket.objects.get(number=2)
    Ticket.objects.filter(pk=old.pk).update(state="void", missed_times=3)
    come_again(ticket=old, staff=clerks[0], now=NOON + minutes(50))

    assert report_of(hall, DAY, now=NOON + minutes(60)).from_elsewhere == 0
