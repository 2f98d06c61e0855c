"""What tests of messages share: a Saturday, a family, and what is known of providers."""

from datetime import timedelta

import pytest

from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.models import Booking, Message, MessageProvider, ProviderCall
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from tests.integration.messaging.wished import MAIL

SATURDAY = DAY + timedelta(days=2)


@pytest.fixture
def saturday(hall, windows):
    return make_session(hall, windows, day=SATURDAY)


@pytest.fixture
def family(renewal, saturday) -> list[Booking]:
    """Three people side by side at 15:00, confirmed."""
    people = [a_person(n, name) for n, name in enumerate(["陈大宁", "李小英", "陈小贝"], start=1)]
    held = hold(
        slot_id=slot_at(saturday, 15).pk, matter=renewal, people=people, phone=PHONE, now=NOON,
        language="en",
    )  # fmt: skip
    confirm(booking=find(held.bookings[0].reference, held.bookings[0].secret), now=NOON)
    return list(Booking.objects.order_by("position"))


@pytest.fixture
def message(book, session) -> Message:
    return Message.objects.filter(booking=book(slot_at(session, 16))).first()


@pytest.fixture
def answers(message):
    """Notes so many answers of a provider."""

    def noted(provider: str, many: int, ending: str = "accepted", at=NOON, **more) -> None:
        ProviderCall.objects.bulk_create(
            ProviderCall(
                provider=provider, message=message, at=at, ending=ending,
                **{"took_ms": 100, **more},
            )
            for _ in range(many)
        )  # fmt: skip

    return noted


@pytest.fixture
def settled():
    """Changes what is known of a provider; it need not have been used before."""

    def settle(name: str, **values) -> MessageProvider:
        MessageProvider.objects.get_or_create(name=name, defaults={"channel": "sms"})
        MessageProvider.objects.filter(name=name).update(**values)
        return MessageProvider.objects.get(name=name)

    return settle


@pytest.fixture
def by_mail(book, saturday) -> Booking:
    return book(slot_at(saturday, 15), language="en", email=MAIL)


@pytest.fixture
def by_sms(book, saturday) -> Booking:
    return book(slot_at(saturday, 15), language="en")
