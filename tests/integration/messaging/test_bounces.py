"""Where the chosen way does not work the other one is taken, and the person is told. # C18

Mutants seen red: `turn_to_sms` without the led ones; `proved` that clears nothing; `tell`
that tells each time.
"""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.messaging import contacts
from appointments.messaging.wishes import correct_phone
from appointments.models import Booking, BookingGroup, Contact, InboxItem, Message
from appointments.proving import WrongCode, prove, send_code
from appointments.sealing import unseal
from appointments.sending import Counts, send_due
from tests.conftest import NOON, PHONE, a_person, slot_at
from tests.integration.appointments.scripted import Scripted
from tests.integration.messaging.wished import (
    ALL,
    GONE,
    MAIL,
    OTHER_MAIL,
    OTHER_PHONE,
    SOON,
    Kind,
    State,
    owed,
    wish,
)


class TestBounced:
    def test_mail_that_comes_back_goes_by_sms_from_now_on(self, by_mail):
        send_due(now=NOON, by=Scripted(GONE))

        assert owed(by_mail, State.FAILED) == [("confirmed", "email", MAIL)]
        assert owed(by_mail) == [(kind, "sms", PHONE) for kind in ALL]
        by_mail.group.refresh_from_db()
        assert by_mail.group.channel == "sms"
        contact = Contact.objects.get()
        assert (contact.channel, contact.bounced_at, contact.bounce_reason) == (
            "email", contact.bounced_at, "no such mailbox"
        )  # fmt: skip
        assert contact.bounced_at is not None

    def test_it_arrives_once(self, by_mail):
        send_due(now=NOON, by=Scripted(GONE))
        failed = Message.objects.get(state=State.FAILED)
        contacts.bounced(failed, reason="again", now=NOON)

        assert send_due(now=SOON) == Counts(sent=1)
        assert [(i.to, i.kind) for i in InboxItem.objects.all()] == [(PHONE, "confirmed")]

    def test_a_familys_bundle_goes_over_as_a_whole(self, renewal, saturday):
        held = hold(
            slot_id=slot_at(saturday, 15).pk, matter=renewal, people=[a_person(1), a_person(2)],
            phone=PHONE, now=NOON, email=MAIL, language="en",
        ).bookings[0]  # fmt: skip
        confirm(booking=find(held.reference, held.secret), now=NOON)

        send_due(now=NOON, by=Scripted(GONE))

        due = Message.objects.filter(kind=Kind.CONFIRMED, state=State.READY, channel="sms")
        assert due.count() == 2
        assert send_due(now=SOON).sent == 1
        assert InboxItem.objects.get().to == PHONE

    def test_another_group_of_that_address_turns_over_too_and_a_third_does_not(
        self, book, saturday, by_mail
    ):
        same = book(slot_at(saturday, 16), person=2, email=MAIL.upper())
        third = book(slot_at(saturday, 16), person=3, email=OTHER_MAIL)

        first = Message.objects.get(booking=by_mail, kind=Kind.CONFIRMED)
        contacts.bounced(first, reason="no such mailbox", now=NOON)

        assert {way for _kind, way, _to in owed(same)} == {"sms"}
        assert {way for _kind, way, _to in owed(third)} == {"email"}

    def test_who_has_another_address_by_now_keeps_it(self, by_mail):
        send_due(now=NOON)
        sent = Message.objects.get(state=State.SENT)
        wish(by_mail, channel="email", email=OTHER_MAIL)

        contacts.bounced(sent, reason="no such mailbox", now=NOON)

        by_mail.group.refresh_from_db()
        assert by_mail.group.channel == "email"
        assert owed(by_mail) == [
            ("confirmed", "sms", PHONE),
            ("reminder_day", "email", OTHER_MAIL),
            ("reminder_hours", "email", OTHER_MAIL),
        ]

    def test_who_wants_mail_again_keeps_what_failed_there_as_sms(self, by_mail):
        send_due(now=NOON, by=Scripted(GONE))

        wish(by_mail, channel="email", email=OTHER_MAIL)

        assert owed(by_mail) == [
            ("confirmed", "sms", PHONE),
            ("reminder_day", "email", OTHER_MAIL),
            ("reminder_hours", "email", OTHER_MAIL),
        ]

    def test_what_came_too_late_is_not_owed_again(self, by_mail):
        late = by_mail.starts_at + timedelta(minutes=1)
        contacts.bounced(Message.objects.get(kind=Kind.CONFIRMED), reason="gone", now=late)

        assert Message.objects.filter(kind=Kind.CONFIRMED).count() == 1

    def test_without_a_phone_it_is_marked_and_nothing_else(self, by_mail):
        group = BookingGroup.objects.filter(pk=by_mail.group_id)
        group.update(phone_sealed=None, phone_index=None)

        send_due(now=NOON, by=Scripted(GONE))

        assert owed(by_mail) == [(kind, "email", MAIL) for kind in ALL[1:]]
        assert Contact.objects.get().bounced_at is not None

    def test_a_phone_is_only_marked(self, by_sms):
        send_due(now=NOON, by=Scripted(GONE))

        assert owed(by_sms) == [(kind, "sms", PHONE) for kind in ALL[1:]]
        assert Contact.objects.get().channel == "sms"

    def test_a_code_that_was_read_there_clears_the_mark(self, by_sms):
        send_due(now=NOON, by=Scripted(GONE))
        proof = send_code(phone=PHONE, language="en", now=NOON)
        text = unseal(Message.objects.get(kind=Kind.CODE).text_sealed, purpose="message")
        code = next(word.strip(",.") for word in text.split() if word.strip(",.").isdigit())

        with pytest.raises(WrongCode):
            prove(proof_id=proof.pk, code="x", now=NOON)
        assert Contact.objects.get().bounced_at is not None
        prove(proof_id=proof.pk, code=code, now=NOON)

        contact = Contact.objects.get()
        assert (contact.bounced_at, contact.bounce_reason) == (None, "")


