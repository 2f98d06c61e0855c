"""A booking for Saturday, of which the confirmation is due now."""

from datetime import timedelta

import pytest

from appointments.models import Message
from tests.conftest import DAY, make_session, slot_at

SATURDAY = DAY + timedelta(days=2)


@pytest.fixture
def saturday(hall, windows):
    return make_session(hall, windows, day=SATURDAY)


@pytest.fixture
def booking(book, saturday):
    return book(slot_at(saturday, 15), language="en")


@pytest.fixture
def confirmation(booking) -> Message:
    return Message.objects.get(booking=booking, kind=Message.Kind.CONFIRMED)
