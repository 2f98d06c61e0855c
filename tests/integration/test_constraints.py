"""Every named constraint is broken once and answers with its name.

`rows` are made valid first; each case then does what no command would do. Both stand in
the `_rows` module of their area.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from appointments.arriving import check_in
from appointments.models import Booking, Displaced, Message
from config.refusals import constraint_of
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import NOON, slot_at
from tests.integration.bookings_rows import BOOKINGS_CASES, rows_of_bookings
from tests.integration.demand_rows import DEMAND_CASES, rows_of_demand
from tests.integration.fair_rows import FAIR_CASES, rows_of_fairness
from tests.integration.queues_rows import QUEUES_CASES, rows_of_queues
from tests.integration.supervisors_rows import SUPERVISORS_CASES, rows_of_supervisors
from tests.integration.windows_rows import WINDOWS_CASES, rows_of_windows
from windows.models import HelpRequest, Swap

LATER = NOON + timedelta(minutes=30)
AREAS = [
    *WINDOWS_CASES,
    *QUEUES_CASES,
    *BOOKINGS_CASES,
    *FAIR_CASES,
    *SUPERVISORS_CASES,
    *DEMAND_CASES,
]
CASES = {name: breaks for area in AREAS for name, breaks in area.items()}


@pytest.fixture
def rows(hall, windows, session, renewal, book, at_window_3, clerk):
    """One valid row of everything."""
    arrived = book(slot_at(session, 12, 30), person=1)
    check_in(hall=hall, reference=arrived.reference, now=NOON)
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    call_next(window=at_window_3, staff=clerk, now=LATER)
    booking = book(slot_at(session, 14), person=2)
    rows_of_windows(hall, session, renewal, clerk)
    rows_of_queues(hall)
    rows_of_bookings(hall, session, renewal)
    rows_of_fairness(booking, session, renewal)
    rows_of_supervisors(hall, session, renewal, clerk, booking)
    rows_of_demand(hall, renewal)
    return booking


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(name, rows):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        CASES[name]()

    assert constraint_of(error.value) == name


def named_constraints() -> set[str]:
    """The constraints and refusing triggers that this project named itself."""
    from django.apps import apps

    ours = [
        m
        for a in ("windows", "queues", "appointments")
        for m in apps.get_app_config(a).get_models()
    ]
    named = {constraint.name for model in ours for constraint in model._meta.constraints}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        return named | {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
def test_no_constraint_is_without_its_case():
    assert named_constraints() == set(CASES)
    assert len(CASES) == sum(map(len, AREAS))  # none twice


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Ticket, "ticket"),
        (Booking, "booking"),
        (Swap, "swap"),
        (HelpRequest, "help"),
        (Displaced, "displaced"),
        (Message, "message"),
    ],
)
@pytest.mark.django_db
def test_the_trigger_knows_the_models_moves(model, name):
    import json

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s",
            [f"{name}_moves_legally"],
        )
        definition = cursor.fetchone()[0]

    table = json.loads(definition[definition.index("{") : definition.rindex("}") + 1])
    assert {state: set(to) for state, to in table.items()} == model.MOVES
    assert set(table) == set(model.State.values)