class TestTold:
    @pytest.fixture
    def today(self, book, session) -> Booking:
        return book(slot_at(session, 12, 30))

    def test_who_checks_in_is_told_once(self, today, book, session, hall, pickup):
        send_due(now=NOON, by=Scripted(GONE))
        other = book(slot_at(session, 12, 30), person=2)

        ticket = check_in(hall=hall, reference=today.reference, now=NOON)
        a_moment_later = NOON + timedelta(minutes=1)
        second = check_in(hall=hall, reference=other.reference, now=a_moment_later)

        assert contacts.unreached_at(ticket) == contacts.Unreached("00", False)
        assert contacts.unreached_at(second) is None

    def test_nobody_is_told_whose_phone_works(self, today, hall):
        send_due(now=NOON)

        ticket = check_in(hall=hall, reference=today.reference, now=NOON)

        assert contacts.unreached_at(ticket) is None
        assert not Contact.objects.exists()

    def test_who_bounces_anew_is_told_anew(self, today, hall):
        message = Message.objects.get(booking=today, kind=Kind.CONFIRMED)
        contacts.bounced(message, reason="gone", now=NOON)
        check_in(hall=hall, reference=today.reference, now=NOON)
        contacts.bounced(message, reason="gone", now=NOON)
        assert Contact.objects.get().told_at == NOON

        contacts.proved(today.group.phone_index)
        contacts.bounced(message, reason="gone", now=NOON)

        assert Contact.objects.get().told_at is None


class TestCorrected:
    def test_what_is_owed_goes_to_the_number_that_staff_put_right(self, by_sms, guide):
        send_due(now=NOON)

        correct_phone(booking=by_sms, phone=OTHER_PHONE, by=guide, now=NOON)

        assert owed(by_sms) == [(kind, "sms", OTHER_PHONE) for kind in ALL[1:]]
        event = by_sms.events.get(kind="phone_corrected")
        assert (event.by, event.facts) == (guide, {})

    def test_a_group_without_a_phone_is_reminded_from_then_on(self, by_sms, guide):
        Message.objects.all().delete()
        BookingGroup.objects.update(phone_sealed=None, phone_index=None)

        correct_phone(booking=by_sms, phone=OTHER_PHONE, by=guide, now=NOON)

        assert owed(by_sms) == [(kind, "sms", OTHER_PHONE) for kind in ALL[1:]]


@pytest.fixture(autouse=True)
def _database(transactional_db):
    """Senders commit."""
