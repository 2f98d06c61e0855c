"""A race of kiosks for numbers: no gap when one of them fails. # C16"""

import pytest
from django.db import connection, transaction

from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import NOON, race

pytestmark = pytest.mark.django_db(transaction=True)


def test_numbers_have_no_gap_when_a_kiosk_fails(hall, renewal, session):
    def issue():
        return issue_walk_in(hall=hall, matter=renewal, now=NOON).number

    def fail():
        with transaction.atomic():
            issue()
            transaction.set_rollback(True)

    race(*[issue, fail] * 8)

    numbers = sorted(Ticket.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 9))
    connection.close()
