"""The one statement that calls: its plan, its line, its facts. Rows C7, C13, C16."""

from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from queues import choosing
from queues.calling import NobodyWaiting, call_next, finish
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket, TicketEvent
from tests.conftest import NOON, make_staff
from windows.models import Shift, Window
from windows.shifts import pause, sign_in

HOUR = NOON + timedelta(minutes=60)


def many(hall, session, renewal, count):
    Ticket.objects.bulk_create(
        Ticket(
            hall=hall, session=session, service_day=session.service_day, matter=renewal,
            prefix="Z", number=n, source="walk_in", rank_at=NOON + timedelta(seconds=n),
            issued_at=NOON,
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE queues_ticket")


def test_the_line_is_read_by_its_index(hall, session, renewal, at_window_3, clerk):
    """Without a sort and without reading the line; the urgent ones by an index of theirs."""
    many(hall, session, renewal, 800)
    call_next(window=at_window_3, staff=clerk, now=HOUR)  # prepares the statement
    places = {
        "window": at_window_3.pk, "staff": clerk.pk, "hall": hall.pk, "may_jump": "false",
        "now": f"'{HOUR.isoformat()}'",
    }  # fmt: skip
    values = ", ".join(str(places[place]) for place in choosing.CALL_NEXT.places)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN EXECUTE call_next ({values})")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    head = plan[plan.index("CTE head") : plan.index("CTE picked")]
    urgent = plan[plan.index("CTE urgent") : plan.index("CTE jump")]
    assert "Index Scan using ticket_line" in head
    assert "Sort" not in head
    assert "Index Scan using ticket_green_channel" in urgent


def test_a_call_is_one_round_trip(hall, session, renewal, at_window_3, clerk):
    many(hall, session, renewal, 3)
    finish(ticket=call_next(window=at_window_3, staff=clerk, now=HOUR), staff=clerk, now=HOUR)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        ticket = call_next(window=at_window_3, staff=clerk, now=HOUR)

    assert len(asked) == 1
    assert ticket == Ticket.objects.get(pk=ticket.pk)
    fresh = Ticket.objects.get(pk=ticket.pk)
    for field in Ticket._meta.concrete_fields:
        assert getattr(ticket, field.attname) == getattr(fresh, field.attname)


def test_everything_is_written_in_it(hall, session, renewal, at_window_3, clerk):
    issued = issue_walk_in(hall=hall, matter=renewal, now=NOON)

    ticket = call_next(window=at_window_3, staff=clerk, now=HOUR)

    call, event = Call.objects.get(), TicketEvent.objects.latest("pk")
    assert (ticket, ticket.state, ticket.window, ticket.round) == (
        issued, "called", at_window_3, 1,
    )  # fmt: skip
    assert (call.ticket, call.staff, call.called_at, call.jumped) == (issued, clerk, HOUR, False)
    assert (event.kind, event.from_state, event.to_state) == ("called", "waiting", "called")
    assert (event.window, event.by, event.at) == (at_window_3, clerk, HOUR)


@pytest.mark.django_db(transaction=True)
def test_the_screens_are_told(hall, session, renewal, at_window_3, clerk):
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    with connection.cursor() as cursor:
        cursor.execute("LISTEN dengta_board")
        connection.connection.poll()
        connection.connection.notifies.clear()

        call_next(window=at_window_3, staff=clerk, now=HOUR)

        connection.connection.poll()
        told = [one.payload for one in connection.connection.notifies]
        cursor.execute("UNLISTEN *")
    assert told == [str(hall.pk)]


def test_a_statement_that_is_not_prepared_calls_as_well(
    hall, session, renewal, at_window_3, clerk, settings
):
    settings.DATABASE_PREPARE = False
    ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)

    assert call_next(window=at_window_3, staff=clerk, now=HOUR) == ticket


@pytest.fixture
def mixed(hall, session, renewal, pickup, windows):
    """Windows open, paused or without anybody; people who wait for one or for any."""

    def made(luck):
        clerks = [make_staff(f"c{n}", hall, "clerk") for n in range(3)]
        Window.objects.filter(pk=luck.choice(windows).pk).update(is_accessible=True)
        for window, clerk in zip(windows, clerks, strict=True):
            window.refresh_from_db()
            state = luck.choice(["open", "open", "paused", "nobody"])
            if state != "nobody":
                sign_in(staff=clerk, window=window, now=NOON)
            if state == "paused":
                pause(staff=clerk, now=NOON)
        for n in range(12):
            ticket = issue_walk_in(
                hall=hall, matter=luck.choice([renewal, pickup]), now=NOON + timedelta(minutes=n)
            )
            ticket.needs_accessible = luck.random() < 0.4
            ticket.only_window = luck.choice([None, None, *windows])
            ticket.save(update_fields=["needs_accessible", "only_window"])
        return Shift.objects.filter(is_paused=False).select_related("window", "staff")

    return made


def all_called(shift):
    """Whom the window calls until nobody is left for it; nothing of it stays."""
    called = []
    with transaction.atomic():
        while True:
            try:
                ticket = call_next(window=shift.window, staff=shift.staff, now=HOUR)
            except NobodyWaiting:
                transaction.set_rollback(True)
                return called
            called.append(ticket)
            finish(ticket=ticket, staff=shift.staff, now=HOUR)


@pytest.mark.parametrize("seed", range(8))
def test_the_statement_and_the_line_agree(mixed, seed):
    """Accessible windows, windows that were named, pauses: `servable_at` says the same."""
    for shift in mixed(Random(seed)):
        expected = list(Ticket.objects.waiting().servable_at(shift.window).in_calling_order())

        assert all_called(shift) == expected
