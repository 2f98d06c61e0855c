"""How the people of a hall behave, learned from its journal."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import connection

from appointments.twin.day import USUAL_LEADS, USUAL_NO_SHOWS, Habits
from config import civil
from queues.pacing import Pacing
from windows.models import Hall
from windows.rules import rules

DAYS_LOOKED = 90
FEW_BOOKED = 60  # bookings that the usual share counts as, in each step of days
FEW_ASKED = 50
RULES = ["twin_another_hour_percent", "twin_comes_anyway_percent", "twin_follows_percent"]

LEADS = """
SELECT greatest(service_day - (made_at AT TIME ZONE %s)::date, 0) AS lead,
    count(*) FILTER (WHERE state = 'no_show' AND arrived_at IS NULL),
    count(*) FILTER (WHERE state IN ('arrived', 'served', 'no_show')),
    count(*)
FROM appointments_booking
WHERE hall_id = %s AND service_day BETWEEN %s AND %s AND state <> 'expired'
GROUP BY 1
"""


def habits_of(hall: Hall, day: date, pacing: Pacing) -> Habits:
    """What the days before say: no-shows and asking by days ahead, punctuality, the green
    channel. What nobody can count is a rule of the hall."""
    rows = leads_of(hall, day)
    numbers = rules(RULES, hall=hall, day=day)
    return Habits(
        flexible=numbers["twin_another_hour_percent"] / 100,
        walks_in=numbers["twin_comes_anyway_percent"] / 100,
        follows=numbers["twin_follows_percent"] / 100,
        green=min(pacing.green_an_hour / 20, 0.2),
        no_shows=no_shows_from(rows),
        leads=leads_from(rows),
        offsets=tuple(pacing.offsets.tolist()),
    )


Counted = Mapping[int, tuple[int, int, int]]  # days ahead -> did not come, were due, asked


def leads_of(hall: Hall, day: date) -> Counted:
    """What became of the bookings of the days before, by days between asking and visit."""
    first, last = day - timedelta(days=DAYS_LOOKED), day - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(LEADS, [str(civil.CITY), hall.pk, first, last])
        return {lead: (missed, due, asked) for lead, missed, due, asked in cursor.fetchall()}


def no_shows_from(rows: Counted) -> tuple[tuple[int, float], ...]:
    """The share that does not come, step by step: as counted, drawn to what is usual."""
    steps = [first for first, _ in USUAL_NO_SHOWS]
    found = []
    for (first, usual), until in zip(USUAL_NO_SHOWS, [*steps[1:], 10**6], strict=True):
        here = [row for lead, row in rows.items() if first <= lead < until]
        missed, due = (sum(row[n] for row in here) for n in (0, 1))
        found.append((first, (missed + FEW_BOOKED * usual) / (due + FEW_BOOKED)))
    return tuple(found)


def leads_from(rows: Counted) -> tuple[tuple[int, float], ...]:
    """How many days ahead people ask, step by step."""
    steps = [first for first, _ in USUAL_LEADS]
    asked = sum(row[2] for row in rows.values())
    found = []
    for (first, usual), until in zip(USUAL_LEADS, [*steps[1:], 10**6], strict=True):
        here = sum(row[2] for lead, row in rows.items() if first <= lead < until)
        found.append((first, (here + FEW_ASKED * usual) / (asked + FEW_ASKED)))
    return tuple(found)
