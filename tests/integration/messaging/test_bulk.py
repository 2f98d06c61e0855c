"""The reminders of a city in one statement: what was promised, and no more. C18."""

from datetime import time, timedelta

import pytest

from appointments.cancelling import cancel
from appointments.messaging.bulk import prepare_reminders
from appointments.models import BookingGroup, Message
from appointments.sealing import blind_index, seal
from config import civil
from tests.conftest import DAY, NOON, slot_at
from tests.integration.messaging.conftest import SATURDAY
from windows.models import Rule

pytestmark = pytest.mark.django_db
Kind = Message.Kind
REMINDERS = [Kind.REMINDER_DAY, Kind.REMINDER_HOURS]
PROMISED = (
    "subject", "booking", "kind", "version", "channel", "language", "to_index", "state",
    "due_at", "useless_after", "attempt", "provider",
)  # fmt: skip


@pytest.fixture
def two(book, saturday):
    return [book(slot_at(saturday, 10)), book(slot_at(saturday, 15), person=2, language="en")]


def prepare(now=NOON):
    return prepare_reminders(first=DAY, last=SATURDAY, now=now)


def reminders():
    found = Message.objects.filter(kind__in=REMINDERS).order_by("subject", "kind")
    return list(found.values_list(*PROMISED))


def test_what_each_booking_was_promised_is_owed_again_just_so(two):
    promised = reminders()
    Message.objects.filter(kind__in=REMINDERS).delete()

    assert prepare() == len(promised) == 4
    assert reminders() == promised


def test_again_writes_nothing(two):
    assert prepare() == 0


def test_the_address_can_be_read_by_the_sender(two):
    first = two[0].group
    first.email_sealed = seal("a@example.org", purpose="email")
    first.email_index = blind_index("a@example.org", purpose="email")
    first.channel = "email"
    first.save()
    Message.objects.filter(kind__in=REMINDERS).delete()

    prepare()

    by_mail = Message.objects.filter(channel="email")
    assert set(by_mail.values_list("booking", flat=True)) == {two[0].pk}
    assert {bytes(one.to_sealed) for one in by_mail} == {bytes(first.email_sealed)}


def test_a_new_hour_moves_what_has_not_been_touched(two, hall):
    """A rule row is enough; what a sender put off keeps its hour."""
    put_off = Message.objects.filter(booking=two[1], kind=Kind.REMINDER_DAY)
    put_off.update(attempt=1)
    Rule.objects.create(name="reminder_day_hour", hall=hall, value=17, effective_on=DAY)

    assert prepare() == 1

    at = {m.booking_id: m.due_at for m in Message.objects.filter(kind=Kind.REMINDER_DAY)}
    friday = SATURDAY - timedelta(days=1)
    assert at[two[0].pk] == civil.city_instant(friday, time(17))
    assert at[two[1].pk] == civil.city_instant(friday, time(18))


def test_nobody_is_owed_who_cancelled_has_no_phone_or_booked_just_now(two, book, saturday):
    cancel(booking=two[0], now=NOON)
    BookingGroup.objects.filter(pk=two[1].group_id).update(phone_sealed=None, phone_index=None)
    Message.objects.filter(kind__in=REMINDERS).delete()

    assert prepare() == 0
    evening = civil.city_instant(SATURDAY - timedelta(days=1), time(17))
    assert prepare(evening + timedelta(days=1)) == 0
