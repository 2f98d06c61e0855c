"""What a test committed is gone after it; what migrating wrote stays.

Mutants seen red: rows deleted in the ordinary role, the large table not vacuumed, content
types not spared, the tables not locked.
"""

from threading import Event, Thread

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

from queues.issuing import issue_walk_in
from queues.models import TicketEvent
from tests.conftest import NOON, make_matter
from tests.emptying import LARGE, empty_tables, tables_with_pages
from windows.models import Hall, Matter

CASE = TransactionTestCase()
pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_are_gone_also_those_that_nobody_may_delete(hall, renewal, session):
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    assert TicketEvent.objects.exists()
    empty_tables(CASE)
    written = tables_with_pages()
    assert {"windows_hall", "queues_ticket", "queues_ticketevent"} <= set(written)
    with connection.cursor() as cursor:
        for table in written:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            assert cursor.fetchone() == (False,), table


def test_content_types_and_permissions_stay():
    def lasting():
        return set(ContentType.objects.values_list()), set(Permission.objects.values_list())

    before = lasting()
    Hall.objects.create(code="H09", name_zh="别处")
    empty_tables(CASE)
    assert all(before)
    assert lasting() == before


def test_a_large_table_is_small_again():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_session"
            " SELECT n, repeat('much', 100), now() FROM generate_series(1, 5000) AS n"
        )
    assert tables_with_pages()["django_session"] > LARGE
    empty_tables(CASE)
    assert "django_session" not in tables_with_pages()


def test_a_row_that_is_just_being_written_is_gone_too():
    """A page that was closed may still be answered, and its row comes late."""
    written, enough = Event(), Event()

    def late():
        with transaction.atomic():
            make_matter("LATE", "L", 6)
            written.set()
            enough.wait(1)
        connection.close()

    thread = Thread(target=late)
    thread.start()
    assert written.wait(30)
    empty_tables(CASE)
    thread.join()
    assert not Matter.objects.exists()
